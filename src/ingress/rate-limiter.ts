import { isInSources } from './source-list.ts';
import type { RateLimit } from './route-policy.ts';

/** What a limit says of a request. */
export type Admission =
  /** Call `finish` when the request is over. */
  | { readonly kind: 'admitted'; readonly finish: (() => void) | undefined }
  | { readonly kind: 'refused'; readonly status: number; readonly because: string };

/** One leaky bucket. */
interface Bucket {
  /** How full it is, requests. */
  level: number;
  /** When that was so, ms. */
  at: number;
}

/** Buckets that have run out are looked for once there are so many. */
const MANY_BUCKETS = 10_000;
const UNLIMITED: Admission = { kind: 'admitted', finish: undefined };

/**
 * Leaky buckets and counts of running requests, one for each client of each Ingress.
 *
 * @see nginx, limit_req (nodelay) and limit_conn
 */
export class RateLimiter {
  readonly #buckets = new Map<string, Bucket>();
  readonly #running = new Map<string, number>();

  /** Counts a request in, or refuses it. @param now Milliseconds. */
  admit(limit: RateLimit, clientAddress: string, now: number): Admission {
    if (isInSources(limit.allowSources, clientAddress)) return UNLIMITED;
    const client = `${limit.zone}\0${clientAddress}`;
    const rates = [
      { name: 'rpm', perMs: (limit.requestsPerMinute ?? 0) / 60_000, per: limit.requestsPerMinute },
      { name: 'rps', perMs: (limit.requestsPerSecond ?? 0) / 1000, per: limit.requestsPerSecond },
    ];
    const running = this.#running.get(client) ?? 0;
    if (limit.connections !== undefined && running >= limit.connections)
      return refused(limit.connectionsStatus, `${running} requests of ${clientAddress} at once`);
    for (const { name, perMs, per } of rates) {
      if (per === undefined || per <= 0) continue;
      const burst = per * limit.burstMultiplier;
      if (!this.#pour(`${name}\0${client}`, { perMs, burst, now }))
        return refused(limit.requestsStatus, `more than ${per} ${name} of ${clientAddress}`);
    }
    if (limit.connections === undefined) return UNLIMITED;
    this.#running.set(client, running + 1);
    return { kind: 'admitted', finish: () => this.#finish(client) };
  }

  /** One request into a bucket; false where it would run over. */
  #pour(
    key: string,
    rate: { readonly perMs: number; readonly burst: number; readonly now: number },
  ): boolean {
    const { perMs, burst, now } = rate;
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      if (this.#buckets.size >= MANY_BUCKETS) this.#dropOld(now);
      this.#buckets.set(key, { level: 0, at: now });
      return true;
    }
    const level = Math.max(0, bucket.level - Math.max(0, now - bucket.at) * perMs + 1);
    if (level > burst) return false;
    bucket.level = level;
    bucket.at = now;
    return true;
  }

  /** Nothing is left of the fullest bucket after an hour: the slowest rate is one a minute. */
  #dropOld(now: number): void {
    for (const [key, { at }] of this.#buckets) if (now - at > 3_600_000) this.#buckets.delete(key);
  }

  #finish(client: string): void {
    const running = (this.#running.get(client) ?? 1) - 1;
    if (running <= 0) this.#running.delete(client);
    else this.#running.set(client, running);
  }
}

function refused(status: number, because: string): Admission {
  return { kind: 'refused', status, because };
}
