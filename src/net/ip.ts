export type IpFamily = 'IPv4' | 'IPv6';

/** An IP address; made only by `parseIp` and `ipFromBits`, so its text is always canonical. */
export interface Ip {
  readonly family: IpFamily;
  /** The address as a number, 32 or 128 bits wide. */
  readonly bits: bigint;
  /** RFC 5952 for IPv6, dotted decimal for IPv4. */
  readonly text: string;
}

/** A prefix; made only by `parseCidr`. */
export interface Cidr {
  readonly family: IpFamily;
  /** The first address, host bits zero. */
  readonly network: Ip;
  readonly prefixLength: number;
  /** How many addresses it holds. */
  readonly size: bigint;
  readonly text: string;
}

const WIDTH = { IPv4: 32, IPv6: 128 } as const;

/**
 * Reads an address as Kubernetes' API does: four decimal octets without leading zeros, or IPv6 without a zone.
 *
 * @returns undefined when `text` is no address.
 * @see KEP-4858, strict IP parsing
 */
export function parseIp(text: string): Ip | undefined {
  const number = parseIPv4(text);
  // Strict text is canonical text already.
  if (number !== undefined) return { family: 'IPv4', bits: BigInt(number), text };
  return text.includes(':') ? parseIPv6(text) : undefined;
}

/**
 * Reads a prefix such as `10.96.0.0/12`; host bits are cleared.
 *
 * @returns undefined when `text` is no prefix.
 */
export function parseCidr(text: string): Cidr | undefined {
  const [address = '', length = '', more] = text.split('/');
  const ip = parseIp(address);
  if (ip === undefined || more !== undefined || !/^(0|[1-9]\d{0,2})$/.test(length))
    return undefined;
  const prefixLength = Number(length);
  const width = WIDTH[ip.family];
  if (prefixLength > width) return undefined;
  const hostBits = BigInt(width - prefixLength);
  const network = ipFromBits(ip.family, (ip.bits >> hostBits) << hostBits);
  return {
    family: ip.family,
    network,
    prefixLength,
    size: 1n << hostBits,
    text: `${network.text}/${prefixLength}`,
  };
}

/** The address of `family` whose number is `bits`. @throws RangeError when `bits` does not fit the family. */
export function ipFromBits(family: IpFamily, bits: bigint): Ip {
  const width = WIDTH[family];
  if (bits < 0n || bits >> BigInt(width) !== 0n)
    throw new RangeError(`${bits} is no ${family} address`);
  return { family, bits, text: family === 'IPv4' ? textOfIPv4(Number(bits)) : textOfIPv6(bits) };
}

/** Whether `ip` lies in `cidr`; addresses of the other family never do. */
export function cidrContains(cidr: Cidr, ip: Ip): boolean {
  if (cidr.family !== ip.family) return false;
  const offset = ip.bits - cidr.network.bits;
  return offset >= 0n && offset < cidr.size;
}

/** Whether two prefixes share an address. */
export function cidrsOverlap(a: Cidr, b: Cidr): boolean {
  return cidrContains(a, b.network) || cidrContains(b, a.network);
}

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const STRICT_IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);

/** Four decimal octets without leading zeros, as a number: by hand, since every object and every flow has some. */
function parseIPv4(text: string): number | undefined {
  if (!STRICT_IPV4.test(text)) return undefined;
  let number = 0;
  for (const octet of text.split('.')) number = number * 256 + Number(octet);
  return number;
}

function textOfIPv4(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');
}

/** IPv6 addresses met of late: to read one takes long, and each is met many times. */
const known = new Map<string, Ip>();
const MAX_KNOWN = 4096;

function parseIPv6(text: string): Ip | undefined {
  const before = known.get(text);
  if (before !== undefined) return before;
  const bits = bitsOfIPv6(text);
  if (bits === undefined) return undefined;
  const ip: Ip = { family: 'IPv6', bits, text: textOfIPv6(bits) };
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(text, ip);
  return ip;
}

const GROUPS = 8;

function bitsOfIPv6(text: string): bigint | undefined {
  const [head = '', tail, more] = text.split('::');
  const before = groupsOf(head, tail === undefined);
  const after = groupsOf(tail ?? '', true);
  if (before === undefined || after === undefined || more !== undefined) return undefined;
  const missing = GROUPS - before.length - after.length;
  // `::` stands for one group at least.
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...before, ...Array.from({ length: missing }, () => 0), ...after];
  return groups.reduce((bits, group) => (bits << 16n) | BigInt(group), 0n);
}

/** @param isEnd Whether the last two may be written as IPv4. @returns undefined where `text` is something else. */
function groupsOf(text: string, isEnd: boolean): readonly number[] | undefined {
  if (text === '') return [];
  const words = text.split(':');
  const number = isEnd ? parseIPv4(words.at(-1) ?? '') : undefined;
  const written = number === undefined ? words : words.slice(0, -1);
  if (!written.every((word) => /^[0-9a-f]{1,4}$/i.test(word))) return undefined;
  const groups = written.map((word) => Number.parseInt(word, 16));
  return number === undefined ? groups : [...groups, number >>> 16, number & 0xff_ff];
}

const ZEROS = /\b0(?::0)+\b/g;

/** As RFC 5952 has it: `::` stands for the longest row of zeros, the first of equals, and never for one alone. */
function textOfIPv6(bits: bigint): string {
  const shifts = Array.from({ length: GROUPS }, (_, index) => BigInt(16 * (GROUPS - 1 - index)));
  const text = shifts.map((shift) => ((bits >> shift) & 0xff_ffn).toString(16)).join(':');
  let longest = { index: 0, length: 0 };
  for (const { index, 0: row } of text.matchAll(ZEROS))
    if (row.length > longest.length) longest = { index, length: row.length };
  if (longest.length === 0) return text;
  const before = text.slice(0, longest.index).replace(/:$/, '');
  return `${before}::${text.slice(longest.index + longest.length + 1)}`;
}
