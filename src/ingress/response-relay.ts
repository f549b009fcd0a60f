import type { AttemptLog } from './attempt-log.ts';
import { wantsUpgrade, type DownstreamFacts } from './head.ts';
import {
  fieldValue,
  parseResponseHead,
  type HttpVersion,
  type RequestHead,
  type ResponseHead,
} from './http1/index.ts';
import type { UpstreamFacts } from './request-fields.ts';
import type { ResponseBody } from './response-body.ts';
import type { RoutePolicy } from './route-policy.ts';

export interface ResponseRelayOptions {
  readonly client: ResponseTarget;
  readonly head: RequestHead;
  readonly facts: UpstreamFacts;
  readonly exchange: RelayedExchange;
}

/** Where a response goes. */
export interface ResponseTarget {
  /** Sends an interim response. */
  inform(head: ResponseHead, facts: DownstreamFacts): void;
  /** Carries the answer to a request of this version; its head is yet to be sent. */
  responseBody(head: ResponseHead, version: HttpVersion): ResponseBody;
}

/** What the exchange knows and decides. */
export interface RelayedExchange {
  /** Whether all of the request has been read. */
  readonly isRequestDone: boolean;
  /** What the answer sets besides the backend's own cookies. */
  cookiesFor(status: number): readonly string[];
  readonly log: AttemptLog;
  /** Whether this answer is the client's; otherwise it is dropped, and something else follows. */
  accepts(status: number): boolean;
}

/** What has become of the response after some bytes. */
export type Relayed =
  | { readonly kind: 'more' }
  /** The client takes no more now. */
  | { readonly kind: 'held' }
  /** All of it is out; `isClean`: nothing followed it. */
  | { readonly kind: 'done'; readonly isClean: boolean }
  /** What was passed on is not whole and never will be. */
  | { readonly kind: 'broken' }
  /** Not accepted; nothing was passed on. */
  | { readonly kind: 'declined'; readonly status: number }
  /** No HTTP; nothing was passed on. */
  | { readonly kind: 'invalid'; readonly reason: string }
  /** The protocol has changed; `rest` is the first of the new one. */
  | { readonly kind: 'upgraded'; readonly rest: Buffer };

const MORE: Relayed = { kind: 'more' };
const HELD: Relayed = { kind: 'held' };
const DONE: Relayed = { kind: 'done', isClean: true };
const BROKEN: Relayed = { kind: 'broken' };
const NO_POLICY: RoutePolicy = {};

/** One response on its way from the backend to the client. */
export class ResponseRelay {
  readonly #options: ResponseRelayOptions;
  #pending: Buffer | undefined;
  #response: ResponseHead | undefined;
  #body: ResponseBody | undefined;

  constructor(options: ResponseRelayOptions) {
    this.#options = options;
  }

  /** What the client is answered; undefined while that is open. */
  get response(): ResponseHead | undefined {
    return this.#response;
  }

  /** Whether some of it has come. */
  get hasBegun(): boolean {
    return this.#pending !== undefined || this.#response !== undefined;
  }

  get bodyBytes(): number {
    return this.#body?.sizeBytes ?? 0;
  }

  /** Whether nobody needs the bytes any more that were taken last. */
  get isChunkFree(): boolean {
    return this.#body?.isChunkFree !== false;
  }

  take(chunk: Buffer): Relayed {
    if (this.#body !== undefined) return this.#passed(this.#body.pass(chunk), chunk.length);
    let bytes = this.#pending === undefined ? chunk : Buffer.concat([this.#pending, chunk]);
    this.#pending = undefined;
    for (;;) {
      const relayed = this.#readHead(bytes);
      if (typeof relayed !== 'number') {
        // Whoever gave the bytes reads the next ones into their place.
        if (relayed.kind === 'more' && this.#body === undefined) this.#pending = Buffer.from(bytes);
        return relayed;
      }
      bytes = bytes.subarray(relayed);
    }
  }

  /** The backend's connection has ended. @returns whether that is the end of the body too. */
  end(): boolean {
    if (this.#response?.framing.kind !== 'until-close') return false;
    this.#body?.end();
    return true;
  }

  /** Another backend is asked. */
  reset(): void {
    this.#pending = undefined;
  }

  /** A body that ends with the connection ends the client's too, unless it can be chunked. */
  get canPersist(): boolean {
    const { version, isPersistent } = this.#options.head;
    const framing = this.#response?.framing.kind;
    const isDelimited = version === '1.1' || framing === 'length' || framing === 'none';
    return isPersistent && isDelimited && this.#options.exchange.isRequestDone;
  }

  /** @returns how long an interim response was, which others may follow. */
  #readHead(bytes: Buffer): Relayed | number {
    if (bytes.length === 0) return MORE;
    const { head: request } = this.#options;
    const head = parseResponseHead(bytes, request.method);
    if (head.kind === 'incomplete') return this.#isTooLong(bytes.length) ?? MORE;
    if (head.kind === 'error') return { kind: 'invalid', reason: head.reason };
    const tooLong = this.#isTooLong(head.sizeBytes);
    if (tooLong !== undefined) return tooLong;
    if (head.status === 101) return this.#upgrade(head, bytes.subarray(head.sizeBytes));
    if (head.status < 200) {
      // HTTP/1.0 clients know no interim responses (RFC 9110 §15.2).
      if (request.version === '1.1') this.#options.client.inform(head, this.#headFacts(head, true));
      return head.sizeBytes;
    }
    if (!this.#options.exchange.accepts(head.status))
      return { kind: 'declined', status: head.status };
    return this.#respond(head, bytes);
  }

  #isTooLong(sizeBytes: number): Relayed | undefined {
    const { responseHeadLimitBytes } = this.#options.facts.policy ?? NO_POLICY;
    return responseHeadLimitBytes !== undefined && sizeBytes > responseHeadLimitBytes
      ? { kind: 'invalid', reason: 'the head of the response is too long' }
      : undefined;
  }

  #respond(head: ResponseHead, bytes: Buffer): Relayed {
    const { client, head: request } = this.#options;
    this.#options.exchange.log.answered(head.status);
    this.#response = head;
    const body = client.responseBody(head, request.version);
    this.#body = body;
    const length = body.begin(head, this.#headFacts(head, this.canPersist), bytes);
    return this.#passed(length, bytes.length - head.sizeBytes);
  }

  #passed(length: number | string, offered: number): Relayed {
    if (typeof length === 'string') return BROKEN;
    const body = this.#body;
    if (body?.isDone === true) return length === offered ? DONE : { kind: 'done', isClean: false };
    return body?.hasRoom === false ? HELD : MORE;
  }

  #upgrade(head: ResponseHead, rest: Buffer): Relayed {
    const { client, head: request } = this.#options;
    if (!wantsUpgrade(request))
      return { kind: 'invalid', reason: 'the backend switches protocols unasked' };
    this.#response = head;
    client.inform(head, this.#headFacts(head, true));
    return { kind: 'upgraded', rest };
  }

  #headFacts({ framing, status }: ResponseHead, isPersistent: boolean): DownstreamFacts {
    const { head, facts, exchange } = this.#options;
    const { policy = NO_POLICY, scheme } = facts;
    const isOldClient = head.version === '1.0';
    return {
      isPersistent,
      isChunked: !isOldClient && (framing.kind === 'chunked' || framing.kind === 'until-close'),
      isOldClient,
      scheme,
      policy,
      origin: policy.cors === undefined ? undefined : fieldValue(head.fields, 'origin'),
      cookies: exchange.cookiesFor(status),
    };
  }
}
