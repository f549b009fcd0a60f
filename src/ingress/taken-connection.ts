import type { Duplex } from 'node:stream';

/** A client's connection that has left HTTP/1: others read and write on it, and it ends when they no longer do. */
export class TakenConnection {
  readonly #socket: Duplex;
  readonly #idleMs: number;
  #bytes = 0;
  #sinceMs: number;

  /** @param now Milliseconds. */
  constructor(socket: Duplex, idleMs: number, now: number) {
    this.#socket = socket;
    this.#idleMs = idleMs;
    this.#sinceMs = now;
  }

  /** Ends what has been silent both ways for too long. */
  sweep(now: number): void {
    const bytes = bytesThrough(this.#socket);
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#sinceMs = now;
    } else if (now - this.#sinceMs >= this.#idleMs) {
      this.#socket.destroy();
    }
  }
}

function bytesThrough(socket: Duplex): number {
  if (!('bytesRead' in socket && 'bytesWritten' in socket)) return 0;
  return Number(socket.bytesRead) + Number(socket.bytesWritten);
}
