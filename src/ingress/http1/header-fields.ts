/** Field lines of a message, name and value in turn, as they came: `['Host', 'a.example', 'Accept', '*\/*']`. */
export type HeaderFields = readonly string[];

/** Why a message is refused, and the status that says so. */
export interface MessageError {
  readonly kind: 'error';
  readonly status: 400 | 408 | 414 | 431 | 501 | 502 | 505;
  readonly reason: string;
}

/** Field names are tokens. @see RFC 9110 §5.6.2 */
export const TOKEN: RegExp = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/;
/** A value holds no control character but the tab. @see RFC 9110 §5.5 */
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const FORBIDDEN_IN_VALUE = /[\x00-\x08\x0A-\x1F\x7F]/;

/**
 * Reads field lines; strict, since what two readers read apart is a way to smuggle a request.
 *
 * @param lines The lines of the head after the first, without their ends.
 * @see RFC 9112 §5: no space before the colon, no line folding.
 */
export function parseFields(lines: readonly string[]): string[] | MessageError {
  const fields: string[] = [];
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 1)
      return refuse(
        line.startsWith(' ') || line.startsWith('\t')
          ? 'line folding is obsolete'
          : 'a field line has no name',
      );
    const name = line.slice(0, colon);
    if (!TOKEN.test(name)) return refuse(`"${name}" is no field name`);
    const value = trimSpaces(line.slice(colon + 1));
    if (FORBIDDEN_IN_VALUE.test(value)) return refuse(`field ${name} holds a control character`);
    fields.push(name, value);
  }
  return fields;
}

/** The first value of `name` (lower-case). */
export function fieldValue(fields: HeaderFields, name: string): string | undefined {
  for (let index = 0; index < fields.length; index += 2) {
    if (isField(fields[index], name)) return fields[index + 1];
  }
  return undefined;
}

/** Every value of `name` (lower-case), in order. */
export function fieldValues(fields: HeaderFields, name: string): string[] {
  const values: string[] = [];
  for (let index = 0; index < fields.length; index += 2) {
    if (isField(fields[index], name)) values.push(fields[index + 1] ?? '');
  }
  return values;
}

/** Members of a comma-separated field, lower-case. */
export function listMembers(values: readonly string[]): string[] {
  return values
    .flatMap((value) => value.split(','))
    .flatMap((member) => {
      const text = member.trim().toLowerCase();
      return text === '' ? [] : [text];
    });
}

export function refuse(reason: string, status: MessageError['status'] = 400): MessageError {
  return { kind: 'error', status, reason };
}

/** The length is compared first: most names differ in it, and lower-casing costs. */
function isField(found: string | undefined, name: string): boolean {
  return found !== undefined && found.length === name.length && found.toLowerCase() === name;
}

/** Spaces and tabs around a value are no part of it; other white space is, and is forbidden. */
function trimSpaces(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start += 1;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
