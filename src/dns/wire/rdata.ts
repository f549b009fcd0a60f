import { addressText, writeAddress } from './address.ts';
import { TYPE } from './constants.ts';
import type { Rdata } from './message.ts';
import { readName, writeName, type Cursor, type Output } from './name.ts';
import { WireError } from './wire-error.ts';

/** Types whose data is one name. */
const NAME_TYPES: ReadonlySet<number> = new Set([
  TYPE.NS,
  TYPE.MD,
  TYPE.MF,
  TYPE.CNAME,
  TYPE.MB,
  TYPE.MG,
  TYPE.MR,
  TYPE.PTR,
  TYPE.DNAME,
]);
const MX_TYPES: ReadonlySet<number> = new Set([TYPE.MX, TYPE.AFSDB, TYPE.RT, TYPE.KX]);
const STRING_TYPES: ReadonlySet<number> = new Set([TYPE.TXT, TYPE.SPF, TYPE.HINFO]);

/** Types whose names senders may compress: those of RFC 1035. @see RFC 3597 §4 */
const COMPRESSIBLE: ReadonlySet<number> = new Set(
  [...NAME_TYPES, TYPE.MX, TYPE.SOA].filter((type) => type !== TYPE.DNAME),
);

/** Parts of data that hold names which old senders compress: octets, character-strings, names, then the rest. */
interface Layout {
  readonly octets: number;
  readonly strings: number;
  readonly names: number;
}

/** Kept as `opaque`, but with the names written out, for they point into the message. @see RFC 3597 §4 */
const EXPANDED: ReadonlyMap<number, Layout> = new Map([
  [TYPE.MINFO, { octets: 0, strings: 0, names: 2 }],
  [TYPE.RP, { octets: 0, strings: 0, names: 2 }],
  [TYPE.PX, { octets: 2, strings: 0, names: 2 }],
  [TYPE.SIG, { octets: 18, strings: 0, names: 1 }],
  [TYPE.NXT, { octets: 0, strings: 0, names: 1 }],
  [TYPE.NAPTR, { octets: 4, strings: 3, names: 1 }],
]);

/**
 * Reads `length` octets of data at `cursor`.
 *
 * @throws WireError when they are no data of this type.
 */
export function readRdata(cursor: Cursor, type: number, length: number): Rdata {
  const end = cursor.offset + length;
  if (end > cursor.bytes.length) throw new WireError('data beyond the end of the message');
  const rdata = readParts(cursor, type, end);
  if (cursor.offset !== end) throw new WireError('data of another length than its parts');
  return rdata;
}

function readParts(cursor: Cursor, type: number, end: number): Rdata {
  if (type === TYPE.A || type === TYPE.AAAA) return readAddress(cursor, type, end);
  if (NAME_TYPES.has(type)) return { kind: 'name', target: readName(cursor) };
  if (STRING_TYPES.has(type)) return readStrings(cursor, end);
  if (type === TYPE.SRV) {
    const [priority, weight, port] = [readShort(cursor), readShort(cursor), readShort(cursor)];
    return { kind: 'srv', priority, weight, port, target: readName(cursor) };
  }
  if (type === TYPE.SOA) return readSoa(cursor);
  if (MX_TYPES.has(type))
    return { kind: 'mx', preference: readShort(cursor), exchange: readName(cursor) };
  if (type === TYPE.CAA) return readCaa(cursor, end);
  const layout = EXPANDED.get(type);
  if (layout !== undefined) return readExpanded(cursor, layout, end);
  return { kind: 'opaque', bytes: take(cursor, end - cursor.offset) };
}

function readAddress(cursor: Cursor, type: number, end: number): Rdata {
  const octets = take(cursor, end - cursor.offset);
  if (octets.length !== (type === TYPE.A ? 4 : 16)) throw new WireError('address of wrong length');
  return { kind: 'address', address: addressText(octets) };
}

function readStrings(cursor: Cursor, end: number): Rdata {
  const strings: Buffer[] = [];
  while (cursor.offset < end) strings.push(readString(cursor));
  return { kind: 'strings', strings };
}

function readSoa(cursor: Cursor): Rdata {
  const [mname, rname] = [readName(cursor), readName(cursor)];
  const numbers = take(cursor, 20);
  return {
    kind: 'soa',
    soa: {
      mname,
      rname,
      serial: numbers.readUInt32BE(0),
      refresh: numbers.readUInt32BE(4),
      retry: numbers.readUInt32BE(8),
      expire: numbers.readUInt32BE(12),
      minimum: numbers.readUInt32BE(16),
    },
  };
}

