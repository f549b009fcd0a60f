import { slotOf, type FieldNames, type KnownField } from './field-names.ts';
import {
  BYTE_KINDS,
  NAME_BYTE,
  parseFields,
  readFields,
  refuse,
  VALUE_BYTE,
  type HeaderFields,
  type MessageError,
} from './header-fields.ts';

/** What heads of one kind are held to, and what is looked for in them. */
export interface HeadRules {
  readonly lineBytes: number;
  readonly headBytes: number;
  readonly lineStatus: MessageError['status'];
  readonly headStatus: MessageError['status'];
  /** Fields that say something to the proxy itself. */
  readonly known: FieldNames;
}

/** A head, of which nothing but the known fields was taken apart. */
export interface HeadScan {
  readonly kind: 'scan';
  readonly first: string;
  /** All of it but skipped empty lines, and where the field lines begin in it. */
  readonly text: string;
  readonly linesAt: number;
  /** Names, lower-case, and values in turn of the fields that are known. */
  readonly known: HeaderFields;
  /** Where lines begin and end, in turn, that do not go on. */
  readonly cuts: readonly number[];
  /** Whether the lines of Content-Length and Transfer-Encoding are among those that go on, if there are any. */
  readonly isFramingPassed: boolean;
  /** Bytes of all of it, skipped empty lines and the empty line at the end included. */
  readonly sizeBytes: number;
}

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;
const COLON = 0x3a;
// What is imported is looked up anew at each byte; these are not.
const KINDS: Uint8Array = BYTE_KINDS;
const NAME = NAME_BYTE;
const VALUE = VALUE_BYTE;
/** The last line's end and the empty line. */
const END_BYTES = 4;
/** One empty line before the first line is common, a flood of them is not. */
const MAX_EMPTY_BYTES = 8;
const INCOMPLETE = { kind: 'incomplete' } as const;

/**
 * Reads the head at the front of `bytes`, each byte once.
 *
 * Lines end in CR LF; a CR or LF alone is refused wherever it stands (RFC 9112 §2.2 allows a lone LF to be taken for a
 * line end, which is how requests are smuggled). Nonsense is refused before the whole head is there, so that nobody
 * waits for an end that never comes.
 */
export function scanHead(
  bytes: Buffer,
  rules: HeadRules,
): HeadScan | typeof INCOMPLETE | MessageError {
  const start = bytes[0] === CR ? skipEmptyLines(bytes) : 0;
  if (start > MAX_EMPTY_BYTES) return refuse('empty lines stand before the first line');
  const limit = Math.min(bytes.length, start + rules.headBytes + END_BYTES);
  let lineEnd = start;
  while (lineEnd < limit && bytes[lineEnd] !== CR && bytes[lineEnd] !== LF) lineEnd += 1;
  if (lineEnd - start > rules.lineBytes)
    return refuse('the first line is too long', rules.lineStatus);
  if (isWrongEnd(bytes, lineEnd, limit)) return refuse('a line ends in CR or LF alone');
  const fieldsAt = lineEnd + 2;
  const end = scanFields(bytes, fieldsAt, { limit, slots: rules.known.slots });
  if (end < 0) return wrongLine(bytes, -end, limit);
  if (end === 0)
    return bytes.length - start > rules.headBytes
      ? refuse('the head is too long', rules.headStatus)
      : INCOMPLETE;
  return takeApart({ bytes, start, fieldsAt, end }, rules.known);
}

/** What is kept of a scan, whatever first line it had. */
export class ScannedHead {
  readonly kind = 'head';
  readonly known: HeaderFields;
  readonly cuts: readonly number[];
  readonly isFramingPassed: boolean;
  readonly sizeBytes: number;
  readonly #text: string;
  readonly #linesAt: number;
  #fields: HeaderFields | undefined;

  constructor({ known, cuts, isFramingPassed, sizeBytes, text, linesAt }: HeadScan) {
    this.known = known;
    this.cuts = cuts;
    this.isFramingPassed = isFramingPassed;
    this.sizeBytes = sizeBytes;
    this.#text = text;
    this.#linesAt = linesAt;
  }

  /** The lines of the fields that go on as they came, each ended by CR LF; what Connection names is among them. */
  get passed(): string {
    const text = this.#text;
    let passed = '';
    let runAt = this.#linesAt;
    for (let index = 0; index < this.cuts.length; index += 2) {
      passed += text.slice(runAt, this.cuts[index]);
      runAt = this.cuts[index + 1] ?? 0;
    }
    return passed + text.slice(runAt, -2);
  }

  /** All fields; taken apart when they are asked for. */
  get fields(): HeaderFields {
    this.#fields ??= readFields(this.#text.slice(this.#linesAt, -END_BYTES));
    return this.#fields;
  }

