import { absolute } from '../names.ts';
import { hasEnoughDots, inDomain, isAbsolute, isName } from './search-names.ts';

/** What became of one candidate; `FOUND` ends the search, `REFUSED` stands for any other code. */
export type Outcome = 'FOUND' | 'NODATA' | 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED' | 'TIMEOUT';

/** `getaddrinfo`'s verdict on a name that was not found. @see getaddrinfo(3) */
export type LookupError = 'HOST_NOT_FOUND' | 'NO_DATA' | 'TRY_AGAIN' | 'NO_RECOVERY';

export type WalkResult =
  | { readonly kind: 'found'; readonly name: string }
  | { readonly kind: 'failed'; readonly error: LookupError };

/** A search: yields names to ask for, is told what became of each, and returns the result. */
export type Walk = Generator<string, WalkResult, Outcome>;

/** A stub resolver: glibc, musl, Go's own, or the list that miekg/dns builds. */
export interface StubResolver {
  readonly name: 'glibc' | 'musl' | 'go' | 'miekg';
  /** As `2.25`; absent is a current one. */
  readonly version?: string;
}

export interface SearchOptions {
  readonly search: readonly string[];
  readonly ndots: number;
}

const ERROR_OF: Readonly<Record<Outcome, LookupError>> = {
  FOUND: 'NO_RECOVERY',
  NODATA: 'NO_DATA',
  NXDOMAIN: 'HOST_NOT_FOUND',
  SERVFAIL: 'TRY_AGAIN',
  REFUSED: 'NO_RECOVERY',
  TIMEOUT: 'TRY_AGAIN',
};

/** glibc before this read six search domains and 256 characters. */
const GLIBC_UNLIMITED = '2.26';
/** musl before this had no search list. */
const MUSL_SEARCH = '1.1.13';
/** musl before this made `name..` of the root in the list. */
const MUSL_ROOT = '1.2.4';
/** musl reads lines shorter than this. */
const MUSL_LINE = 256;

/** Searches for `name` as `resolver` does. */
export function walk(name: string, options: SearchOptions, resolver: StubResolver): Walk {
  switch (resolver.name) {
    case 'glibc':
      return walkGlibc(name, options, resolver.version);
    case 'musl':
      return walkMusl(name, options, resolver.version);
    case 'go':
      return walkList(goNames(name, options));
    case 'miekg':
      return walkList(miekgNames(name, options));
    default:
      return resolver.name satisfies never;
  }
}

/**
 * The name itself first when it has enough dots; NXDOMAIN, NODATA and SERVFAIL go on in the list, anything else leaves
 * it; the name itself at the end, unless it was tried.
 *
 * @see glibc `resolv/res_query.c`, `__res_context_search`
 */
function* walkGlibc(name: string, options: SearchOptions, version?: string): Walk {
  const bare = absolute(name);
  if (isAbsolute(name)) return yield* walkList([bare]);
  let first: Outcome | undefined;
  if (hasEnoughDots(name, options.ndots)) {
    first = yield bare;
    if (first === 'FOUND') return { kind: 'found', name: bare };
  }
  const isLegacy = isBefore(version, GLIBC_UNLIMITED);
  const search = isLegacy ? legacySearch(options.search) : options.search;
  const names = search.map((domain) => inDomain(bare, domain));
  const listed = yield* walkDomains(names);
  if (typeof listed === 'string') return { kind: 'found', name: listed };
  if (first !== undefined) return { kind: 'failed', error: ERROR_OF[first] };
  if (!names.includes(bare)) {
    const last = yield bare;
    if (last === 'FOUND') return { kind: 'found', name: bare };
    listed.add(last);
  }
  const worst = (['NODATA', 'SERVFAIL', 'TIMEOUT', 'REFUSED'] as const).find((it) =>
    listed.has(it),
  );
  return { kind: 'failed', error: ERROR_OF[worst ?? 'NXDOMAIN'] };
}

