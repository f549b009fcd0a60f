import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { Duplex } from 'node:stream';
import {
  createBodyReader,
  fieldValue,
  parseResponseHead,
  type BodyReader,
  type HeaderFields,
  type ResponseHead,
} from '../http1/index.ts';
import { rawOf, toHttp1, toHttp2, trailersToHttp1, trailersToHttp2 } from './fields.ts';

type Done = (error?: Error | null) => void;

const CRLF = Buffer.from('\r\n');

/**
 * One request of an HTTP/2 client, as a connection that speaks HTTP/1.1: what is read from it is the request, what is
 * written to it the response.
 *
 * Bodies of unknown length are chunked on the way, trailers stand after the last chunk.
 */
export class ClientStream extends Duplex {
  readonly #stream: ServerHttp2Stream;
  readonly #method: string;
  readonly #isChunked: boolean;
  #requestTrailers = '';
  #pending: Buffer | undefined;
  #body: BodyReader | undefined;
  #isAnswered = false;

  /** @param raw Names and values in turn, pseudo-headers among them. */
  constructor(stream: ServerHttp2Stream, raw: HeaderFields, flags: number) {
    super({ allowHalfOpen: true });
    this.#stream = stream;
    this.#method = fieldValue(raw, ':method') ?? '';
    const isWhole = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    this.#isChunked = !isWhole && fieldValue(raw, 'content-length') === undefined;
    stream
      .on('error', () => this.destroy())
      .on('close', () => this.destroy())
      .on('aborted', () => this.destroy())
      .on('drain', () => this.emit('stream-drain'));
    this.push(Buffer.from(this.#head(raw), 'latin1'));
    if (isWhole) stream.resume();
    else this.#readBody();
  }

  /** Breaks the answer off so that the client notices. */
  resetAndDestroy(): this {
    this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    return this.destroy();
  }

  override _read(): void {
    if (this.#stream.isPaused()) this.#stream.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    const wrong = this.#take(chunk);
    if (wrong !== undefined) done(new Error(wrong));
    else if (this.#stream.writableNeedDrain) this.#stream.once('drain', () => done());
    else done();
  }

  override _final(done: Done): void {
    done();
    if (this.#isAnswered) this.#finish();
    else this.resetAndDestroy();
  }

  override _destroy(error: Error | null, done: Done): void {
    if (!this.#stream.closed)
      this.#stream.close(
        this.#isAnswered ? constants.NGHTTP2_NO_ERROR : constants.NGHTTP2_INTERNAL_ERROR,
      );
    done(error);
  }

  /** `:authority` counts more than `host` (RFC 9113 §8.3.1). */
  #head(raw: HeaderFields): string {
    const authority = fieldValue(raw, ':authority') ?? fieldValue(raw, 'host');
    const target = fieldValue(raw, ':path') ?? authority ?? '';
    const host = authority === undefined ? '' : `Host: ${authority}\r\n`;
    const fields = toHttp1(raw, (name) => name === 'host');
    const framing = this.#isChunked ? 'Transfer-Encoding: chunked\r\n' : '';
    return `${this.#method} ${target} HTTP/1.1\r\n${host}${fields}${framing}\r\n`;
  }

  #readBody(): void {
    const stream = this.#stream;
    stream
      .on('trailers', (headers: IncomingHttpHeaders) => {
        this.#requestTrailers = trailersToHttp1(rawOf(headers));
      })
      .on('data', (chunk: Buffer) => {
        if (!this.#pass(chunk)) stream.pause();
      })
      .on('end', () => {
        if (this.#isChunked && !this.destroyed)
          this.push(Buffer.from(`0\r\n${this.#requestTrailers}\r\n`, 'latin1'));
      });
  }

  #pass(chunk: Buffer): boolean {
    if (this.destroyed) return true;
    if (!this.#isChunked) return this.push(chunk);
    const size = Buffer.from(`${chunk.length.toString(16)}\r\n`, 'latin1');
    return this.push(Buffer.concat([size, chunk, CRLF]));
  }

  /** Takes in bytes of the response. @returns what is wrong with them. */
  #take(chunk: Buffer): string | undefined {
    if (this.#body !== undefined) return this.#takeBody(chunk);
    let bytes = this.#pending === undefined ? chunk : Buffer.concat([this.#pending, chunk]);
    for (;;) {
      const head = parseResponseHead(bytes, this.#method);
      if (head.kind === 'error') return head.reason;
      if (head.kind === 'incomplete') {
        this.#pending = bytes;
        return undefined;
      }
      bytes = bytes.subarray(head.sizeBytes);
      if (head.status >= 200) {
        this.#pending = undefined;
        this.#respond(head);
        return this.#takeBody(bytes);
      }
      if (head.status !== 101 && !this.#stream.destroyed)
        this.#stream.additionalHeaders({ ':status': head.status, ...toHttp2(head.fields) });
    }
  }

  #respond(head: ResponseHead): void {
    this.#body = createBodyReader(head.framing);
    if (this.#stream.destroyed || this.#stream.closed) return;
    const headers = { ':status': head.status, ...toHttp2(head.fields) };
    const isEmpty = this.#body.isDone;
    // The stream's end is sent with the trailers, empty ones too: breaking an answer off ends the stream's writable
    // side as well, and must not look like the end of the answer.
    this.#stream.respond(headers, { endStream: isEmpty, waitForTrailers: !isEmpty });
    this.#stream.once('wantTrailers', () => this.#sendTrailers());
    if (isEmpty) this.#isAnswered = true;
  }

  #takeBody(bytes: Buffer): string | undefined {
    const body = this.#body;
    if (body === undefined || bytes.length === 0 || this.#isAnswered) return undefined;
    const length = body.read(bytes, (piece) => {
      if (this.#stream.writable) this.#stream.write(piece);
    });
    if (typeof length === 'string') return length;
    if (!body.isDone) return undefined;
    this.#isAnswered = true;
    this.#stream.end();
    return undefined;
  }

  #sendTrailers(): void {
    if (!this.#isAnswered || this.#stream.closed) return;
    this.#stream.sendTrailers(trailersToHttp2(this.#body?.trailers ?? '') ?? {});
  }

  /** A request whose body is still to come is told that the rest is of no use (RFC 9113 §8.1). */
  #finish(): void {
    if (this.#stream.readableEnded || this.#stream.closed) return;
    this.#stream.once('finish', () => this.#stream.close(constants.NGHTTP2_NO_ERROR));
  }
}
