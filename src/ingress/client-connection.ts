import type { Duplex } from 'node:stream';
import { isCopying, readAtOnce, reset } from '../net/index.ts';
import { answerText } from './answer.ts';
import type { ClientCertificate } from './client-certificate.ts';
import { Course, type ClientOrigin, type CourseHost } from './course.ts';
import type { Exchange, ExchangeEnd } from './exchange.ts';
import { downstreamHead, type DownstreamFacts } from './head.ts';
import { Http1ResponseBody } from './http1-response-body.ts';
import { isHttp2Preface } from './http2/preface.ts';
import {
  parseRequestHead,
  type HttpVersion,
  type RequestHead,
  type ResponseHead,
} from './http1/index.ts';
import type { ResponseBody } from './response-body.ts';
import type { RouteAnswer, RoutePolicy } from './route-policy.ts';
import type { IngressServices } from './services.ts';
import { TakenConnection } from './taken-connection.ts';

export interface ClientConnectionOptions extends ClientOrigin {
  readonly socket: Duplex;
  /** Takes the connection over where the client begins HTTP/2 without asking; `bytes` are its first. @default refused */
  readonly onHttp2?: (bytes: Buffer) => void;
}

/** What more than a request a client may send ahead before it is held back. */
const MAX_AHEAD_BYTES = 65_536;
/** As nginx: keep-alive, and the time for a head. */
const TIMEOUT_MS = { idle: 75_000, head: 60_000 } as const;
const LETTER_P = 0x50;

/** One client's HTTP/1.1 connection: requests one after the other, pipelined ones held until their turn. */
export class ClientConnection implements CourseHost {
  readonly socket: Duplex;
  readonly services: IngressServices;
  readonly certificate: () => ClientCertificate | undefined;
  readonly #options: ClientConnectionOptions;
  readonly #course: Course;
  #buffer: Buffer | undefined;
  /** No further request is read: an error was answered, or the client said that it is done. */
  #isClosing = false;
  #isAdvancing = false;
  #isEnded = false;
  #isHeldBack = false;
  /** Once it has left HTTP/1. */
  #taken: TakenConnection | undefined;
  /** When the head that is being read began to come, or the connection fell silent. */
  #sinceMs: number;

