import type { Duplex } from 'node:stream';
import type { Endpoint } from '../net/index.ts';
import { AttemptLog } from './attempt-log.ts';
import type { RouteRequest } from './route-policy.ts';
import type { Destination, IngressServices } from './services.ts';
import { Tries, type Failure } from './tries.ts';
import { keyOf, type Upstream, type UpstreamUser } from './upstream-pool.ts';

/** Who is told what becomes of a try. */
export interface LinkUser extends UpstreamUser {
  /** A connection is there. */
  linkOpened(socket: Duplex): void;
  /** None can be had. */
  linkRefused(error: unknown): void;
}

export interface LinkOptions {
  readonly services: IngressServices;
  readonly destination: Extract<Destination, { readonly kind: 'endpoints' }>;
  readonly request: RouteRequest;
  readonly user: LinkUser;
}

/** Notes nothing, for whoever. */
const UNKEPT = new AttemptLog(false);

/** The tries of one exchange to get a backend's connection, one after the other. */
export class UpstreamLink {
  readonly log: AttemptLog;
  readonly #options: LinkOptions;
  readonly #tries: Tries;
  #endpoint: Endpoint | undefined;
  #upstream: Upstream | undefined;
  #abort: AbortController | undefined;
  #isCounted = false;

  constructor(options: LinkOptions) {
    const { services, destination, request } = options;
    this.#options = options;
    this.#tries = new Tries(services, destination, request);
    this.log = services.onRequest === undefined ? UNKEPT : new AttemptLog(true);
  }

  /** The connection of this try; undefined while there is none. */
  get socket(): Duplex | undefined {
    return this.#upstream?.socket;
  }

  get isOpening(): boolean {
    return this.#abort !== undefined;
  }

  /** Whether the connection has served before, and its end may have crossed this request. */
  get isReused(): boolean {
    return this.#upstream?.isReused === true;
  }

  /** The endpoint of this try, as people read it. */
  get name(): string {
    return this.#endpoint === undefined ? 'the backend' : keyOf(this.#endpoint);
  }

  get isRepeatable(): boolean {
    return this.#tries.isRepeatable;
  }

  get newCookie(): string | undefined {
    return this.#tries.newCookie;
  }

  mayRetry(failure: Omit<Failure, 'wasSent'>): boolean {
    return this.#tries.mayRetry({ ...failure, wasSent: this.#upstream !== undefined });
  }

  /** Tries the next endpoint. */
  next(): void {
    this.#open(this.#tries.next());
  }

  /** Tries the same endpoint: a kept connection to it was too old, which is nobody's failure. */
  again(): void {
    this.#open(this.#tries.again());
  }

  /** Ends the try, and its connection. */
  drop(): void {
    this.#abort?.abort();
    this.#abort = undefined;
    this.#leave()?.destroy();
  }

  /** Ends the try; its connection may serve another. */
  keep(): void {
    const upstream = this.#leave();
    if (upstream !== undefined) this.#options.services.pool.release(upstream);
  }

  /** Ends the try, and hands its connection over. */
  detach(): Duplex | undefined {
    return this.#leave()?.detach();
  }

  #open(endpoint: Endpoint | undefined): void {
    const { services, destination, request, user } = this.#options;
    if (endpoint === undefined) {
      user.linkRefused(new Error('there is no endpoint'));
      return;
    }
    this.#endpoint = endpoint;
    this.log.begin(keyOf(endpoint));
    const wrapping = services.wrappingOf(destination.routed.policy, request);
    const upstream = services.pool.take(endpoint, wrapping);
    if (upstream !== undefined) this.#attach(upstream);
    else void this.#dial((signal) => services.pool.open(endpoint, wrapping, signal));
  }

  async #dial(open: (signal: AbortSignal) => Promise<Upstream>): Promise<void> {
    const abort = new AbortController();
    this.#abort = abort;
    try {
      const upstream = await open(abort.signal);
      if (this.#abort !== abort) {
        upstream.destroy();
        return;
      }
      this.#abort = undefined;
      this.#attach(upstream);
    } catch (error) {
      if (this.#abort !== abort) return;
      this.#abort = undefined;
      this.#options.user.linkRefused(error);
    }
  }

  #attach(upstream: Upstream): void {
    const { services, user } = this.#options;
    this.#upstream = upstream;
    this.log.connected();
    if (this.#tries.isCounted && this.#endpoint !== undefined) {
      this.#isCounted = true;
      services.balancer.begin(this.#endpoint);
    }
    upstream.use(user);
    user.linkOpened(upstream.socket);
  }

  #leave(): Upstream | undefined {
    const upstream = this.#upstream;
    this.#upstream = undefined;
    if (this.#isCounted && this.#endpoint !== undefined) {
      this.#isCounted = false;
      const { balancer, now } = this.#options.services;
      balancer.finish(this.#endpoint, { tookMs: this.log.elapsedMs, now: now() });
    }
    return upstream;
  }
}
