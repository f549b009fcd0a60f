import { createSocket, Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, Socket, type AddressInfo } from 'node:net';

/** What a socket may be told to connect to. */
interface Target {
  readonly host?: string;
  readonly port?: number;
}

/**
 * Servers that stand for the addresses beyond the cluster, which no packet may leave for: each connection that this process
 * makes to one of `addresses` reaches them, on any port.
 */
export async function serveOutside(addresses: readonly string[]): Promise<AsyncDisposable> {
  const tcp = createServer((socket) => {
    socket.on('error', () => undefined).once('data', () => void socket.end('outside\n'));
  }).listen(0, '127.0.0.1');
  const udp = createSocket('udp4');
  udp.on('message', (datagram, { port, address }) => udp.send(datagram, port, address));
  udp.bind(0, '127.0.0.1');
  await Promise.all([once(tcp, 'listening'), once(udp, 'listening')]);
  const { port } = tcp.address() as AddressInfo; // it listens on a port
  const restore = divert(new Set(addresses), { tcp: port, udp: udp.address().port });
  return {
    [Symbol.asyncDispose]: async () => {
      restore();
      udp.close();
      tcp.close();
      await once(tcp, 'close');
    },
  };
}

/** @returns what ends it. */
function divert(
  addresses: ReadonlySet<string>,
  ports: { readonly tcp: number; readonly udp: number },
): () => void {
  // oxlint-disable typescript/unbound-method -- put back as they were, and called with their own sockets
  const { connect } = Socket.prototype;
  const { connect: connectUdp } = UdpSocket.prototype;
  // oxlint-enable typescript/unbound-method
  const host = '127.0.0.1';
  Socket.prototype.connect = function connectElsewhere(this: Socket, ...args: unknown[]): Socket {
    const [target, ...rest] = args as [Target, ...unknown[]]; // as `dialSocket` calls it
    const isBeyond = typeof target === 'object' && addresses.has(target.host ?? '');
    const all = isBeyond ? [{ ...target, host, port: ports.tcp }, ...rest] : args;
    return Reflect.apply(connect, this, all) as Socket;
  };
  UdpSocket.prototype.connect = function connectElsewhere(this: UdpSocket, ...args: unknown[]) {
    const isBeyond = addresses.has(String(args[1]));
    Reflect.apply(connectUdp, this, isBeyond ? [ports.udp, host] : args);
  };
  return () => {
    Socket.prototype.connect = connect;
    UdpSocket.prototype.connect = connectUdp;
  };
}
