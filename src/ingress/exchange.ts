/* eslint-disable max-lines -- one exchange is one state machine: its states read best side by side */
import type { Duplex } from 'node:stream';
import { splice } from '../net/index.ts';
import type { AttemptLog } from './attempt-log.ts';
import type { ClientCertificate } from './client-certificate.ts';
import type { GateQuestion } from './gate.ts';
import { isReplaced } from './error-page.ts';
import { upstreamHead } from './head.ts';
import type { RequestHead } from './http1/index.ts';
import { refuse } from './refuse.ts';
import type { UpstreamFacts } from './request-fields.ts';
import { isTooLong, RequestBody, type BodyRefusal } from './request-body.ts';
import {
  ResponseRelay,
  type Relayed,
  type RelayedExchange,
  type ResponseTarget,
} from './response-relay.ts';
import type { RetryCondition, RouteAnswer, RouteRequest, Timeouts } from './route-policy.ts';
import type { Destination, IngressServices } from './services.ts';
import { UpstreamLink, type LinkUser } from './upstream-link.ts';

/** How an exchange ended, for the client's connection. */
export type ExchangeEnd =
  /** The response is out; the client may ask again. */
  | { readonly kind: 'done'; readonly isPersistent: boolean }
  /** The connection left HTTP, or is beyond use; `idleMs`: it ends when so long nothing goes either way. */
  | { readonly kind: 'taken'; readonly idleMs?: number }
  /** Nothing was sent to the client yet. */
  | { readonly kind: 'answer'; readonly answer: RouteAnswer }
  /** Nothing either: a page for this status is to be fetched. */
  | {
      readonly kind: 'error-page';
      readonly status: number;
      /** Of the answer that it replaces. @default none */
      readonly headers?: RouteAnswer['headers'];
    };

/** The client, as an exchange needs it. */
export interface ExchangeHost extends ResponseTarget {
  /** The connection, or a stream of it. */
  readonly socket: Duplex;
  readonly services: IngressServices;
  /** What the client of TLS has shown. */
  readonly certificate: () => ClientCertificate | undefined;
  /** The exchange takes more of the request's body now. */
  bodyWanted(): void;
  /** The response is cut short; the client must not take it for whole. */
  breakOff(): void;
  exchangeEnded(end: ExchangeEnd): void;
}

/** What is asked, and of whom. */
export interface ExchangeOptions {
  readonly head: RequestHead;
  readonly request: RouteRequest;
  readonly destination: Extract<Destination, { readonly kind: 'endpoints' }>;
  readonly facts: UpstreamFacts;
}

/** @see nginx, proxy_connect_timeout, proxy_send_timeout, proxy_read_timeout as ingress-nginx sets them */
const DEFAULT_TIMEOUTS = { connectMs: 5000, sendMs: 60_000, readMs: 60_000 } as const;
/** @see nginx, client_body_timeout and send_timeout */
const CLIENT_MS = 60_000;
const NO_COOKIES: readonly string[] = [];
/** An auth server's cookies go along with these answers. @see nginx, add_header without `always` */
const COOKIE_STATUSES: ReadonlySet<number> = new Set([
  200, 201, 204, 206, 301, 302, 303, 304, 307, 308,
]);

interface Waiting {
  readonly limitMs: number;
  readonly expire: () => void;
}

/**
 * One request and its response: the request's bytes to a backend as they come, the response's back.
 *
 * ```
 * admitted ──▶ connecting ──▶ sending ──▶ head of the response ──▶ its body ──▶ done
 *                  ▲  └── refused ─┴── closed, or answered what is retried ─┘
 *                  └──────────────── the next endpoint
 * ```
 */
export class Exchange implements LinkUser, RelayedExchange {
  /** Who asks, where someone checked. */
  user: string | undefined;
  readonly #options: ExchangeOptions;
  readonly #host: ExchangeHost;
  readonly #body: RequestBody | undefined;
  readonly #link: UpstreamLink;
  readonly #relay: ResponseRelay;
  #facts: UpstreamFacts;
  #admission: AbortController | undefined;
  #finishAdmission: (() => void) | undefined;
  #cookies: readonly string[] = NO_COOKIES;
  #isBacklogged = false;
  /** The backend waits until the client takes more. */
  #isHeld = false;
  /** The backend waits until as much time has gone by as the response may need. */
  #isSlowed = false;
  #hasEnded = false;
  readonly #startedMs: number;
  #touchedMs: number;

