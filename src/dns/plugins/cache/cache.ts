import type { Clock } from '../../../observe/index.ts';
import { failure, type Answer } from '../../answer.ts';
import { onAnswer, type Plugin, type Resolve } from '../../chain.ts';
import type { Metrics } from '../../metrics.ts';
import { isInZone, zoneOf } from '../../names.ts';
import type { Query } from '../../query.ts';
import { OPCODE, RCODE, type ResourceRecord } from '../../wire/index.ts';
import { answersQuestion, classify, type AnswerClass } from './classify.ts';
import { Entries, keyOf, ttlOf, type Entry } from './entries.ts';
import { createCacheCells, type CacheCells } from './metrics.ts';
import type { CacheOptions } from './options.ts';

export interface CacheContext {
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Told of what goes wrong behind an answer. */
  readonly onError: (error: unknown, query: Query) => void;
  /** Name of the block's view. @default '' */
  readonly view?: string;
}

/** A query on its way through the cache. */
interface Visit {
  /** As the client asked it. */
  readonly query: Query;
  readonly key: string;
  readonly cells: CacheCells;
  /** The rest of the chain, asked with AD so that what is kept says all it can. */
  readonly refresh: Resolve;
}

/** Keeps answers of the rest of the chain, and counts their TTLs down. */
export class Cache {
  readonly #options: CacheOptions;
  readonly #context: CacheContext;
  readonly #cells: (server: string) => CacheCells;
  readonly #success: Entries;
  readonly #denial: Entries;

  constructor(options: CacheOptions, context: CacheContext) {
    this.#options = options;
    this.#context = context;
    const { zones } = options;
    this.#cells = createCacheCells(context.metrics, { zones, view: context.view ?? '' });
    this.#success = new Entries(options.success.capacity);
    this.#denial = new Entries(options.denial.capacity);
  }

