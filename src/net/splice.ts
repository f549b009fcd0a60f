import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { passOn } from './relay-socket.ts';

/**
 * Joins two connections: what comes in on one goes out on the other, until both have ended.
 *
 * Each direction ends by itself (half-close), a slow reader makes the other side wait, and a connection that breaks
 * resets the other. Sockets need `allowHalfOpen`. Errors end here.
 *
 * @returns resolved when both are closed.
 */
export function splice(a: Duplex, b: Duplex): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const link = new Link(a, b, resolve);
  a.on('error', ignoreError);
  b.on('error', ignoreError);
  a.on('close', () => link.closed(a));
  b.on('close', () => link.closed(b));
  if (a.destroyed || b.destroyed) {
    link.abandon();
    return promise;
  }
  forward(a, b);
  forward(b, a);
  return promise;
}

/** Both ends of one splice. */
class Link {
  readonly #a: Duplex;
  readonly #b: Duplex;
  readonly #done: () => void;

  constructor(a: Duplex, b: Duplex, done: () => void) {
    this.#a = a;
    this.#b = b;
    this.#done = done;
  }

  closed(end: Duplex): void {
    const other = end === this.#a ? this.#b : this.#a;
    if (other.destroyed) {
      if (other.closed) this.#done();
      return;
    }
    const isClean = end.errored === null && end.readableEnded && end.writableFinished;
    if (!isClean) reset(other);
  }

  /** One side was gone before the splice began. */
  abandon(): void {
    if (!this.#a.destroyed) reset(this.#a);
    if (!this.#b.destroyed) reset(this.#b);
    if (this.#a.closed && this.#b.closed) this.#done();
  }
}

/**
 * Breaks a connection so that its peer sees a reset, where the connection can say so.
 *
 * The OS library refuses to reset while a half-close is under way, and the descriptor would stay open then; everything is
 * sent by that time, so that closing loses nothing.
 */
export function reset(end: Duplex): void {
  const isHalfClosing = end.writableEnded && end.writableLength === 0 && !end.writableFinished;
  const canReset = 'resetAndDestroy' in end && typeof end.resetAndDestroy === 'function';
  if (canReset && !isHalfClosing) (end as Socket).resetAndDestroy(); // it has the method
  else end.destroy();
}

/** As `pipe` does it, without what `pipe` keeps for many readers. */
function forward(from: Duplex, to: Duplex): void {
  from.on('data', (chunk: Buffer) => {
    // Without room, yet all taken by the OS: nothing to wait for.
    if (!to.write(chunk) && to.writableLength > 0) from.pause();
  });
  to.on('drain', () => from.resume());
  from.on('end', () => to.end());
  passOn(from, to);
}

/** What an error means is told by the `close` that follows. */
function ignoreError(): void {
  return undefined;
}