  constructor(options: ExchangeOptions, host: ExchangeHost) {
    const { head, request, destination, facts } = options;
    const { services } = host;
    this.#options = options;
    this.#host = host;
    this.#facts = facts;
    this.#startedMs = services.ticks.ms;
    this.#touchedMs = services.ticks.ms;
    this.#link = new UpstreamLink({ services, destination, request, user: this });
    this.#relay = new ResponseRelay({ client: host, head, facts, exchange: this });
    const { policy } = destination.routed;
    const mirror =
      policy.mirror === undefined ? undefined : services.mirror(destination.routed, request);
    if (head.framing.kind === 'none') mirror?.end();
    else this.#body = new RequestBody(head.framing, policy.bodyLimitBytes ?? 0, mirror);
  }

  /** What it was made of. */
  get asked(): ExchangeOptions {
    return this.#options;
  }

  get log(): AttemptLog {
    return this.#link.log;
  }

  /** What the client was answered; 0 before. */
  get status(): number {
    return this.#relay.response?.status ?? 0;
  }

  get requestBodyBytes(): number {
    return this.#body?.sizeBytes ?? 0;
  }

  /** Sent to the client. */
  get responseBodyBytes(): number {
    return this.#relay.bodyBytes;
  }

  /** Whether the request's body is in; what follows is another request. */
  get isRequestDone(): boolean {
    return this.#body === undefined || this.#body.isDone;
  }

  /** Whether `feed` may be called. */
  get isBodyWanted(): boolean {
    return this.#link.socket !== undefined && !this.#isBacklogged && !this.isRequestDone;
  }

  /** What the answer sets besides the backend's own cookies. */
  cookiesFor(status: number): readonly string[] {
    const { newCookie } = this.#link;
    const { externalAuth } = this.#options.destination.routed.policy;
    const isSet = externalAuth?.isCookieAlwaysSet === true || COOKIE_STATUSES.has(status);
    const cookies = isSet ? this.#cookies : NO_COOKIES;
    return newCookie === undefined ? cookies : [...cookies, newCookie];
  }

  start(): void {
    const { head, destination, request } = this.#options;
    const { services, certificate } = this.#host;
    const { policy } = destination.routed;
    if (isTooLong(head.framing, policy.bodyLimitBytes ?? 0)) {
      this.#refuse(413, `the body is longer than ${policy.bodyLimitBytes} bytes`);
    } else if (policy.upstreamProtocol === 'FCGI') {
      this.#refuse(502, 'FastCGI is not spoken here');
    } else if (services.gate.isNeeded(policy)) {
      const { requestId } = this.#facts;
      this.#admission = new AbortController();
      const { signal } = this.#admission;
      void this.#admit({ request, requestId, certificate, signal });
    } else {
      this.#link.next();
    }
  }

  /**
   * Passes a piece of the request's body on.
   *
   * @returns How many bytes belonged to it; undefined when it was refused and the exchange has ended.
   */
  feed(bytes: Buffer): number | undefined {
    const length = this.#body?.read(bytes) ?? 0;
    if (typeof length !== 'number') {
      this.#refuseBody(length);
      return undefined;
    }
    const { socket } = this.#link;
    if (length === 0 || socket === undefined) return length;
    this.#touch();
    this.#isBacklogged = !socket.write(length === bytes.length ? bytes : bytes.subarray(0, length));
    return length;
  }

  /** The client is gone: nothing more is owed to anyone. */
  abort(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#admission?.abort();
    this.#body?.abort();
    this.#drop();
    this.#finishAdmission?.();
  }