  constructor(options: ClientConnectionOptions) {
    const { socket, services, certificate } = options;
    this.#options = options;
    this.socket = socket;
    this.services = services;
    this.certificate = certificate;
    this.#sinceMs = services.ticks.ms;
    this.#course = new Course(options, this);
    readAtOnce(socket, this.#onData);
    socket
      .on('error', destroy)
      .on('data', this.#onData)
      .on('end', this.#onEnd)
      .on('close', this.#onClose);
  }

  /** What it does: metrics tell how many connections are at which. */
  get state(): 'reading' | 'writing' | 'waiting' {
    if (this.#course.exchange !== undefined) return 'writing';
    return this.#buffer === undefined ? 'waiting' : 'reading';
  }

  /** Ends what has been silent for too long. Called a few times a second. */
  sweep(): void {
    if (this.#course.exchange !== undefined) {
      this.#course.exchange.sweep();
      return;
    }
    const silence = this.services.ticks.ms - this.#sinceMs;
    if (this.#taken !== undefined) {
      this.#taken.sweep(this.services.ticks.ms);
    } else if (this.#isClosing) {
      // What is left to send is not taken.
      if (silence >= TIMEOUT_MS.head) this.socket.destroy();
    } else if (this.#buffer !== undefined) {
      if (silence >= TIMEOUT_MS.head) this.#course.refuse(408, 'the request did not come in time');
    } else if (silence >= TIMEOUT_MS.idle) {
      this.#isClosing = true;
      this.socket.end();
    }
  }

  bodyWanted(): void {
    this.#advance();
  }

  exchangeEnded(end: ExchangeEnd): void {
    const isRequestRead = this.#course.exchange?.isRequestDone !== false;
    if (end.kind !== 'error-page') this.#sinceMs = this.services.ticks.ms;
    if (!this.#course.end(end)) return;
    if (end.kind === 'taken') {
      this.#letGo(end.idleMs);
    } else if (!end.isPersistent || this.#isClosing) {
      this.#isClosing = true;
      this.#close(isRequestRead);
    } else {
      this.#advance();
    }
  }

  inform(head: ResponseHead, facts: DownstreamFacts): void {
    this.socket.write(downstreamHead(head, facts), 'latin1');
  }

  responseBody(head: ResponseHead, version: HttpVersion): ResponseBody {
    return new Http1ResponseBody(head, version, this.socket);
  }

  breakOff(): void {
    reset(this.socket);
  }

  /** The connection persists only where the request was whole and understood. */
  answer(answer: RouteAnswer, head: RequestHead | undefined, policy: RoutePolicy): void {
    const isPersistent =
      head !== undefined && head.isPersistent && head.framing.kind === 'none' && !this.#isClosing;
    const { scheme } = this.#options;
    const now = this.services.now();
    this.socket.write(answerText(answer, { head, policy, scheme, isPersistent, now }));
    this.#sinceMs = this.services.ticks.ms;
    if (isPersistent) {
      // What came after it may have waited.
      this.#advance();
      return;
    }
    this.#isClosing = true;
    this.socket.end();
    this.#readAway();
  }

  readonly #onData = (chunk: Buffer): boolean => {
    if (this.#buffer === undefined) {
      this.#buffer = chunk;
      if (this.#course.exchange === undefined) this.#sinceMs = this.services.ticks.ms;
    } else {
      this.#buffer = Buffer.concat([this.#buffer, chunk]);
    }
    this.#advance();
    return false;
  };

  readonly #onEnd = (): void => {
    this.#isEnded = true;
    this.#advance();
  };

  readonly #onClose = (): void => {
    this.#isClosing = true;
    this.#course.abort();
  };

  /** Does with the buffered bytes what can be done now: a body's to the backend, a head's to routing. */
  #advance(): void {
    if (this.#isAdvancing) return;
    this.#isAdvancing = true;
    while (this.#buffer !== undefined && this.#step()) continue;
    this.#isAdvancing = false;
    if (this.#isEnded) this.#checkEnd();
    const isTooMuch = this.#buffer !== undefined && this.#buffer.length > MAX_AHEAD_BYTES;
    if (isTooMuch === this.#isHeldBack) return;
    this.#isHeldBack = isTooMuch;
    if (isTooMuch) this.socket.pause();
    else this.socket.resume();
  }

  /** The client says no more: what it has asked in full is answered still. */
  #checkEnd(): void {
    if (this.#course.exchange === undefined) {
      if (!this.#isClosing) this.socket.end();
      this.#isClosing = true;
    } else if (this.#buffer === undefined && !this.#course.exchange.isRequestDone) {
      this.socket.destroy();
    }
  }

  /** Whether there may be more to do. */
  #step(): boolean {
    if (this.#course.exchange === undefined) return !this.#isClosing && this.#readHead();
    return this.#course.exchange.isBodyWanted && this.#feed(this.#course.exchange);
  }

  #feed(exchange: Exchange): boolean {
    const bytes = this.#buffer;
    if (bytes === undefined) return false;
    const length = exchange.feed(bytes);
    if (length === undefined) return false;
    this.#buffer = length === bytes.length ? undefined : bytes.subarray(length);
    return length > 0;
  }

  #readHead(): boolean {
    if (this.#buffer === undefined || this.#isHttp2(this.#buffer)) return false;
    const head = parseRequestHead(this.#buffer);
    if (head.kind === 'incomplete') return false;
    if (head.kind === 'error') {
      this.#course.refuse(head.status, head.reason);
      return false;
    }
    this.#buffer =
      head.sizeBytes === this.#buffer.length ? undefined : this.#buffer.subarray(head.sizeBytes);
    this.#course.begin(head);
    return true;
  }

  /** Whether the connection is not HTTP/1, or cannot be told yet. */
  #isHttp2(bytes: Buffer): boolean {
    const { onHttp2 } = this.#options;
    if (onHttp2 === undefined || this.#course.head !== undefined || bytes[0] !== LETTER_P)
      return false;
    const isPreface = isHttp2Preface(bytes);
    if (isPreface !== true) return isPreface === undefined && bytes.length > 3;
    this.#buffer = undefined;
    this.#letGo();
    onHttp2(bytes);
    return true;
  }

  #letGo(idleMs = Number.POSITIVE_INFINITY): void {
    this.#taken = new TakenConnection(this.socket, idleMs, this.services.ticks.ms);
    this.#isClosing = true;
    readAtOnce(this.socket, undefined);
    this.socket.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose);
  }

  /**
   * Ends the connection; at once where all is with the OS, and the client has said that it asks no more.
   *
   * @param isRequestRead Whether the client has sent all of its last request.
   * @see nginx, lingering_close: nothing is waited for where nothing more is to come
   */
  #close(isRequestRead: boolean): void {
    const { socket } = this;
    const isLast =
      isRequestRead && this.#course.head?.isPersistent === false && this.#buffer === undefined;
    if (isLast && isCopying(socket) && socket.writableLength === 0) {
      socket.destroy();
      return;
    }
    socket.end();
    this.#readAway();
  }

  /** What the client still sends is read away, or closing would reset the answer out of its hands. */
  #readAway(): void {
    this.#buffer = undefined;
    readAtOnce(this.socket, undefined);
    this.socket.off('data', this.#onData);
    this.socket.resume();
  }
}

function destroy(this: Duplex): void {
  this.destroy();
}
