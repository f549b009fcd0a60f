import type { HeaderFields, RequestHead } from './http1/index.ts';
import type { RouteRequest } from './route-policy.ts';

type ClientOrigin = Pick<RouteRequest, 'scheme' | 'clientAddress' | 'port'>;

/** A request as routing looks at it; its fields are taken apart when they are asked for. */
export class ClientRequest implements RouteRequest {
  readonly method: string;
  readonly host: string;
  readonly target: string;
  readonly scheme: 'http' | 'https';
  readonly clientAddress: string;
  readonly port: number;
  readonly #head: RequestHead;

  constructor(head: RequestHead, { scheme, clientAddress, port }: ClientOrigin) {
    this.method = head.method;
    this.host = head.host;
    this.target = head.target;
    this.scheme = scheme;
    this.clientAddress = clientAddress;
    this.port = port;
    this.#head = head;
  }

  get fields(): HeaderFields {
    return this.#head.fields;
  }
}