/** The name that was found, or what became of those that were tried. */
function* walkDomains(names: readonly string[]): Generator<string, string | Set<Outcome>, Outcome> {
  const seen = new Set<Outcome>();
  for (const name of names) {
    const outcome = isName(name) ? yield name : 'REFUSED';
    if (outcome === 'FOUND') return name;
    seen.add(outcome);
    if (outcome === 'REFUSED' || outcome === 'TIMEOUT') break;
  }
  return seen;
}

/**
 * The list unless there are enough dots, then the name itself; only NXDOMAIN goes on.
 *
 * @see musl `src/network/lookup_name.c`, `name_from_dns_search`
 */
function* walkMusl(name: string, { search, ndots }: SearchOptions, version?: string): Walk {
  const bare = absolute(name);
  const isListed =
    !isAbsolute(name) && !hasEnoughDots(name, ndots) && !isBefore(version, MUSL_SEARCH);
  const isReadable = `search ${search.join(' ')}\n`.length < MUSL_LINE;
  for (const domain of isListed && isReadable ? search : []) {
    const candidate = inDomain(bare, domain);
    if (candidate === bare && isBefore(version, MUSL_ROOT))
      return { kind: 'failed', error: 'HOST_NOT_FOUND' };
    if (!isName(candidate)) continue;
    const outcome = yield candidate;
    if (outcome === 'FOUND') return { kind: 'found', name: candidate };
    if (outcome !== 'NXDOMAIN') return { kind: 'failed', error: ERROR_OF[outcome] };
  }
  const last = yield bare;
  return last === 'FOUND'
    ? { kind: 'found', name: bare }
    : { kind: 'failed', error: ERROR_OF[last] };
}

/** One name after the other, whatever comes. */
function* walkList(names: readonly string[]): Walk {
  let first: Outcome | undefined;
  for (const name of names) {
    const outcome = yield name;
    if (outcome === 'FOUND') return { kind: 'found', name };
    if (first === undefined || first === 'NXDOMAIN') first = outcome;
  }
  return { kind: 'failed', error: ERROR_OF[first ?? 'NXDOMAIN'] };
}

/** @see Go `src/net/dnsclient_unix.go`, `nameList`: too long names are left out, `.onion` is never asked for */
function goNames(name: string, { search, ndots }: SearchOptions): readonly string[] {
  const bare = absolute(name);
  const domains = search.filter((domain) => domain !== '.');
  const below = domains.map((domain) => inDomain(bare, domain));
  const isFirst = isAbsolute(name) || hasEnoughDots(name, ndots);
  const rest = isAbsolute(name) ? [] : below;
  const names = isFirst ? [bare, ...rest] : [...rest, bare];
  return names.filter((candidate) => isName(candidate) && !/\.onion\.$/i.test(candidate));
}

/** @see miekg/dns `clientconfig.go`, `NameList`: labels are counted, not dots */
function miekgNames(name: string, { search, ndots }: SearchOptions): readonly string[] {
  const bare = absolute(name);
  if (isAbsolute(name)) return [bare];
  const below = search.map((domain) => inDomain(bare, domain));
  return name.split('.').length > ndots ? [bare, ...below] : [...below, bare];
}

/** Six domains, and no more than 256 characters. */
function legacySearch(search: readonly string[]): readonly string[] {
  const kept: string[] = [];
  for (const domain of search.slice(0, 6))
    if ([...kept, domain].join(' ').length < 256) kept.push(domain);
  return kept;
}

/** Whether `version` is given and lower than `limit`. */
function isBefore(version: string | undefined, limit: string): boolean {
  if (version === undefined) return false;
  const theirs = version.split('.').map(Number);
  const ours = limit.split('.').map(Number);
  for (const [index, part] of ours.entries()) {
    const other = theirs[index] ?? 0;
    if (other !== part) return other < part;
  }
  return false;
}
