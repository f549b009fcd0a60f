import type { Duplex } from 'node:stream';
import { ConnectError, dialSocket, type Endpoint } from '../net/index.ts';

/**
 * A connection to a process on this host that stands in for a Pod.
 *
 * @throws ConnectError `ERR_REFUSED` when nothing listens there, `ERR_UNREACHABLE` for any other failure.
 */
export function openForward(target: Endpoint, signal?: AbortSignal): Promise<Duplex> {
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  const socket = dialSocket(target);
  const abort = (): void => void socket.destroy(asError(signal?.reason));
  const settle = (): void => {
    signal?.removeEventListener('abort', abort);
    socket.off('error', fail).off('connect', succeed);
  };
  const succeed = (): void => {
    settle();
    resolve(socket);
  };
  const fail = (error: Error): void => {
    settle();
    reject(signal?.aborted === true ? error : connectErrorFor(target, error));
  };
  socket.once('connect', succeed).once('error', fail);
  if (signal?.aborted === true) abort();
  else signal?.addEventListener('abort', abort, { once: true });
  return promise;
}

function connectErrorFor({ address, port }: Endpoint, error: Error): ConnectError {
  const isRefused = 'code' in error && error.code === 'ECONNREFUSED';
  return new ConnectError(
    isRefused ? 'ERR_REFUSED' : 'ERR_UNREACHABLE',
    `local process ${address}:${port}: ${isRefused ? 'nothing listens there' : error.message}`,
    { cause: error },
  );
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('aborted');
}
