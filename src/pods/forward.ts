import { createSocket } from 'node:dgram';
import type { Duplex } from 'node:stream';
import { ConnectError, dialSocket, type DatagramChannel, type Endpoint } from '../net/index.ts';

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

/** Datagrams to a process on this host that stands in for a Pod. */
export function openForwardChannel(target: Endpoint): DatagramChannel {
  const socket = createSocket(target.address.includes(':') ? 'udp6' : 'udp4');
  let isClosed = false;
  const close = (): void => {
    if (isClosed) return;
    isClosed = true;
    socket.close();
  };
  // A refused datagram is reported on a later send; UDP has nobody to tell.
  socket.on('error', close);
  return {
    send: (datagram) => {
      if (!isClosed) socket.send(datagram, target.port, target.address);
    },
    onDatagram: (listener) => void socket.on('message', listener),
    onClose: (listener) => void (isClosed ? listener() : socket.once('close', listener)),
    close,
  };
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
