import type { Endpoint } from '../net/index.ts';
import type { RetryCondition, RetryPolicy, RoutePolicy, RouteRequest } from './route-policy.ts';
import type { Destination, IngressServices } from './services.ts';
import {
  backendKeyOf,
  movedSession,
  sessionCookie,
  sessionOf,
  type SessionQuestion,
} from './session-cookie.ts';

/** @see nginx, proxy_next_upstream "error timeout", proxy_next_upstream_tries 3 as ingress-nginx sets it */
const DEFAULT_RETRY: RetryPolicy = {
  conditions: ['error', 'timeout'],
  tries: 3,
  timeoutMs: 0,
  isNonIdempotentRetried: false,
};
/** nginx's own list, which is shorter than RFC 9110's: everything else is retried. */
const NON_IDEMPOTENT: ReadonlySet<string> = new Set(['POST', 'LOCK', 'PATCH']);

/** What failed, and how far it had come. */
export interface Failure {
  readonly condition: RetryCondition;
  /** The request, or some of it, went out. */
  readonly wasSent: boolean;
  /** Milliseconds since the first try. */
  readonly elapsedMs: number;
}

/** The tries of one request: which endpoint comes next, and whether another may come. */
export class Tries {
  readonly #services: IngressServices;
  readonly #destination: Extract<Destination, { readonly kind: 'endpoints' }>;
  readonly #request: RouteRequest;
  readonly #policy: RoutePolicy;
  #index = -1;
  #count = 0;
  #newCookie: string | undefined;

  constructor(
    services: IngressServices,
    destination: Extract<Destination, { readonly kind: 'endpoints' }>,
    request: RouteRequest,
  ) {
    this.#services = services;
    this.#destination = destination;
    this.#request = request;
    this.#policy = destination.routed.policy;
  }

  /** Value of the Set-Cookie that the response gets; undefined where the client has its session. */
  get newCookie(): string | undefined {
    return this.#newCookie;
  }

  /** Tells the balancer of begin and end of a try; others do not go by them. */
  get isCounted(): boolean {
    const { balance } = this.#policy;
    return balance === 'least_conn' || balance === 'ewma';
  }

  next(): Endpoint | undefined {
    const { endpoints } = this.#destination;
    const failed = this.#index;
    this.#index = failed < 0 ? this.#first() : (failed + 1) % endpoints.length;
    if (failed >= 0 && this.#policy.affinity?.isChangedOnFailure === true) this.#move(failed);
    this.#count += 1;
    return endpoints[this.#index];
  }

  /** The same endpoint again: a kept connection to it was too old, which is nobody's failure. */
  again(): Endpoint | undefined {
    return this.#destination.endpoints[this.#index];
  }

  mayRetry({ condition, wasSent, elapsedMs }: Failure): boolean {
    const { retry = DEFAULT_RETRY, isNginx = false } = this.#policy;
    const most = isNginx
      ? retry.tries
      : Math.min(
          retry.tries === 0 ? Number.POSITIVE_INFINITY : retry.tries,
          this.#destination.endpoints.length,
        );
    if (most > 0 && this.#count >= most) return false;
    if (retry.timeoutMs > 0 && elapsedMs >= retry.timeoutMs) return false;
    if (wasSent && !this.isRepeatable) return false;
    return retry.conditions.includes(condition);
  }

  /** Whether the request may reach a backend twice. */
  get isRepeatable(): boolean {
    const { retry = DEFAULT_RETRY } = this.#policy;
    return (
      retry.isNonIdempotentRetried ||
      retry.conditions.includes('non_idempotent') ||
      !NON_IDEMPOTENT.has(this.#request.method)
    );
  }

  #first(): number {
    const { endpoints } = this.#destination;
    const { affinity, balance = 'round_robin' } = this.#policy;
    if (affinity !== undefined) {
      const session = sessionOf(this.#sessionQuestion(affinity));
      this.#setCookie(session.newValue);
      return session.index;
    }
    if (endpoints.length < 2) return 0;
    return this.#services.balancer.pick({
      backendKey: this.#backendKey,
      endpoints,
      balance,
      request: this.#request,
      now: this.#services.ticks.ms,
    });
  }

  #move(failed: number): void {
    const { affinity } = this.#policy;
    if (affinity === undefined) return;
    const session = movedSession(this.#sessionQuestion(affinity), failed);
    this.#index = session.index;
    this.#setCookie(session.newValue);
  }

  #setCookie(value: string | undefined): void {
    const { affinity } = this.#policy;
    if (affinity === undefined || value === undefined) return;
    this.#newCookie = sessionCookie(affinity, value, {
      request: this.#request,
      now: this.#services.now(),
    });
  }

  #sessionQuestion(affinity: SessionQuestion['affinity']): SessionQuestion {
    const { endpoints } = this.#destination;
    const { random, now } = this.#services;
    return {
      affinity,
      request: this.#request,
      endpoints,
      backendKey: this.#backendKey,
      random,
      now: now(),
    };
  }

  get #backendKey(): string {
    return backendKeyOf(this.#destination.backend);
  }
}
