import type { Exchange } from './exchange.ts';
import type { RequestHead } from './http1/index.ts';
import type { Attempt, RequestRecord } from './request-record.ts';
import type { RouteAnswer } from './route-policy.ts';
import type { Route } from './route-table.ts';
import type { Destination, IngressServices } from './services.ts';

export interface RequestLogOptions {
  readonly scheme: 'http' | 'https';
  readonly clientAddress: string;
  readonly services: IngressServices;
  readonly protocol?: 'HTTP/2.0';
}

/** What is gathered of one client's requests, for whoever listens to them. */
export class RequestLog {
  readonly #options: RequestLogOptions;
  /** Whether somebody listened when the request began. */
  #isKept = false;
  #requestId = '';
  #startedAt = 0;
  #status = 0;
  #requestBytes = 0;
  #bodyBytes = 0;
  #user: string | undefined;
  #attempts: readonly Attempt[] = [];

  constructor(options: RequestLogOptions) {
    this.#options = options;
  }

  begin(requestId: string): void {
    this.#isKept = this.#options.services.onRequest !== undefined;
    if (!this.#isKept) return;
    this.#requestId = requestId;
    this.#startedAt = performance.now();
    this.#requestBytes = 0;
    this.#bodyBytes = 0;
    this.#status = 0;
    this.#user = undefined;
    this.#attempts = [];
  }

  /** An exchange is over, whatever came of it. */
  took(exchange: Exchange): void {
    if (!this.#isKept) return;
    this.#status = exchange.status;
    this.#requestBytes = exchange.requestBodyBytes;
    this.#bodyBytes = exchange.responseBodyBytes;
    this.#user = exchange.user ?? this.#user;
    const { attempts } = exchange.log;
    this.#attempts = this.#attempts.length === 0 ? attempts : [...this.#attempts, ...attempts];
  }

  answered({ status, body }: RouteAnswer): void {
    this.#status = status;
    this.#bodyBytes = body.length;
  }

  /** The request is over. @param status Where it ended without an answer. */
  end(head: RequestHead | undefined, destination: Destination | undefined, status = 0): void {
    const { services, scheme, clientAddress, protocol } = this.#options;
    const onRequest = this.#listener(head);
    if (onRequest === undefined) return;
    const forwarded = destination?.kind === 'endpoints' ? destination : undefined;
    const record: RequestRecord = {
      scheme,
      protocol: protocol ?? protocolOf(head),
      clientAddress,
      head,
      status: this.#status === 0 ? status : this.#status,
      requestBytes: (head?.sizeBytes ?? 0) + this.#requestBytes,
      bodyBytes: this.#bodyBytes,
      endedAt: services.now(),
      tookMs: performance.now() - this.#startedAt,
      requestId: this.#requestId,
      user: this.#user,
      route: routeOf(destination),
      routed: forwarded?.routed,
      backend: forwarded?.backend,
      attempts: this.#attempts,
    };
    onRequest(record);
  }

  /** Whoever begins to listen in the midst of a request hears of the next one. */
  #listener(head: RequestHead | undefined): IngressServices['onRequest'] {
    const isWhole = this.#isKept || head === undefined;
    return isWhole ? this.#options.services.onRequest : undefined;
  }
}

function routeOf(destination: Destination | undefined): Route | undefined {
  return destination?.kind === 'endpoints' ? destination.routed.route : destination?.route;
}

function protocolOf(head: RequestHead | undefined): RequestRecord['protocol'] {
  return head?.version === '1.0' ? 'HTTP/1.0' : 'HTTP/1.1';
}
