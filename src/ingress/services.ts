import type { Duplex } from 'node:stream';
import type { Endpoint } from '../net/index.ts';
import type { Balancer } from './balance.ts';
import type { Gate } from './gate.ts';
import type { RequestRecord } from './request-record.ts';
import type { ForwardedRequest, RouteAnswer, RoutePolicy, RouteRequest } from './route-policy.ts';
import type { RouteBackend } from './route-table.ts';
import type { UpstreamPool, UpstreamWrapping } from './upstream-pool.ts';

/** Where a request goes, or what it is answered here. */
export type Destination =
  | {
      readonly kind: 'endpoints';
      /** Ready ones, at least one, in an order that does not change with each request. */
      readonly endpoints: readonly Endpoint[];
      /** What is asked: the chosen backend, or what stands in for it. */
      readonly backend: RouteBackend;
      readonly routed: ForwardedRequest;
    }
  | {
      readonly kind: 'answer';
      readonly answer: RouteAnswer;
      readonly policy: RoutePolicy;
      /** What took the request, where something did. */
      readonly route?: ForwardedRequest['route'];
    };

/** Opens a connection to a name or address as the ingress controller's own Pod would. */
export type DialName = (host: string, port: number, signal: AbortSignal) => Promise<Duplex>;

/** Time as the data path looks at it: read from a coarse tick, since asking the system each time costs. */
export interface Ticks {
  /** Milliseconds, monotonic. */
  readonly ms: number;
}

/** What the requests of all clients share. */
export interface IngressServices {
  readonly pool: UpstreamPool;
  readonly balancer: Balancer;
  readonly gate: Gate;
  readonly locate: (request: RouteRequest) => Destination;
  /** The endpoints of a backend that may serve now. */
  readonly endpointsOf: (backend: RouteBackend) => readonly Endpoint[];
  /** What a policy asks to be put over the connection to a backend. */
  readonly wrappingOf: (policy: RoutePolicy, request: RouteRequest) => UpstreamWrapping | undefined;
  /** Sends a copy of a request where the policy says. */
  readonly mirror: (routed: ForwardedRequest, request: RouteRequest) => MirroredBody | undefined;
  /** Requests whose head cannot be read are answered as nginx does. */
  readonly isNginxAlone: () => boolean;
  readonly requestId: () => string;
  readonly random: () => number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly ticks: Ticks;
  /** Told of every request that is over; undefined where nobody listens. */
  readonly onRequest: ((record: RequestRecord) => void) | undefined;
}

/** Takes in the body of a request that is mirrored. */
export interface MirroredBody {
  /** A piece of the body's content; false where no more is wanted. */
  write(piece: Buffer): void;
  end(): void;
  abort(): void;
}
