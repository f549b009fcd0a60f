import { keyOf } from './upstream-pool.ts';
import { expandVariables } from './variables.ts';
import type { Endpoint } from '../net/index.ts';
import type { Balance, RouteRequest } from './route-policy.ts';

/** What a choice among endpoints hangs on. */
export interface BalanceQuestion {
  /** Tells one backend's turns from another's. */
  readonly backendKey: string;
  /** At least one. */
  readonly endpoints: readonly Endpoint[];
  readonly balance: Balance;
  readonly request: RouteRequest;
  /** Milliseconds. */
  readonly now: number;
}

/** Half of what an endpoint took is forgotten after about this time. @see ingress-nginx, ewma.lua, DECAY_TIME */
const DECAY_MS = 10_000;

/** The state that balancing needs: whose turn it is, how many requests an endpoint has, how long it took. */
export class Balancer {
  readonly #random: () => number;
  readonly #turns = new Map<string, number>();
  readonly #running = new Map<string, number>();
  readonly #averages = new Map<string, { ms: number; at: number }>();

  constructor(random: () => number) {
    this.#random = random;
  }

  /** The index of the endpoint to try first; the next ones follow in their order. */
  pick(question: BalanceQuestion): number {
    const { endpoints, balance } = question;
    if (endpoints.length < 2) return 0;
    switch (balance) {
      case 'round_robin':
        return this.#nextTurn(question);
      case 'least_conn':
        return this.#leastOf(question);
      case 'ewma':
        return this.#fasterOfTwo(question);
      default:
        return this.#hashed(question, balance);
    }
  }

  /** A request goes to an endpoint. */
  begin(endpoint: Endpoint): void {
    const key = keyOf(endpoint);
    this.#running.set(key, (this.#running.get(key) ?? 0) + 1);
  }

  /** It is answered, or failed. */
  finish(
    endpoint: Endpoint,
    { tookMs, now }: { readonly tookMs: number; readonly now: number },
  ): void {
    const key = keyOf(endpoint);
    const running = (this.#running.get(key) ?? 1) - 1;
    if (running <= 0) this.#running.delete(key);
    else this.#running.set(key, running);
    const old = this.#averages.get(key);
    const weight = old === undefined ? 0 : Math.exp(-(now - old.at) / DECAY_MS);
    this.#averages.set(key, { ms: (old?.ms ?? 0) * weight + tookMs * (1 - weight), at: now });
  }

  /** Forgets endpoints that are gone. */
  retain(isPresent: (key: string) => boolean): void {
    for (const key of this.#averages.keys()) if (!isPresent(key)) this.#averages.delete(key);
    for (const key of this.#running.keys()) if (!isPresent(key)) this.#running.delete(key);
  }

  #nextTurn({ backendKey, endpoints }: BalanceQuestion): number {
    const turn = this.#turns.get(backendKey) ?? 0;
    this.#turns.set(backendKey, (turn + 1) % 0x3f_ff_ff_ff);
    return turn % endpoints.length;
  }

  /** Among equals it is the turn that decides. */
  #leastOf(question: BalanceQuestion): number {
    const { endpoints } = question;
    const start = this.#nextTurn(question);
    let best = start;
    let least = Number.POSITIVE_INFINITY;
    for (let step = 0; step < endpoints.length; step += 1) {
      const index = (start + step) % endpoints.length;
      const endpoint = endpoints[index];
      const running = endpoint === undefined ? 0 : (this.#running.get(keyOf(endpoint)) ?? 0);
      if (running < least) [best, least] = [index, running];
    }
    return best;
  }

  #fasterOfTwo({ endpoints, now }: BalanceQuestion): number {
    const first = Math.floor(this.#random() * endpoints.length);
    const second =
      (first + 1 + Math.floor(this.#random() * (endpoints.length - 1))) % endpoints.length;
    return this.#average(endpoints[first], now) <= this.#average(endpoints[second], now)
      ? first
      : second;
  }

  #average(endpoint: Endpoint | undefined, now: number): number {
    const average = endpoint === undefined ? undefined : this.#averages.get(keyOf(endpoint));
    return average === undefined ? 0 : average.ms * Math.exp(-(now - average.at) / DECAY_MS);
  }

  #hashed(
    { endpoints, request }: BalanceQuestion,
    { hashBy, subsetSize }: Exclude<Balance, string>,
  ): number {
    const text = expandVariables(hashBy, { request });
    if (subsetSize === undefined) return hashedIndex(text, endpoints);
    const ranked = rankedIndices(text, endpoints).slice(0, Math.max(1, subsetSize));
    return ranked[Math.floor(this.#random() * ranked.length)] ?? 0;
  }
}

/**
 * The endpoint for a text: the one that its hash with the text ranks highest, so that another endpoint's coming or
 * going moves only the texts that concern it.
 */
export function hashedIndex(text: string, endpoints: readonly Endpoint[]): number {
  let best = 0;
  let highest = -1;
  for (const [index, endpoint] of endpoints.entries()) {
    const weight = hashOf(`${text}\0${keyOf(endpoint)}`);
    if (weight > highest) [best, highest] = [index, weight];
  }
  return best;
}

function rankedIndices(text: string, endpoints: readonly Endpoint[]): number[] {
  return endpoints
    .map((endpoint, index) => ({ index, weight: hashOf(`${text}\0${keyOf(endpoint)}`) }))
    .toSorted((a, b) => b.weight - a.weight)
    .map(({ index }) => index);
}

/** FNV-1a, then mixed as murmur3 ends, since texts that differ in their last digit must not stand side by side. */
export function hashOf(text: string): number {
  let hash = 0x81_1c_9d_c5;
  for (let index = 0; index < text.length; index += 1)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01_00_01_93);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85_eb_ca_6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2_b2_ae_35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
