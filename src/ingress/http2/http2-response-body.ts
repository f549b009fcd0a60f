import type { ServerHttp2Stream } from 'node:http2';
import { createBodyReader, type BodyReader, type ResponseHead } from '../http1/index.ts';
import type { DownstreamFacts } from '../head.ts';
import { MAX_COPIED_BYTES, MAX_WAITING_BYTES, type ResponseBody } from '../response-body.ts';
import { responseFields, trailersToHttp2 } from './fields.ts';

/** A response's body without the framing that it came in, its trailers behind it. */
export class Http2ResponseBody implements ResponseBody {
  readonly #stream: ServerHttp2Stream;
  readonly #reader: BodyReader;
  #isOver = false;
  sizeBytes = 0;
  hasRoom = true;
  isChunkFree = true;

  constructor({ framing }: ResponseHead, stream: ServerHttp2Stream) {
    this.#stream = stream;
    this.#reader = createBodyReader(framing);
  }

  get isDone(): boolean {
    return this.#reader.isDone;
  }

  begin(head: ResponseHead, facts: DownstreamFacts, bytes: Buffer): number | string {
    const pieces: Buffer[] = [];
    const length = this.#reader.read(bytes.subarray(head.sizeBytes), (piece) => pieces.push(piece));
    if (typeof length === 'string') return length;
    const stream = this.#stream;
    if (stream.destroyed || stream.closed) return length;
    const isWhole = this.isDone && this.#reader.trailers === '';
    const endStream = isWhole && pieces.length === 0;
    try {
      // Breaking an answer off ends the stream's writable side as well, and must not look like the end of the answer: what
      // is not all here is ended by trailers, empty ones too.
      stream.respond(responseFields(head, facts), { endStream, waitForTrailers: !isWhole });
    } catch (error) {
      return String(error);
    }
    if (isWhole) this.#sendAll(pieces);
    else this.#sendFirst(pieces);
    return length;
  }

  pass(chunk: Buffer): number | string {
    // Of a chunk without content nothing is written, which would drain later.
    this.hasRoom = true;
    this.isChunkFree = true;
    const length = this.#reader.read(chunk, this.#send);
    if (this.isDone) this.end();
    return length;
  }

  end(): void {
    this.#isOver = true;
    this.#stream.end();
  }

  #sendAll(pieces: readonly Buffer[]): void {
    if (pieces.length === 0) return;
    const all = Buffer.concat(pieces);
    this.sizeBytes = all.length;
    if (this.#stream.writable) this.#stream.end(all);
  }

  #sendFirst(pieces: readonly Buffer[]): void {
    const stream = this.#stream;
    stream.once('wantTrailers', () => {
      if (this.#isOver && !stream.closed)
        stream.sendTrailers(trailersToHttp2(this.#reader.trailers) ?? {});
    });
    for (const piece of pieces) this.#send(piece);
    if (this.isDone) this.end();
  }

  /** Short pieces are copied, long ones left to the stream. */
  readonly #send = (piece: Buffer): void => {
    const stream = this.#stream;
    this.sizeBytes += piece.length;
    if (!stream.writable) return;
    const { writableLength } = stream;
    const isCopied = piece.length <= MAX_COPIED_BYTES;
    if (!isCopied) this.isChunkFree = false;
    const hasRoom = stream.write(isCopied ? Buffer.from(piece) : piece);
    this.hasRoom = hasRoom || writableLength < MAX_WAITING_BYTES;
  };
}
