import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Endpoint } from './flow.ts';

/**
 * Starts a TCP connection, whose socket is like any other, but that `passOn` can carry what it reads to another socket
 * without a new buffer for each read.
 */
export function dialSocket({ address, port }: Endpoint): Socket {
  return new DialledSocket().setNoDelay().connect({ host: address, port });
}

/**
 * Writes what `from` reads to `to` at once, past the `data` event, where the two sockets allow it.
 *
 * It does so once nothing waits to be read, and stops reading while `to` is full: whoever resumes `from` at its `drain`
 * and listens for `data` gets the rest.
 */
export function passOn(from: Duplex, to: Duplex): void {
  // The OS copies it, or says that it could not yet.
  if (to instanceof Socket && isCopying(to) && from instanceof DialledSocket) from.reader.sink = to;
}

/**
 * Gives what `from` reads to `take` at once, past the `data` event, if it is a socket; others go on as they are.
 *
 * What waited to be read comes as `data` still.
 *
 * @param take Returns whether it is done with the bytes, which counts where `dialSocket` made the socket; otherwise they stay as they are. undefined ends it.
 */
export function readAtOnce(from: Duplex, take: ((chunk: Buffer) => boolean) | undefined): void {
  if (from instanceof DialledSocket) from.reader.take = take;
  else if (from instanceof Socket) pushTo(from, take);
}

/** A stream that flows, and in which nothing waits, would hand each piece on just so, after noting much that nobody asks for. */
function pushTo(from: Socket, take: ((chunk: Buffer) => boolean) | undefined): void {
  from.push = function push(chunk: Buffer | null, encoding) {
    const isNext = this.readableFlowing === true && this.readableLength === 0;
    if (take === undefined || chunk === null || !isNext)
      return Socket.prototype.push.call(this, chunk, encoding);
    take(chunk);
    return true;
  };
}

/** Whether whatever `to.write` has not taken when it returns is in `to.writableLength`: others keep what they are given. */
export function isCopying(to: Duplex): boolean {
  return to instanceof Socket && !('encrypted' in to);
}

/** Knows its reader itself: a WeakMap of sockets makes each of the collector's runs longer. */
class DialledSocket extends Socket {
  readonly reader: SocketReader;

  constructor() {
    const reader = new SocketReader();
    super({
      allowHalfOpen: true,
      onread: { buffer: () => reader.buffer, callback: (size) => reader.arrived(size) },
    });
    this.reader = reader;
    reader.source = this;
    this.once('close', () => reader.close());
  }
}

/** Buffers of one size that wait for their next user: what is made anew for each connection makes the collector run. */
class BufferStock {
  readonly #sizeBytes: number;
  readonly #max: number;
  readonly #spare: Buffer[] = [];

  constructor(sizeBytes: number, max: number) {
    this.#sizeBytes = sizeBytes;
    this.#max = max;
  }

  take(): Buffer {
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(this.#sizeBytes);
  }

  /** Nobody may read or write `buffer` any more. */
  giveBack(buffer: Buffer): void {
    if (this.#spare.length < this.#max) this.#spare.push(buffer);
  }
}

/** Holds most answers; each connection keeps one of these. */
const SMALL_BYTES = 8192;
const small = new BufferStock(SMALL_BYTES, 256);
/** For as long as reads fill what they are given. */
const large = new BufferStock(131_072, 16);

const NONE = Buffer.alloc(0);

/** Takes what arrives in a buffer that is used again and again. */
class SocketReader {
  source: Socket | undefined;
  sink: Socket | undefined;
  take: ((chunk: Buffer) => boolean) | undefined;
  #small = small.take();
  /** Where the next read goes. */
  buffer: Buffer = this.#small;

  /** @returns whether to go on reading. */
  arrived(size: number): boolean {
    const { buffer, sink, source, take } = this;
    if (source === undefined) return true;
    const chunk = size === buffer.length ? buffer : buffer.subarray(0, size);
    const isBehind = source.readableLength > 0;
    if (take !== undefined && !isBehind) {
      if (take(chunk)) this.#fit(size);
      else this.#replace();
      return true;
    }
    if (sink === undefined || isBehind) return source.push(Buffer.from(chunk));
    const hasRoom = sink.write(chunk);
    if (sink.writableLength === 0) {
      this.#fit(size);
      return true;
    }
    // The OS has not taken it all and goes on from this buffer: until `drain`, or for as long as it takes.
    if (hasRoom) this.#replace();
    return hasRoom;
  }

  /** No more reads: the buffers are free, unless the OS still sends from one. */
  close(): void {
    if (this.sink === undefined || this.sink.writableLength === 0) {
      if (this.buffer !== this.#small) large.giveBack(this.buffer);
      small.giveBack(this.#small);
    }
    this.#small = NONE;
    this.buffer = NONE;
  }

  /** The buffer is free. Reads that fill a small one get a large one, until they are small again. */
  #fit(size: number): void {
    const isSmall = this.buffer === this.#small;
    if (isSmall && size === SMALL_BYTES) {
      this.buffer = large.take();
    } else if (!isSmall && size < SMALL_BYTES) {
      large.giveBack(this.buffer);
      this.buffer = this.#small;
    }
  }

  #replace(): void {
    const isSmall = this.buffer === this.#small;
    if (isSmall) this.#small = small.take();
    this.buffer = isSmall ? this.#small : large.take();
  }
}
