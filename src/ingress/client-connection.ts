import type { Duplex } from 'node:stream';
import type { Endpoint } from '../net/index.ts';
import { Exchange, type ExchangeEnd } from './exchange.ts';
import { checkBasicAuth } from './basic-auth.ts';
import { fieldValue, parseRequestHead, type RequestHead } from './http1/index.ts';
import { reasonOf, refuse } from './refuse.ts';
import type { UpstreamFacts } from './request-fields.ts';
import { downstreamFields } from './response-fields.ts';
import type { ForwardedRequest, RouteAnswer, RoutePolicy, RouteRequest } from './route-policy.ts';
import type { UpstreamPool } from './upstream-pool.ts';

/** Where a request goes, or what it is answered here. */
export type Destination =
  | {
      readonly kind: 'endpoints';
      readonly endpoints: readonly Endpoint[];
      readonly routed: ForwardedRequest;
    }
  | { readonly kind: 'answer'; readonly answer: RouteAnswer; readonly policy: RoutePolicy };

export interface ClientConnectionOptions {
  readonly socket: Duplex;
  readonly clientAddress: string;
  readonly scheme: 'http' | 'https';
  /** The port as clients see it. */
  readonly port: number;
  readonly pool: UpstreamPool;
  readonly locate: (request: RouteRequest) => Destination;
  readonly requestId: () => string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Seconds since the server started, coarse: idle connections are found by it. */
  readonly clock: { readonly seconds: number };
}

/** What more than a request a client may send ahead before it is held back. */
const MAX_AHEAD_BYTES = 65_536;
/** As nginx: keep-alive, the time for a head, and the silence of a backend. */
const TIMEOUT_SECONDS = { idle: 75, head: 60, backend: 60 } as const;

/**
 * One client's HTTP/1.1 connection: requests one after the other, pipelined ones held until their turn.
 */
export class ClientConnection {
  readonly #options: ClientConnectionOptions;
  #buffer: Buffer | undefined;
  #exchange: Exchange | undefined;
  #head: RequestHead | undefined;
  /** Of the request that is served. */
  #policy: RoutePolicy = {};
  /** No further request is read: an error was answered, or the client said that it is done. */
  #isClosing = false;
  #isAdvancing = false;
  #lastSeconds: number;

  constructor(options: ClientConnectionOptions) {
    this.#options = options;
    this.#lastSeconds = options.clock.seconds;
    options.socket
      .on('error', destroy)
      .on('data', this.#onData)
      .on('end', this.#onEnd)
      .on('close', this.#onClose);
  }

  /** Ends what has been silent for too long. Called about once a second. */
  sweep(): void {
    const silence = this.#options.clock.seconds - this.#lastSeconds;
    if (this.#exchange !== undefined) {
      if (silence < TIMEOUT_SECONDS.backend) return;
      this.#exchange.abort();
      this.#exchange = undefined;
      this.#answer(504, 'the backend did not answer in time');
    } else if (this.#buffer !== undefined) {
      if (silence >= TIMEOUT_SECONDS.head) this.#answer(408, 'the request did not come in time');
    } else if (silence >= TIMEOUT_SECONDS.idle) {
      this.#options.socket.end();
    }
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#lastSeconds = this.#options.clock.seconds;
    this.#buffer = this.#buffer === undefined ? chunk : Buffer.concat([this.#buffer, chunk]);
    this.#advance();
  };

  readonly #onEnd = (): void => {
    this.#isClosing = true;
    if (this.#exchange === undefined) this.#options.socket.end();
    else if (!this.#exchange.isRequestDone) this.#options.socket.destroy();
  };

  readonly #onClose = (): void => {
    this.#exchange?.abort();
    this.#exchange = undefined;
    this.#isClosing = true;
  };

  /** Does with the buffered bytes what can be done now: a body's to the backend, a head's to routing. */
  #advance(): void {
    if (this.#isAdvancing) return;
    this.#isAdvancing = true;
    try {
      while (this.#buffer !== undefined && this.#step()) continue;
    } finally {
      this.#isAdvancing = false;
    }
    if (this.#buffer !== undefined && this.#buffer.length > MAX_AHEAD_BYTES)
      this.#options.socket.pause();
  }

  /** Whether there may be more to do. */
  #step(): boolean {
    if (this.#exchange === undefined) return !this.#isClosing && this.#readHead();
    if (this.#exchange.isRequestDone || this.#options.socket.isPaused()) return false;
    return this.#feed(this.#exchange);
  }

  #feed(exchange: Exchange): boolean {
    const bytes = this.#buffer;
    if (bytes === undefined) return false;
    const length = exchange.feed(bytes);
    if (typeof length === 'string') {
      exchange.abort();
      this.#exchange = undefined;
      this.#answer(400, length);
      return false;
    }
    this.#buffer = length === bytes.length ? undefined : bytes.subarray(length);
    return length > 0;
  }

  #readHead(): boolean {
    if (this.#buffer === undefined) return false;
    const head = parseRequestHead(this.#buffer);
    if (head.kind === 'incomplete') return false;
    if (head.kind === 'error') {
      this.#answer(head.status, head.reason);
      return false;
    }
    this.#buffer =
      head.sizeBytes === this.#buffer.length ? undefined : this.#buffer.subarray(head.sizeBytes);
    this.#begin(head);
    return true;
  }

  #begin(head: RequestHead): void {
    this.#head = head;
    const { socket, pool, clientAddress, scheme, port } = this.#options;
    const { method, host, target, fields } = head;
    const destination = this.#options.locate({
      method,
      scheme,
      host,
      target,
      fields,
      clientAddress,
      port,
    });
    this.#policy = destination.kind === 'answer' ? destination.policy : destination.routed.policy;
    if (destination.kind === 'answer') {
      this.#answerWith(destination.answer, head);
      return;
    }
    const { basicAuth } = destination.routed.policy;
    const result =
      basicAuth === undefined
        ? undefined
        : checkBasicAuth(basicAuth, fieldValue(fields, 'authorization'));
    if (result?.kind === 'challenge') {
      this.#answerWith(result.answer, head);
      return;
    }
    this.#exchange = new Exchange({
      head,
      facts: this.#facts(destination.routed),
      client: socket,
      pool,
      endpoints: destination.endpoints,
      setReading: this.#setReading,
      onEnd: this.#onExchangeEnd,
    });
    this.#exchange.start();
  }

  #facts({ policy, target }: ForwardedRequest): UpstreamFacts {
    const { clientAddress, scheme, port, requestId } = this.#options;
    return { clientAddress, scheme, port, requestId: requestId(), policy, target };
  }

