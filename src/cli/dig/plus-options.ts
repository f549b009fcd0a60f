import { parseCidr, parseIp } from '../../net/index.ts';
import { didYouMean, UsageError } from '../usage-error.ts';
import { EDNS, type DigDisplay, type EdnsDraft, type LookupDraft } from './lookup.ts';

interface PlusOption {
  /** `+word` and `+noword`. */
  readonly set?: (lookup: LookupDraft, isOn: boolean) => void;
  /** `+word=value`. */
  readonly read?: (lookup: LookupDraft, value: string) => void;
}

const SECTIONS = ['question', 'answer', 'authority', 'additional'] as const;

const OPTIONS: Readonly<Record<string, PlusOption>> = {
  aaflag: flag('aa'),
  aaonly: flag('aa'),
  additional: shows('additional'),
  adflag: flag('ad'),
  all: { set: (lookup, isOn) => showAll(lookup, isOn) },
  answer: shows('answer'),
  authority: shows('authority'),
  bufsize: {
    set: (lookup) => changeEdns(lookup, { udpSize: EDNS.udpSize }),
    read: (lookup, value) => changeEdns(lookup, { udpSize: readNumber('bufsize', value, 65_535) }),
  },
  cdflag: flag('cd'),
  class: shows('class'),
  cmd: shows('command'),
  comments: shows('comments'),
  cookie: {
    set: (lookup, isOn) => changeEdns(lookup, { cookie: isOn ? DEFAULT_COOKIE : undefined }),
    read: (lookup, value) => changeEdns(lookup, { cookie: readHex('cookie', value) }),
  },
  defname: { set: (lookup, isOn) => void (lookup.isSearching = isOn) },
  dnssec: { set: (lookup, isOn) => changeEdns(lookup, { isDnssecOk: isOn }) },
  do: { set: (lookup, isOn) => changeEdns(lookup, { isDnssecOk: isOn }) },
  domain: {
    read: (lookup, value) => {
      lookup.domain = value;
      lookup.isSearching = true;
    },
  },
  edns: {
    set: (lookup, isOn) => void (lookup.edns = isOn ? (lookup.edns ?? EDNS) : undefined),
    read: (lookup, value) => changeEdns(lookup, { version: readNumber('edns', value, 255) }),
  },
  identify: shows('identify'),
  ignore: { set: (lookup, isOn) => void (lookup.isKeepingTruncated = isOn) },
  json: shows('json'),
  multiline: shows('multiline'),
  ndots: {
    set: (lookup, isOn) => void (lookup.ndots = isOn ? lookup.ndots : undefined),
    read: (lookup, value) => void (lookup.ndots = readNumber('ndots', value, 15)),
  },
  nsid: { set: (lookup, isOn) => changeEdns(lookup, { nsid: isOn }) },
  qr: shows('query'),
  question: shows('question'),
  rdflag: flag('rd'),
  recurse: flag('rd'),
  retry: {
    read: (lookup, value) => void (lookup.tries = 1 + readNumber('retry', value, MAX_TRIES - 1)),
  },
  search: { set: (lookup, isOn) => void (lookup.isSearching = isOn) },
  short: { set: (lookup, isOn) => showShort(lookup, isOn) },
  showsearch: {
    set: (lookup, isOn) => {
      lookup.isSearching = isOn;
      show(lookup, { searchSteps: isOn });
    },
  },
  stats: shows('statistics'),
  subnet: {
    set: (lookup, isOn) => {
      if (isOn) throw new UsageError('podlane dig: +subnet needs a value, as +subnet=192.0.2.0/24');
      changeEdns(lookup, { subnet: undefined });
    },
    read: (lookup, value) => changeEdns(lookup, { subnet: readSubnet(value) }),
  },
  tcp: { set: (lookup, isOn) => void (lookup.transport = isOn ? 'tcp' : 'udp') },
  time: { read: readTimeout },
  timeout: { read: readTimeout },
  'trace-search': { set: (lookup, isOn) => void (lookup.isTracing = isOn) },
  tries: {
    read: (lookup, value) =>
      void (lookup.tries = Math.max(1, readNumber('tries', value, MAX_TRIES))),
  },
  ttlid: shows('ttl'),
  vc: { set: (lookup, isOn) => void (lookup.transport = isOn ? 'tcp' : 'udp') },
  // Of no effect here: each changes how dig itself works, and nothing that is asked or told.
  badcookie: {},
  besteffort: {},
  crypto: {},
  fail: {},
  idnin: {},
  idnout: {},
  keepopen: {},
  rrcomments: {},
  split: {},
};

/** Of dig, and not here. */
const ABSENT: Readonly<Record<string, string>> = {
  https: 'ask with dig itself where DNS over HTTPS is served',
  nssearch: 'there is one server',
  tls: 'ask with dig itself where DNS over TLS is served',
  trace: 'the cluster has no root servers; +trace-search shows each query of the search path',
  yaml: 'there is +json',
};

