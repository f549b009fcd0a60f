import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { answerBody, answerFields } from '../answer.ts';
import { Course, type ClientOrigin, type CourseHost } from '../course.ts';
import type { Exchange, ExchangeEnd } from '../exchange.ts';
import type { DownstreamFacts } from '../head.ts';
import {
  fieldValue,
  type HeaderFields,
  type RequestHead,
  type ResponseHead,
} from '../http1/index.ts';
import type { ResponseBody } from '../response-body.ts';
import type { RouteAnswer, RoutePolicy } from '../route-policy.ts';
import type { IngressServices } from '../services.ts';
import { chunkOf, lastChunkOf } from './chunks.ts';
import { interimFields, rawOf, requestFields, toHttp2List } from './fields.ts';
import { Http2ResponseBody } from './http2-response-body.ts';
import { requestHeadOf } from './request-head.ts';

/** How long a client may leave the last of an answer where it is. @see nginx, send_timeout */
const SEND_MS = 60_000;

/**
 * One request of an HTTP/2 client.
 *
 * Its body goes to the exchange as HTTP/1.1 frames it, in chunks where its length is unknown.
 */
export class ClientStream implements CourseHost {
  readonly socket: ServerHttp2Stream;
  readonly services: IngressServices;
  readonly certificate: ClientOrigin['certificate'];
  readonly #course: Course;
  readonly #scheme: ClientOrigin['scheme'];
  #isChunked = false;
  #trailers: HeaderFields = [];
  /** What the exchange does not take yet. */
  #waiting: Buffer | undefined;
  #isFeeding = false;
  /** Since when nothing is left to do but to send. */
  #endedMs: number | undefined;

  constructor(stream: ServerHttp2Stream, origin: ClientOrigin) {
    this.socket = stream;
    this.services = origin.services;
    this.certificate = origin.certificate;
    this.#scheme = origin.scheme;
    this.#course = new Course(origin, this);
  }

  /** @see ClientConnection.state */
  get state(): 'writing' | 'waiting' {
    return this.#course.exchange === undefined ? 'waiting' : 'writing';
  }

  /** @param raw Names and values in turn, pseudo-headers among them. */
  begin(raw: HeaderFields, flags: number): void {
    const stream = this.socket;
    const isWhole = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    this.#isChunked = !isWhole && fieldValue(raw, 'content-length') === undefined;
    stream.on('error', ignore).on('aborted', this.#onGone).on('close', this.#onClose);
    if (!isWhole) this.#readBody();
    const head = requestHeadOf({
      method: fieldValue(raw, ':method') ?? '',
      target: fieldValue(raw, ':path') ?? fieldValue(raw, ':authority') ?? '',
      fields: requestFields(raw, this.#isChunked),
    });
    if (head.kind === 'error') this.#course.refuse(head.status, head.reason);
    else this.#course.begin(head);
  }

  /** Ends what has been silent for too long. Called a few times a second. */
  sweep(): void {
    const { exchange } = this.#course;
    if (exchange !== undefined) exchange.sweep();
    else if (this.#endedMs !== undefined && this.services.ticks.ms - this.#endedMs >= SEND_MS)
      this.breakOff();
  }

  bodyWanted(): void {
    this.#feed();
  }

  exchangeEnded(end: ExchangeEnd): void {
    if (this.#course.end(end) && end.kind === 'done') this.#finish();
  }

  inform(head: ResponseHead, facts: DownstreamFacts): void {
    if (this.socket.destroyed || this.socket.closed) return;
    this.socket.additionalHeaders(interimFields(head, facts));
  }

  responseBody(head: ResponseHead): ResponseBody {
    return new Http2ResponseBody(head, this.socket);
  }

  breakOff(): void {
    this.socket.off('aborted', this.#onGone).close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  answer(answer: RouteAnswer, head: RequestHead | undefined, policy: RoutePolicy): void {
    const stream = this.socket;
    if (stream.destroyed || stream.closed) return;
    const now = this.services.now();
    const fields = answerFields(answer, { head, policy, scheme: this.#scheme, now });
    const body = answerBody(answer, head);
    stream.respond(toHttp2List(answer.status, fields), { endStream: body === '' });
    if (body !== '') stream.end(body);
    this.#finish();
  }

  readonly #onGone = (): void => this.#course.abort();

  /**
   * Lets go of the stream: the Map that its session had it in is made anew each time that it is full of gaps, and V8 lets
   * the old one point to the new one. Once one of them is old, whoever was in those that follow outlives each of the
   * collector's short runs, with all that hangs on it.
   */
  readonly #onClose = (): void => {
    this.#onGone();
    this.socket.removeAllListeners().on('error', ignore);
  };

  #readBody(): void {
    this.socket
      .on('trailers', (headers: IncomingHttpHeaders) => {
        this.#trailers = rawOf(headers);
      })
      .on('data', (piece: Buffer) => this.#take(this.#isChunked ? chunkOf(piece) : piece))
      .on('end', () => {
        if (this.#isChunked) this.#take(lastChunkOf(this.#trailers));
      });
  }

  #take(bytes: Buffer): void {
    if (this.#endedMs !== undefined) return;
    this.#waiting = this.#waiting === undefined ? bytes : Buffer.concat([this.#waiting, bytes]);
    this.#feed();
  }

  /** Gives the exchange of the body what it takes; the client is held back while it takes none. */
  #feed(): void {
    if (this.#isFeeding) return;
    this.#isFeeding = true;
    let isMore = true;
    while (isMore) isMore = this.#feedOnce(this.#course.exchange);
    this.#isFeeding = false;
    if (this.#waiting !== undefined) this.socket.pause();
    else if (this.socket.isPaused()) this.socket.resume();
  }

  /** Whether there may be more to do. */
  #feedOnce(exchange: Exchange | undefined): boolean {
    const bytes = this.#waiting;
    if (bytes === undefined || exchange?.isBodyWanted !== true) return false;
    const length = exchange.feed(bytes);
    if (length === undefined) return false;
    this.#waiting = length === bytes.length ? undefined : bytes.subarray(length);
    return length > 0;
  }

  /** The answer is with the stream: a client whose body is still to come is told that the rest is of no use (RFC 9113 §8.1). */
  #finish(): void {
    const stream = this.socket;
    this.#endedMs = this.services.ticks.ms;
    this.#waiting = undefined;
    if (stream.isPaused()) stream.resume();
    if (stream.readableEnded || stream.closed || stream.endAfterHeaders) return;
    stream.once('finish', () => stream.close(constants.NGHTTP2_NO_ERROR));
  }
}

/** What an error means is told by the `close` that follows. */
function ignore(): void {}