  readonly plugin: Plugin = (query, next) => {
    if (!this.#isServed(query)) return next(query);
    const refresh: Resolve = (asked) => next({ ...asked, isAuthentic: true });
    const cells = this.#cells(query.server?.address ?? '');
    const visit: Visit = { query, key: keyOf(query), cells, refresh };
    cells.requests.inc();
    const now = this.#context.clock.now();
    const entry = this.#find(visit, now);
    if (entry === undefined) {
      cells.misses.inc();
      return onAnswer(refresh(query), (answer) => this.#take(answer, visit));
    }
    if (ttlOf(entry, now) <= 0) return this.#serveOld(entry, visit);
    if (this.#isWorthPrefetch(entry, now)) this.#refreshBehind(entry, visit, false);
    return this.#reply(entry, visit, this.#options.keepsTtl ? entry.ttlSeconds : ttlOf(entry, now));
  };

  /** Counts a query that was answered from the cache of finished answers, in front of this one. */
  countRepeated(query: Query): void {
    if (!this.#isServed(query)) return;
    const cells = this.#cells(query.server?.address ?? '');
    cells.requests.inc();
    cells.misses.inc();
  }

  #isServed({ opcode, qname }: Query): boolean {
    return opcode === OPCODE.QUERY && zoneOf(qname, this.#options.zones) !== undefined;
  }

  /** Denials win, but a failure gives way to an answer, and so does a denial where old answers are preferred. */
  #find({ query, key, cells }: Visit, now: number): Entry | undefined {
    const isUsable = (entry: Entry | undefined): entry is Entry =>
      entry !== undefined && this.#isUsable(entry, now);
    const success = this.#success.get(key);
    const denial = this.#denial.get(key);
    const preferred = this.#options.stale?.prefersPositive === true ? goodOf(success) : undefined;
    const good = isUsable(preferred) ? preferred : isUsable(success) ? success : undefined;
    const isDenied = isUsable(denial) && !isUsable(preferred);
    const winner =
      isDenied && (denial.answer.rcode !== RCODE.SERVFAIL || good === undefined) ? denial : good;
    if (winner === undefined) return undefined;
    cells.hits[winner === denial ? 'denial' : 'success'].inc();
    query.explain?.({ part: 'cache', outcome: 'pass', what: `kept for ${ttlOf(winner, now)} s` });
    return winner;
  }

  #isUsable(entry: Entry, now: number): boolean {
    const ttl = ttlOf(entry, now);
    return ttl > 0 || -ttl < Math.trunc((this.#options.stale?.keepMs ?? 0) / 1000);
  }

  /** What comes back from the rest of the chain: kept if it may be, and under its TTL in the cache. */
  #take(answer: Answer | undefined, visit: Visit, isBehind = false): Answer | undefined {
    if (answer === undefined) return undefined;
    if (answer.isBare === true) return this.#takeBare(answer, visit);
    const { ttlSeconds, isCacheable, class: class_ } = classify(visit.query, answer, this.#options);
    const aged = withTtl(answer, ttlSeconds);
    const { isStable, ...unstable } = aged;
    const isKept =
      isCacheable && this.#keep(unstable, { ...visit, class: class_, ttlSeconds, isBehind });
    return forClient(
      isKept || isStable === undefined ? unstable : { ...unstable, isStable },
      visit.query,
    );
  }

  /** A code that no plugin wrote is kept when it stands for an error. */
  #takeBare(answer: Answer, visit: Visit): Answer {
    const isError = answer.rcode === RCODE.SERVFAIL && answer.error !== undefined;
    const { isCacheable, ttlSeconds } = classify(visit.query, answer, this.#options);
    if (isError && isCacheable) {
      const { isBare: _, ...kept } = failure(RCODE.SERVFAIL);
      this.#keep(kept, { ...visit, class: 'failure', ttlSeconds, isBehind: true });
    }
    return answer;
  }

  /** @returns Whether there was a place for it. */
  #keep(
    answer: Answer,
    kept: Visit & {
      readonly class: AnswerClass;
      readonly ttlSeconds: number;
      readonly isBehind: boolean;
    },
  ): boolean {
    const { query, key, cells, class: class_, ttlSeconds, isBehind } = kept;
    const kind = class_ === 'success' ? 'success' : 'denial';
    const isDisabled = this.#options[kind].disabledZones.some((zone) =>
      isInZone(query.qname, zone),
    );
    if (isDisabled) return false;
    const { error: _, ...plain } = answer;
    const isAnswering = answersQuestion(query, plain);
    const prefersPositive = this.#options.stale?.prefersPositive === true;
    const lastGood = prefersPositive && !isAnswering ? goodOf(this.#success.get(key)) : undefined;
    const entry = createEntry(
      plain,
      { isAnswering, ttlSeconds, lastGood },
      this.#context.clock.now(),
    );
    const entries = kind === 'success' ? this.#success : this.#denial;
    if (entries.set(key, entry)) cells.evictions(kind).inc();
    const isNewest = prefersPositive ? isAnswering : isBehind;
    if (kind === 'success' && isNewest) this.#denial.delete(key);
    cells.entries.success.set(this.#success.size);
    cells.entries.denial.set(this.#denial.size);
    return true;
  }

  #serveOld(entry: Entry, visit: Visit): ReturnType<Resolve> {
    const { stale } = this.#options;
    const serve = (): Answer => {
      visit.cells.servedStale.inc();
      const ttl = this.#options.keepsTtl ? entry.ttlSeconds : 0;
      return this.#reply(
        entry,
        visit,
        stale !== undefined && stale.ttlSeconds > 0 ? stale.ttlSeconds : ttl,
      );
    };
    if (stale?.isVerified !== true) {
      this.#refreshBehind(entry, visit, true);
      return serve();
    }
    const isTracked = stale.recheckMs > 0 || stale.verifyTimeoutMs > 0;
    if (isTracked && !this.#begin(entry, stale.recheckMs)) return serve();
    const verified = onAnswer(visit.refresh(visit.query), (answer) => {
      const fresh = this.#verify(answer, visit, stale.verifyTimeoutMs > 0);
      if (isTracked) this.#end(entry, fresh !== undefined, stale.recheckMs);
      return fresh;
    });
    if (stale.verifyTimeoutMs === 0 || !(verified instanceof Promise))
      return onAnswer(verified, (fresh) => fresh ?? serve());
    return this.#within(verified, stale.verifyTimeoutMs).then((fresh) => fresh ?? serve());
  }

  #within(answer: Promise<Answer | undefined>, timeoutMs: number): Promise<Answer | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer | undefined>();
    const timer = this.#context.clock.setTimer(timeoutMs, () => resolve(undefined));
    answer.then(resolve, reject).finally(() => timer[Symbol.dispose]());
    return promise;
  }

  /** A fresh answer that may replace an old one. @see RFC 8767 §4 */
  #verify(answer: Answer | undefined, visit: Visit, isBehind: boolean): Answer | undefined {
    if (answer === undefined || answer.isBare === true || answer.isTruncated === true)
      return undefined;
    const prefersPositive = this.#options.stale?.prefersPositive === true;
    const verdict = classify(visit.query, answer, this.#options);
    const isFresh = prefersPositive
      ? verdict.class === 'success' && answersQuestion(visit.query, answer)
      : verdict.class === 'success' || verdict.class === 'denial';
    if (!isFresh && !prefersPositive) return undefined;
    const fresh = this.#take(answer, visit, isBehind);
    return isFresh ? fresh : undefined;
  }

  /** Asks again without anybody waiting. */
  #refreshBehind(entry: Entry, visit: Visit, isOld: boolean): void {
    const recheckMs = isOld ? (this.#options.stale?.recheckMs ?? 0) : 0;
    if (!this.#begin(entry, recheckMs)) return;
    visit.cells.prefetches.inc();
    const { hits, lastHitAt } = entry;
    const finish = (answer: Answer | undefined): undefined => {
      const fresh = isOld ? this.#verify(answer, visit, true) : this.#take(answer, visit, true);
      this.#end(entry, !isOld || fresh !== undefined, recheckMs);
      const successor = this.#denial.get(visit.key) ?? this.#success.get(visit.key);
      if (successor !== undefined) Object.assign(successor, { hits, lastHitAt });
    };
    const fail = (error: unknown): void => {
      this.#end(entry, false, recheckMs);
      this.#context.onError(error, visit.query);
    };
    // The client has its answer before the chain is asked again; nobody minds the size of that.
    const { explain: _, ...query } = visit.query;
    const client = { ...query.client, transport: 'tcp' } as const;
    Promise.resolve()
      .then(async () => visit.refresh({ ...query, client }))
      .then(finish)
      .catch(fail);
  }

  #begin(entry: Entry, recheckMs: number): boolean {
    if (entry.isRefreshing) return false;
    if (recheckMs > 0 && this.#context.clock.now() < entry.retryAt) return false;
    entry.isRefreshing = true;
    return true;
  }

  #end(entry: Entry, isRefreshed: boolean, recheckMs: number): void {
    entry.isRefreshing = false;
    entry.retryAt = isRefreshed ? 0 : this.#context.clock.now() + recheckMs;
  }

  #isWorthPrefetch(entry: Entry, now: number): boolean {
    const { amount, gapMs, percentage } = this.#options.prefetch;
    if (amount <= 0) return false;
    entry.hits = entry.lastHitAt < now - gapMs ? 1 : entry.hits + 1;
    entry.lastHitAt = now;
    const threshold = Math.ceil((percentage / 100) * entry.ttlSeconds);
    return entry.hits >= amount && ttlOf(entry, now) <= threshold;
  }

  #reply(entry: Entry, { query }: Visit, ttl: number): Answer {
    return forClient(withTtl(entry.answer, ttl), query);
  }
}

function goodOf(entry: Entry | undefined): Entry | undefined {
  return entry?.isAnswering === true ? entry : entry?.lastGood;
}

function createEntry(
  answer: Answer,
  fields: Pick<Entry, 'isAnswering' | 'ttlSeconds' | 'lastGood'>,
  storedAt: number,
): Entry {
  return { answer, ...fields, storedAt, hits: 0, lastHitAt: 0, isRefreshing: false, retryAt: 0 };
}

/** OPT records are between two servers, and go no further. */
function withTtl(found: Answer, ttl: number): Answer {
  const { ednsOptions: _, ownEdns: __, ...answer } = found;
  const aged = (records: readonly ResourceRecord[]): readonly ResourceRecord[] =>
    records.map((record) => ({ ...record, ttl }));
  return {
    ...answer,
    answers: aged(answer.answers),
    authority: aged(answer.authority),
    additional: aged(answer.additional),
  };
}

/** AD is for those that asked for it. @see RFC 6840 §5.7 */
function forClient(answer: Answer, { edns, isAuthentic }: Query): Answer {
  const wantsIt = isAuthentic || edns?.isDnssecOk === true;
  return answer.isAuthentic === true && !wantsIt ? { ...answer, isAuthentic: false } : answer;
}