  /** Whether a field's name has an underscore in it. */
  get hasUnderscore(): boolean {
    return /^[^:]*_/m.test(this.#text.slice(this.#linesAt));
  }
}

function skipEmptyLines(bytes: Buffer): number {
  let start = 0;
  while (bytes[start] === CR && bytes[start + 1] === LF) start += 2;
  return start;
}

/** Whether something other than CR LF ends a line there, as far as the bytes go. */
function isWrongEnd(bytes: Buffer, at: number, limit: number): boolean {
  if (at >= limit) return false;
  return bytes[at] !== CR || (at + 1 < limit && bytes[at + 1] !== LF);
}

/** Where the lines begin, their names and values end, that may be of known fields. */
const marks = new Int32Array(65_536);
let markCount = 0;

interface ScanRange {
  /** Where the bytes end that are looked at. */
  readonly limit: number;
  readonly slots: Uint8Array;
}

/**
 * Goes over field lines, and leaves `marks` behind.
 *
 * @returns where the head ends; 0 when its end is not there; less when the line there is none.
 */
function scanFields(bytes: Buffer, start: number, { limit, slots }: ScanRange): number {
  let at = start;
  let count = 0;
  while (at + 1 < limit) {
    if (bytes[at] === CR && bytes[at + 1] === LF) {
      markCount = count;
      return at + 2;
    }
    const colon = endOf(bytes, at, limit, NAME);
    if (colon === limit) return 0;
    if (colon === at || bytes[colon] !== COLON) return -at;
    const end = endOf(bytes, colon + 1, limit, VALUE);
    if (isWrongEnd(bytes, end, limit)) return -at;
    if (slots[slotOf(bytes[at] ?? 0, colon - at)] !== 0) {
      marks[count] = at;
      marks[count + 1] = colon;
      marks[count + 2] = end;
      count += 3;
    }
    at = end + 2;
  }
  return 0;
}

// eslint-disable-next-line max-params -- an object for each call would cost more than the bytes do
function endOf(bytes: Buffer, start: number, limit: number, kind: number): number {
  let at = start;
  while (at < limit && ((KINDS[bytes[at] ?? 0] ?? 0) & kind) !== 0) at += 1;
  return at;
}

interface HeadRange {
  readonly bytes: Buffer;
  readonly start: number;
  readonly fieldsAt: number;
  readonly end: number;
}

/** By the `marks` of a head. */
function takeApart(
  { bytes, start, fieldsAt, end }: HeadRange,
  names: FieldNames,
): HeadScan | MessageError {
  const text = bytes.toString('latin1', start, end);
  const known: string[] = [];
  const cuts: number[] = [];
  let isFramingPassed = true;
  for (let index = 0; index < markCount; index += 3) {
    const lineAt = marks[index] ?? 0;
    const colon = marks[index + 1] ?? 0;
    const lineEnd = marks[index + 2] ?? 0;
    const field = names.find(bytes, lineAt, colon);
    if (field === undefined) continue;
    const { name } = field;
    const value = text.slice(colon + 1 - start, lineEnd - start);
    if (name === 'transfer-encoding' && /\t[\t ]*$/.test(value))
      return wrongLine(bytes, lineAt, lineEnd);
    const bare = trimmed(value);
    known.push(name, bare);
    if (goesOn(field, value, bare)) continue;
    isFramingPassed &&= field.goesOn === 'never';
    cuts.push(lineAt - start, lineEnd + 2 - start);
  }
  const linesAt = fieldsAt - start;
  return {
    kind: 'scan',
    first: text.slice(0, linesAt - 2),
    text,
    linesAt,
    known,
    cuts,
    isFramingPassed,
    sizeBytes: end,
  };
}

/** Framing goes on where no two readers could read it apart. @param value With the space around `bare`. */
function goesOn(field: KnownField, value: string, bare: string): boolean {
  if (field.goesOn !== 'as-written') return field.goesOn === 'always';
  if (value.length !== bare.length + 1 || value.charCodeAt(0) !== SPACE) return false;
  return field.name !== 'transfer-encoding' || bare === 'chunked';
}

/** Without the spaces and tabs around it, which are no part of a value. */
function trimmed(value: string): string {
  let from = 0;
  let to = value.length;
  while (from < to && isSpace(value.charCodeAt(from))) from += 1;
  while (to > from && isSpace(value.charCodeAt(to - 1))) to -= 1;
  return value.slice(from, to);
}

function isSpace(code: number): boolean {
  return code === SPACE || code === TAB;
}

/** What is wrong with a line, in words. */
function wrongLine(bytes: Buffer, start: number, end: number): MessageError {
  const fields = parseFields(bytes.toString('latin1', start, end));
  return Array.isArray(fields) ? refuse('a field line is malformed') : fields;
}
