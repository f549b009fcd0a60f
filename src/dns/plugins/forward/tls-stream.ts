import { connect, createSecureContext } from 'node:tls';
import { createStreamTransport, type ExchangeOptions, type Transport } from './exchange.ts';

export interface TlsStreamOptions {
  /** PEM texts: what this side shows, and whom it believes. @default nothing, and whom the runtime believes */
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
}

/**
 * Opens ways to upstreams over TLS.
 *
 * @see RFC 7858
 */
export function createTlsStreams(
  options: TlsStreamOptions,
): (exchange: ExchangeOptions, serverName: string | undefined) => Transport {
  const secureContext = createSecureContext({ ...options, minVersion: 'TLSv1.2' });
  return (exchange, serverName) => {
    const { address: host, port } = exchange.upstream;
    return createStreamTransport(exchange, () => {
      const socket = connect({
        host,
        port,
        secureContext,
        ...(serverName === undefined ? {} : { servername: serverName }),
      });
      socket.setNoDelay(true);
      return socket;
    });
  };
}
