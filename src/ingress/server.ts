import type { Socket } from 'node:net';
import { listenTcp, type TcpListener } from '../net/index.ts';
import type { Logger } from '../observe/index.ts';
import { ClientConnection, type Destination } from './client-connection.ts';
import type { KeyPair } from './certificates.ts';
import { createTlsAcceptor, type TlsAcceptor } from './tls.ts';
import type { RouteRequest } from './route-policy.ts';
import { UpstreamPool, type DialEndpoint } from './upstream-pool.ts';

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
  readonly locate: (request: RouteRequest) => Destination;
  readonly dial: DialEndpoint;
  /** The certificate for a server name, '' for none; undefined serves a self-signed one. The object stays the same while the certificate does. */
  readonly certificateFor: (servername: string) => KeyPair | undefined;
  readonly log: Logger;
}

/** A running ingress. */
export interface IngressServer extends AsyncDisposable {
  readonly http: readonly TcpListener[];
  readonly https: readonly TcpListener[];
  /** Drops kept connections to endpoints that are gone. */
  retainEndpoints(isPresent: (endpoint: string) => boolean): void;
}

const SWEEP_MS = 1000;

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
      retainEndpoints: (isPresent) => acceptor.pool.retain(isPresent),
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The clients of all listeners. */
class Acceptor implements Disposable {
  readonly pool: UpstreamPool;
  readonly #options: IngressServerOptions;
  readonly #tls: TlsAcceptor;
  readonly #connections = new Set<ClientConnection>();
  readonly #sockets = new Set<Socket>();
  readonly #clock = { seconds: 0 };
  readonly #sweep: NodeJS.Timeout;

  constructor(options: IngressServerOptions) {
    this.#options = options;
    this.pool = new UpstreamPool(options.dial);
    this.#tls = createTlsAcceptor({
      certificateFor: options.certificateFor,
      log: options.log,
      onConnection: (socket) => this.#serve(socket, 'https'),
    });
    this.#sweep = setInterval(() => {
      this.#clock.seconds += SWEEP_MS / 1000;
      for (const connection of this.#connections) connection.sweep();
    }, SWEEP_MS);
    this.#sweep.unref();
  }

  readonly acceptHttp = (socket: Socket): void => {
    this.#track(socket);
    this.#serve(socket, 'http');
  };

  readonly acceptHttps = (socket: Socket): void => {
    this.#track(socket);
    void this.#tls.accept(socket);
  };

  [Symbol.dispose](): void {
    clearInterval(this.#sweep);
    for (const socket of this.#sockets) socket.destroy();
    this.pool[Symbol.dispose]();
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  }

  #serve(socket: Socket, scheme: 'http' | 'https'): void {
    const connection = new ClientConnection({
      socket,
      scheme,
      clientAddress: (socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
      port: scheme === 'http' ? 80 : 443,
      pool: this.pool,
      locate: this.#options.locate,
      requestId,
      now: Date.now,
      clock: this.#clock,
    });
    this.#connections.add(connection);
    socket.once('close', () => this.#connections.delete(connection));
  }
}

/** As nginx's `$request_id`: 16 random bytes in hexadecimal. Nothing hangs on nobody guessing them. */
function requestId(): string {
  const words = Array.from({ length: 4 }, () => Math.floor(Math.random() * 2 ** 32));
  return words.map((word) => word.toString(16).padStart(8, '0')).join('');
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
