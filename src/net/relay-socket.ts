import { connect, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Endpoint } from './flow.ts';

/** Holds most answers; each connection keeps one of these. */
const SMALL_BYTES = 8192;
/** For as long as reads fill what they are given. */
const LARGE_BYTES = 131_072;
/** Large buffers that are kept for the next connection that wants one. */
const MAX_SPARE = 16;

const spare: Buffer[] = [];

/** Who reads a socket of `dialSocket`. */
const readers = new WeakMap<Duplex, SocketReader>();

/**
 * Starts a TCP connection, whose socket is like any other, but that `passOn` can carry what it reads to another socket
 * without a new buffer for each read.
 */
export function dialSocket({ address, port }: Endpoint): Socket {
  const reader = new SocketReader();
  const socket = connect({
    host: address,
    port,
    allowHalfOpen: true,
    noDelay: true,
    onread: { buffer: () => reader.buffer, callback: (size) => reader.take(size) },
  });
  reader.source = socket;
  readers.set(socket, reader);
  return socket;
}

/**
 * Writes what `from` reads to `to` at once, past the `data` event, where the two sockets allow it.
 *
 * It does so once nothing waits to be read, and stops reading while `to` is full: whoever resumes `from` at its `drain`
 * and listens for `data` gets the rest.
 */
export function passOn(from: Duplex, to: Duplex): void {
  const reader = readers.get(from);
  // Others keep what they are given; the OS copies it, or says that it could not yet.
  if (reader !== undefined && to instanceof Socket && !('encrypted' in to)) reader.sink = to;
}

/** Takes what arrives in a buffer that is used again and again. */
class SocketReader {
  source: Socket | undefined;
  sink: Socket | undefined;
  #small = Buffer.allocUnsafeSlow(SMALL_BYTES);
  /** Where the next read goes. */
  buffer: Buffer = this.#small;

  /** @returns whether to go on reading. */
  take(size: number): boolean {
    const { buffer, sink, source } = this;
    if (source === undefined) return true;
    const chunk = size === buffer.length ? buffer : buffer.subarray(0, size);
    if (sink === undefined || source.readableLength > 0) return source.push(Buffer.from(chunk));
    const hasRoom = sink.write(chunk);
    if (sink.writableLength === 0) {
      this.#fit(size);
      return true;
    }
    // The OS has not taken it all and goes on from this buffer: until `drain`, or for as long as it takes.
    if (hasRoom) this.#replace();
    return hasRoom;
  }

  /** The buffer is free. Reads that fill a small one get a large one, until they are small again. */
  #fit(size: number): void {
    const isSmall = this.buffer === this.#small;
    if (isSmall && size === SMALL_BYTES) {
      this.buffer = spare.pop() ?? Buffer.allocUnsafeSlow(LARGE_BYTES);
    } else if (!isSmall && size < SMALL_BYTES) {
      if (spare.length < MAX_SPARE) spare.push(this.buffer);
      this.buffer = this.#small;
    }
  }

  #replace(): void {
    const isSmall = this.buffer === this.#small;
    if (isSmall) this.#small = Buffer.allocUnsafeSlow(SMALL_BYTES);
    this.buffer = isSmall ? this.#small : (spare.pop() ?? Buffer.allocUnsafeSlow(LARGE_BYTES));
  }
}
