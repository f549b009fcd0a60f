import type { OutgoingHttpHeaders } from 'node:http2';
import type { DownstreamFacts } from '../head.ts';
import { fieldValue, parseFields, type HeaderFields, type ResponseHead } from '../http1/index.ts';
import { downstreamFields } from '../response-fields.ts';

/** Fields of connections, which have no place in HTTP/2; TE may stand in requests, where it is written anew. @see RFC 9113 §8.2.2 */
export const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);
/** What a trailer may not say. @see RFC 9110 §6.5.1 */
const NO_TRAILERS: ReadonlySet<string> = new Set([
  ...CONNECTION_FIELDS,
  'content-length',
  'host',
  'trailer',
]);

/** Fields for HTTP/2: lower-case, several values of one name as a list. */
export function toHttp2(
  fields: HeaderFields,
  dropped: ReadonlySet<string> = CONNECTION_FIELDS,
): OutgoingHttpHeaders {
  const headers: Record<string, string | string[]> = Object.create(null) as typeof headers; // names come from outside
  for (let index = 0; index < fields.length; index += 2) {
    const name = (fields[index] ?? '').toLowerCase();
    if (dropped.has(name) || name.startsWith(':')) continue;
    const value = fields[index + 1] ?? '';
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else headers[name] = [...(Array.isArray(before) ? before : [before]), value];
  }
  return headers;
}

/**
 * A request's fields for HTTP/1.1, names and values in turn: `:authority` counts more than `host` (RFC 9113 §8.3.1), and
 * cookies come in one.
 *
 * @param raw Pseudo-headers among them.
 */
export function requestFields(raw: HeaderFields, isChunked: boolean): string[] {
  const fields = hostField(raw);
  let cookies: string | undefined;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const value = raw[index + 1] ?? '';
    if (name.startsWith(':') || name === 'host' || CONNECTION_FIELDS.has(name)) continue;
    if (name === 'cookie') cookies = cookies === undefined ? value : `${cookies}; ${value}`;
    else fields.push(name, value);
  }
  if (cookies !== undefined) fields.push('cookie', cookies);
  if (isChunked) fields.push('transfer-encoding', 'chunked');
  return fields;
}

function hostField(raw: HeaderFields): string[] {
  const host = fieldValue(raw, ':authority') ?? fieldValue(raw, 'host');
  return host === undefined ? [] : ['host', host];
}

/** The head of a backend's answer for an HTTP/2 client. */
export function responseFields(head: ResponseHead, facts: DownstreamFacts): string[] {
  return toHttp2List(head.status, withCookies(head, facts));
}

/** The head of an interim one. */
export function interimFields(head: ResponseHead, facts: DownstreamFacts): OutgoingHttpHeaders {
  return { ':status': head.status, ...toHttp2(withCookies(head, facts)) };
}

function withCookies(head: ResponseHead, facts: DownstreamFacts): HeaderFields {
  const fields = downstreamFields(head.fields, facts);
  for (const cookie of facts.cookies) fields.push('set-cookie', cookie);
  return fields;
}

/** A response's head for HTTP/2, names and values in turn. */
export function toHttp2List(status: number, fields: HeaderFields): string[] {
  const list = [':status', String(status)];
  for (let index = 0; index < fields.length; index += 2) {
    const name = (fields[index] ?? '').toLowerCase();
    if (!CONNECTION_FIELDS.has(name)) list.push(name, fields[index + 1] ?? '');
  }
  return list;
}

/** Trailers that came after chunks; none where they are no fields. */
export function trailersToHttp2(text: string): OutgoingHttpHeaders | undefined {
  if (text === '') return undefined;
  const fields = parseFields(text);
  return Array.isArray(fields) ? toHttp2(fields, NO_TRAILERS) : undefined;
}

/** Field lines of HTTP/1.1, each ended by CR LF; cookies in one, as HTTP/1.1 has them. */
export function toHttp1(raw: HeaderFields, isDropped: (name: string) => boolean): string {
  let text = '';
  const cookies: string[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const value = raw[index + 1] ?? '';
    if (name.startsWith(':') || CONNECTION_FIELDS.has(name) || isDropped(name)) continue;
    if (name === 'cookie') cookies.push(value);
    else text += `${name}: ${value}\r\n`;
  }
  return cookies.length === 0 ? text : `${text}cookie: ${cookies.join('; ')}\r\n`;
}

/** The trailers of a message as they stand after the last chunk. */
export function trailersToHttp1(raw: HeaderFields): string {
  return toHttp1(raw, (name) => NO_TRAILERS.has(name));
}

/** Names and values in turn, of an object that holds them. */
export function rawOf(headers: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).flatMap((one) => [name, String(one)]),
  );
}
