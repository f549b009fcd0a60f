/** Field lines of a message, name and value in turn, as they came: `['Host', 'a.example', 'Accept', '*\/*']`. */
export type HeaderFields = readonly string[];

/** Why a message is refused, and the status that says so. */
export interface MessageError {
  readonly kind: 'error';
  readonly status: 400 | 405 | 408 | 413 | 414 | 417 | 431 | 501 | 502 | 505;
  readonly reason: string;
}

/** Field names and methods are tokens. @see RFC 9110 §5.6.2 */
export const TOKEN: RegExp = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/;

const COLON = 0x3a;
const CR = 0x0d;
const LF = 0x0a;
/** Bits of `BYTE_KINDS`. */
export const NAME_BYTE = 1;
/** Bits of `BYTE_KINDS`. */
export const VALUE_BYTE = 2;
/** What a byte, or a character that stands for one, may be part of. */
export const BYTE_KINDS: Uint8Array = kindsOfBytes();

/**
 * Reads field lines; strict, since what two readers read apart is a way to smuggle a request.
 *
 * @param text The lines, one character a byte, ended by CR LF except the last.
 * @see RFC 9112 §5: no space before the colon, no line folding; RFC 9110 §5.5: no control character in a value but the tab.
 */
export function parseFields(text: string): string[] | MessageError {
  const fields: string[] = [];
  let at = 0;
  while (at < text.length) {
    const colon = endOf(text, at, NAME_BYTE);
    if (colon === at || text.charCodeAt(colon) !== COLON) return wrongName(text, at);
    const name = text.slice(at, colon);
    let from = colon + 1;
    while (isSpace(text.charCodeAt(from))) from += 1;
    const end = endOf(text, from, VALUE_BYTE);
    if (end < text.length && !(text.charCodeAt(end) === CR && text.charCodeAt(end + 1) === LF))
      return refuse(`field ${name} holds a control character`);
    let to = end;
    while (to > from && isSpace(text.charCodeAt(to - 1))) to -= 1;
    if (to < end && isCodingWithTab(name, text.slice(to, end)))
      return refuse('a tab stands behind Transfer-Encoding');
    fields.push(name, text.slice(from, to));
    at = end + 2;
  }
  return fields;
}

/** The fields in lines that have been read before. */
export function readFields(text: string): HeaderFields {
  const fields = parseFields(text);
  return Array.isArray(fields) ? fields : [];
}

/** White space like any other (RFC 9110 §5.5), but some readers, llhttp among them, no longer see the coding then. */
function isCodingWithTab(name: string, space: string): boolean {
  return space.includes('\t') && name.toLowerCase() === 'transfer-encoding';
}

/** Where the characters of a kind end. */
function endOf(text: string, start: number, kind: number): number {
  let at = start;
  while (at < text.length && ((BYTE_KINDS[text.charCodeAt(at)] ?? 0) & kind) !== 0) at += 1;
  return at;
}

function wrongName(text: string, at: number): MessageError {
  if (isSpace(text.charCodeAt(at))) return refuse('line folding is obsolete');
  const [line = ''] = text.slice(at).split('\r\n', 1);
  const colon = line.indexOf(':');
  return colon < 1
    ? refuse('a field line has no name')
    : refuse(`"${line.slice(0, Math.min(colon, 80))}" is no field name`);
}

function kindsOfBytes(): Uint8Array {
  const kinds = new Uint8Array(256);
  for (let code = 0; code < 256; code += 1) {
    const isValue = code === 0x09 || (code >= 0x20 && code !== 0x7f);
    kinds[code] =
      (TOKEN.test(String.fromCharCode(code)) ? NAME_BYTE : 0) | (isValue ? VALUE_BYTE : 0);
  }
  return kinds;
}

/** The first value of `name` (lower-case). */
export function fieldValue(fields: HeaderFields, name: string): string | undefined {
  for (let index = 0; index < fields.length; index += 2) {
    if (isField(fields[index], name)) return fields[index + 1];
  }
  return undefined;
}

/** Every value of `name` (lower-case), in order. */
export function fieldValues(fields: HeaderFields, name: string): readonly string[] {
  let values: string[] | undefined;
  for (let index = 0; index < fields.length; index += 2) {
    if (!isField(fields[index], name)) continue;
    const value = fields[index + 1] ?? '';
    if (values === undefined) values = [value];
    else values.push(value);
  }
  return values ?? NONE;
}

const NONE: readonly string[] = [];

/** Members of a comma-separated field, lower-case; no white space but space and tab is around them (RFC 9110 §5.6.1). */
export function listMembers(values: readonly string[]): string[] {
  return values
    .flatMap((value) => value.split(','))
    .flatMap((member) => {
      const text = member.replaceAll(/^[ \t]+|[ \t]+$/g, '').toLowerCase();
      return text === '' ? [] : [text];
    });
}

export function refuse(reason: string, status: MessageError['status'] = 400): MessageError {
  return { kind: 'error', status, reason };
}

/** The length is compared first: most names differ in it, and lower-casing costs. */
function isField(found: string | undefined, name: string): boolean {
  return (
    found !== undefined &&
    found.length === name.length &&
    (found === name || found.toLowerCase() === name)
  );
}

/** Spaces and tabs around a value are no part of it; other white space is, and is forbidden. */
function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
