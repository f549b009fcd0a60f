import type { RequestHead } from './http1/index.ts';
import type { ForwardedRequest } from './route-policy.ts';
import type { Route, RouteBackend } from './route-table.ts';

/** One try at a backend. */
export interface Attempt {
  /** `address:port` */
  readonly endpoint: string;
  /** undefined: there was no answer. */
  readonly status: number | undefined;
  readonly responseBytes: number;
  readonly connectMs: number;
  /** Until its head was there. */
  readonly headMs: number;
  /** Until all of it was there. */
  readonly totalMs: number;
}

/** A request that is over, as logs and metrics tell of it. */
export interface RequestRecord {
  readonly scheme: 'http' | 'https';
  readonly protocol: 'HTTP/1.0' | 'HTTP/1.1' | 'HTTP/2.0';
  readonly clientAddress: string;
  /** Absent where it could not be read. */
  readonly head: Pick<RequestHead, 'method' | 'target' | 'host' | 'fields'> | undefined;
  readonly status: number;
  /** Head and body. */
  readonly requestBytes: number;
  /** Of the response's body. */
  readonly bodyBytes: number;
  /** Milliseconds since 1970. */
  readonly endedAt: number;
  readonly tookMs: number;
  readonly requestId: string;
  readonly user: string | undefined;
  readonly route: Route | undefined;
  readonly routed: ForwardedRequest | undefined;
  readonly backend: RouteBackend | undefined;
  readonly attempts: readonly Attempt[];
}
