import type { Duplex } from 'node:stream';
import { reset, splice, type Endpoint } from '../net/index.ts';
import { downstreamHead, upstreamHead, wantsUpgrade } from './head.ts';
import {
  createBodyReader,
  fieldValue,
  parseResponseHead,
  type BodyReader,
  type RequestHead,
  type ResponseHead,
} from './http1/index.ts';
import type { UpstreamFacts } from './request-fields.ts';
import { keyOf, type Upstream, type UpstreamPool } from './upstream-pool.ts';

/** How an exchange ended, for the client's connection. */
export type ExchangeEnd =
  /** The response is out; the client may ask again. */
  | { readonly kind: 'done'; readonly isPersistent: boolean; readonly status: number }
  /** The connection left HTTP, or is beyond use. */
  | { readonly kind: 'taken' }
  /** Nothing was sent to the client yet. */
  | { readonly kind: 'failed'; readonly status: 502 | 504; readonly reason: string };

export interface ExchangeOptions {
  readonly head: RequestHead;
  readonly facts: UpstreamFacts;
  readonly client: Duplex;
  readonly pool: UpstreamPool;
  /** Ready endpoints in the order to try them. */
  readonly endpoints: readonly Endpoint[];
  /** Asks the client's connection for more of the request's body, or to hold it back. */
  readonly setReading: (isReading: boolean) => void;
  readonly onEnd: (end: ExchangeEnd) => void;
}

/** Methods whose effect is the same however often they are carried out. @see RFC 9110 §9.2.2 */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);
/** As nginx's `proxy_next_upstream_tries`. */
const MAX_TRIES = 3;
const CRLF = Buffer.from('\r\n');
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

/**
 * One request and its response: the request's bytes to a backend as they come, the response's back.
 *
 * ```
 * connecting ──▶ sending ──▶ head of the response ──▶ its body ──▶ done
 *     └── refused: the next endpoint      └── closed, reused and idempotent: once more
 * ```
 */
