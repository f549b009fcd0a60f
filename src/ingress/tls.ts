import type { Socket } from 'node:net';
import type { SecureContext, Server as TlsServer, TLSSocket } from 'node:tls';
import type { Logger } from '../observe/index.ts';
import type { KeyPair } from './certificates.ts';
import type { ClientCertificate } from './client-certificate.ts';
import type { ClientTls } from './route-policy.ts';
import { createSelfSigned } from './self-signed.ts';

export interface TlsOptions {
  /** The certificate for a server name, '' for none; undefined serves a self-signed one. The object stays the same while the certificate does. */
  readonly certificateFor: (servername: string) => KeyPair | undefined;
  /** What is asked of clients that name this server. */
  readonly clientTlsFor: ((servername: string) => ClientTls | undefined) | undefined;
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
  let server: Promise<TlsServer> | undefined;
  return {
    accept: async (socket) => {
      server ??= startServer(options);
      const tls = await server;
      if (!socket.destroyed) tls.emit('connection', socket);
    },
  };
}

async function startServer(options: TlsOptions): Promise<TlsServer> {
  const { createSecureContext, createServer } = await import('node:tls');
  const contexts = new WeakMap<KeyPair, SecureContext>();
  const contextOf = (pair: KeyPair): SecureContext => {
    const known = contexts.get(pair);
    if (known !== undefined) return known;
    const context = createSecureContext({ cert: pair.certificate, key: pair.key });
    contexts.set(pair, context);
    return context;
  };
  const fallback = await createSelfSigned();
  const tls = createServer(
    {
      cert: fallback.certificate,
      key: fallback.key,
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['h2', 'http/1.1'],
      allowHalfOpen: true,
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
    (socket) => options.onConnection(socket),
  );
  tls.on('tlsClientError', (_error, socket) => socket.destroy());
  return tls;
}
