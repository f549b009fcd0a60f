import { TYPE } from './constants.ts';
import type { Edns, EdnsOption, Flags, Message, Question, ResourceRecord } from './message.ts';
import { readName, type Cursor } from './name.ts';
import { readRdata, take } from './rdata.ts';
import { WireError } from './wire-error.ts';

/** Octets of a header. */
export const HEADER_SIZE = 12;

/**
 * The fixed start of every message. @see RFC 1035 §4.1.1, RFC 4035 §3.2
 *
 * ```
 *   0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15
 * +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 * |                      id                       |
 * +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 * |QR|  opcode   |AA|TC|RD|RA| Z|AD|CD|   rcode   |
 * +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 * |                questions (1)                  |
 * +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 * |                   answers                     |
 * +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 * |                  authority                    |
 * +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 * |        additional (the OPT record too)        |
 * +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 * ```
 */
export interface Header {
  readonly id: number;
  /** Its rcode has the four bits of the header. */
  readonly flags: Flags;
  readonly questions: number;
  readonly answers: number;
  readonly authority: number;
  readonly additional: number;
}

/** The header, or undefined when `bytes` are too few for one. */
export function readHeader(bytes: Buffer): Header | undefined {
  if (bytes.length < HEADER_SIZE) return undefined;
  return {
    id: bytes.readUInt16BE(0),
    flags: readFlags(bytes.readUInt16BE(2)),
    questions: bytes.readUInt16BE(4),
    answers: bytes.readUInt16BE(6),
    authority: bytes.readUInt16BE(8),
    additional: bytes.readUInt16BE(10),
  };
}

/**
 * Reads a whole message; octets behind it are ignored.
 *
 * @throws WireError when `octets` are no message: counts that lie, loops, two OPT records, an OPT that is not the root's.
 */
export function decodeMessage(octets: Uint8Array): Message {
  const bytes = asBuffer(octets);
  const header = readHeader(bytes);
  if (header === undefined) throw new WireError('message shorter than its header');
  const cursor: Cursor = { bytes, offset: HEADER_SIZE };
  const questions: Question[] = [];
  for (let left = header.questions; left > 0; left -= 1) questions.push(readQuestion(cursor));
  const answers = readRecords(cursor, header.answers);
  const authority = readRecords(cursor, header.authority);
  const { records: additional, opt } = readAdditional(cursor, header.additional);
  const sections = { id: header.id, questions, answers, authority, additional };
  if (opt === undefined) return { ...sections, flags: header.flags };
  const rcode = (opt.extendedRcode << 4) | header.flags.rcode;
  return { ...sections, flags: { ...header.flags, rcode }, edns: opt.edns };
}

/** The same memory as a Buffer. */
export function asBuffer(octets: Uint8Array): Buffer {
  if (Buffer.isBuffer(octets)) return octets;
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
}

function readFlags(bits: number): Flags {
  return {
    isResponse: (bits & 0x8000) !== 0,
    opcode: (bits >> 11) & 0xf,
    isAuthoritative: (bits & 0x0400) !== 0,
    isTruncated: (bits & 0x0200) !== 0,
    isRecursionDesired: (bits & 0x0100) !== 0,
    isRecursionAvailable: (bits & 0x0080) !== 0,
    isAuthentic: (bits & 0x0020) !== 0,
    isCheckingDisabled: (bits & 0x0010) !== 0,
    rcode: bits & 0xf,
  };
}

function readQuestion(cursor: Cursor): Question {
  const name = readName(cursor);
  const fixed = take(cursor, 4);
  return { name, type: fixed.readUInt16BE(0), class: fixed.readUInt16BE(2) };
}

function readRecords(cursor: Cursor, count: number): readonly ResourceRecord[] {
  const records: ResourceRecord[] = [];
  for (let left = count; left > 0; left -= 1) {
    const name = readName(cursor);
    const record = readRecord(cursor, name);
    if (record.type === TYPE.OPT) throw new WireError('OPT record outside the additional section');
    records.push(record);
  }
  return records;
}

interface Opt {
  readonly edns: Edns;
  readonly extendedRcode: number;
}

function readAdditional(
  cursor: Cursor,
  count: number,
): { records: readonly ResourceRecord[]; opt: Opt | undefined } {
  const records: ResourceRecord[] = [];
  let opt: Opt | undefined;
  for (let left = count; left > 0; left -= 1) {
    const name = readName(cursor);
    const record = readRecord(cursor, name);
    if (record.type !== TYPE.OPT) {
      records.push(record);
      continue;
    }
    if (opt !== undefined || name !== '.') throw new WireError('misplaced OPT record');
    opt = readOpt(record);
  }
  return { records, opt };
}

function readRecord(cursor: Cursor, name: string): ResourceRecord {
  const fixed = take(cursor, 10);
  const type = fixed.readUInt16BE(0);
  return {
    name,
    type,
    class: fixed.readUInt16BE(2),
    ttl: fixed.readUInt32BE(4),
    rdata: readRdata(cursor, type, fixed.readUInt16BE(8)),
  };
}

/** The OPT record uses class and TTL for its own ends. @see RFC 6891 §6.1.3 */
function readOpt({ class: udpSize, ttl, rdata }: ResourceRecord): Opt {
  const bytes = rdata.kind === 'opaque' ? asBuffer(rdata.bytes) : Buffer.alloc(0);
  const cursor: Cursor = { bytes, offset: 0 };
  const options: EdnsOption[] = [];
  while (cursor.offset < bytes.length) {
    const fixed = take(cursor, 4);
    options.push({ code: fixed.readUInt16BE(0), data: take(cursor, fixed.readUInt16BE(2)) });
  }
  const version = (ttl >>> 16) & 0xff;
  return {
    edns: { udpSize, version, isDnssecOk: (ttl & 0x8000) !== 0, options },
    extendedRcode: ttl >>> 24,
  };
}
