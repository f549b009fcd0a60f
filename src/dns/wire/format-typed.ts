import { addressText } from './address.ts';
import { asBuffer } from './decode.ts';
import { TYPE, typeName } from './constants.ts';
import type { Rdata } from './message.ts';
import { readName, type Cursor } from './name.ts';
import { formatRdata, quote } from './presentation.ts';
import { take } from './rdata.ts';
import { WireError } from './wire-error.ts';

type Format = (cursor: Cursor) => readonly (string | number)[];

/** How types whose data is kept opaque are written by people. What is not here has the form of RFC 3597. */
const FORMATS: ReadonlyMap<number, Format> = new Map<number, Format>([
  [TYPE.DS, (cursor) => [short(cursor), octet(cursor), octet(cursor), hexOf(cursor)]],
  [TYPE.SSHFP, (cursor) => [octet(cursor), octet(cursor), hexOf(cursor)]],
  [TYPE.TLSA, (cursor) => [octet(cursor), octet(cursor), octet(cursor), hexOf(cursor)]],
  [TYPE.DNSKEY, key],
  [TYPE.KEY, key],
  [TYPE.RRSIG, signature],
  [TYPE.SIG, signature],
  [TYPE.NSEC, (cursor) => [readName(cursor), ...typesOf(cursor)]],
  [TYPE.NAPTR, naptr],
  [TYPE.URI, (cursor) => [short(cursor), short(cursor), quote(rest(cursor))]],
  [TYPE.RP, names],
  [TYPE.MINFO, names],
  [TYPE.SVCB, service],
  [TYPE.HTTPS, service],
]);

/** The data as `dig` writes it: types that this server keeps opaque in the words of their own RFCs. */
export function formatTyped(type: number, rdata: Rdata): string {
  const format = rdata.kind === 'opaque' ? FORMATS.get(type) : undefined;
  if (format === undefined || rdata.kind !== 'opaque') return formatRdata(rdata);
  const cursor: Cursor = { bytes: asBuffer(rdata.bytes), offset: 0 };
  try {
    const words = format(cursor);
    if (cursor.offset === cursor.bytes.length) return words.filter((word) => word !== '').join(' ');
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
  }
  return formatRdata(rdata);
}

/** Long digests and keys stand in groups of so many characters. */
const GROUP = /.{1,56}/g;

function octet(cursor: Cursor): number {
  return take(cursor, 1).readUInt8(0);
}

function short(cursor: Cursor): number {
  return take(cursor, 2).readUInt16BE(0);
}

function rest(cursor: Cursor): Buffer {
  return take(cursor, cursor.bytes.length - cursor.offset);
}

function hexOf(cursor: Cursor): string {
  return (rest(cursor).toString('hex').toUpperCase().match(GROUP) ?? []).join(' ');
}

function base64Of(cursor: Cursor): string {
  return (rest(cursor).toString('base64').match(GROUP) ?? []).join(' ');
}

function key(cursor: Cursor): ReturnType<Format> {
  return [short(cursor), octet(cursor), octet(cursor), base64Of(cursor)];
}

function names(cursor: Cursor): ReturnType<Format> {
  return [readName(cursor), readName(cursor)];
}

/** @see RFC 4034 §3.2 */
function signature(cursor: Cursor): ReturnType<Format> {
  const covered = typeName(short(cursor));
  const [algorithm, labels] = [octet(cursor), octet(cursor)];
  const ttl = take(cursor, 4).readUInt32BE(0);
  const [expires, begins] = [dateOf(cursor), dateOf(cursor)];
  const tag = short(cursor);
  return [
    covered,
    algorithm,
    labels,
    ttl,
    expires,
    begins,
    tag,
    readName(cursor),
    base64Of(cursor),
  ];
}

/** `20260101000000` */
function dateOf(cursor: Cursor): string {
  const date = new Date(take(cursor, 4).readUInt32BE(0) * 1000);
  return date.toISOString().replaceAll(/\D/g, '').slice(0, 14);
}

/** @see RFC 4034 §4.1.2 */
function typesOf(cursor: Cursor): readonly string[] {
  const types: string[] = [];
  while (cursor.offset < cursor.bytes.length) {
    const block = octet(cursor) * 256;
    for (const [index, bits] of take(cursor, octet(cursor)).entries())
      for (let bit = 0; bit < 8; bit += 1)
        if ((bits & (0x80 >> bit)) !== 0) types.push(typeName(block + index * 8 + bit));
  }
  return types;
}

/** @see RFC 3403 §4.1 */
function naptr(cursor: Cursor): ReturnType<Format> {
  const string = (): string => quote(take(cursor, octet(cursor)));
  const [order, preference] = [short(cursor), short(cursor)];
  return [order, preference, string(), string(), string(), readName(cursor)];
}

/** @see RFC 9460 §2.1 */
function service(cursor: Cursor): ReturnType<Format> {
  const [priority, target] = [short(cursor), readName(cursor)];
  const parameters: string[] = [];
  while (cursor.offset < cursor.bytes.length) {
    const code = short(cursor);
    parameters.push(parameter(code, take(cursor, short(cursor))));
  }
  return [priority, target, ...parameters];
}

const PARAMETERS: ReadonlyMap<number, (value: Buffer) => string> = new Map([
  [0, (value: Buffer) => `mandatory=${shorts(value).map(keyName).join(',')}`],
  [1, (value: Buffer) => `alpn="${strings(value).join(',')}"`],
  [2, () => 'no-default-alpn'],
  [3, (value: Buffer) => `port=${shorts(value).join('')}`],
  [4, (value: Buffer) => `ipv4hint=${addresses(value, 4)}`],
  [5, (value: Buffer) => `ech=${value.toString('base64')}`],
  [6, (value: Buffer) => `ipv6hint=${addresses(value, 16)}`],
  [7, (value: Buffer) => `dohpath=${quote(value)}`],
]);
const KEYS = [
  'mandatory',
  'alpn',
  'no-default-alpn',
  'port',
  'ipv4hint',
  'ech',
  'ipv6hint',
  'dohpath',
];

function keyName(code: number): string {
  return KEYS[code] ?? `key${code}`;
}

function parameter(code: number, value: Buffer): string {
  const known = PARAMETERS.get(code);
  if (known !== undefined) return known(value);
  return value.length === 0 ? keyName(code) : `${keyName(code)}=${quote(value)}`;
}

function shorts(value: Buffer): readonly number[] {
  const cursor: Cursor = { bytes: value, offset: 0 };
  const numbers: number[] = [];
  while (cursor.offset < value.length) numbers.push(short(cursor));
  return numbers;
}

function strings(value: Buffer): readonly string[] {
  const cursor: Cursor = { bytes: value, offset: 0 };
  const found: string[] = [];
  while (cursor.offset < value.length) found.push(quote(take(cursor, octet(cursor))).slice(1, -1));
  return found;
}

function addresses(value: Buffer, size: number): string {
  const cursor: Cursor = { bytes: value, offset: 0 };
  const found: string[] = [];
  while (cursor.offset < value.length) found.push(addressText(take(cursor, size)));
  return found.join(',');
}
