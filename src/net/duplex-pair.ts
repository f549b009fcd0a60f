import { Duplex } from 'node:stream';

type Done = (error?: Error | null) => void;

/**
 * One end of a TCP connection that exists only in memory.
 *
 * It behaves as a socket does: `end()` closes one direction and leaves the other open; `destroy()` lets what was
 * written arrive, then ends; `resetAndDestroy()`, and `destroy()` with unread bytes, reset the peer (ECONNRESET);
 * writing to a peer that is gone fails (EPIPE). Writes wait while the peer does not read.
 */
export class DuplexEnd extends Duplex {
  #peer: DuplexEnd | undefined;
  /** Waits for the peer to read on. */
  #blocked: Done | undefined;
  #isPeerGone = false;
  #hasPushedEnd = false;

  /** Two connected ends. */
  static pair(highWaterMark?: number): readonly [DuplexEnd, DuplexEnd] {
    const options = highWaterMark === undefined ? {} : { highWaterMark };
    const client = new DuplexEnd(options);
    const server = new DuplexEnd(options);
    client.#peer = server;
    server.#peer = client;
    return [client, server];
  }

  /** Aborts the connection: the peer sees ECONNRESET. */
  resetAndDestroy(): this {
    this.#reset();
    return this.destroy();
  }

  override _read(): void {
    if (this.#peer !== undefined) this.#peer.#resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    const peer = this.#peer;
    if (peer === undefined || this.#isPeerGone) return done(socketError('EPIPE', 'write'));
    if (peer.push(chunk)) return done();
    this.#blocked = done;
  }

  override _final(done: Done): void {
    if (this.#peer !== undefined) this.#peer.#pushEnd();
    done();
  }

  override _destroy(error: Error | null, done: Done): void {
    const peer = this.#peer;
    if (this.readableLength > 0) this.#reset();
    else if (peer !== undefined) peer.#losePeer();
    this.#peer = undefined;
    this.#blocked = undefined;
    done(error);
  }

  #resume(): void {
    const done = this.#blocked;
    this.#blocked = undefined;
    done?.();
  }

  #pushEnd(): void {
    if (this.#hasPushedEnd) return;
    this.#hasPushedEnd = true;
    this.push(null);
  }

  #reset(): void {
    const peer = this.#peer;
    this.#peer = undefined;
    if (peer === undefined || peer.destroyed) return;
    peer.#peer = undefined;
    peer.destroy(socketError('ECONNRESET', 'read'));
  }

  /** The peer closed; nobody is left to talk to once the rest is read. */
  #losePeer(): void {
    this.#peer = undefined;
    this.#isPeerGone = true;
    if (this.readableEnded) {
      this.destroy();
      return;
    }
    this.once('end', () => this.destroy());
    this.#pushEnd();
    const done = this.#blocked;
    this.#blocked = undefined;
    done?.(socketError('EPIPE', 'write'));
  }
}

/**
 * A TCP connection in memory.
 *
 * @returns the client's end and the server's end.
 */
export function createDuplexPair(): readonly [client: DuplexEnd, server: DuplexEnd] {
  return DuplexEnd.pair();
}

function socketError(code: string, syscall: string): Error {
  return Object.assign(new Error(`${syscall} ${code}`), { code, syscall });
}
