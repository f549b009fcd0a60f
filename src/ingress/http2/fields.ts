import type { OutgoingHttpHeaders } from 'node:http2';
import { parseFields, type HeaderFields } from '../http1/index.ts';

/** Fields of HTTP/1.1 connections, which have no place in HTTP/2. @see RFC 9113 §8.2.2 */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);
/** What a trailer may not say. @see RFC 9110 §6.5.1 */
const NO_TRAILERS: ReadonlySet<string> = new Set([
  ...CONNECTION_FIELDS,
  'content-length',
  'host',
  'te',
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
