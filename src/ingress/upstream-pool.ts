import type { Duplex } from 'node:stream';
import { readAtOnce, type Endpoint } from '../net/index.ts';

/** Opens a connection to a Pod on behalf of the ingress. */
export type DialEndpoint = (endpoint: Endpoint, signal: AbortSignal) => Promise<Duplex>;

/** Who uses a connection to a backend at the moment. */
export interface UpstreamUser {
  /** @returns whether it is done with the bytes; otherwise they stay as they are. */
  upstreamData(chunk: Buffer): boolean;
  /** The backend has ended, or the connection broke; may be called twice. */
  upstreamEnd(): void;
  upstreamDrain(): void;
}

/** What is put over a new connection before HTTP/1.1 is spoken on it: TLS, or a translation to HTTP/2. */
export interface UpstreamWrapping {
  /** Connections with different keys are never mistaken for each other. */
  readonly key: string;
  /** One translated to HTTP/2 serves one exchange after the other as any other, and ends with the pool. */
  wrap(socket: Duplex, signal: AbortSignal): Promise<Duplex>;
}

/** As nginx's `upstream-keepalive-connections`, per endpoint. */
const MAX_IDLE = 320;
/** As nginx's `upstream-keepalive-timeout` and `upstream-keepalive-requests`. */
const MAX_IDLE_MS = 60_000;
const MAX_REQUESTS = 10_000;

/** A connection to a backend: its events go to whoever uses it. */
export class Upstream {
  readonly socket: Duplex;
  readonly #onIdleEnd: (upstream: Upstream) => void;
  readonly key: string;
  requests = 0;
  idleSinceMs = 0;
  #user: UpstreamUser | undefined;

  constructor(key: string, socket: Duplex, onIdleEnd: (upstream: Upstream) => void) {
    this.key = key;
    this.socket = socket;
    this.#onIdleEnd = onIdleEnd;
    const end = (): void => this.#ended();
    const take = (chunk: Buffer): boolean => {
      if (this.#user !== undefined) return this.#user.upstreamData(chunk);
      // A backend that speaks unasked is of no more use.
      this.#ended();
      return true;
    };
    readAtOnce(socket, take);
    socket
      .on('data', take)
      .on('drain', () => this.#user?.upstreamDrain())
      .on('end', end)
      .on('close', end)
      .on('error', ignore);
  }

  /** Whether it has served a request before: such a one may have been closed by the backend just now. */
  get isReused(): boolean {
    return this.requests > 1;
  }

  /** Begins an exchange. */
  use(user: UpstreamUser): void {
    this.#user = user;
    this.requests += 1;
  }

  /** Ends an exchange, at a message's end or not. */
  leave(): void {
    this.#user = undefined;
  }

  /** Ends it all. */
  destroy(): void {
    this.#user = undefined;
    this.socket.destroy();
  }

  /** Lets go of the socket, which leaves HTTP. */
  detach(): Duplex {
    this.#user = undefined;
    readAtOnce(this.socket, undefined);
    for (const event of ['data', 'drain', 'end', 'close']) this.socket.removeAllListeners(event);
    return this.socket;
  }

  #ended(): void {
    if (this.#user === undefined) this.#onIdleEnd(this);
    else this.#user.upstreamEnd();
  }
}

/** Idle connections to backends, the last used first. */
export class UpstreamPool implements Disposable {
  readonly #dial: DialEndpoint;
  readonly #now: () => number;
  readonly #idle = new Map<string, Upstream[]>();

  /** @param now Milliseconds, monotonic or not, coarse or not. */
  constructor(dial: DialEndpoint, now: () => number) {
    this.#dial = dial;
    this.#now = now;
  }

  /** An idle connection; undefined where there is none. */
  take(endpoint: Endpoint, wrapping?: UpstreamWrapping): Upstream | undefined {
    const idle = this.#idle.get(poolKey(endpoint, wrapping));
    for (let upstream = idle?.pop(); upstream !== undefined; upstream = idle?.pop()) {
      const { socket } = upstream;
      if (!socket.destroyed && socket.writable && !socket.readableEnded) return upstream;
      upstream.destroy();
    }
    return undefined;
  }

  /** A new connection. @throws ConnectError */
  async open(
    endpoint: Endpoint,
    wrapping: UpstreamWrapping | undefined,
    signal: AbortSignal,
  ): Promise<Upstream> {
    const socket = await this.#dial(endpoint, signal);
    const wrapped = wrapping === undefined ? socket : await wrapping.wrap(socket, signal);
    return new Upstream(poolKey(endpoint, wrapping), wrapped, this.#forget);
  }

  /** Keeps a connection whose exchange is over, at a message's end. */
  release(upstream: Upstream): void {
    upstream.leave();
    const { socket, key, requests } = upstream;
    const idle = this.#idle.get(key) ?? [];
    if (
      socket.destroyed ||
      !socket.writable ||
      idle.length >= MAX_IDLE ||
      requests >= MAX_REQUESTS
    ) {
      upstream.destroy();
      return;
    }
    if (idle.length === 0) this.#idle.set(key, idle);
    upstream.idleSinceMs = this.#now();
    idle.push(upstream);
    if (socket.isPaused()) socket.resume();
  }

  /** Closes what waits for endpoints that are gone. @param isPresent Asked with `keyOf` an endpoint. */
  retain(isPresent: (key: string) => boolean): void {
    for (const [key, all] of this.#idle) {
      if (isPresent(key.slice(key.indexOf('|') + 1))) continue;
      this.#idle.delete(key);
      for (const upstream of all) upstream.destroy();
    }
  }

  /** Endpoints with idle connections. */
  get size(): number {
    return this.#idle.size;
  }

  /** Closes what has waited for too long. Called about once a second. */
  sweep(): void {
    const before = this.#now() - MAX_IDLE_MS;
    for (const [key, all] of this.#idle) {
      const old = all.filter(({ idleSinceMs }) => idleSinceMs < before);
      if (old.length === all.length) this.#idle.delete(key);
      for (const upstream of old) {
        this.#forget(upstream);
      }
    }
  }

  [Symbol.dispose](): void {
    this.retain(() => false);
  }

  readonly #forget = (upstream: Upstream): void => {
    const idle = this.#idle.get(upstream.key);
    const index = idle?.lastIndexOf(upstream) ?? -1;
    if (index >= 0) idle?.splice(index, 1);
    if (idle?.length === 0) this.#idle.delete(upstream.key);
    upstream.destroy();
  };
}

const keys = new WeakMap<Endpoint, string>();

/** How the pool names an endpoint. It is asked several times for each request, and endpoints live on. */
export function keyOf(endpoint: Endpoint): string {
  const known = keys.get(endpoint);
  if (known !== undefined) return known;
  const key = `${endpoint.address}:${endpoint.port}`;
  keys.set(endpoint, key);
  return key;
}

function poolKey(endpoint: Endpoint, wrapping: UpstreamWrapping | undefined): string {
  return wrapping === undefined ? keyOf(endpoint) : `${wrapping.key}|${keyOf(endpoint)}`;
}

function ignore(): void {}
