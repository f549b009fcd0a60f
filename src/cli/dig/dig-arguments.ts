import { parseIp } from '../../net/index.ts';
import { didYouMean, UsageError } from '../usage-error.ts';
import { newLookup, type LookupDraft } from './lookup.ts';
import { readPlusOption } from './plus-options.ts';
import { isClass, isType } from './record-types.ts';

/** A command line of `dig`. */
export interface DigArguments {
  readonly lookups: readonly (LookupDraft & { readonly name: string })[];
  readonly as: string | undefined;
  readonly namespace: string | undefined;
  readonly instance: string | undefined;
  readonly libc: 'glibc' | 'musl';
}

interface Draft {
  /** What words change: the defaults, until a name begins a lookup of its own. */
  current: LookupDraft;
  readonly defaults: LookupDraft;
  readonly lookups: LookupDraft[];
  as?: string;
  namespace?: string;
  instance?: string;
  libc: 'glibc' | 'musl';
}

const VALUED: Readonly<Record<string, (draft: Draft, value: string) => void>> = {
  '--as': (draft, value) => void (draft.as = value),
  '-n': (draft, value) => void (draft.namespace = value),
  '--namespace': (draft, value) => void (draft.namespace = value),
  '--name': (draft, value) => void (draft.instance = value),
  '--libc': (draft, value) => void (draft.libc = readLibc(value)),
  '-c': ({ current }, value) => void (current.class = readClass(value)),
  '-p': ({ current }, value) => void (current.port = readPort(value)),
  '-q': (draft, value) => begin(draft, value),
  '-t': ({ current }, value) => void (current.type = value.toUpperCase()),
  '-x': (draft, value) => {
    begin(draft, reverseName(value));
    draft.current.type ??= 'PTR';
  },
};

const FLAGS: Readonly<Record<string, (lookup: LookupDraft) => void>> = {
  '-4': (lookup) => void (lookup.family = 'IPv4'),
  '-6': (lookup) => void (lookup.family = 'IPv6'),
  '-r': () => undefined, // there is no file of defaults that it would leave unread
  '-u': (lookup) => void (lookup.display = { ...lookup.display, microseconds: true }),
};

/** Of dig, and not here. */
const ABSENT: Readonly<Record<string, string>> = {
  '-b': 'who asks is chosen with --as',
  '-f': 'several names fit on one command line',
  '-k': 'no server here checks signatures of queries',
  '-y': 'no server here checks signatures of queries',
};

/**
 * Reads dig's command line: words before the first name are for every lookup, those behind a name for that one.
 *
 * @throws UsageError for an option that is not known, or without a name.
 */
export function readDigArguments(words: readonly string[]): DigArguments {
  const defaults = newLookup();
  const draft: Draft = { current: defaults, defaults, lookups: [], libc: 'glibc' };
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift())
    readWord(draft, word, rest);
  const { as, namespace, instance, libc } = draft;
  const lookups = draft.lookups.flatMap((lookup) =>
    lookup.name === undefined ? [] : [{ ...lookup, name: lookup.name }],
  );
  if (lookups.length > 0) return { lookups, as, namespace, instance, libc };
  throw new UsageError(
    'podlane dig: no name to ask for',
    'For example `podlane dig web.default.svc.cluster.local`.',
  );
}

function readWord(draft: Draft, word: string, rest: string[]): void {
  const { current } = draft;
  if (word.startsWith('@')) current.server = word.slice(1);
  else if (word.startsWith('+')) readPlusOption(current, word);
  else if (word.startsWith('-')) readDash(draft, word, rest);
  else if (isType(word)) current.type = word.toUpperCase();
  else if (isClass(word)) current.class = word.toUpperCase();
  else begin(draft, word);
}

/** `-t SRV`, `-tSRV`, `--as=shop/web`. */
function readDash(draft: Draft, word: string, rest: string[]): void {
  const flag = FLAGS[word];
  if (flag !== undefined) return flag(draft.current);
  const [head, attached] = word.startsWith('--')
    ? splitAt(word, word.indexOf('='), 1)
    : splitAt(word, word.length > 2 ? 2 : -1, 0);
  const read = VALUED[head];
  if (read === undefined) throw unknown(word, head);
  const value = attached ?? rest.shift();
  if (value === undefined)
    throw new UsageError(`podlane dig: ${word} needs a value`, 'See `podlane dig --help`.');
  read(draft, value);
}

function splitAt(word: string, at: number, skip: number): readonly [string, string?] {
  return at < 0 ? [word] : [word.slice(0, at), word.slice(at + skip)];
}

function unknown(word: string, head: string): UsageError {
  const absent = ABSENT[head];
  if (absent !== undefined) return new UsageError(`podlane dig: ${head} is not here: ${absent}`);
  const known = [...Object.keys(VALUED), ...Object.keys(FLAGS)];
  return new UsageError(
    `podlane dig: unknown option ${word}`,
    didYouMean(head, known) ?? 'See `podlane dig --help`.',
  );
}

/** A name begins a lookup with what was said before the first name. */
function begin(draft: Draft, name: string): void {
  draft.current = { ...draft.defaults, name };
  draft.lookups.push(draft.current);
}

function readClass(text: string): string {
  if (isClass(text)) return text.toUpperCase();
  throw new UsageError(`podlane dig: "${text}" is no class`, 'Classes: IN CH HS ANY.');
}

function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port > 0 && port < 65_536) return port;
  throw new UsageError(`podlane dig: -p ${text}: not a port`);
}

function readLibc(text: string): 'glibc' | 'musl' {
  if (text === 'glibc' || text === 'musl') return text;
  throw new UsageError(`podlane dig: --libc ${text}: not glibc or musl`);
}

/** `10.96` is a shorter reverse name, as dig takes it. */
function reverseName(address: string): string {
  const ip = parseIp(address);
  if (ip?.family === 'IPv6') {
    const nibbles = ip.bits.toString(16).padStart(32, '0').split('');
    return `${nibbles.toReversed().join('.')}.ip6.arpa.`;
  }
  if (/^\d{1,3}(?:\.\d{1,3}){0,3}$/.test(address))
    return `${address.split('.').toReversed().join('.')}.in-addr.arpa.`;
  throw new UsageError(`podlane dig: "${address}" is no IP address`);
}
