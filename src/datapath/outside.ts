import { createSocket } from 'node:dgram';
import type { Duplex } from 'node:stream';
import {
  ConnectError,
  dialSocket,
  type ConnectErrorCode,
  type DatagramChannel,
  type Endpoint,
} from '../net/index.ts';

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

/** A real UDP socket that talks to one address, on the host or beyond it. */
export function associateOutside({ address, port }: Endpoint): DatagramChannel {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  const closeListeners: (() => void)[] = [];
  const waiting: Uint8Array[] = [];
  let state: 'connecting' | 'open' | 'closed' = 'connecting';
  const close = (): void => {
    if (state === 'closed') return;
    state = 'closed';
    socket.close();
    for (const listener of closeListeners) listener();
  };
  socket.on('error', close);
  socket.once('connect', () => {
    state = 'open';
    for (const datagram of waiting.splice(0)) socket.send(datagram);
  });
  socket.connect(port, address);
  return {
    send: (datagram) => {
      if (state === 'open') socket.send(datagram);
      else if (state === 'connecting' && waiting.length < MAX_WAITING) waiting.push(datagram);
    },
    onDatagram: (listener) => void socket.on('message', listener),
    onClose: (listener) => {
      if (state === 'closed') listener();
      else closeListeners.push(listener);
    },
    close,
  };
}

/** Datagrams that wait for the socket; more are lost, as UDP allows. */
const MAX_WAITING = 64;
