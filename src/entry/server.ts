import type { Socket } from 'node:net';
import { listenTcp, type TcpListener } from '../net/index.ts';
import { createHttpProxy } from './http-proxy.ts';
import { serveSocks } from './socks-connection.ts';
import type { EntryDial } from './target.ts';

export interface EntryOptions {
  readonly address: string;
  /** 0 is any free port. */
  readonly port: number;
  readonly dial: EntryDial;
}

/** A running entry. */
export interface Entry extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
}

const SOCKS5 = 5;

/**
 * Lets programs of the host act as a Pod: SOCKS5, HTTP CONNECT and plain HTTP proxying on one port.
 *
 * The user name is the Pod to act as, `namespace/pod`; none means a Node. The first byte tells the protocols apart:
 * SOCKS5 begins with 5, HTTP with a letter.
 *
 * @throws PodlaneError as `listenTcp`.
 */
export async function serveEntry({ address, port, dial }: EntryOptions): Promise<Entry> {
  const sockets = new Set<Socket>();
  const proxy = createHttpProxy(dial);
  const listener = await listenTcp({
    address,
    port,
    alternativePort: undefined,
    hint: 'Choose another with --entry ADDRESS:PORT, or none with --entry off.',
    onConnection: (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      socket.on('error', () => socket.destroy());
      socket.once('data', (first: Buffer) => {
        socket.pause();
        socket.unshift(first);
        if (first[0] === SOCKS5) {
          void serveSocks(socket, dial);
          return;
        }
        proxy.emit('connection', socket);
        socket.resume();
      });
    },
  });
  return {
    address: listener.address,
    port: listener.port,
    [Symbol.asyncDispose]: () => close(listener, sockets),
  };
}

async function close(listener: TcpListener, sockets: ReadonlySet<Socket>): Promise<void> {
  const closed = listener.close();
  for (const socket of sockets) socket.destroy();
  await closed;
}
