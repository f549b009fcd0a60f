import { hashed, type FieldNames } from './field-names.ts';
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
  /** Those of them that do not go on. */
  readonly dropped: ReadonlySet<string>;
}

/** A head, of which nothing but the known fields was taken apart. */
export interface HeadScan {
  readonly kind: 'scan';
  readonly first: string;
  /** The field lines, ended by CR LF except the last. */
  readonly fieldLines: string;
  /** Names, lower-case, and values in turn of the fields that are known. */
  readonly known: HeaderFields;
  /** The lines that go on, each ended by CR LF. */
  readonly passed: string;
  /** Whether a name has an underscore in it. */
  readonly hasUnderscore: boolean;
  /** Bytes of all of it, skipped empty lines and the empty line at the end included. */
  readonly sizeBytes: number;
}

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;
const COLON = 0x3a;
const UNDERSCORE = 0x5f;
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
  const scanner = new FieldScanner(bytes, rules, limit);
  const end = scanner.scan(lineEnd + 2);
  if (typeof end !== 'number') return end;
  if (end === 0)
    return bytes.length - start > rules.headBytes
      ? refuse('the head is too long', rules.headStatus)
      : INCOMPLETE;
  const text = bytes.toString('latin1', start, end);
  const fieldsAt = lineEnd + 2 - start;
  return {
    kind: 'scan',
    first: text.slice(0, fieldsAt - 2),
    fieldLines: text.slice(fieldsAt, -END_BYTES),
    known: scanner.known,
    passed: scanner.passedOf(text, start),
    hasUnderscore: scanner.hasUnderscore,
    sizeBytes: end,
  };
}

/** What is kept of a scan, whatever first line it had. */
export class ScannedHead {
  readonly kind = 'head';
  readonly known: HeaderFields;
  readonly passed: string;
  readonly hasUnderscore: boolean;
  readonly sizeBytes: number;
  readonly #lines: string;
  #fields: HeaderFields | undefined;

  constructor({ known, passed, hasUnderscore, sizeBytes, fieldLines }: HeadScan) {
    this.known = known;
    this.passed = passed;
    this.hasUnderscore = hasUnderscore;
    this.sizeBytes = sizeBytes;
    this.#lines = fieldLines;
  }

  /** All fields; taken apart when they are asked for. */
  get fields(): HeaderFields {
    this.#fields ??= readFields(this.#lines);
    return this.#fields;
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

/** Goes over the field lines of one head. */
class FieldScanner {
  readonly known: string[] = [];
  hasUnderscore = false;
  readonly #bytes: Buffer;
  readonly #rules: HeadRules;
  readonly #limit: number;
  /** Of the name that was read last. */
  #hash = 0;
  /** Where lines that go on begin, and where they end, in turn. */
  readonly #passed: number[] = [];
  #runAt = 0;

  constructor(bytes: Buffer, rules: HeadRules, limit: number) {
    this.#bytes = bytes;
    this.#rules = rules;
    this.#limit = limit;
  }

  /** @returns where the head ends; 0 when its end is not there. */
  scan(start: number): number | MessageError {
    const bytes = this.#bytes;
    this.#runAt = start;
    let at = start;
    while (at + 1 < this.#limit) {
      if (bytes[at] === CR && bytes[at + 1] === LF) {
        this.#endRun(at, at);
        return at + 2;
      }
      const next = this.#line(at);
      if (typeof next !== 'number' || next === 0) return next;
      at = next;
    }
    return 0;
  }

  /** @param start Where `text` begins in the bytes. */
  passedOf(text: string, start: number): string {
    const marks = this.#passed;
    let passed = '';
    for (let index = 0; index < marks.length; index += 2)
      passed += text.slice((marks[index] ?? 0) - start, (marks[index + 1] ?? 0) - start);
    return passed;
  }

  /** @returns where the line's next one begins; 0 when its end is not there. */
  #line(at: number): number | MessageError {
    const bytes = this.#bytes;
    const limit = this.#limit;
    const colon = this.#nameEnd(at);
    if (colon === limit) return 0;
    if (colon === at || bytes[colon] !== COLON) return this.#wrong(at);
    const end = this.#valueEnd(colon + 1);
    if (isWrongEnd(bytes, end, limit)) return this.#wrong(at);
    const next = end + 2;
    if (next > limit) return 0;
    const name = this.#rules.known.find(bytes, at, this.#hash);
    if (name === undefined) return next;
    if (this.#rules.dropped.has(name)) this.#endRun(at, next);
    return this.#take(name, colon + 1, end) ?? next;
  }

  /** Lines go on up to `at`, and again from `next`. */
  #endRun(at: number, next: number): void {
    if (at > this.#runAt) this.#passed.push(this.#runAt, at);
    this.#runAt = next;
  }

  #nameEnd(start: number): number {
    const bytes = this.#bytes;
    const limit = this.#limit;
    let hash = 0;
    let at = start;
    for (; at < limit; at += 1) {
      const byte = bytes[at] ?? 0;
      if (((BYTE_KINDS[byte] ?? 0) & NAME_BYTE) === 0) break;
      if (byte === UNDERSCORE) this.hasUnderscore = true;
      hash = hashed(hash, byte);
    }
    this.#hash = hash;
    return at;
  }

  #valueEnd(start: number): number {
    const bytes = this.#bytes;
    const limit = this.#limit;
    let at = start;
    while (at < limit && ((BYTE_KINDS[bytes[at] ?? 0] ?? 0) & VALUE_BYTE) !== 0) at += 1;
    return at;
  }

  /** Keeps a known field. Spaces and tabs around a value are no part of it. */
  #take(name: string, start: number, end: number): MessageError | undefined {
    const bytes = this.#bytes;
    let from = start;
    let to = end;
    while (from < to && isSpace(bytes[from])) from += 1;
    while (to > from && isSpace(bytes[to - 1])) to -= 1;
    const value = bytes.toString('latin1', from, to);
    this.known.push(name, value);
    if (to === end || name !== 'transfer-encoding') return undefined;
    // What stands behind a coding is looked at more closely.
    const fields = parseFields(`${name}: ${bytes.toString('latin1', from, end)}`);
    return Array.isArray(fields) ? undefined : fields;
  }

  /** In words. */
  #wrong(at: number): MessageError {
    const fields = parseFields(this.#bytes.toString('latin1', at, this.#limit));
    return Array.isArray(fields) ? refuse('a field line is malformed') : fields;
  }
}

function isSpace(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}
