import type { Socket } from 'node:net';
import { listenTcp, type TcpListener } from '../net/index.ts';
import type { Clock, Logger } from '../observe/index.ts';
import { Balancer } from './balance.ts';
import type { KeyPair } from './certificates.ts';
import type { ClientCertificate } from './client-certificate.ts';
import { ClientConnection, type ClientConnectionOptions } from './client-connection.ts';
import type { ClientOrigin } from './course.ts';
import { ExternalAuthorizer } from './external-auth.ts';
import { createGate } from './gate.ts';
import type { Http2Acceptor } from './http2/index.ts';
import { createSecret } from './load-crypto.ts';
import { createMirror } from './mirror.ts';
import { RateLimiter } from './rate-limiter.ts';
import { ToldLines } from './request-fields.ts';
import { createRequestIds } from './request-ids.ts';
import type { RequestRecord } from './request-record.ts';
import type { DialName, IngressServices, Ticks } from './services.ts';
import { Subrequester } from './subrequest.ts';
import { createTlsAcceptor, type ServerNames, type TlsAcceptor } from './tls.ts';
import { UpstreamPool, type DialEndpoint } from './upstream-pool.ts';
import { createWrappings } from './upstream-wrapping.ts';

/** Where one of the ingress' ports listens. */
export interface IngressListen {
  readonly address: string;
  readonly port: number;
  /** Serve without it, with a warning, where it cannot be bound (`::1` on a host without IPv6). @default false */
  readonly isOptional?: boolean;
}

export interface IngressServerOptions {
  readonly http: readonly IngressListen[];
  readonly https: readonly IngressListen[];
  readonly locate: IngressServices['locate'];
  readonly endpointsOf: IngressServices['endpointsOf'];
  readonly dial: DialEndpoint;
  /** For auth servers and mirrors, which are named. */
  readonly dialName: DialName;
  /** The certificate for a server name, '' for none; undefined serves a self-signed one. The object stays the same while the certificate does. */
  readonly certificateFor: (servername: string) => KeyPair | undefined;
  /** What hosts do with TLS beyond certificates of their own. @default nothing */
  readonly serverNames?: ServerNames;
  /** Whether ingress-nginx is the only class that serves anything. @default false */
  readonly isNginxAlone?: () => boolean;
  /** In [0, 1). */
  readonly random: () => number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told of every request that is over. @default nobody */
  readonly onRequest?: (record: RequestRecord) => void;
  /** Whether `onRequest` is to be told of requests that begin now: gathering what it is told costs. @default always */
  readonly isObserved?: () => boolean;
}

/** How many connections do what. */
export interface ConnectionCounts {
  readonly accepted: number;
  readonly reading: number;
  readonly writing: number;
  readonly waiting: number;
}

/** A running ingress. */
export interface IngressServer extends AsyncDisposable {
  readonly http: readonly TcpListener[];
  readonly https: readonly TcpListener[];
  /** Drops kept connections to endpoints that are gone. */
  retainEndpoints(isPresent: (endpoint: string) => boolean): void;
  connections(): ConnectionCounts;
}

/** How exact time-outs are. */
const SWEEP_MS = 250;

/**
 * Serves HTTP and HTTPS, and forwards each request where `locate` says.
 *
 * @throws PodlaneError as `listenTcp`.
 */
