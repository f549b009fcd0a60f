import type { Socket } from 'node:net';
import type {
  createSecureContext,
  createServer as createTlsServer,
  SecureContext,
  Server as TlsServer,
  TLSSocket,
} from 'node:tls';
import { splice, type Endpoint } from '../net/index.ts';
import type { Clock, Logger } from '../observe/index.ts';
import type { KeyPair } from './certificates.ts';
import type { ClientCertificate } from './client-certificate.ts';
import { peekServerName } from './peek-server-name.ts';
import type { ClientTls } from './route-policy.ts';
import { createSelfSigned } from './self-signed.ts';
import { shownCertificate } from './shown-certificate.ts';
import type { DialEndpoint } from './upstream-pool.ts';

/** What hosts do with TLS beyond a certificate of their own: the client's first bytes are read for their names. */
export interface ServerNames {
  /** Whether there is any such host; otherwise nobody is asked for names. */
  readonly isNeeded: () => boolean;
  /** What is asked of clients that name this server; undefined for nothing. The object stays the same while it does. */
  readonly clientTlsFor: (servername: string) => ClientTls | undefined;
  /** Where TLS for this server goes on to as it comes; undefined where it ends here. */
  readonly passthroughFor: (servername: string) => readonly Endpoint[] | undefined;
}

export interface TlsOptions {
  /** The certificate for a server name, '' for none; undefined serves a self-signed one. The object stays the same while the certificate does. */
  readonly certificateFor: (servername: string) => KeyPair | undefined;
  /** @default no host does anything beyond */
  readonly serverNames: ServerNames | undefined;
  readonly dial: DialEndpoint;
  /** In [0, 1). */
  readonly random: () => number;
  readonly clock: Clock;
  readonly onConnection: (
    socket: TLSSocket,
    certificate?: () => ClientCertificate | undefined,
  ) => void;
  readonly log: Logger;
}

/** TLS over sockets that are handed in, so that the default certificate can be made when the first client comes. */
export interface TlsAcceptor {
  accept(socket: Socket): Promise<void>;
}

/** An acceptor that picks the certificate by SNI. */
export function createTlsAcceptor(options: TlsOptions): TlsAcceptor {
  const { serverNames } = options;
  let servers: Promise<TlsServers> | undefined;
  const secure = async (socket: Socket, clientTls: ClientTls | undefined): Promise<void> => {
    servers ??= createServers(options);
    const server = (await servers)(clientTls);
    if (!socket.destroyed) server.emit('connection', socket);
  };
  return {
    accept: async (socket) => {
      if (serverNames === undefined || !serverNames.isNeeded()) return secure(socket, undefined);
      const servername = await peekServerName(socket, options.clock);
      if (servername === undefined) return undefined;
      const endpoints = serverNames.passthroughFor(servername);
      return endpoints === undefined
        ? secure(socket, serverNames.clientTlsFor(servername))
        : passThrough(socket, endpoints, options);
    },
  };
}

/** Joins a client to one of the endpoints; as a proxy of TCP does, it closes the connection where there is none. */
async function passThrough(
  socket: Socket,
  endpoints: readonly Endpoint[],
  { dial, random, log }: TlsOptions,
): Promise<void> {
  const endpoint = endpoints[Math.floor(random() * endpoints.length)];
  if (endpoint === undefined) {
    socket.destroy();
    return;
  }
  const gone = new AbortController();
  const abort = (): void => gone.abort();
  socket.once('close', abort);
  try {
    const upstream = await dial(endpoint, gone.signal);
    socket.off('close', abort);
    const done = splice(socket, upstream);
    socket.resume();
    await done;
  } catch (error) {
    if (!socket.destroyed)
      log.debug('TLS cannot be passed through', { part: 'ingress', ...endpoint, error });
    socket.destroy();
  }
}

/** The server for what is asked of clients. */
type TlsServers = (clientTls: ClientTls | undefined) => TlsServer;

/**
 * One server for each authority of clients, so that a session that one of them began is none of another's.
 */
async function createServers(options: TlsOptions): Promise<TlsServers> {
  const [tls, fallback] = await Promise.all([import('node:tls'), createSelfSigned()]);
  const create = (ca: string | undefined): TlsServer =>
    createServer({ options, tls, fallback, ca });
  const plain = create(undefined);
  const asking = new WeakMap<ClientTls, TlsServer>();
  return (clientTls) => {
    if (clientTls?.ca === undefined || clientTls.verify === 'off') return plain;
    const known = asking.get(clientTls);
    if (known !== undefined) return known;
    const server = createAsking(clientTls.ca, create, options.log) ?? plain;
    asking.set(clientTls, server);
    return server;
  };
}

/** Without authorities nobody is asked; then the gate finds that nothing was shown. */
function createAsking(
  ca: string,
  create: (ca: string) => TlsServer,
  log: Logger,
): TlsServer | undefined {
  try {
    return create(ca);
  } catch (error) {
    log.warn('the authorities of client certificates cannot be used', { part: 'ingress', error });
    return undefined;
  }
}

interface ServerParts {
  readonly options: TlsOptions;
  readonly tls: {
    readonly createSecureContext: typeof createSecureContext;
    readonly createServer: typeof createTlsServer;
  };
  readonly fallback: KeyPair;
  /** Of clients, which are asked for a certificate. */
  readonly ca: string | undefined;
}

function createServer({ options, tls, fallback, ca }: ServerParts): TlsServer {
  const asked = ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: false };
  const contexts = new WeakMap<KeyPair, SecureContext>();
  const contextOf = (pair: KeyPair): SecureContext => {
    const known = contexts.get(pair);
    if (known !== undefined) return known;
    const context = tls.createSecureContext({
      cert: pair.certificate,
      key: pair.key,
      ...(ca === undefined ? {} : { ca }),
    });
    contexts.set(pair, context);
    return context;
  };
  const server = tls.createServer(
    {
      cert: fallback.certificate,
      key: fallback.key,
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['h2', 'http/1.1'],
      allowHalfOpen: true,
      ...asked,
      SNICallback: (servername, done) => {
        const pair = options.certificateFor(servername.toLowerCase()) ?? fallback;
        try {
          done(null, contextOf(pair));
        } catch (error) {
          options.log.warn('a certificate cannot be used', { part: 'ingress', servername, error });
          done(null, contextOf(fallback));
        }
      },
    },
    (socket) =>
      ca === undefined
        ? options.onConnection(socket)
        : options.onConnection(socket, shownCertificate(socket, ca)),
  );
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return server;
}
