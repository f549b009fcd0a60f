import { celFunc, celMethod, CelScalar, listType, type CelFunc, type CelList } from '@bufbuild/cel';
import { cidrContains, parseCidr, parseIp, type Ip } from '../../../net/index.ts';
import { compilePattern } from '../patterns.ts';
import { parseQuantity } from '../../quantity.ts';

const { STRING, BOOL, INT, DYN } = CelScalar;
const STRINGS = listType(STRING);
const ANYTHING = listType(DYN);

/** What Kubernetes adds to the language. @see Kubernetes documentation, Common Expression Language, libraries */
export function kubernetesFunctions(): readonly CelFunc[] {
  return [...addresses(), ...urls(), ...quantities(), ...expressions(), ...lists()];
}

/** Addresses and networks go by their text: `ip()` and `cidr()` check it. */
function addresses(): readonly CelFunc[] {
  return [
    celFunc('isIP', [STRING], BOOL, (text) => readIp(text) !== undefined),
    celFunc('isCIDR', [STRING], BOOL, (text) => readCidr(text) !== undefined),
    celFunc('ip', [STRING], STRING, (text) => requireIp(text).text),
    celFunc('ip.isCanonical', [STRING], BOOL, (text) => requireIp(text).text === text),
    celFunc('cidr', [STRING], STRING, (text) => requireCidr(text).text),
    celMethod('family', STRING, [], INT, function family() {
      return requireIp(this).family === 'IPv4' ? 4n : 6n;
    }),
    celMethod('containsIP', STRING, [STRING], BOOL, function containsIp(text) {
      return cidrContains(requireCidr(this), requireIp(text));
    }),
    celMethod('containsCIDR', STRING, [STRING], BOOL, function containsCidr(text) {
      const [outer, inner] = [requireCidr(this), requireCidr(text)];
      return inner.size <= outer.size && cidrContains(outer, inner.network);
    }),
    celMethod('prefixLength', STRING, [], INT, function prefixLength() {
      return BigInt(requireCidr(this).text.split('/')[1] ?? '0');
    }),
  ];
}

/** The language takes no IPv4 in the clothes of IPv6. @see apiserver `cel/library`, parseIPAddr */
function readIp(text: string): ReturnType<typeof parseIp> {
  const ip = parseIp(text);
  return ip !== undefined && isMapped(ip) ? undefined : ip;
}

function readCidr(text: string): ReturnType<typeof parseCidr> {
  const address = readIp(text.split('/')[0] ?? '');
  return address === undefined ? undefined : parseCidr(text);
}

function isMapped({ family, bits }: Ip): boolean {
  return family === 'IPv6' && bits >> 32n === 0xff_ffn;
}

function requireIp(text: string): NonNullable<ReturnType<typeof parseIp>> {
  const ip = readIp(text);
  if (ip === undefined) throw new Error(`IP Address ${JSON.stringify(text)} parse error`);
  return ip;
}

function requireCidr(text: string): NonNullable<ReturnType<typeof parseCidr>> {
  const cidr = readCidr(text);
  if (cidr === undefined)
    throw new Error(
      `network address parse error during conversion from string: ${JSON.stringify(text)}`,
    );
  return cidr;
}

/** URLs go by their text. */
function urls(): readonly CelFunc[] {
  const part = (name: string, read: (url: URL) => string): CelFunc =>
    celMethod(name, STRING, [], STRING, function readPart() {
      return read(new URL(this));
    });
  return [
    celFunc('isURL', [STRING], BOOL, (text) => URL.canParse(text) || /^\/[^\s]*$/.test(text)),
    celFunc('url', [STRING], STRING, (text) => new URL(text).href && text),
    part('getScheme', ({ protocol }) => protocol.slice(0, -1)),
    part('getHost', ({ host }) => host),
    part('getHostname', ({ hostname }) => hostname.replace(/^\[|\]$/g, '')),
    part('getPort', ({ port }) => port),
    part('getEscapedPath', ({ pathname }) => pathname),
  ];
}

/** Quantities go by their text. */
function quantities(): readonly CelFunc[] {
  const compare = (left: string, right: string): number => {
    const [a, b] = [amountOf(left), amountOf(right)];
    return a < b ? -1 : Number(a > b);
  };
  return [
    celFunc('isQuantity', [STRING], BOOL, (text) => parseQuantity(text) !== undefined),
    celFunc('quantity', [STRING], STRING, (text) => {
      amountOf(text);
      return text;
    }),
    celMethod('isGreaterThan', STRING, [STRING], BOOL, function isGreaterThan(other) {
      return compare(this, other) > 0;
    }),
    celMethod('isLessThan', STRING, [STRING], BOOL, function isLessThan(other) {
      return compare(this, other) < 0;
    }),
    celMethod('compareTo', STRING, [STRING], INT, function compareTo(other) {
      return BigInt(compare(this, other));
    }),
    celMethod('sign', STRING, [], INT, function sign() {
      return BigInt(compare(this, '0'));
    }),
  ];
}

function amountOf(text: string): bigint {
  const quantity = parseQuantity(text);
  if (quantity === undefined) throw new Error('unable to parse quantity');
  return quantity.nanos;
}

function expressions(): readonly CelFunc[] {
  const findAll = (text: unknown, pattern: string): readonly string[] => {
    const compiled = compilePattern(pattern);
    if (compiled === undefined)
      throw new Error(`invalid regular expression ${JSON.stringify(pattern)}`);
    return Array.from(
      String(text).matchAll(new RegExp(compiled, `${compiled.flags}g`)),
      ([found]) => found,
    );
  };
  return [
    celMethod('find', STRING, [STRING], STRING, function find(pattern) {
      return findAll(this, pattern)[0] ?? '';
    }),
    celMethod('findAll', STRING, [STRING], STRINGS, function findEvery(pattern) {
      return [...findAll(this, pattern)];
    }),
  ];
}

function lists(): readonly CelFunc[] {
  const values = (list: unknown): readonly unknown[] => [...(list as CelList)];
  const isBefore = (left: unknown, right: unknown): boolean =>
    typeof left === typeof right && (left as string) < (right as string);
  return [
    celMethod('isSorted', ANYTHING, [], BOOL, function isSorted() {
      const items = values(this);
      return items.every((item, index) => index === 0 || !isBefore(item, items[index - 1]));
    }),
    celMethod('sum', ANYTHING, [], DYN, function sum() {
      const items = values(this);
      return items.every((item) => typeof item === 'bigint')
        ? items.reduce((total: bigint, item) => total + item, 0n)
        : items.reduce((total: number, item) => total + Number(item), 0);
    }),
    celMethod('indexOf', ANYTHING, [DYN], INT, function indexOf(wanted) {
      return BigInt(values(this).indexOf(wanted));
    }),
    celMethod('lastIndexOf', ANYTHING, [DYN], INT, function lastIndexOf(wanted) {
      return BigInt(values(this).lastIndexOf(wanted));
    }),
  ];
}
