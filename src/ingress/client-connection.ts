/* eslint-disable max-lines -- a connection is one state machine: its states read best side by side */
import type { Duplex } from 'node:stream';
import { isCopying, readAtOnce } from '../net/index.ts';
import { answerText } from './answer.ts';
import type { ClientCertificate } from './client-certificate.ts';
import { ClientRequest } from './client-request.ts';
import { errorPageOf, isReplaced, type ErrorPageQuestion } from './error-page.ts';
import { Exchange, type ExchangeEnd, type ExchangeHost, type ExchangeOptions } from './exchange.ts';
import { isHttp2Preface } from './http2/preface.ts';
import { parseRequestHead, type RequestHead } from './http1/index.ts';
import { refuse } from './refuse.ts';
import { ToldLines } from './request-fields.ts';
import { RequestLog } from './request-log.ts';
import type { RouteAnswer, RoutePolicy } from './route-policy.ts';
import type { Destination, IngressServices } from './services.ts';
import { TakenConnection } from './taken-connection.ts';

export interface ClientConnectionOptions {
  readonly socket: Duplex;
  readonly clientAddress: string;
  readonly scheme: 'http' | 'https';
  /** The port as clients see it. */
  readonly port: number;
  readonly services: IngressServices;
  /** What the client of TLS has shown. @default nothing */
  readonly certificate?: () => ClientCertificate | undefined;
  /** What the client speaks, where it is not HTTP/1: its messages come translated. */
  readonly protocol?: 'HTTP/2.0';
  /** Takes the connection over where the client begins HTTP/2 without asking; `bytes` are its first. @default refused */
  readonly onHttp2?: (bytes: Buffer) => void;
}

/** What more than a request a client may send ahead before it is held back. */
const MAX_AHEAD_BYTES = 65_536;
/** As nginx: keep-alive, and the time for a head. */
const TIMEOUT_MS = { idle: 75_000, head: 60_000 } as const;
const NO_POLICY: RoutePolicy = {};
const LETTER_P = 0x50;
const NO_CERTIFICATE = (): undefined => undefined;

