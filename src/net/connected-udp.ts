import { createSocket } from 'node:dgram';
import type { Endpoint } from './flow.ts';

export interface ConnectedUdpOptions {
  /** An address and a port of the host that nobody listens on now, but for other sockets of this kind. */
  readonly local: Endpoint;
  /** The one peer whose datagrams come here; all others are refused by the OS. */
  readonly peer: Endpoint;
  readonly onDatagram: (datagram: Buffer) => void;
}

/** A socket for one peer. */
export interface ConnectedUdp {
  send(datagram: Uint8Array): void;
  close(): void;
}

/**
 * Goes on with one client of a UDP port that is closed for everybody else.
 *
 * Several may share a port, and a listener that says it shares may come back beside them. What fails is silence, as UDP is.
 */
export function openConnectedUdp({ local, peer, onDatagram }: ConnectedUdpOptions): ConnectedUdp {
  const socket = createSocket({
    type: local.address.includes(':') ? 'udp6' : 'udp4',
    reuseAddr: true,
  });
  let state: 'opening' | 'open' | 'closed' = 'opening';
  const close = (): void => {
    if (state === 'closed') return;
    state = 'closed';
    socket.close();
  };
  // A peer that is gone refuses what is sent to it: no reason to stop, it may come back.
  socket.on('error', () => {
    if (state === 'opening') close();
  });
  socket.bind({ address: local.address, port: local.port, exclusive: true }, () => {
    if (state === 'opening') socket.connect(peer.port, peer.address);
  });
  socket.once('connect', () => {
    if (state === 'opening') state = 'open';
  });
  // Before it is connected anybody's datagram may slip in.
  socket.on('message', (datagram, { address, port }) => {
    if (port === peer.port && address === peer.address) onDatagram(datagram);
  });
  return {
    send: (datagram) => {
      if (state === 'open') socket.send(datagram);
    },
    close,
  };
}
