import {
  argsOf,
  CorefileError,
  readDuration,
  readInteger,
  readOptions,
  type Directive,
} from '../../corefile/index.ts';
import { zonesOf } from '../../zones.ts';

/** How one of the two caches keeps answers. */
export interface KeepOptions {
  /** Entries. */
  readonly capacity: number;
  readonly maxTtlSeconds: number;
  readonly minTtlSeconds: number;
  /** Zones whose answers are not kept. */
  readonly disabledZones: readonly string[];
}

/** Answers that stay after their time, for when no fresh one comes. */
export interface StaleOptions {
  /** How long after it. */
  readonly keepMs: number;
  /** Ask first and fall back on the old answer, instead of asking behind it. */
  readonly isVerified: boolean;
  /** How long to wait for the fresh answer; 0 as long as it takes. */
  readonly verifyTimeoutMs: number;
  /** TTL of old answers. */
  readonly ttlSeconds: number;
  /** How long not to ask again after a failure; 0 asks with each query. */
  readonly recheckMs: number;
  /** Old answers that answer win over denials. */
  readonly prefersPositive: boolean;
}

/** What a Corefile says with `cache`. */
export interface CacheOptions {
  readonly zones: readonly string[];
  readonly success: KeepOptions;
  readonly denial: KeepOptions;
  /** How long failures are kept; 0 not at all. */
  readonly servfailMs: number;
  readonly prefetch: {
    /** Queries that make an answer worth asking again before its time; 0 never. */
    readonly amount: number;
    /** The longest time between these queries. */
    readonly gapMs: number;
    /** Part of the TTL that is left then. */
    readonly percentage: number;
  };
  readonly stale: StaleOptions | undefined;
  /** TTLs stay as they were. */
  readonly keepsTtl: boolean;
}

const SUCCESS: KeepOptions = {
  capacity: 10_000,
  maxTtlSeconds: 3600,
  minTtlSeconds: 5,
  disabledZones: [],
};
const DENIAL: KeepOptions = { ...SUCCESS, maxTtlSeconds: 1800 };
const STALE: StaleOptions = {
  keepMs: 3_600_000,
  isVerified: false,
  verifyTimeoutMs: 0,
  ttlSeconds: 0,
  recheckMs: 0,
  prefersPositive: false,
};
const MAX_SERVFAIL_MS = 300_000;
const MAX_RECHECK_MS = 300_000;
const MAX_TTL = 2 ** 32 - 1;

/** @param blockZones What it serves without zones of its own. */
export function defaultCacheOptions(blockZones: readonly string[]): CacheOptions {
  return {
    zones: blockZones,
    success: SUCCESS,
    denial: DENIAL,
    servfailMs: 5000,
    prefetch: { amount: 0, gapMs: 60_000, percentage: 10 },
    stale: undefined,
    keepsTtl: false,
  };
}

type Draft = { -readonly [K in keyof CacheOptions]: CacheOptions[K] };

/**
 * @throws CorefileError
 */
export function readCacheOptions(
  directive: Directive,
  blockZones: readonly string[],
): CacheOptions {
  const draft: Draft = defaultCacheOptions(blockZones);
  readHead(directive, draft);
  let policy: Directive | undefined;
  readOptions(directive, {
    success: (option) => (draft.success = readKeep(option, draft.success)),
    denial: (option) => (draft.denial = readKeep(option, draft.denial)),
    prefetch: (option) => (draft.prefetch = readPrefetch(option, draft.prefetch)),
    serve_stale: (option) => (draft.stale = readStale(option)),
    serve_stale_policy: (option) => {
      if (policy !== undefined)
        throw new CorefileError('serve_stale_policy can only be specified once', option.position);
      const [name = ''] = argsOf(option, 1);
      if (name.toLowerCase() !== 'prefer_positive')
        throw new CorefileError(`invalid serve_stale_policy: ${name}`, option.position);
      policy = option;
    },
    servfail: (option) => (draft.servfailMs = readServfail(option)),
    disable: (option) => readDisable(option, draft),
    keepttl: (option) => {
      argsOf(option, 0);
      draft.keepsTtl = true;
    },
  });
  if (policy === undefined) return draft;
  if (draft.stale === undefined)
    throw new CorefileError('serve_stale_policy requires serve_stale', policy.position);
  return { ...draft, stale: { ...draft.stale, prefersPositive: true } };
}

function readHead(directive: Directive, draft: Draft): void {
  const [first = '', ...rest] = directive.args;
  const hasTtl = /^[+-]?\d+$/.test(first);
  const zones = hasTtl ? rest : directive.args;
  if (zones.length > 0) draft.zones = zones.flatMap(zonesOf);
  if (!hasTtl) return;
  const maxTtlSeconds = readTtl(first, directive);
  draft.success = { ...draft.success, maxTtlSeconds };
  draft.denial = { ...draft.denial, maxTtlSeconds };
}

function readTtl(text: string, directive: Directive): number {
  const ttl = readInteger(text, directive, { min: -MAX_TTL, max: MAX_TTL, what: 'cache TTL' });
  if (ttl <= 0)
    throw new CorefileError(`cache TTL can not be zero or negative: ${ttl}`, directive.position);
  return ttl;
}

