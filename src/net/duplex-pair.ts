import { Duplex } from 'node:stream';

type Done = (error?: Error | null) => void;

/**
 * One end of a TCP connection that exists only in memory.
 *
 * It behaves as a socket does: `end()` closes one direction and leaves the other open; `destroy()` lets what was
 * written arrive, then ends; `resetAndDestroy()`, and `destroy()` with unread bytes, reset the peer (ECONNRESET);
 * writing to a peer that is gone fails (EPIPE). Writes wait while the peer does not read, and nothing is heard of
 * within the call that causes it.
 */
export class DuplexEnd extends Duplex {
  #peer: DuplexEnd | undefined;
  /** What has arrived and not been announced; the peer may be gone meanwhile. */
  #inbox: Buffer[] = [];
  #inboxBytes = 0;
  #isEndInInbox = false;
  #isDrainScheduled = false;
  /** Waits for the peer to read on. */
  #blocked: Done | undefined;
  #isPeerGone = false;

  /** Two connected ends. */
  static pair(): readonly [DuplexEnd, DuplexEnd] {
    const client = new DuplexEnd();
    const server = new DuplexEnd();
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
    if (this.#peer !== undefined && this.#inbox.length === 0) this.#peer.#resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    const peer = this.#peer;
    if (peer === undefined || this.#isPeerGone) return done(socketError('EPIPE', 'write'));
    peer.#receive(chunk);
    if (peer.readableLength + peer.#inboxBytes < peer.readableHighWaterMark) return done();
    this.#blocked = done;
  }

  override _final(done: Done): void {
    if (this.#peer !== undefined) this.#peer.#receiveEnd();
    done();
  }

  override _destroy(error: Error | null, done: Done): void {
    const peer = this.#peer;
    if (this.readableLength + this.#inboxBytes > 0) this.#reset();
    else if (peer !== undefined) peer.#losePeer();
    this.#peer = undefined;
    this.#blocked = undefined;
    done(error);
  }

  #receive(chunk: Buffer): void {
    this.#inbox.push(chunk);
    this.#inboxBytes += chunk.length;
    this.#scheduleDrain();
  }

  #receiveEnd(): void {
    if (this.#isEndInInbox) return;
    this.#isEndInInbox = true;
    this.#scheduleDrain();
  }

  #scheduleDrain(): void {
    if (this.#isDrainScheduled) return;
    this.#isDrainScheduled = true;
    queueMicrotask(() => this.#drain());
  }

  #drain(): void {
    this.#isDrainScheduled = false;
    const chunks = this.#inbox;
    this.#inbox = [];
    this.#inboxBytes = 0;
    if (this.destroyed) return;
    for (const chunk of chunks) this.push(chunk);
    if (this.#isEndInInbox && !this.readableEnded) this.push(null);
  }

  #resume(): void {
    const done = this.#blocked;
    this.#blocked = undefined;
    done?.();
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
    this.#receiveEnd();
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
