import {
  connect,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
} from 'node:http2';
import { Duplex } from 'node:stream';
import {
  createBodyReader,
  fieldValue,
  parseRequestHead,
  type BodyReader,
  type RequestHead,
} from '../http1/index.ts';
import {
  CONNECTION_FIELDS,
  rawOf,
  toHttp1,
  toHttp2,
  trailersToHttp1,
  trailersToHttp2,
} from './fields.ts';

type Done = (error?: Error | null) => void;

const CRLF = Buffer.from('\r\n');
/** What clients repeat is the backend's to judge. The types of clients do not know it yet. */
const LENIENT = { strictSingleValueFields: false } as const;
const NOT_SENT: ReadonlySet<string> = new Set([...CONNECTION_FIELDS, 'host']);

/**
 * A backend that speaks HTTP/2, as a connection that speaks HTTP/1.1: what is written to it are requests, what is read
 * from it their responses, one after the other as nginx's `grpc_pass` has it.
 */
export class UpstreamHttp2 extends Duplex {
  readonly #session: ClientHttp2Session;
  #stream: ClientHttp2Stream | undefined;
  #pending: Buffer | undefined;
  #body: BodyReader | undefined;
  #isChunked = false;
  #trailers = '';

  /** @param scheme Of the requests. */
  constructor(socket: Duplex, scheme: 'http' | 'https') {
    super({ allowHalfOpen: true });
    this.#session = connect(`${scheme}://backend`, {
      ...LENIENT,
      createConnection: () => socket,
    });
    this.#session
      .on('error', () => this.destroy())
      .on('goaway', () => {
        if (this.#stream === undefined) this.destroy();
      })
      .on('close', () => this.destroy());
  }

  override _read(): void {
    if (this.#stream?.isPaused() === true) this.#stream.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    const wrong = this.#take(chunk);
    if (wrong !== undefined) done(new Error(wrong));
    else if (this.#stream?.writableNeedDrain === true) this.#stream.once('drain', () => done());
    else done();
  }

  override _destroy(error: Error | null, done: Done): void {
    const stream = this.#stream;
    this.#stream = undefined;
    if (stream !== undefined && !stream.closed) stream.close(constants.NGHTTP2_CANCEL);
    this.#session.destroy();
    done(error);
  }

  /** Takes in bytes of a request. @returns what is wrong with them. */
  #take(chunk: Buffer): string | undefined {
    if (this.#body !== undefined && !this.#body.isDone) return this.#takeBody(this.#body, chunk);
    const bytes = this.#pending === undefined ? chunk : Buffer.concat([this.#pending, chunk]);
    const head = parseRequestHead(bytes);
    if (head.kind === 'error') return head.reason;
    if (head.kind === 'incomplete') {
      this.#pending = bytes;
      return undefined;
    }
    this.#pending = undefined;
    this.#body = createBodyReader(head.framing);
    this.#request(head, this.#body.isDone);
    return this.#takeBody(this.#body, bytes.subarray(head.sizeBytes));
  }

  #takeBody(body: BodyReader, bytes: Buffer): string | undefined {
    const stream = this.#stream;
    if (stream === undefined || bytes.length === 0) return undefined;
    const length = body.read(bytes, (piece) => {
      if (stream.writable) stream.write(piece);
    });
    if (typeof length === 'string') return length;
    if (body.isDone) stream.end();
    return undefined;
  }

  #request({ method, target, host, fields, framing }: RequestHead, isWhole: boolean): void {
    const isGrpc = (fieldValue(fields, 'content-type') ?? '').startsWith('application/grpc');
    const stream = this.#session.request(
      {
        ...toHttp2(fields, NOT_SENT),
        ':method': method,
        ':path': target,
        ':authority': host,
        ...(isGrpc ? { te: 'trailers' } : {}),
      },
      { endStream: isWhole, waitForTrailers: framing.kind === 'chunked' },
    );
    this.#stream = stream;
    this.#trailers = '';
    this.#isChunked = false;
    stream
      .on('wantTrailers', () => this.#sendTrailers(stream))
      .on('headers', (headers: IncomingHttpHeaders) => this.#interim(headers))
      .on('response', (headers, flags) => this.#respond(headers, { method, flags }))
      .on('trailers', (headers: IncomingHttpHeaders) => {
        this.#trailers = trailersToHttp1(rawOf(headers));
      })
      .on('data', (chunk: Buffer) => {
        if (!this.#pass(chunk)) stream.pause();
      })
      .on('end', () => this.#end(stream))
      .on('aborted', () => this.destroy())
      .on('error', () => this.destroy())
      .on('close', () => {
        // Closed without an answer, or in the midst of it.
        if (this.#stream === stream) this.destroy();
      });
  }

  #sendTrailers(stream: ClientHttp2Stream): void {
    // Breaking a request off ends it on the way, which must not look whole.
    if (this.#body?.isDone !== true || stream.closed) return;
    stream.sendTrailers(trailersToHttp2(this.#body.trailers) ?? {});
  }

  #interim(headers: IncomingHttpHeaders): void {
    const status = Number(headers[':status']);
    this.push(Buffer.from(`HTTP/1.1 ${status} \r\n${toHttp1(rawOf(headers), no)}\r\n`, 'latin1'));
  }

  #respond(
    headers: IncomingHttpHeaders,
    { method, flags }: { readonly method: string; readonly flags: number },
  ): void {
    const status = Number(headers[':status']);
    const { 'content-length': length } = headers;
    const isWhole = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    const hasBody = method !== 'HEAD' && status !== 204 && status !== 304;
    this.#isChunked = hasBody && !isWhole && length === undefined;
    let framing = '';
    if (this.#isChunked) framing = 'Transfer-Encoding: chunked\r\n';
    else if (hasBody && isWhole && length === undefined) framing = 'Content-Length: 0\r\n';
    const fields = toHttp1(rawOf(headers), no);
    this.push(Buffer.from(`HTTP/1.1 ${status} \r\n${fields}${framing}\r\n`, 'latin1'));
  }

  #pass(chunk: Buffer): boolean {
    if (!this.#isChunked) return this.push(chunk);
    const size = Buffer.from(`${chunk.length.toString(16)}\r\n`, 'latin1');
    return this.push(Buffer.concat([size, chunk, CRLF]));
  }

  #end(stream: ClientHttp2Stream): void {
    // A stream that was reset ends too, and must not look whole.
    if (this.#stream !== stream || stream.rstCode !== constants.NGHTTP2_NO_ERROR) return;
    this.#stream = undefined;
    if (this.#isChunked) this.push(Buffer.from(`0\r\n${this.#trailers}\r\n`, 'latin1'));
    if (this.#session.closed || this.#session.destroyed) this.push(null);
  }
}

const no = (): boolean => false;