function readKeep(option: Directive, known: KeepOptions): KeepOptions {
  const [capacity = '', maxTtl, minTtl] = argsOf(option, 1, Infinity);
  const keep = {
    ...known,
    capacity: readInteger(capacity, option, { min: -MAX_TTL, max: MAX_TTL, what: 'capacity' }),
  };
  if (maxTtl !== undefined) keep.maxTtlSeconds = readTtl(maxTtl, option);
  if (minTtl === undefined) return keep;
  const minTtlSeconds = readInteger(minTtl, option, { min: -MAX_TTL, max: MAX_TTL, what: 'TTL' });
  if (minTtlSeconds < 0)
    throw new CorefileError(`cache min TTL can not be negative: ${minTtl}`, option.position);
  return { ...keep, minTtlSeconds };
}

function readPrefetch(
  option: Directive,
  known: CacheOptions['prefetch'],
): CacheOptions['prefetch'] {
  const { position } = option;
  const [amountText = '', gap, percentageText] = argsOf(option, 1, 3);
  const amount = readInteger(amountText, option, { min: -MAX_TTL, max: MAX_TTL, what: 'prefetch' });
  if (amount < 0)
    throw new CorefileError(`prefetch amount should be positive: ${amount}`, position);
  const gapMs = gap === undefined ? known.gapMs : readDuration(gap, option, 'prefetch');
  if (percentageText === undefined) return { ...known, amount, gapMs };
  if (!percentageText.endsWith('%'))
    throw new CorefileError(
      `last character of percentage should be \`%\`, but is: '${percentageText.at(-1) ?? ''}'`,
      position,
    );
  const what = 'percentage';
  const percentage = readInteger(percentageText.slice(0, -1), option, {
    min: -MAX_TTL,
    max: MAX_TTL,
    what,
  });
  if (percentage < 10 || percentage > 90)
    throw new CorefileError(`percentage should fall in range [10, 90]: ${percentage}`, position);
  return { amount, gapMs, percentage };
}

function readStale(option: Directive): StaleOptions {
  const { position } = option;
  const [keep, mode, ...more] = argsOf(option, 0, 5);
  const keepMs = keep === undefined ? STALE.keepMs : readDuration(keep, option, 'serve_stale');
  if (keepMs < 0) throw new CorefileError('invalid negative duration for serve_stale', position);
  const modeName = mode?.toLowerCase() ?? 'immediate';
  if (modeName !== 'immediate' && modeName !== 'verify')
    throw new CorefileError(`invalid value for serve_stale refresh mode: ${modeName}`, position);
  const isVerified = modeName === 'verify';
  if (!isVerified && more.length > 2) argsOf(option, 0, 4);
  const [timeout, ttl, recheck] = isVerified ? more : [undefined, ...more];
  return {
    ...STALE,
    keepMs,
    isVerified,
    verifyTimeoutMs: readStaleTime(timeout, option, 'verify timeout'),
    ttlSeconds: readStaleTtl(ttl, option),
    recheckMs: readRecheck(recheck, option),
  };
}

function readStaleTime(text: string | undefined, option: Directive, what: string): number {
  if (text === undefined) return 0;
  const value = readDuration(text, option, `invalid serve_stale ${what}`);
  if (value < 0)
    throw new CorefileError(`invalid negative ${what} for serve_stale`, option.position);
  return value;
}

function readStaleTtl(text: string | undefined, option: Directive): number {
  const ms = readStaleTime(text, option, 'response TTL');
  if (ms % 1000 !== 0)
    throw new CorefileError(
      'serve_stale response TTL must be a whole number of seconds',
      option.position,
    );
  if (ms / 1000 > MAX_TTL)
    throw new CorefileError('serve_stale response TTL exceeds the DNS TTL range', option.position);
  return ms / 1000;
}

function readRecheck(text: string | undefined, option: Directive): number {
  const ms = readStaleTime(text, option, 'failure recheck');
  if (ms > MAX_RECHECK_MS)
    throw new CorefileError('serve_stale failure recheck cannot exceed 5 minutes', option.position);
  return ms;
}

function readServfail(option: Directive): number {
  const [text = ''] = argsOf(option, 1);
  const ms = readDuration(text, option, 'servfail');
  if (ms < 0) throw new CorefileError('invalid negative ttl for servfail', option.position);
  if (ms > MAX_SERVFAIL_MS)
    throw new CorefileError(
      'caching SERVFAIL responses over 5 minutes is not permitted',
      option.position,
    );
  return ms;
}

function readDisable(option: Directive, draft: Draft): void {
  const [kind, ...zones] = argsOf(option, 1, Infinity);
  const disabledZones = zones.length === 0 ? ['.'] : zones.flatMap(zonesOf);
  if (kind === 'success') draft.success = { ...draft.success, disabledZones };
  else if (kind === 'denial') draft.denial = { ...draft.denial, disabledZones };
  else
    throw new CorefileError(
      'cache type for disable must be "success" or "denial"',
      option.position,
    );
}
