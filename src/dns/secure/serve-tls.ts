import type { Socket } from 'node:net';
import { createServer, type TlsOptions } from 'node:tls';
import { listenTcp } from '../../net/index.ts';
import type { Clock, Logger } from '../../observe/index.ts';
import type { AnswerBytes } from '../answer-bytes.ts';
import { Connections } from '../connections.ts';
import type { ListenSettings } from '../corefile/index.ts';
import { serveTcpConnection } from '../tcp-connection.ts';

export interface SecureOptions {
  readonly address: string;
  /** 0 is any. */
  readonly port: number;
  readonly answerBytes: AnswerBytes;
  readonly log: Logger;
  readonly clock: Clock;
  /** Clear text without, as CoreDNS serves it then. */
  readonly tls?: NonNullable<ListenSettings['tls']>;
  /** How long a connection may say nothing. @default 10000 */
  readonly idleMs?: number;
}

/** A listener of connections, in TLS where there is a certificate. */
export interface SecureListener extends AsyncDisposable {
  readonly port: number;
}

/** DNS over TLS: messages as over TCP. @see RFC 7858 */
export function serveDnsOverTls(options: SecureOptions): Promise<SecureListener> {
  const { answerBytes, clock, idleMs = 10_000 } = options;
  return listenSecurely(options, {
    protocols: ['dot'],
    onConnection: (socket, onQuery) =>
      serveTcpConnection(socket, { answerBytes, clock, idleTimeoutMs: idleMs, onQuery }),
  });
}

export interface SecureHandling {
  /** For ALPN, the preferred one first. */
  readonly protocols: readonly string[];
  /** @param onQuery To be told when whole queries have come. */
  readonly onConnection: (socket: Socket, onQuery: () => void) => void;
}

/** Connections on a port; with a certificate each is handed on when its handshake is done. */
export async function listenSecurely(
  { address, port, tls, log }: SecureOptions,
  { protocols, onConnection }: SecureHandling,
): Promise<SecureListener> {
  const connections = new Connections();
  /** What TLS reads from, by the client: its own sockets do not tell. */
  const below = new Map<string, Socket>();
  const serve = (socket: Socket): void => {
    const under = below.get(clientOf(socket)) ?? socket;
    onConnection(socket, () => connections.asked(under));
  };
  const handshakes =
    tls === undefined
      ? undefined
      : createServer({ ...credentialsOf(tls), ALPNProtocols: [...protocols] }, serve);
  handshakes?.on('tlsClientError', (error) => {
    log.debug('handshake failed', { part: 'dns', error });
  });
  const listener = await listenTcp({
    address,
    port,
    onConnection: (socket) => {
      const client = clientOf(socket);
      connections.add(socket);
      below.set(client, socket);
      socket.once('close', () => below.delete(client));
      // A reset ends the connection; `close` follows.
      socket.on('error', () => undefined);
      if (handshakes === undefined) serve(socket);
      else handshakes.emit('connection', socket);
    },
    onError: (error) => log.warn('connection not accepted', { part: 'dns', error }),
  });
  return {
    port: listener.port,
    [Symbol.asyncDispose]: async () => {
      await listener.close();
      connections.destroyAll();
    },
  };
}

function clientOf({ remoteAddress = '', remotePort = 0 }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

/** Options of Node for what the plugin `tls` says. */
export function credentialsOf({
  cert,
  key,
  ca,
  clientAuth = 'nocert',
}: NonNullable<ListenSettings['tls']>): TlsOptions {
  return {
    cert,
    key,
    ...(ca !== undefined && { ca }),
    requestCert: clientAuth !== 'nocert',
    rejectUnauthorized: clientAuth === 'require_and_verify',
  };
}
