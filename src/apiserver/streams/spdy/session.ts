import { Duplex } from 'node:stream';
import {
  controlFrame,
  dataFrame,
  FLAG_FIN,
  FRAME,
  FrameReader,
  words,
  type Frame,
} from './frames.ts';
import { HeaderReader, HeaderWriter, type Headers } from './header-block.ts';

/** What a session tells its owner. */
export interface SessionOptions {
  /** The client opened a stream; it has been answered already. */
  readonly onStream: (stream: SpdyStream) => void;
  /** The connection is gone, or the client said good-bye. */
  readonly onClose: () => void;
}

/** How many streams a client may have open at a time. */
const MAX_STREAMS = 1000;
const CANCEL = 5;

type Done = (error?: Error | null) => void;

/** One stream of a session. */
export class SpdyStream extends Duplex {
  readonly id: number;
  readonly headers: Headers;
  readonly #session: SpdySession;

  constructor(session: SpdySession, id: number, headers: Headers) {
    super({ allowHalfOpen: true });
    this.#session = session;
    this.id = id;
    this.headers = headers;
  }

  /** Bytes from the client; undefined is its end. */
  receive(bytes: Buffer | undefined): void {
    const wantsMore = this.push(bytes ?? null);
    if (!wantsMore && bytes !== undefined) this.#session.pauseFor(this);
  }

  override _read(): void {
    this.#session.resumeFor(this);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#session.send(dataFrame(this.id, chunk), done);
  }

  override _final(done: Done): void {
    this.#session.send(dataFrame(this.id, Buffer.alloc(0), true), done);
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#session.forget(this, error !== null || !this.writableFinished);
    done(error);
  }
}

/**
 * The server's end of SPDY/3.1, so far as Kubernetes' clients use it: streams that the client opens, without flow
 * control. A stream that nobody reads holds up the connection, as upstream.
 */
export class SpdySession implements Disposable {
  readonly #socket: Duplex;
  readonly #options: SessionOptions;
  readonly #streams = new Map<number, SpdyStream>();
  readonly #frames = new FrameReader();
  readonly #headers = new HeaderReader();
  readonly #replies = new HeaderWriter();
  /** Streams that want no more for now. */
  readonly #full = new Set<SpdyStream>();
  /** Frames are handled in order, though unpacking headers takes a while. */
  #work: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(socket: Duplex, options: SessionOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.once('end', () => this.#close());
    socket.once('close', () => this.#close());
    socket.on('error', () => this.#close());
  }

  /** Bytes that came before the session was there. */
  feed(bytes: Buffer): void {
    if (bytes.length > 0) this.#take(bytes);
  }

  send(frame: Buffer, done: Done = () => {}): void {
    if (this.#isClosed || this.#socket.destroyed) done();
    else this.#socket.write(frame, () => done());
  }

  pauseFor(stream: SpdyStream): void {
    this.#full.add(stream);
    this.#socket.pause();
  }

  resumeFor(stream: SpdyStream): void {
    if (this.#full.delete(stream) && this.#full.size === 0) this.#socket.resume();
  }

  forget(stream: SpdyStream, isReset: boolean): void {
    this.resumeFor(stream);
    if (!this.#streams.delete(stream.id) || !isReset) return;
    this.send(controlFrame(FRAME.rstStream, words(stream.id, CANCEL)));
  }

  [Symbol.dispose](): void {
    this.#close();
    this.#socket.end();
  }

  #take(chunk: Buffer): void {
    this.#work = this.#handleAll(this.#work, chunk);
  }

  async #handleAll(before: Promise<void>, chunk: Buffer): Promise<void> {
    await before;
    if (this.#isClosed) return;
    try {
      for (const frame of this.#frames.read(chunk)) await this.#handle(frame);
    } catch {
      // What is not SPDY ends the connection.
      this.#socket.destroy();
    }
  }

  async #handle(frame: Frame): Promise<void> {
    if (frame.kind === 'data') return this.#receive(frame);
    const { type, flags, payload } = frame;
    switch (type) {
      case FRAME.synStream:
        return this.#open(payload, (flags & FLAG_FIN) !== 0);
      case FRAME.headers:
        // It is unpacked, or the blocks after it could not be read.
        await this.#headers.read(payload.subarray(4));
        return undefined;
      case FRAME.rstStream:
        this.#abandon(idOf(payload));
        return undefined;
      case FRAME.ping:
        this.send(controlFrame(FRAME.ping, payload));
        return undefined;
      case FRAME.goAway:
        this.#options.onClose();
        return undefined;
      default:
        return undefined;
    }
  }

  #receive({ streamId, isLast, payload }: Extract<Frame, { readonly kind: 'data' }>): void {
    const stream = this.#streams.get(streamId);
    if (stream === undefined || stream.destroyed || stream.readableEnded) return;
    if (payload.length > 0) stream.receive(payload);
    if (isLast) stream.receive(undefined);
  }

  async #open(payload: Buffer, isHalfClosed: boolean): Promise<void> {
    if (payload.length < 10) throw new Error('a SYN_STREAM is cut off');
    const id = idOf(payload);
    const headers = await this.#headers.read(payload.subarray(10));
    if (this.#streams.has(id) || this.#streams.size >= MAX_STREAMS)
      throw new Error('a stream cannot be opened');
    const stream = new SpdyStream(this, id, headers);
    // A stream that breaks tells its reader; nobody else has to know.
    stream.on('error', () => {});
    this.#streams.set(id, stream);
    const block = await this.#replies.write(new Map());
    this.send(controlFrame(FRAME.synReply, Buffer.concat([words(id), block])));
    this.#options.onStream(stream);
    if (isHalfClosed) stream.receive(undefined);
  }

  #abandon(id: number): void {
    const stream = this.#streams.get(id);
    this.#streams.delete(id);
    stream?.destroy();
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const stream of this.#streams.values()) stream.destroy();
    this.#streams.clear();
    this.#headers[Symbol.dispose]();
    this.#replies[Symbol.dispose]();
    this.#options.onClose();
  }
}

function idOf(payload: Buffer): number {
  if (payload.length < 4) throw new Error('a SPDY frame is cut off');
  return payload.readUInt32BE(0) & 0x7fff_ffff;
}