/** @see RFC 8659 §4.1 */
function readCaa(cursor: Cursor, end: number): Rdata {
  const flags = take(cursor, 1).readUInt8(0);
  const tag = readString(cursor).toString('latin1');
  return { kind: 'caa', flags, tag, value: take(cursor, end - cursor.offset) };
}

function readExpanded(cursor: Cursor, layout: Layout, end: number): Rdata {
  const start = cursor.offset;
  take(cursor, layout.octets);
  for (let string = 0; string < layout.strings; string += 1) readString(cursor);
  const head = cursor.bytes.subarray(start, cursor.offset);
  const output = createOutput(Buffer.allocUnsafe(layout.names * 255));
  for (let name = 0; name < layout.names; name += 1) writeName(output, readName(cursor), false);
  const rest = take(cursor, end - cursor.offset);
  const names = output.bytes.subarray(0, output.offset);
  return { kind: 'opaque', bytes: Buffer.concat([head, names, rest]) };
}

/** An empty message that is written into `bytes`. */
export function createOutput(bytes: Buffer): Output {
  return { bytes, offset: 0, names: new Map() };
}

/**
 * Writes the data of a record of `type`, without its length.
 *
 * @throws WireError for a name, string or address that has no form on the wire.
 */
export function writeRdata(output: Output, type: number, rdata: Rdata): void {
  const mayCompress = COMPRESSIBLE.has(type);
  switch (rdata.kind) {
    case 'address':
      output.offset = writeAddress(output.bytes, output.offset, rdata.address);
      return;
    case 'name':
      writeName(output, rdata.target, mayCompress);
      return;
    case 'mx':
      writeShorts(output, [rdata.preference]);
      writeName(output, rdata.exchange, mayCompress);
      return;
    case 'srv':
      writeShorts(output, [rdata.priority, rdata.weight, rdata.port]);
      writeName(output, rdata.target, mayCompress);
      return;
    case 'soa': {
      const { mname, rname, serial, refresh, retry, expire, minimum } = rdata.soa;
      writeName(output, mname, mayCompress);
      writeName(output, rname, mayCompress);
      for (const value of [serial, refresh, retry, expire, minimum])
        output.offset = output.bytes.writeUInt32BE(value >>> 0, output.offset);
      return;
    }
    case 'strings':
      writeStrings(output, rdata.strings);
      return;
    case 'caa':
      output.offset = output.bytes.writeUInt8(rdata.flags, output.offset);
      writeStrings(output, [Buffer.from(rdata.tag, 'latin1')]);
      writeOctets(output, rdata.value);
      return;
    case 'opaque':
      writeOctets(output, rdata.bytes);
      return;
    default:
      rdata satisfies never;
  }
}

function writeShorts(output: Output, values: readonly number[]): void {
  for (const value of values)
    output.offset = output.bytes.writeUInt16BE(value & 0xffff, output.offset);
}

function writeStrings(output: Output, strings: readonly Uint8Array[]): void {
  let octets = 0;
  for (const string of strings) {
    octets += string.length + 1;
    if (string.length > 255) throw new WireError('character-string of more than 255 octets');
    if (octets > 0xffff) throw new WireError('data of more than 65535 octets');
    output.offset = output.bytes.writeUInt8(string.length, output.offset);
    writeOctets(output, string);
  }
}

function writeOctets(output: Output, octets: Uint8Array): void {
  if (octets.length > 0xffff) throw new WireError('data of more than 65535 octets');
  output.bytes.set(octets, output.offset);
  output.offset += octets.length;
}

function readString(cursor: Cursor): Buffer {
  return take(cursor, take(cursor, 1).readUInt8(0));
}

function readShort(cursor: Cursor): number {
  return take(cursor, 2).readUInt16BE(0);
}

/** The next `length` octets. @throws WireError when the message has fewer. */
export function take(cursor: Cursor, length: number): Buffer {
  const end = cursor.offset + length;
  if (length < 0 || end > cursor.bytes.length)
    throw new WireError('data beyond the end of the message');
  const octets = cursor.bytes.subarray(cursor.offset, end);
  cursor.offset = end;
  return octets;
}