export async function serveIngress(options: IngressServerOptions): Promise<IngressServer> {
  const acceptor = new Acceptor(options);
  const listeners: TcpListener[] = [];
  const close = async (): Promise<void> => {
    const closed = Promise.all(listeners.map((listener) => listener.close()));
    await acceptor.goAway();
    acceptor[Symbol.dispose]();
    await closed;
  };
  try {
    const http = await listenAll(options.http, {
      flag: '--http',
      log: options.log,
      onConnection: acceptor.acceptHttp,
      opened: listeners,
    });
    const https = await listenAll(options.https, {
      flag: '--https',
      log: options.log,
      onConnection: acceptor.acceptHttps,
      opened: listeners,
    });
    return {
      http,
      https,
      retainEndpoints: (isPresent) => acceptor.retain(isPresent),
      connections: () => acceptor.counts(),
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The clients of all listeners. */
class Acceptor implements Disposable {
  readonly #services: IngressServices;
  readonly #tls: TlsAcceptor;
  readonly #connections = new Set<ClientConnection>();
  readonly #sockets = new Set<Socket>();
  readonly #ticks: { ms: number };
  readonly #clock: Clock;
  #http2: Http2Acceptor | undefined;
  #sweep: Disposable | undefined;
  #accepted = 0;

  constructor(options: IngressServerOptions) {
    this.#clock = options.clock;
    this.#ticks = { ms: options.clock.now() };
    this.#services = createServices(options, this.#ticks);
    this.#tls = createTlsAcceptor({
      ...options,
      serverNames: options.serverNames,
      onConnection: (socket, certificate) => this.#serve(socket, 'https', certificate),
    });
  }

  readonly acceptHttp = (socket: Socket): void => {
    this.#track(socket);
    this.#serve(socket, 'http');
  };

  readonly acceptHttps = (socket: Socket): void => {
    this.#track(socket);
    void this.#tls.accept(socket);
  };

  retain(isPresent: (endpoint: string) => boolean): void {
    this.#services.pool.retain(isPresent);
    this.#services.balancer.retain(isPresent);
  }

  /** Clients of HTTP/2 are told that the connection ends; what is under way ends with it. */
  async goAway(): Promise<void> {
    if (this.#http2?.goAway() === true) await new Promise((resolve) => setImmediate(resolve));
  }

  counts(): ConnectionCounts {
    const counts = { accepted: this.#accepted, reading: 0, writing: 0, waiting: 0 };
    for (const { state } of this.#connections) counts[state] += 1;
    for (const { state } of this.#http2?.streams() ?? []) counts[state] += 1;
    return counts;
  }

  [Symbol.dispose](): void {
    this.#sweep?.[Symbol.dispose]();
    for (const socket of this.#sockets) socket.destroy();
    this.#services.pool[Symbol.dispose]();
  }

  #track(socket: Socket): void {
    this.#accepted += 1;
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    if (this.#sweep === undefined) this.#startSweeping();
  }

  /** Time is looked at while there are clients. */
  #startSweeping(): void {
    this.#ticks.ms = this.#clock.now();
    this.#sweep = this.#clock.setTimer(SWEEP_MS, () => {
      this.#ticks.ms = this.#clock.now();
      for (const connection of this.#connections) connection.sweep();
      this.#http2?.sweep(this.#ticks.ms);
      this.#services.pool.sweep();
      this.#sweep = undefined;
      if (this.#sockets.size > 0 || this.#services.pool.size > 0) this.#startSweeping();
    });
  }

  #serve(
    socket: Socket,
    scheme: 'http' | 'https',
    certificate?: () => ClientCertificate | undefined,
  ): void {
    const origin = this.#origin(socket, scheme, certificate);
    if ('alpnProtocol' in socket && socket.alpnProtocol === 'h2') {
      void this.#serveHttp2(socket, origin);
      return;
    }
    this.#add({
      ...origin,
      socket,
      onHttp2: (bytes) => {
        socket.pause();
        socket.unshift(bytes);
        void this.#serveHttp2(socket, origin);
      },
    });
  }

  async #serveHttp2(socket: Socket, origin: ClientOrigin): Promise<void> {
    const { createHttp2Acceptor } = await import('./http2/index.ts');
    this.#http2 ??= createHttp2Acceptor();
    if (socket.destroyed) return;
    this.#http2.accept(socket, { ...origin, protocol: 'HTTP/2.0' });
  }

  #origin(
    socket: Socket,
    scheme: 'http' | 'https',
    certificate: ClientOrigin['certificate'] = NO_CERTIFICATE,
  ): ClientOrigin {
    const clientAddress = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    const port = scheme === 'http' ? 80 : 443;
    const told = new ToldLines({ clientAddress, scheme, port });
    return { clientAddress, scheme, port, services: this.#services, told, certificate };
  }

  #add(options: ClientConnectionOptions): void {
    const connection = new ClientConnection(options);
    this.#connections.add(connection);
    options.socket.once('close', () => this.#connections.delete(connection));
  }
}

const NO_CERTIFICATE = (): undefined => undefined;
const NO = (): boolean => false;
const YES = (): boolean => true;

function createServices(options: IngressServerOptions, ticks: Ticks): IngressServices {
  const { clock, random, locate, endpointsOf, onRequest, isNginxAlone = NO } = options;
  const { isObserved = YES } = options;
  const now = (): number => clock.now();
  const subrequester = new Subrequester(options.dialName);
  return {
    pool: new UpstreamPool(options.dial, () => ticks.ms),
    balancer: new Balancer(random),
    gate: createGate({
      limiter: new RateLimiter(),
      authorizer: new ExternalAuthorizer(subrequester, now),
      now,
      nonceKey: createSecret(),
    }),
    locate,
    endpointsOf,
    wrappingOf: createWrappings(),
    mirror: createMirror(subrequester),
    isNginxAlone,
    requestId: createRequestIds(Math.random),
    random,
    now,
    ticks,
    get onRequest() {
      return isObserved() ? onRequest : undefined;
    },
  };
}

interface ListenAll {
  readonly flag: string;
  readonly log: Logger;
  readonly onConnection: (socket: Socket) => void;
  /** Gets every listener as soon as it is open, so that a failure of a later one leaks none. */
  readonly opened: TcpListener[];
}

async function listenAll(
  places: readonly IngressListen[],
  { flag, log, onConnection, opened }: ListenAll,
): Promise<TcpListener[]> {
  const hint = `Choose another with ${flag} ADDRESS:PORT, or none with ${flag} off.`;
  const listeners: TcpListener[] = [];
  for (const { address, port, isOptional } of places) {
    try {
      const listener = await listenTcp({ address, port, hint, onConnection, allowHalfOpen: true });
      listeners.push(listener);
      opened.push(listener);
    } catch (error) {
      if (isOptional !== true) throw error;
      log.warn('not listening', { part: 'ingress', address, port, error });
    }
  }
  return listeners;
}
