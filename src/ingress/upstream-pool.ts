import type { Duplex } from 'node:stream';
import type { Endpoint } from '../net/index.ts';

/** Opens a connection to a Pod on behalf of the ingress. */
export type DialEndpoint = (endpoint: Endpoint, signal: AbortSignal) => Promise<Duplex>;

/** A connection to a backend. */
export interface Upstream {
  readonly socket: Duplex;
  /** Whether it has served a request before: such a one may have been closed by the backend just now. */
  readonly isReused: boolean;
}

/** As nginx's `upstream-keepalive-connections`, per endpoint. */
const MAX_IDLE = 320;

/** Idle connections to backends, the last used first. */
export class UpstreamPool implements Disposable {
  readonly #dial: DialEndpoint;
  readonly #idle = new Map<string, Duplex[]>();

  constructor(dial: DialEndpoint) {
    this.#dial = dial;
  }

  /** An idle connection at once, or a new one. @throws ConnectError */
  acquire(endpoint: Endpoint, signal: AbortSignal): Upstream | Promise<Upstream> {
    const idle = this.#idle.get(keyOf(endpoint));
    for (let socket = idle?.pop(); socket !== undefined; socket = idle?.pop()) {
      socket.removeListener('close', onIdleEnd);
      socket.removeListener('data', onIdleEnd);
      socket.removeListener('end', onIdleEnd);
      if (!socket.destroyed && socket.writable && !socket.readableEnded)
        return { socket, isReused: true };
      socket.destroy();
    }
    return this.#open(endpoint, signal);
  }

  /** Keeps a connection whose exchange is over, at a message's end. */
  release(endpoint: Endpoint, socket: Duplex): void {
    const key = keyOf(endpoint);
    const idle = this.#idle.get(key) ?? [];
    if (socket.destroyed || !socket.writable || idle.length >= MAX_IDLE) {
      socket.destroy();
      return;
    }
    this.#idle.set(key, idle);
    idle.push(socket);
    // A backend that closes, or speaks unasked, is of no more use.
    socket.once('close', onIdleEnd).once('data', onIdleEnd).once('end', onIdleEnd);
  }

  /** Closes what waits for endpoints that are gone. */
  retain(isPresent: (key: string) => boolean): void {
    for (const [key, sockets] of this.#idle) {
      if (isPresent(key)) continue;
      for (const socket of sockets) socket.destroy();
      this.#idle.delete(key);
    }
  }

  [Symbol.dispose](): void {
    this.retain(() => false);
  }

  async #open(endpoint: Endpoint, signal: AbortSignal): Promise<Upstream> {
    const socket = await this.#dial(endpoint, signal);
    // Each exchange listens for the end of its connection; an error before or after only needs not to be thrown.
    socket.on('error', ignore);
    return { socket, isReused: false };
  }
}

/** How the pool names an endpoint. */
export function keyOf({ address, port }: Endpoint): string {
  return `${address}:${port}`;
}

function onIdleEnd(this: Duplex): void {
  this.destroy();
}

function ignore(): void {}
