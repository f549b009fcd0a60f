import type { Answer } from '../../answer.ts';
import type { Query } from '../../query.ts';

/** An answer that was kept. */
export interface Entry {
  readonly answer: Answer;
  readonly isAnswering: boolean;
  readonly ttlSeconds: number;
  /** Milliseconds since 1970. */
  readonly storedAt: number;
  /** Queries so close to each other that asking ahead may pay. */
  hits: number;
  lastHitAt: number;
  isRefreshing: boolean;
  /** Not asked again before this time. */
  retryAt: number;
  /** What it replaced, although that answers and this does not. */
  lastGood: Entry | undefined;
}

/** Entries by question, at most as many as there is room for. */
export class Entries {
  readonly #capacity: number;
  readonly #byKey = new Map<string, Entry>();

  /** @param capacity Rounded as CoreDNS does: 256 shards of at least four. */
  constructor(capacity: number) {
    this.#capacity = 256 * Math.max(4, Math.trunc(capacity / 256));
  }

  get size(): number {
    return this.#byKey.size;
  }

  get(key: string): Entry | undefined {
    return this.#byKey.get(key);
  }

  /** Makes room by dropping the entry that was new first. @returns Whether it had to. */
  set(key: string, entry: Entry): boolean {
    const mustDrop = this.#byKey.size >= this.#capacity && !this.#byKey.has(key);
    const [first] = mustDrop ? this.#byKey.keys() : [];
    if (first !== undefined) this.#byKey.delete(first);
    this.#byKey.set(key, entry);
    return first !== undefined;
  }

  delete(key: string): void {
    this.#byKey.delete(key);
  }
}

/** What answers are the same for: name, type, class, DO and CD. */
export function keyOf({ qname, qtype, qclass, edns, isCheckingDisabled }: Query): string {
  const bits = (edns?.isDnssecOk === true ? 2 : 0) + (isCheckingDisabled ? 1 : 0);
  return `${bits} ${qtype} ${qclass} ${qname}`;
}

/** Seconds that `entry` is good for; none or less when it is old. */
export function ttlOf({ ttlSeconds, storedAt }: Entry, now: number): number {
  return ttlSeconds - Math.trunc((now - storedAt) / 1000);
}