  readonly #setReading = (isReading: boolean): void => {
    if (!isReading) {
      this.#options.socket.pause();
      return;
    }
    this.#options.socket.resume();
    this.#advance();
  };

  readonly #onExchangeEnd = (end: ExchangeEnd): void => {
    this.#exchange = undefined;
    this.#lastSeconds = this.#options.clock.seconds;
    if (end.kind === 'taken') {
      this.#letGo();
    } else if (end.kind === 'failed') {
      this.#answer(end.status, end.reason, this.#head);
    } else if (!end.isPersistent || this.#isClosing) {
      this.#isClosing = true;
      this.#options.socket.end();
    } else {
      this.#options.socket.resume();
      this.#advance();
    }
  };

  #letGo(): void {
    this.#isClosing = true;
    this.#options.socket
      .off('data', this.#onData)
      .off('end', this.#onEnd)
      .off('close', this.#onClose);
  }

  /** @param head The request; absent when it could not be read. */
  #answer(status: number, reason: string, head?: RequestHead): void {
    this.#answerWith(refuse(status, head === undefined ? {} : this.#policy, reason), head);
  }

  /**
   * Answers here. The connection persists only where the request was whole and understood.
   *
   * @param head The request; absent when it could not be read.
   */
  #answerWith({ status, headers, body }: RouteAnswer, head?: RequestHead): void {
    const { socket, scheme } = this.#options;
    const isPersistent =
      head !== undefined && head.isPersistent && head.framing.kind === 'none' && !this.#isClosing;
    const origin = head === undefined ? undefined : fieldValue(head.fields, 'origin');
    const fields = downstreamFields(
      [
        ...headers.flat(),
        'Content-Length',
        String(Buffer.byteLength(body)),
        'Date',
        new Date(this.#options.now()).toUTCString(),
        'Server',
        'podlane',
      ],
      { policy: this.#policy, scheme, ...(origin === undefined ? {} : { origin }) },
    );
    let text = `HTTP/1.1 ${status} ${reasonOf(status)}\r\n`;
    for (let index = 0; index < fields.length; index += 2)
      text += `${fields[index]}: ${fields[index + 1]}\r\n`;
    if (!isPersistent) text += 'Connection: close\r\n';
    socket.write(`${text}\r\n${head?.method === 'HEAD' ? '' : body}`);
    if (isPersistent) {
      socket.resume();
      return;
    }
    this.#isClosing = true;
    this.#buffer = undefined;
    socket.end();
    // What the client still sends is read away, or closing would reset the answer out of its hands.
    socket.off('data', this.#onData);
    socket.resume();
  }
}

function destroy(this: Duplex): void {
  this.destroy();
}
