import { WireError } from './wire-error.ts';

/** A place in a message. */
export interface Cursor {
  readonly bytes: Buffer;
  offset: number;
}

/** A message under construction. */
export interface Output {
  readonly bytes: Buffer;
  offset: number;
  /** Where each name, and each end of a name, first stands; later ones point there. */
  readonly names: Map<string, number>;
}

const MAX_NAME = 255;
const MAX_LABEL = 63;
/** Pointers have 14 bits. @see RFC 1035 §4.1.4 */
const MAX_POINTER = 0x3fff;
const DOT = 0x2e;
const BACKSLASH = 0x5c;

const PLAIN = 0;
const ESCAPED = 1;
const DECIMAL = 2;
/** How each octet of a label is written: as it is, after a backslash, or as `\DDD`. @see RFC 4343 §2.1 */
const FORM: Uint8Array = Uint8Array.from({ length: 256 }, (_, octet) => {
  if (octet <= 0x20 || octet >= 0x7f) return octet === 0x20 ? ESCAPED : DECIMAL;
  return '."\'@;()\\'.includes(String.fromCharCode(octet)) ? ESCAPED : PLAIN;
});

/** Text of one name; four characters an octet is the longest. */
const text = Buffer.allocUnsafe(4 * MAX_NAME);

/**
 * Reads the name at `cursor`, and moves it behind.
 *
 * Each pointer must point before the place it was reached from, so that a name always ends.
 *
 * @returns An absolute name, case kept, unusual octets escaped.
 * @throws WireError for loops, forward pointers, unknown label types, and names beyond 255 octets or the message's end.
 */
export function readName(cursor: Cursor): string {
  const { bytes } = cursor;
  let at = cursor.offset;
  let end = -1;
  let before = at;
  let octets = 1;
  let length = 0;
  for (;;) {
    const octet = octetAt(bytes, at);
    if (octet === 0) break;
    if (octet <= MAX_LABEL) {
      octets += octet + 1;
      if (octets > MAX_NAME) throw new WireError('name of more than 255 octets');
      if (at + octet >= bytes.length) throw new WireError('name beyond the end of the message');
      length = putLabel(bytes.subarray(at + 1, at + 1 + octet), length);
      at += octet + 1;
    } else if (octet >= 0xc0) {
      const target = ((octet & 0x3f) << 8) | octetAt(bytes, at + 1);
      if (target >= before) throw new WireError('compression pointer that does not point back');
      if (end < 0) end = at + 2;
      before = target;
      at = target;
    } else throw new WireError(`unknown label type 0x${octet.toString(16)}`);
  }
  cursor.offset = end < 0 ? at + 1 : end;
  return length === 0 ? '.' : text.toString('latin1', 0, length);
}

/** Writes a label and its dot at `length` of `text`. */
function putLabel(label: Buffer, length: number): number {
  let end = length;
  for (const octet of label) {
    const form = FORM[octet];
    if (form === PLAIN) text[end++] = octet;
    else if (form === ESCAPED) {
      text[end++] = BACKSLASH;
      text[end++] = octet;
    } else end += text.write(`\\${String(octet).padStart(3, '0')}`, end, 'latin1');
  }
  text[end++] = DOT;
  return end;
}

function octetAt(bytes: Buffer, at: number): number {
  const octet = bytes[at];
  if (octet === undefined) throw new WireError('name beyond the end of the message');
  return octet;
}

/**
 * Writes `name`, pointing to an earlier place where the same end stands.
 *
 * @param mayCompress false for data that receivers do not expand (SRV): the name is written out, though later ones may
 *   point to it. @see RFC 3597 §4
 * @throws WireError for a name that has no form on the wire.
 */
export function writeName(output: Output, name: string, mayCompress: boolean): void {
  if (name === '.') {
    output.offset = output.bytes.writeUInt8(0, output.offset);
    return;
  }
  let rest = name;
  let pointer: number | undefined;
  const start = output.offset;
  while (rest !== '') {
    const known = output.names.get(rest);
    if (known !== undefined && mayCompress) {
      pointer = known;
      break;
    }
    if (known === undefined && output.offset <= MAX_POINTER) output.names.set(rest, output.offset);
    rest = rest.includes('\\') ? writeEscapedLabel(output, rest) : writeLabel(output, rest);
    if (output.offset - start >= MAX_NAME) throw new WireError('name of more than 255 octets');
  }
  output.offset =
    pointer === undefined
      ? output.bytes.writeUInt8(0, output.offset)
      : output.bytes.writeUInt16BE(0xc000 | pointer, output.offset);
}

/** Writes the first label; returns what follows it. */
function writeLabel(output: Output, name: string): string {
  const dot = name.indexOf('.');
  const end = dot < 0 ? name.length : dot;
  checkLabel(end, name);
  const { bytes, offset } = output;
  bytes[offset] = end;
  output.offset = offset + 1 + bytes.write(name.slice(0, end), offset + 1, 'latin1');
  return name.slice(end + 1);
}

function writeEscapedLabel(output: Output, name: string): string {
  const lengthAt = output.offset;
  let at = 0;
  let end = lengthAt + 1;
  for (; at < name.length && name[at] !== '.'; end += 1) {
    const { octet, length } = octetOf(name, at);
    output.bytes[end] = octet;
    at += length;
    if (end - lengthAt > MAX_LABEL) throw new WireError('label of more than 63 octets');
  }
  checkLabel(end - lengthAt - 1, name);
  output.bytes[lengthAt] = end - lengthAt - 1;
  output.offset = end;
  return name.slice(at + 1);
}

/** The octet written at `at`, and how many characters it takes. */
function octetOf(name: string, at: number): { octet: number; length: number } {
  if (name[at] !== '\\') return { octet: name.charCodeAt(at) & 0xff, length: 1 };
  const digits = name.slice(at + 1, at + 4);
  if (/^\d{3}$/.test(digits)) return { octet: Number(digits) & 0xff, length: 4 };
  return { octet: name.charCodeAt(at + 1) & 0xff, length: 2 };
}

function checkLabel(length: number, name: string): void {
  if (length === 0) throw new WireError(`empty label in ${name}`);
  if (length > MAX_LABEL) throw new WireError(`label of more than 63 octets in ${name}`);
}
