import type { Duplex } from 'node:stream';
import { ConnectError, dialSocket, type ConnectErrorCode, type Endpoint } from '../net/index.ts';

const CODES: Readonly<Record<string, ConnectErrorCode>> = {
  ECONNREFUSED: 'ERR_REFUSED',
  ECONNRESET: 'ERR_REFUSED',
  ETIMEDOUT: 'ERR_DROPPED',
};

/**
 * A real TCP connection, to the host or beyond it.
 *
 * @throws ConnectError; whatever the signal was aborted with.
 */
export async function connectOutside(
  { address, port }: Endpoint,
  signal?: AbortSignal,
): Promise<Duplex> {
  signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  const socket = dialSocket({ address, port });
  const onError = (error: NodeJS.ErrnoException): void => {
    const code = CODES[error.code ?? ''] ?? 'ERR_UNREACHABLE';
    reject(new ConnectError(code, `${address}:${port}: ${error.message}`, { cause: error }));
  };
  const onAbort = (): void => {
    socket.destroy();
    reject(signal?.reason);
  };
  socket.once('error', onError);
  signal?.addEventListener('abort', onAbort, { once: true });
  socket.once('connect', () => {
    socket.removeListener('error', onError);
    signal?.removeEventListener('abort', onAbort);
    resolve(socket);
  });
  return promise;
}
