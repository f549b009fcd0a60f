import { createSocket } from 'node:dgram';
import type { DatagramChannel, Endpoint } from './flow.ts';

/**
 * A UDP socket that talks to one address, on the host or beyond it.
 *
 * It is connected, so that the OS looks nothing up for each datagram and tells of a refusal, which closes the channel.
 */
export function openUdpChannel({ address, port }: Endpoint): DatagramChannel {
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