export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #body: BodyReader;
  readonly #abort = new AbortController();
  #upstream: Upstream | undefined;
  #endpoint: Endpoint | undefined;
  #tries = 0;
  #hasSentBody = false;
  #response: ResponseHead | undefined;
  #responseBody: BodyReader | undefined;
  #pending: Buffer | undefined;
  #isRechunked = false;
  /** The body's framing is taken off on the way. */
  #isDecoded = false;
  #hasEnded = false;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#body = createBodyReader(options.head.framing);
  }

  start(): void {
    this.#options.setReading(false);
    this.#connect();
  }

  /** Whether the request's body is in; what follows is another request. */
  get isRequestDone(): boolean {
    return this.#body.isDone;
  }

  /**
   * Passes a piece of the request's body on.
   *
   * @returns How many bytes belonged to it, or what is wrong with them.
   */
  feed(bytes: Buffer): number | string {
    const length = this.#body.read(bytes);
    if (typeof length === 'string') return length;
    const { socket } = this.#upstream ?? {};
    if (socket === undefined || length === 0) return length;
    this.#hasSentBody = true;
    const hasRoom = socket.write(length === bytes.length ? bytes : bytes.subarray(0, length));
    if (!hasRoom && !this.#body.isDone) this.#options.setReading(false);
    return length;
  }

  /** The client is gone, or what it sent was wrong: nothing more is owed to anyone. */
  abort(): void {
    this.#hasEnded = true;
    this.#abort.abort();
    this.#detach()?.destroy();
  }

  #connect(): void {
    const endpoint = this.#options.endpoints[this.#tries % this.#options.endpoints.length];
    this.#tries += 1;
    if (endpoint === undefined) {
      this.#fail(502, 'there is no endpoint');
      return;
    }
    this.#endpoint = endpoint;
    const upstream = this.#options.pool.acquire(endpoint, this.#abort.signal);
    if (!(upstream instanceof Promise)) {
      this.#attach(upstream);
      return;
    }
    void this.#attachWhenOpen(upstream);
  }

  async #attachWhenOpen(opening: Promise<Upstream>): Promise<void> {
    try {
      const upstream = await opening;
      if (this.#hasEnded) upstream.socket.destroy();
      else this.#attach(upstream);
    } catch (error) {
      this.#refused(error);
    }
  }

  #refused(error: unknown): void {
    if (this.#hasEnded) return;
    if (this.#tries < Math.min(MAX_TRIES, this.#options.endpoints.length)) {
      this.#connect();
      return;
    }
    const isDropped = error instanceof Error && 'code' in error && error.code === 'ERR_DROPPED';
    this.#fail(isDropped ? 504 : 502, error instanceof Error ? error.message : String(error));
  }

  #attach(upstream: Upstream): void {
    this.#upstream = upstream;
    const { socket } = upstream;
    socket
      .on('data', this.#onData)
      .on('end', this.#onEnd)
      .on('close', this.#onEnd)
      .on('drain', this.#onDrain);
    socket.write(upstreamHead(this.#options.head, this.#options.facts), 'latin1');
    socket.resume();
    this.#options.setReading(true);
  }

  #detach(): Duplex | undefined {
    const socket = this.#upstream?.socket;
    this.#upstream = undefined;
    this.#options.client.off('drain', this.#onClientDrain);
    return socket
      ?.off('data', this.#onData)
      .off('end', this.#onEnd)
      .off('close', this.#onEnd)
      .off('drain', this.#onDrain);
  }

  readonly #onDrain = (): void => {
    this.#options.setReading(true);
  };

  readonly #onClientDrain = (): void => {
    this.#upstream?.socket.resume();
  };

  readonly #onData = (chunk: Buffer): void => {
    if (this.#response !== undefined) {
      this.#passBody(chunk);
      return;
    }
    this.#pending = this.#pending === undefined ? chunk : Buffer.concat([this.#pending, chunk]);
    this.#readHead();
  };

  #readHead(): void {
    const bytes = this.#pending;
    if (bytes === undefined || bytes.length === 0) return;
    const head = parseResponseHead(bytes, this.#options.head.method);
    if (head.kind === 'incomplete') return;
    if (head.kind === 'error') {
      this.#detach()?.destroy();
      this.#fail(502, head.reason);
      return;
    }
    const rest = bytes.subarray(head.sizeBytes);
    this.#pending = rest;
    if (head.status === 101) {
      this.#upgrade(head, rest);
    } else if (head.status < 200) {
      // HTTP/1.0 clients know no interim responses (RFC 9110 §15.2).
      if (this.#options.head.version === '1.1')
        this.#options.client.write(this.#downstream(head, true), 'latin1');
      this.#readHead();
    } else {
      this.#respond(head, rest);
    }
  }

  #respond(head: ResponseHead, rest: Buffer): void {
    const { client, head: request } = this.#options;
    this.#response = head;
    this.#responseBody = createBodyReader(head.framing);
    this.#isRechunked = head.framing.kind === 'until-close' && request.version === '1.1';
    this.#isDecoded =
      this.#isRechunked || (request.version === '1.0' && head.framing.kind === 'chunked');
    this.#pending = undefined;
    client.cork();
    client.write(this.#downstream(head, this.#canPersist(head)), 'latin1');
    if (rest.length > 0 || this.#responseBody.isDone) this.#passBody(rest);
    process.nextTick(uncork, client);
  }

  #downstream(head: ResponseHead, isPersistent: boolean): string {
    const { version } = this.#options.head;
    const isChunked =
      version === '1.1' && (head.framing.kind === 'chunked' || head.framing.kind === 'until-close');
    const { policy, scheme } = this.#options.facts;
    const origin = fieldValue(this.#options.head.fields, 'origin');
    return downstreamHead(head, {
      isPersistent,
      isChunked,
      isOldClient: version === '1.0',
      scheme,
      ...(policy === undefined ? {} : { policy }),
      ...(origin === undefined ? {} : { origin }),
    });
  }

  /** A body that ends with the connection ends the client's too, unless it can be chunked. */
  #canPersist({ framing }: ResponseHead): boolean {
    const { version, isPersistent } = this.#options.head;
    const isDelimited = version === '1.1' || framing.kind === 'length' || framing.kind === 'none';
    return isPersistent && isDelimited && this.#body.isDone;
  }

  #passBody(chunk: Buffer): void {
    const reader = this.#responseBody;
    if (reader === undefined) return;
    let hasRoom = true;
    const length = this.#isDecoded
      ? reader.read(chunk, (piece) => (hasRoom = this.#sendPiece(piece)))
      : reader.read(chunk);
    if (typeof length === 'string') {
      this.#detach()?.destroy();
      this.#takeDown();
      return;
    }
    if (!this.#isDecoded && length > 0)
      hasRoom = this.#options.client.write(chunk.subarray(0, length));
    if (reader.isDone) this.#finish(length === chunk.length);
    else if (!hasRoom) this.#holdBack();
  }

  #sendPiece(piece: Buffer): boolean {
    const { client } = this.#options;
    if (!this.#isRechunked) return client.write(piece);
    client.write(`${piece.length.toString(16)}\r\n`, 'latin1');
    client.write(piece);
    return client.write(CRLF);
  }

  #holdBack(): void {
    this.#upstream?.socket.pause();
    this.#options.client.once('drain', this.#onClientDrain);
  }

  readonly #onEnd = (): void => {
    const response = this.#response;
    if (response === undefined) {
      this.#closedEarly();
      return;
    }
    this.#detach()?.destroy();
    if (response.framing.kind !== 'until-close') {
      this.#takeDown();
      return;
    }
    if (this.#isRechunked) this.#options.client.write(LAST_CHUNK);
    this.#end({ kind: 'done', isPersistent: this.#canPersist(response), status: response.status });
  };

  /** The backend closed before it answered: a kept connection may just have been too old, and then once more is right. */
  #closedEarly(): void {
    const { isReused } = this.#upstream ?? {};
    this.#detach()?.destroy();
    const { method } = this.#options.head;
    if (
      isReused === true &&
      !this.#hasSentBody &&
      IDEMPOTENT.has(method) &&
      this.#pending === undefined &&
      this.#tries <= MAX_TRIES
    ) {
      this.#connect();
      return;
    }
    this.#fail(
      502,
      `${this.#endpoint === undefined ? 'the backend' : keyOf(this.#endpoint)} closed the connection without an answer`,
    );
  }

  #finish(isClean: boolean): void {
    const response = this.#response;
    const socket = this.#detach();
    if (response === undefined || socket === undefined || this.#endpoint === undefined) return;
    const isReusable = response.isPersistent && isClean && this.#body.isDone;
    if (isReusable) this.#options.pool.release(this.#endpoint, socket);
    else socket.destroy();
    this.#end({ kind: 'done', isPersistent: this.#canPersist(response), status: response.status });
  }

  #upgrade(head: ResponseHead, rest: Buffer): void {
    const { client } = this.#options;
    const socket = this.#detach();
    if (socket === undefined) return;
    if (!wantsUpgrade(this.#options.head)) {
      socket.destroy();
      this.#fail(502, 'the backend switches protocols unasked');
      return;
    }
    client.write(this.#downstream(head, true), 'latin1');
    if (rest.length > 0) client.write(rest);
    this.#end({ kind: 'taken' });
    void splice(client, socket);
    socket.resume();
    client.resume();
  }

  /** The response is cut short; the client must not take it for whole. */
  #takeDown(): void {
    reset(this.#options.client);
    this.#end({ kind: 'taken' });
  }

  #fail(status: 502 | 504, reason: string): void {
    this.#end({ kind: 'failed', status, reason });
  }

  #end(end: ExchangeEnd): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#options.onEnd(end);
  }
}

function uncork(client: Duplex): void {
  client.uncork();
}
