import type { Socket } from 'node:net';

/** Connections of one listener where nobody says how many. CoreDNS has no such limit, and as many as it has memory. */
export const MAX_CONNECTIONS = 1024;

/**
 * The connections of a listener, never more than `max`.
 *
 * Where one more comes, the one that has asked nothing for the longest makes room: a client that opens connections and
 * leaves them idle keeps nobody out.
 */
export class Connections {
  readonly #max: number;
  /** The one that asked last at the end. */
  readonly #sockets = new Set<Socket>();

  constructor(max: number = MAX_CONNECTIONS) {
    this.#max = max;
  }

  get count(): number {
    return this.#sockets.size;
  }

  add(socket: Socket): void {
    const [oldest] = this.#sockets;
    if (oldest !== undefined && this.#sockets.size >= this.#max) {
      this.#sockets.delete(oldest);
      oldest.destroy();
    }
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  /** A whole query came. */
  asked(socket: Socket): void {
    if (this.#sockets.delete(socket)) this.#sockets.add(socket);
  }

  destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