/** One client's HTTP/1.1 connection: requests one after the other, pipelined ones held until their turn. */
export class ClientConnection implements ExchangeHost {
  readonly socket: Duplex;
  readonly services: IngressServices;
  readonly certificate: () => ClientCertificate | undefined;
  readonly #options: ClientConnectionOptions;
  readonly #log: RequestLog;
  #buffer: Buffer | undefined;
  #exchange: Exchange | undefined;
  #head: RequestHead | undefined;
  /** Of the request that is served. */
  #policy: RoutePolicy = NO_POLICY;
  #destination: Destination | undefined;
  readonly #told: ToldLines;
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
    const { socket, services, certificate = NO_CERTIFICATE } = options;
    this.#options = options;
    this.socket = socket;
    this.services = services;
    this.certificate = certificate;
    this.#sinceMs = services.ticks.ms;
    this.#told = new ToldLines(options);
    this.#log = new RequestLog(options);
    readAtOnce(socket, this.#onData);
    socket
      .on('error', destroy)
      .on('data', this.#onData)
      .on('end', this.#onEnd)
      .on('close', this.#onClose);
  }

  /** What it does: metrics tell how many connections are at which. */
  get state(): 'reading' | 'writing' | 'waiting' {
    if (this.#exchange !== undefined) return 'writing';
    return this.#buffer === undefined ? 'waiting' : 'reading';
  }

  /** Ends what has been silent for too long. Called a few times a second. */
  sweep(): void {
    if (this.#exchange !== undefined) {
      this.#exchange.sweep();
      return;
    }
    const silence = this.services.ticks.ms - this.#sinceMs;
    if (this.#taken !== undefined) {
      this.#taken.sweep(this.services.ticks.ms);
    } else if (this.#isClosing) {
      // What is left to send is not taken.
      if (silence >= TIMEOUT_MS.head) this.socket.destroy();
    } else if (this.#buffer !== undefined) {
      if (silence >= TIMEOUT_MS.head) this.#refuse(408, 'the request did not come in time');
    } else if (silence >= TIMEOUT_MS.idle) {
      this.#isClosing = true;
      this.socket.end();
    }
  }

  bodyWanted(): void {
    this.#advance();
  }

  exchangeEnded(end: ExchangeEnd): void {
    const exchange = this.#exchange;
    if (end.kind === 'error-page') {
      if (exchange !== undefined) this.#log.took(exchange);
      this.#replaceExchange(end.status, end.headers);
      return;
    }
    this.#exchange = undefined;
    this.#sinceMs = this.services.ticks.ms;
    if (exchange !== undefined) this.#log.took(exchange);
    if (end.kind === 'answer') {
      this.#answer(end.answer, this.#head);
      return;
    }
    this.#log.end(this.#head, this.#destination);
    if (end.kind === 'taken') {
      this.#letGo(end.idleMs);
    } else if (!end.isPersistent || this.#isClosing) {
      this.#isClosing = true;
      this.#close(exchange?.isRequestDone !== false);
    } else {
      this.#advance();
    }
  }

  readonly #onData = (chunk: Buffer): boolean => {
    if (this.#buffer === undefined) {
      this.#buffer = chunk;
      if (this.#exchange === undefined) this.#sinceMs = this.services.ticks.ms;
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
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#isClosing = true;
    if (exchange === undefined) return;
    exchange.abort();
    this.#log.took(exchange);
    this.#log.end(this.#head, this.#destination, 499);
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
    if (this.#exchange === undefined) {
      if (!this.#isClosing) this.socket.end();
      this.#isClosing = true;
    } else if (this.#buffer === undefined && !this.#exchange.isRequestDone) {
      this.socket.destroy();
    }
  }

  /** Whether there may be more to do. */
  #step(): boolean {
    if (this.#exchange === undefined) return !this.#isClosing && this.#readHead();
    return this.#exchange.isBodyWanted && this.#feed(this.#exchange);
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
      this.#refuse(head.status, head.reason);
      return false;
    }
    this.#buffer =
      head.sizeBytes === this.#buffer.length ? undefined : this.#buffer.subarray(head.sizeBytes);
    this.#begin(head);
    return true;
  }

  /** Whether the connection is not HTTP/1, or cannot be told yet. */
  #isHttp2(bytes: Buffer): boolean {
    const { onHttp2 } = this.#options;
    if (onHttp2 === undefined || this.#head !== undefined || bytes[0] !== LETTER_P) return false;
    const isPreface = isHttp2Preface(bytes);
    if (isPreface !== true) return isPreface === undefined && bytes.length > 3;
    this.#buffer = undefined;
    this.#letGo();
    onHttp2(bytes);
    return true;
  }

  #begin(head: RequestHead): void {
    const { clientAddress, scheme, port } = this.#options;
    const request = new ClientRequest(head, this.#options);
    const requestId = this.services.requestId();
    this.#head = head;
    this.#log.begin(requestId);
    const destination = this.services.locate(request);
    this.#destination = destination;
    if (destination.kind === 'answer') {
      const { answer, policy, route } = destination;
      this.#policy = policy;
      const { status } = answer;
      if (route !== undefined && isReplaced(status, policy, route))
        this.#fetchErrorPage({
          status,
          head,
          facts: { clientAddress, scheme, port, requestId, policy },
          request,
          route,
          policy,
        });
      else this.#answer(answer, head);
      return;
    }
    const { policy, target: rewritten } = destination.routed;
    this.#policy = policy;
    const told = this.#told;
    const facts = { clientAddress, scheme, port, requestId, told, policy, target: rewritten };
    this.#exchangeWith({ head, request, destination, facts });
  }

  #exchangeWith(asked: ExchangeOptions): void {
    this.#exchange = new Exchange(asked, this);
    this.#exchange.start();
  }

  /** The answer to a request is a page that another backend makes; what is left of the request's body goes unread. */
  #replaceExchange(status: number, headers: ErrorPageQuestion['headers'] = []): void {
    const { asked } = this.#exchange ?? {};
    this.#exchange = undefined;
    if (asked === undefined) return;
    const { route, policy } = asked.destination.routed;
    this.#fetchErrorPage({ ...asked, status, route, policy, headers });
  }

  #fetchErrorPage(question: ErrorPageQuestion): void {
    const page = errorPageOf(question, this.services);
    if (page !== undefined) this.#exchangeWith(page);
    else this.#refuse(404, 'the backend of error pages is not there', question.head);
  }

  #letGo(idleMs = Number.POSITIVE_INFINITY): void {
    this.#taken = new TakenConnection(this.socket, idleMs, this.services.ticks.ms);
    this.#isClosing = true;
    readAtOnce(this.socket, undefined);
    this.socket.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose);
  }

  /** `head` is absent when it could not be read. */
  #refuse(status: number, reason: string, head?: RequestHead): void {
    if (head === undefined) this.#policy = { isNginx: this.services.isNginxAlone() };
    this.#answer(refuse(status, this.#policy, reason), head);
  }

  /** Answers here. The connection persists only where the request was whole and understood. */
  #answer(answer: RouteAnswer, head: RequestHead | undefined): void {
    const isPersistent =
      head !== undefined && head.isPersistent && head.framing.kind === 'none' && !this.#isClosing;
    const { scheme } = this.#options;
    const text = answerText(answer, {
      head,
      policy: this.#policy,
      scheme,
      isPersistent,
      now: this.services.now(),
    });
    this.socket.write(text);
    this.#log.answered(answer);
    this.#log.end(head, this.#destination);
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

  /**
   * Ends the connection; at once where all is with the OS, and the client has said that it asks no more.
   *
   * @param isRequestRead Whether the client has sent all of its last request.
   * @see nginx, lingering_close: nothing is waited for where nothing more is to come
   */
  #close(isRequestRead: boolean): void {
    const { socket } = this;
    const isLast =
      isRequestRead && this.#head?.isPersistent === false && this.#buffer === undefined;
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
