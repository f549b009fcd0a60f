import { celFunc, celMethod, CelScalar, listType, mapType, type CelFunc } from '@bufbuild/cel';
import { cidrContains, parseCidr, parseIp, type Ip } from '../../../net/index.ts';
import { formatQuantity, parseQuantity } from '../../quantity.ts';
import { compilePattern, patternProblem } from '../patterns.ts';
import { collectionFunctions } from './collections.ts';
import { compareVersions, parseVersion } from './semver.ts';

const { STRING, BOOL, INT, DOUBLE } = CelScalar;
const STRINGS = listType(STRING);
const NANO = 1_000_000_000n;

/** What Kubernetes adds to the language. @see Kubernetes documentation, Common Expression Language, libraries */
export function kubernetesFunctions(): readonly CelFunc[] {
  return [
    ...addresses(),
    ...kindsOfAddresses(),
    ...urls(),
    ...quantities(),
    ...versions(),
    ...expressions(),
    ...collectionFunctions(),
  ];
}

/** Addresses and networks go by their text: `ip()` and `cidr()` check it. */
function addresses(): readonly CelFunc[] {
  return [
    celFunc('isIP', [STRING], BOOL, (text) => readIp(text) !== undefined),
    celFunc('isCIDR', [STRING], BOOL, (text) => readCidr(text) !== undefined),
    celFunc('ip', [STRING], STRING, (text) => requireIp(text).text),
    celFunc('ip.isCanonical', [STRING], BOOL, (text) => requireIp(text).text === text),
    celFunc('cidr', [STRING], STRING, (text) => {
      const [address = '', prefix = ''] = text.split('/');
      requireCidr(text);
      return `${requireIp(address).text}/${prefix}`;
    }),
    celMethod('ip', STRING, [], STRING, function addressOf() {
      requireCidr(this);
      return requireIp(this.split('/')[0] ?? '').text;
    }),
    celMethod('masked', STRING, [], STRING, function masked() {
      const { network, text } = requireCidr(this);
      return `${network.text}/${text.split('/')[1] ?? ''}`;
    }),
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

/** What an address is for. @see Go `net/netip` */
function kindsOfAddresses(): readonly CelFunc[] {
  const is = (name: string, test: (ip: Ip) => boolean): CelFunc =>
    celMethod(name, STRING, [], BOOL, function isOfKind() {
      return test(requireIp(this));
    });
  return [
    is('isUnspecified', ({ bits }) => bits === 0n),
    is('isLoopback', (ip) => isWithin(ip, '127.0.0.0/8', '::1/128')),
    is('isLinkLocalMulticast', (ip) => isWithin(ip, '224.0.0.0/24', 'ff02::/16')),
    is('isLinkLocalUnicast', (ip) => isWithin(ip, '169.254.0.0/16', 'fe80::/10')),
    is(
      'isGlobalUnicast',
      (ip) =>
        ip.bits !== 0n &&
        ip.text !== '255.255.255.255' &&
        !isWithin(ip, '127.0.0.0/8', '::1/128') &&
        !isWithin(ip, '224.0.0.0/4', 'ff00::/8') &&
        !isWithin(ip, '169.254.0.0/16', 'fe80::/10'),
    ),
  ];
}

function isWithin(ip: Ip, four: string, six: string): boolean {
  return cidrContains(requireCidr(ip.family === 'IPv4' ? four : six), ip);
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
    celMethod('getQuery', STRING, [], mapType(STRING, STRINGS), function getQuery() {
      const { searchParams } = new URL(this);
      const names = [...new Set(searchParams.keys())];
      return new Map(names.map((name) => [name, searchParams.getAll(name)]));
    }),
  ];
}

/** Quantities go by their text; versions are compared by the same names. */
function quantities(): readonly CelFunc[] {
  const compare = (left: string, right: string): number => {
    const [a, b] = [parseVersion(left), parseVersion(right)];
    if (a !== undefined && b !== undefined) return compareVersions(a, b);
    const [one, other] = [amountOf(left), amountOf(right)];
    return one < other ? -1 : Number(one > other);
  };
  const combine = (name: string, sign: bigint): readonly CelFunc[] => [
    celMethod(name, STRING, [STRING], STRING, function combineBoth(other) {
      return sumOf(this, amountOf(other) * sign);
    }),
    celMethod(name, STRING, [INT], STRING, function combineCount(other) {
      return sumOf(this, other * NANO * sign);
    }),
  ];
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
      const amount = amountOf(this);
      return amount < 0n ? -1n : BigInt(amount > 0n);
    }),
    celMethod('isInteger', STRING, [], BOOL, function isInteger() {
      return isWhole(this);
    }),
    celMethod('asInteger', STRING, [], INT, function asInteger() {
      if (!isWhole(this)) throw new Error('cannot convert value to integer');
      return amountOf(this) / NANO;
    }),
    celMethod('asApproximateFloat', STRING, [], DOUBLE, function asApproximateFloat() {
      return Number(amountOf(this)) / Number(NANO);
    }),
    ...combine('add', 1n),
    ...combine('sub', -1n),
  ];
}

/** In the form of what something is added to. */
function sumOf(text: string, added: bigint): string {
  const { format } = parseQuantity(text) ?? { format: 'DecimalSI' };
  return formatQuantity({ nanos: amountOf(text) + added, format });
}

/** A whole number that Go's `int64` holds; fractions of powers of 1024 never do. */
function isWhole(text: string): boolean {
  const nanos = amountOf(text);
  if (/\.\d*[KMGTPE]i$/.test(text) || nanos % NANO !== 0n) return false;
  return BigInt.asIntN(64, nanos / NANO) === nanos / NANO;
}

function amountOf(text: string): bigint {
  const quantity = parseQuantity(text);
  if (quantity === undefined) throw new Error('unable to parse quantity');
  return quantity.nanos;
}

/** Semantic versions go by their text. */
function versions(): readonly CelFunc[] {
  const read = (text: string, isLoose: boolean): string => {
    const version = parseVersion(text, isLoose);
    if (version === undefined) throw new Error(`invalid semantic version ${JSON.stringify(text)}`);
    return version.text;
  };
  const part = (name: 'major' | 'minor' | 'patch'): CelFunc =>
    celMethod(name, STRING, [], INT, function numberOf() {
      return parseVersion(this)?.[name] ?? 0n;
    });
  return [
    celFunc('isSemver', [STRING], BOOL, (text) => parseVersion(text) !== undefined),
    celFunc(
      'isSemver',
      [STRING, BOOL],
      BOOL,
      (text, isLoose) => parseVersion(text, isLoose) !== undefined,
    ),
    celFunc('semver', [STRING], STRING, (text) => read(text, false)),
    celFunc('semver', [STRING, BOOL], STRING, read),
    part('major'),
    part('minor'),
    part('patch'),
  ];
}

function expressions(): readonly CelFunc[] {
  const findAll = (text: string, pattern: string): string[] => {
    const compiled = compilePattern(pattern);
    if (compiled === undefined) throw new Error(patternProblem(pattern));
    const matcher = compiled.matcher(text);
    const found: string[] = [];
    while (matcher.find()) found.push(matcher.group() ?? '');
    return found;
  };
  return [
    celMethod('find', STRING, [STRING], STRING, function find(pattern) {
      return findAll(this, pattern)[0] ?? '';
    }),
    celMethod('findAll', STRING, [STRING], STRINGS, function findEvery(pattern) {
      return findAll(this, pattern);
    }),
  ];
}