  /** Ends what has waited for too long. Called a few times a second. */
  sweep(): void {
    if (this.#isSlowed) {
      this.#touch();
      if (!this.#isTooFast()) this.#goOn();
      return;
    }
    const { services } = this.#host;
    const { destination } = this.#options;
    const { timeouts = DEFAULT_TIMEOUTS } = destination.routed.policy;
    const { limitMs, expire } = this.#waiting(timeouts);
    if (services.ticks.ms - this.#touchedMs >= limitMs) expire();
  }

  linkOpened(socket: Duplex): void {
    this.#touch();
    if (this.#body === undefined) {
      socket.write(upstreamHead(this.#options.head, this.#facts), 'latin1');
      return;
    }
    socket.cork();
    socket.write(upstreamHead(this.#options.head, this.#facts), 'latin1');
    for (const piece of this.#body.kept ?? []) socket.write(piece);
    this.#host.bodyWanted();
    socket.uncork();
  }

  linkRefused(error: unknown): void {
    if (this.#hasEnded) return;
    const message = error instanceof Error ? error.message : String(error);
    const isDropped = error instanceof Error && 'code' in error && error.code === 'ERR_DROPPED';
    if (isDropped) this.#failed('timeout', 504, message);
    else this.#failed('error', 502, message);
  }

  upstreamData(chunk: Buffer): boolean {
    this.#touch();
    const relayed = this.#relay.take(chunk);
    if (relayed.kind !== 'more') this.#relayed(relayed);
    else if (this.#isTooFast()) this.#slowDown();
    return this.#relay.isChunkFree;
  }

  upstreamDrain(): void {
    this.#isBacklogged = false;
    this.#touch();
    this.#host.bodyWanted();
  }

  upstreamEnd(): void {
    if (this.#relay.response === undefined) {
      this.#closedEarly();
      return;
    }
    // A connection that breaks has not said that this is all.
    if (this.#link.socket?.readableEnded === true && this.#relay.end()) {
      this.#drop();
      this.#done();
    } else {
      this.#takeDown();
    }
  }

  accepts(status: number): boolean {
    return status < 400 || !(this.#mayRetry(`http_${status}`) || this.#isReplaced(status));
  }

  /** For whom it waits, and what becomes of it when they are too slow. */
  #waiting({ connectMs, sendMs, readMs }: Timeouts): Waiting {
    const timedOut = (): void => this.#timedOut();
    if (this.#link.socket === undefined)
      return { limitMs: this.#link.isOpening ? connectMs : CLIENT_MS, expire: timedOut };
    if (this.#relay.response !== undefined && this.#host.socket.writableNeedDrain)
      return { limitMs: CLIENT_MS, expire: () => this.#takeDown() };
    if (this.#isBacklogged) return { limitMs: sendMs, expire: timedOut };
    if (this.isRequestDone) return { limitMs: readMs, expire: timedOut };
    const slow = { status: 408, reason: 'the body did not come in time' } as const;
    return { limitMs: CLIENT_MS, expire: () => this.#refuseBody(slow) };
  }

  async #admit(question: GateQuestion): Promise<void> {
    const { services } = this.#host;
    const { destination } = this.#options;
    const result = await services.gate.admit(destination.routed, question);
    if (this.#hasEnded) {
      if (result.kind === 'admitted') result.finish?.();
      return;
    }
    if (result.kind === 'answer') {
      const { answer } = result;
      const { status, headers } = answer;
      if (this.#isReplaced(status)) this.#end({ kind: 'error-page', status, headers });
      else this.#end({ kind: 'answer', answer });
      return;
    }
    this.user = result.user;
    this.#finishAdmission = result.finish;
    this.#cookies = result.cookies;
    if (result.edits !== undefined) this.#facts = { ...this.#facts, edits: result.edits };
    this.#touch();
    this.#link.next();
  }

  #relayed(relayed: Exclude<Relayed, { readonly kind: 'more' }>): void {
    switch (relayed.kind) {
      case 'held':
        this.#isHeld = true;
        this.#link.socket?.pause();
        this.#host.socket.once('drain', this.#onClientDrain);
        return;
      case 'done':
        this.#keep(relayed.isClean);
        this.#done();
        return;
      case 'broken':
        this.#takeDown();
        return;
      case 'declined':
        this.#declined(relayed.status);
        return;
      case 'invalid':
        this.#failed('invalid_header', 502, relayed.reason);
        return;
      case 'upgraded':
        this.#upgraded(relayed.rest);
        return;
      default:
        relayed satisfies never;
    }
  }

  readonly #onClientDrain = (): void => {
    this.#isHeld = false;
    this.#touch();
    if (this.#isTooFast()) this.#slowDown();
    else this.#link.socket?.resume();
  };

  /** Whether more has gone to the client than it may have by now. */
  #isTooFast(): boolean {
    const { responseRate } = this.#options.destination.routed.policy;
    if (responseRate === undefined) return false;
    const seconds = 1 + (this.#host.services.ticks.ms - this.#startedMs) / 1000;
    return this.#relay.bodyBytes > responseRate.freeBytes + responseRate.bytesPerSecond * seconds;
  }

  /** The backend waits until a sweep finds that there is time for more. */
  #slowDown(): void {
    this.#isSlowed = true;
    this.#link.socket?.pause();
  }

  #goOn(): void {
    this.#isSlowed = false;
    this.#link.socket?.resume();
  }

  /** An answer that the client does not get: another backend is asked, or a page is fetched. */
  #declined(status: number): void {
    const mayRetry = this.#mayRetry(`http_${status}`);
    this.log.answered(status);
    this.#drop();
    if (mayRetry) this.#link.next();
    else this.#end({ kind: 'error-page', status });
  }

  /** The backend closed before it answered: a kept connection may just have been too old, and then once more is right. */
  #closedEarly(): void {
    const isStale = this.#link.isReused && !this.#relay.hasBegun;
    if (isStale && this.#link.isRepeatable && this.#isReplayable) {
      this.#drop();
      this.#link.again();
      return;
    }
    this.#failed('error', 502, `${this.#link.name} closed the connection without an answer`);
  }

  #timedOut(): void {
    if (this.#relay.response === undefined)
      this.#failed('timeout', 504, 'the backend did not answer in time');
    else this.#takeDown();
  }

  /** A try came to nothing: another, or the answer that says so. */
  #failed(condition: RetryCondition, status: 502 | 504, reason: string): void {
    const mayRetry = this.#mayRetry(condition);
    this.#touch();
    this.#drop();
    if (mayRetry) this.#link.next();
    else this.#refuse(status, reason);
  }

  #mayRetry(condition: RetryCondition): boolean {
    const elapsedMs = this.#host.services.ticks.ms - this.#startedMs;
    return this.#isReplayable && this.#link.mayRetry({ condition, elapsedMs });
  }

  /** Whether what has gone out of the body can go out again. */
  get #isReplayable(): boolean {
    return this.#body === undefined || this.#body.kept !== undefined;
  }

  /** Whether a page of another backend stands in for answers with this status. */
  #isReplaced(status: number): boolean {
    return isReplaced(status, this.#options.destination.routed.policy);
  }

  #refuse(status: number, reason: string): void {
    const { policy } = this.#options.destination.routed;
    this.#drop();
    if (this.#isReplaced(status)) this.#end({ kind: 'error-page', status });
    else this.#end({ kind: 'answer', answer: refuse(status, policy, reason) });
  }

  #refuseBody({ status, reason }: BodyRefusal): void {
    if (this.#relay.response === undefined) this.#refuse(status, reason);
    else this.#takeDown();
  }

  #done(): void {
    this.#end({ kind: 'done', isPersistent: this.#relay.canPersist });
  }

  #upgraded(rest: Buffer): void {
    const { socket: client } = this.#host;
    const socket = this.#link.detach();
    const { timeouts = DEFAULT_TIMEOUTS } = this.#options.destination.routed.policy;
    this.#end({ kind: 'taken', idleMs: timeouts.readMs });
    if (socket === undefined) return;
    if (rest.length > 0) client.write(Buffer.from(rest));
    void splice(client, socket);
    socket.resume();
    client.resume();
  }

  #takeDown(): void {
    this.#drop();
    this.#host.breakOff();
    this.#end({ kind: 'taken' });
  }

  /** The connection may serve another exchange if all of both messages is through. */
  #keep(isClean: boolean): void {
    const persists = this.#relay.response?.isPersistent === true;
    this.#leave();
    if (isClean && persists && this.isRequestDone) this.#link.keep();
    else this.#link.drop();
  }

  #drop(): void {
    this.#leave();
    this.#link.drop();
  }

  #leave(): void {
    this.log.end(this.#relay.bodyBytes);
    this.#isBacklogged = false;
    if (this.#relay.response === undefined) this.#relay.reset();
    else if (this.#isHeld) this.#host.socket.off('drain', this.#onClientDrain);
  }

  #touch(): void {
    this.#touchedMs = this.#host.services.ticks.ms;
  }

  #end(end: ExchangeEnd): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#finishAdmission?.();
    this.#host.exchangeEnded(end);
  }
}
