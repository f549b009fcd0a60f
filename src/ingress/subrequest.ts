import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { nodeHttp } from '../net/index.ts';
import type { DialName } from './services.ts';

/** A request of the ingress' own: to an auth server, to a mirror. */
export interface Subrequest {
  readonly url: URL;
  readonly method: string;
  /** Names and values in turn. */
  readonly fields: readonly string[];
  /** Host header, where it is not that of the URL. */
  readonly host?: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** The answer's head; its body is dropped. */
export interface SubresponseHead {
  readonly status: number;
  /** Names and values in turn. */
  readonly fields: readonly string[];
}

/** Makes the ingress' own requests; not for the hot path, so that Node's client serves. */
export class Subrequester {
  readonly #dial: DialName;

  constructor(dial: DialName) {
    this.#dial = dial;
  }

  /** Asks, without a body. @throws Error when nobody answers in time. */
  async ask(subrequest: Subrequest): Promise<SubresponseHead> {
    const { request, response } = await this.open(subrequest);
    request.end();
    const message = await response;
    message.resume();
    return { status: message.statusCode ?? 0, fields: message.rawHeaders };
  }

  /** Begins a request whose body the caller writes. @throws Error when nobody can be reached. */
  async open({ url, method, fields, host, timeoutMs, signal }: Subrequest): Promise<{
    readonly request: ClientRequest;
    readonly response: Promise<IncomingMessage>;
  }> {
    const isTls = url.protocol === 'https:';
    const port = url.port === '' ? (isTls ? 443 : 80) : Number(url.port);
    const hostname = url.hostname.replace(/^\[|\]$/g, '');
    const limit = AbortSignal.timeout(timeoutMs);
    const signals = signal === undefined ? limit : AbortSignal.any([signal, limit]);
    const plain = await this.#dial(hostname, port, signals);
    const socket = isTls
      ? (await import('node:tls')).connect({
          socket: plain,
          servername: hostname,
          rejectUnauthorized: false,
        })
      : plain;
    const options: RequestOptions = {
      method,
      path: `${url.pathname}${url.search}`,
      // Of Node's own headers none, but what the caller gives.
      setHost: false,
      headers: ['Host', host ?? url.host, ...fields, 'Connection', 'close'],
      createConnection: () => socket,
      signal: signals,
    };
    const request = nodeHttp().request(options);
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    request.once('response', resolve).on('error', reject);
    promise.catch(() => undefined); // who awaits it is told; an answer that nobody awaits may fail
    return { request, response: promise };
  }
}
