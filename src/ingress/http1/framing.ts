import { connectionOptions } from './connection-fields.ts';
import { fieldValues, refuse, type HeaderFields, type MessageError } from './header-fields.ts';

/** How a body is delimited. @see RFC 9112 §6.3 */
export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly sizeBytes: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'until-close' };

export const NO_BODY: Framing = { kind: 'none' };
const CHUNKED: Framing = { kind: 'chunked' };
const UNTIL_CLOSE: Framing = { kind: 'until-close' };
const REPEATED_LENGTH = 'Content-Length is repeated';

/**
 * The framing of a request's body.
 *
 * Anything that two readers may read apart is refused: Content-Length twice, or beside Transfer-Encoding, or not plain
 * digits; any transfer coding but `chunked` alone; transfer codings in HTTP/1.0.
 */
export function requestFraming(fields: HeaderFields, version: HttpVersion): Framing | MessageError {
  const codings = fieldValues(fields, 'transfer-encoding');
  const lengths = fieldValues(fields, 'content-length');
  if (codings.length > 0) {
    if (lengths.length > 0) return refuse('Content-Length beside Transfer-Encoding');
    if (version === '1.0') return refuse('Transfer-Encoding in HTTP/1.0');
    if (isChunked(codings)) return CHUNKED;
    return refuse(`transfer coding "${codings.join(', ')}"`, 501);
  }
  if (lengths.length === 0) return NO_BODY;
  return lengths.length > 1 ? refuse(REPEATED_LENGTH) : lengthFraming(lengths[0] ?? '');
}

/** What else a response's framing depends on. */
export interface ResponseContext {
  readonly status: number;
  /** The method that was asked with: HEAD is answered without a body. */
  readonly method: string;
}

/**
 * The framing of a response's body.
 *
 * Fields that make no sense are refused where there is no body too: the next reader may take them for one.
 */
export function responseFraming(
  fields: HeaderFields,
  { status, method }: ResponseContext,
): Framing | MessageError {
  const framing = framingOf(fields);
  const isBodiless = method === 'HEAD' || status < 200 || status === 204 || status === 304;
  return isBodiless && framing.kind !== 'error' ? NO_BODY : framing;
}

function framingOf(fields: HeaderFields): Framing | MessageError {
  const lengths = fieldValues(fields, 'content-length');
  const values = fieldValues(fields, 'transfer-encoding');
  if (values.length === 0) return responseLength(lengths);
  if (lengths.length > 0) {
    return refuse('the backend sends Content-Length beside Transfer-Encoding', 502);
  }
  if (isChunked(values)) return CHUNKED;
  return refuse(`the backend sends transfer coding "${values.join(', ')}"`, 502);
}

/** One field, and nothing else in it: not even an empty member of the list, which readers read apart. */
function isChunked(codings: readonly string[]): boolean {
  return codings.length === 1 && codings[0]?.toLowerCase() === 'chunked';
}

/** Without any length the end of the connection counts. */
function responseLength(lengths: readonly string[]): Framing | MessageError {
  const first = lengths[0];
  if (first === undefined) return UNTIL_CLOSE;
  if (lengths.length > 1) return refuse(`the backend's ${REPEATED_LENGTH}`, 502);
  const framing = lengthFraming(first);
  return framing.kind === 'error' ? { ...framing, status: 502 } : framing;
}

export type HttpVersion = '1.0' | '1.1';

/** Whether the connection may serve another message. @see RFC 9112 §9.3 */
export function isPersistent(fields: HeaderFields, version: HttpVersion): boolean {
  const options = connectionOptions(fields);
  if (options.includes('close')) return false;
  return version === '1.1' || options.includes('keep-alive');
}

function lengthFraming(text: string): Framing | MessageError {
  const sizeBytes = lengthOf(text);
  if (sizeBytes === undefined) return refuse(`Content-Length "${text}" is no number`);
  return sizeBytes === 0 ? NO_BODY : { kind: 'length', sizeBytes };
}

/** Plain digits, as many as a number holds exactly. */
function lengthOf(text: string): number | undefined {
  if (text.length === 0 || text.length > MAX_LENGTH_DIGITS) return undefined;
  let length = 0;
  for (let index = 0; index < text.length; index += 1) {
    const digit = text.charCodeAt(index) - ZERO;
    if (!(digit >= 0 && digit <= 9)) return undefined;
    length = length * 10 + digit;
  }
  return length;
}

const MAX_LENGTH_DIGITS = 15;
const ZERO = 0x30;
