import { errorPageOf, isReplaced, type ErrorPageQuestion } from './error-page.ts';
import type { ClientCertificate } from './client-certificate.ts';
import { ClientRequest } from './client-request.ts';
import { Exchange, type ExchangeEnd, type ExchangeHost, type ExchangeOptions } from './exchange.ts';
import type { RequestHead } from './http1/index.ts';
import { refuse } from './refuse.ts';
import type { ToldLines } from './request-fields.ts';
import { RequestLog } from './request-log.ts';
import type { RouteAnswer, RoutePolicy } from './route-policy.ts';
import type { Destination, IngressServices } from './services.ts';

/** Where requests come from: what one client's have in common. */
export interface ClientOrigin {
  readonly clientAddress: string;
  readonly scheme: 'http' | 'https';
  /** The port as clients see it. */
  readonly port: number;
  readonly services: IngressServices;
  readonly told: ToldLines;
  /** What the client of TLS has shown. */
  readonly certificate: () => ClientCertificate | undefined;
  /** What the client speaks, where it is not HTTP/1. */
  readonly protocol?: 'HTTP/2.0';
}

/** Whoever speaks with the client. */
export interface CourseHost extends ExchangeHost {
  /** Sends an answer that is made here. @param head The request; absent when it could not be read. */
  answer(answer: RouteAnswer, head: RequestHead | undefined, policy: RoutePolicy): void;
}

const NO_POLICY: RoutePolicy = {};

/** The course of a request, whatever its client speaks: it is located, then answered here or exchanged, then noted. One after the other may take it. */
export class Course {
  /** The one that is under way. */
  exchange: Exchange | undefined;
  /** The last request. */
  head: RequestHead | undefined;
  readonly #origin: ClientOrigin;
  readonly #host: CourseHost;
  readonly #log: RequestLog;
  #policy: RoutePolicy = NO_POLICY;
  #destination: Destination | undefined;

  constructor(origin: ClientOrigin, host: CourseHost) {
    this.#origin = origin;
    this.#host = host;
    this.#log = new RequestLog(origin);
  }

  begin(head: RequestHead): void {
    const { clientAddress, scheme, port, services, told } = this.#origin;
    const request = new ClientRequest(head, this.#origin);
    const requestId = services.requestId();
    this.head = head;
    this.#log.begin(requestId);
    const destination = services.locate(request);
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
    const { policy, target } = destination.routed;
    this.#policy = policy;
    const facts = { clientAddress, scheme, port, requestId, told, policy, target };
    this.#exchangeWith({ head, request, destination, facts });
  }

  /** Answers what could not be read. */
  refuse(status: number, reason: string): void {
    this.#policy = { isNginx: this.#origin.services.isNginxAlone() };
    this.#answer(refuse(status, this.#policy, reason), undefined);
  }

  /**
   * An exchange is over: what follows from it happens here, but for the client's connection.
   *
   * @returns whether that is all; otherwise an answer or another exchange follows.
   */
  end(end: ExchangeEnd): end is Extract<ExchangeEnd, { readonly kind: 'done' | 'taken' }> {
    const { exchange, head } = this;
    this.exchange = undefined;
    if (exchange !== undefined) this.#log.took(exchange);
    if (end.kind === 'error-page') {
      if (exchange !== undefined) this.#replace(exchange.asked, end.status, end.headers);
      return false;
    }
    if (end.kind === 'answer') {
      this.#answer(end.answer, head);
      return false;
    }
    this.#log.end(head, this.#destination);
    return true;
  }

  /** The client is gone. */
  abort(): void {
    const { exchange } = this;
    this.exchange = undefined;
    if (exchange === undefined) return;
    exchange.abort();
    this.#log.took(exchange);
    this.#log.end(this.head, this.#destination, 499);
  }

  #exchangeWith(asked: ExchangeOptions): void {
    this.exchange = new Exchange(asked, this.#host);
    this.exchange.start();
  }

  /** The answer to a request is a page that another backend makes; what is left of the request's body goes unread. */
  #replace(
    asked: ExchangeOptions,
    status: number,
    headers: ErrorPageQuestion['headers'] = [],
  ): void {
    const { route, policy } = asked.destination.routed;
    this.#fetchErrorPage({ ...asked, status, route, policy, headers });
  }

  #fetchErrorPage(question: ErrorPageQuestion): void {
    const page = errorPageOf(question, this.#origin.services);
    if (page !== undefined) this.#exchangeWith(page);
    else
      this.#answer(
        refuse(404, this.#policy, 'the backend of error pages is not there'),
        question.head,
      );
  }

  #answer(answer: RouteAnswer, head: RequestHead | undefined): void {
    this.#log.answered(answer);
    this.#log.end(head, this.#destination);
    this.#host.answer(answer, head, this.#policy);
  }
}