const MAX_TRIES = 100;
const DEFAULT_COOKIE = '706f646c616e6521';

/**
 * Reads `+[no]word[=value]`; words may be cut short as long as one option begins so.
 *
 * @throws UsageError naming the nearest option for one that is none.
 */
export function readPlusOption(lookup: LookupDraft, word: string): void {
  const [, written = '', value] = /^\+([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
  const isOff = written.startsWith('no') && !isOption(written);
  const name = nameOf(isOff ? written.slice(2) : written, word);
  const { set, read } = OPTIONS[name] ?? {};
  if (read !== undefined && value !== undefined && !isOff) read(lookup, value);
  else if (set !== undefined) set(lookup, !isOff);
  else if (read !== undefined)
    throw new UsageError(`podlane dig: +${name} needs a value, as +${name}=1`);
}

function isOption(word: string): boolean {
  return candidates(word).length > 0;
}

function candidates(word: string): readonly string[] {
  const names = Object.keys(OPTIONS);
  return names.includes(word)
    ? [word]
    : names.filter((name) => word !== '' && name.startsWith(word));
}

/** @throws UsageError */
function nameOf(word: string, written: string): string {
  const absent = ABSENT[word];
  if (absent !== undefined) throw new UsageError(`podlane dig: ${written} is not here: ${absent}`);
  const found = candidates(word);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  if (found.length > 1)
    throw new UsageError(
      `podlane dig: ${written} is ambiguous`,
      `One of ${found.map((name) => `+${name}`).join(' ')}.`,
    );
  const known = Object.keys(OPTIONS).map((name) => `+${name}`);
  throw new UsageError(
    `podlane dig: unknown option ${written}`,
    didYouMean(`+${word}`, known) ?? '`podlane dig --help` lists all.',
  );
}

function flag(name: string): PlusOption {
  return {
    set: (lookup, isOn) => {
      const others = [...lookup.flags].filter((other) => other !== name);
      lookup.flags = new Set(isOn ? [...others, name] : others);
    },
  };
}

function shows(part: keyof DigDisplay): PlusOption {
  return { set: (lookup, isOn) => show(lookup, { [part]: isOn }) };
}

function show(lookup: LookupDraft, change: Partial<DigDisplay>): void {
  lookup.display = { ...lookup.display, ...change };
}

function showAll(lookup: LookupDraft, isOn: boolean): void {
  for (const section of SECTIONS) show(lookup, { [section]: isOn });
  show(lookup, { statistics: isOn, comments: isOn, command: isOn });
}

/** The short form leaves everything out but the data of the answers. */
function showShort(lookup: LookupDraft, isOn: boolean): void {
  show(lookup, { short: isOn });
  if (isOn) show(lookup, { command: false, comments: false, statistics: false });
}

function changeEdns(lookup: LookupDraft, change: Partial<EdnsDraft>): void {
  lookup.edns = { ...(lookup.edns ?? EDNS), ...change };
}

function readTimeout(lookup: LookupDraft, value: string): void {
  lookup.timeoutMs = Math.max(1, readNumber('time', value, 3600)) * 1000;
}

/** @throws UsageError */
function readNumber(option: string, text: string, max: number): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Infinity;
  if (value > max)
    throw new UsageError(`podlane dig: +${option}=${text}: not a number from 0 to ${max}`);
  return value;
}

/** @throws UsageError */
function readHex(option: string, text: string): string {
  if (/^(?:[\da-f]{2}){8,40}$/i.test(text)) return text;
  throw new UsageError(`podlane dig: +${option}=${text}: not 8 to 40 octets in hexadecimal`);
}

/** The option's data: family, prefix length, scope, and as many octets as the prefix has. @see RFC 7871 §6 */
function readSubnet(text: string): string {
  const cidr = parseCidr(text.includes('/') ? text : withFullPrefix(text));
  if (cidr === undefined)
    throw new UsageError(`podlane dig: +subnet=${text}: not an address or prefix`);
  const { network, prefixLength, family } = cidr;
  const digits = family === 'IPv4' ? 8 : 32;
  const octets = Math.ceil(prefixLength / 8);
  const address = network.bits
    .toString(16)
    .padStart(digits, '0')
    .slice(0, octets * 2);
  const head = [0, family === 'IPv4' ? 1 : 2, prefixLength, 0];
  return head.map((octet) => octet.toString(16).padStart(2, '0')).join('') + address;
}

/** `0` stands for no address at all. */
function withFullPrefix(text: string): string {
  if (text === '0') return '0.0.0.0/0';
  return `${text}/${parseIp(text)?.family === 'IPv6' ? 128 : 32}`;
}
