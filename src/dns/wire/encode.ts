import { TYPE } from './constants.ts';
import { HEADER_SIZE } from './decode.ts';
import type { Edns, Flags, Message, ResourceRecord } from './message.ts';
import { writeName, type Output } from './name.ts';
import { createOutput, writeRdata } from './rdata.ts';
import { WireError } from './wire-error.ts';

/** The longest message, for its length has 16 bits over TCP. */
export const MAX_MESSAGE = 65_535;

/** Where messages are put together: the longest one and one record more, which is then taken back. */
const scratch = Buffer.allocUnsafe(3 * MAX_MESSAGE);

/**
 * Writes a message of at most `maxSize` octets.
 *
 * Records that do not fit are left out from the first such on, in the order answers, authority, additional, and TC is
 * set; the OPT record always stays. This is how CoreDNS truncates. @see RFC 2181 §9, RFC 6891 §7
 *
 * @throws WireError when a value has no form on the wire.
 */
export function encodeMessage(message: Message, maxSize: number = MAX_MESSAGE): Buffer {
  const output = createOutput(scratch);
  output.offset = HEADER_SIZE;
  for (const question of message.questions) {
    writeName(output, question.name, true);
    output.offset = scratch.writeUInt16BE(question.type, output.offset);
    output.offset = scratch.writeUInt16BE(question.class, output.offset);
  }
  const sections = [message.answers, message.authority, message.additional];
  const limit = Math.min(maxSize, MAX_MESSAGE) - optSize(message.edns);
  const { counts, isTruncated } = writeSections(output, sections, limit);
  if (message.edns !== undefined) writeOpt(output, message.edns, message.flags.rcode);
  const [answers = 0, authority = 0, additional = 0] = counts;
  const flags = isTruncated ? { ...message.flags, isTruncated } : message.flags;
  scratch.writeUInt16BE(message.id, 0);
  scratch.writeUInt16BE(flagBits(flags), 2);
  scratch.writeUInt16BE(message.questions.length, 4);
  scratch.writeUInt16BE(answers, 6);
  scratch.writeUInt16BE(authority, 8);
  scratch.writeUInt16BE(additional + (message.edns === undefined ? 0 : 1), 10);
  return Buffer.from(scratch.subarray(0, output.offset));
}

/** The second word of a header; of the rcode its lowest four bits. */
export function flagBits(flags: Flags): number {
  return (
    (flags.isResponse ? 0x8000 : 0) |
    ((flags.opcode & 0xf) << 11) |
    (flags.isAuthoritative ? 0x0400 : 0) |
    (flags.isTruncated ? 0x0200 : 0) |
    (flags.isRecursionDesired ? 0x0100 : 0) |
    (flags.isRecursionAvailable ? 0x0080 : 0) |
    (flags.isAuthentic ? 0x0020 : 0) |
    (flags.isCheckingDisabled ? 0x0010 : 0) |
    (flags.rcode & 0xf)
  );
}

function writeSections(
  output: Output,
  sections: readonly (readonly ResourceRecord[])[],
  limit: number,
): { counts: readonly number[]; isTruncated: boolean } {
  const counts = [0, 0, 0];
  for (const [section, records] of sections.entries())
    for (const [index, record] of records.entries()) {
      const start = output.offset;
      writeRecord(output, record);
      if (output.offset > limit) {
        output.offset = start;
        return { counts, isTruncated: true };
      }
      counts[section] = index + 1;
    }
  return { counts, isTruncated: false };
}

function writeRecord(
  output: Output,
  { name, type, class: class_, ttl, rdata }: ResourceRecord,
): void {
  const { bytes } = output;
  writeName(output, name, true);
  bytes.writeUInt16BE(type, output.offset);
  bytes.writeUInt16BE(class_, output.offset + 2);
  bytes.writeUInt32BE(ttl >>> 0, output.offset + 4);
  output.offset += 10;
  const start = output.offset;
  writeRdata(output, type, rdata);
  if (output.offset - start > MAX_MESSAGE) throw new WireError('data of more than 65535 octets');
  bytes.writeUInt16BE(output.offset - start, start - 2);
}

function optSize(edns: Edns | undefined): number {
  if (edns === undefined) return 0;
  return edns.options.reduce((size, { data }) => size + 4 + data.length, 11);
}

/** The OPT record: class is the size, TTL the upper rcode bits, version and DO. @see RFC 6891 §6.1.3 */
function writeOpt(output: Output, edns: Edns, rcode: number): void {
  const { bytes } = output;
  const { udpSize, version, isDnssecOk, options } = edns;
  writeName(output, '.', false);
  bytes.writeUInt16BE(TYPE.OPT, output.offset);
  bytes.writeUInt16BE(udpSize, output.offset + 2);
  bytes.writeUInt8((rcode >> 4) & 0xff, output.offset + 4);
  bytes.writeUInt8(version, output.offset + 5);
  bytes.writeUInt16BE(isDnssecOk ? 0x8000 : 0, output.offset + 6);
  bytes.writeUInt16BE(optSize(edns) - 11, output.offset + 8);
  output.offset += 10;
  for (const { code, data } of options) {
    bytes.writeUInt16BE(code, output.offset);
    bytes.writeUInt16BE(data.length, output.offset + 2);
    bytes.set(data, output.offset + 4);
    output.offset += 4 + data.length;
  }
}
