import type { Clock } from '../observe/index.ts';

/** The first delay after a failure; it doubles with each further one. @see client-go DefaultTypedControllerRateLimiter */
const BACKOFF_BASE_MS = 5;
const BACKOFF_LIMIT_MS = 100_000;

interface Delay {
  readonly dueAt: number;
  readonly timer: Disposable;
}

/** The keys of one controller that wait to be reconciled: each at most once. */
export class WorkQueue implements Disposable {
  readonly #clock: Clock;
  readonly #onReady: () => void;
  readonly #isNewestFirst: boolean;
  readonly #ready = new Set<string>();
  readonly #delayed = new Map<string, Delay>();
  /** Failures in a row, of keys whose last reconcile failed. */
  readonly #failures = new Map<string, number>();

  /**
   * @param onReady Called when a key becomes ready.
   * @param isNewestFirst Gives out what was added last first, whether it was there before or not.
   */
  constructor(clock: Clock, onReady: () => void, isNewestFirst: boolean = false) {
    this.#clock = clock;
    this.#onReady = onReady;
    this.#isNewestFirst = isNewestFirst;
  }

  get readyCount(): number {
    return this.#ready.size;
  }

  add(key: string): void {
    if (this.#isNewestFirst) this.#ready.delete(key);
    this.#ready.add(key);
    this.#onReady();
  }

  /** Adds `key` after a time; of several delays the earliest counts. */
  addAfter(key: string, delayMs: number): void {
    if (delayMs <= 0) {
      this.add(key);
      return;
    }
    const dueAt = this.#clock.now() + delayMs;
    const present = this.#delayed.get(key);
    if (present !== undefined && present.dueAt <= dueAt) return;
    present?.timer[Symbol.dispose]();
    const timer = this.#clock.setTimer(delayMs, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { dueAt, timer });
  }

  /** Takes up to `limit` keys that are ready now. */
  take(limit: number): readonly string[] {
    const keys = this.#isNewestFirst ? this.#newest(limit) : [...this.#ready].slice(0, limit);
    for (const key of keys) this.#ready.delete(key);
    return keys;
  }

  /** The oldest is among them, so that none waits for ever. */
  #newest(limit: number): readonly string[] {
    const [oldest, ...others] = this.#ready;
    if (oldest === undefined || limit <= 0) return [];
    return [oldest, ...others.slice(Math.max(0, others.length - limit + 1))].toReversed();
  }

  succeeded(key: string): void {
    this.#failures.delete(key);
  }

  /**
   * Brings `key` back after a failure.
   *
   * @param isUrgent At once, if it is the first failure in a row.
   * @returns failures in a row.
   */
  failed(key: string, isUrgent: boolean): number {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    if (isUrgent && failures === 1) this.add(key);
    else this.addAfter(key, Math.min(BACKOFF_LIMIT_MS, BACKOFF_BASE_MS * 2 ** (failures - 1)));
    return failures;
  }

  [Symbol.dispose](): void {
    for (const { timer } of this.#delayed.values()) timer[Symbol.dispose]();
    this.#delayed.clear();
    this.#ready.clear();
  }
}
