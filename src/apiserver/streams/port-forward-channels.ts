import { Writable } from 'node:stream';
import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import { failureText, type PortForward } from './port-forward.ts';
import { bytesOf } from './web-socket-command.ts';

/** The old form of a forward: the ports are named beforehand, and each is connected to once. */
export interface ChannelForward extends PortForward {
  readonly ports: readonly number[];
  readonly isText: boolean;
}

/** Two channels a port: bytes on the even one, errors on the odd one; each begins with the port as two bytes. */
export async function serveChannels(socket: WebSocket, forward: ChannelForward): Promise<void> {
  const { ports } = forward;
  const send = (channel: number, bytes: Buffer): void => {
    if (socket.readyState !== socket.OPEN) return;
    socket.send(
      forward.isText
        ? `${channel}${bytes.toString('base64')}`
        : Buffer.concat([Buffer.from([channel]), bytes]),
    );
  };
  const connections = new Map<number, Duplex>();
  socket.on('message', (data: RawData) => {
    const message = bytesOf(data);
    const channel = forward.isText ? (message[0] ?? 0) - 0x30 : (message[0] ?? 0);
    const rest = message.subarray(1);
    const connection = connections.get(channel);
    connection?.write(forward.isText ? Buffer.from(rest.toString(), 'base64') : rest);
  });
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  socket.once('close', () => resolve());
  for (const [index, port] of ports.entries()) {
    const name = Buffer.alloc(2);
    name.writeUInt16LE(port);
    for (const channel of [index * 2, index * 2 + 1]) send(channel, name);
  }
  await Promise.all(
    ports.map((port, index) => connectPort({ port, index, send, connections }, forward)),
  );
  await closed;
  for (const connection of connections.values()) connection.destroy();
}

interface PortChannel {
  readonly port: number;
  readonly index: number;
  readonly send: (channel: number, bytes: Buffer) => void;
  readonly connections: Map<number, Duplex>;
}

async function connectPort(
  { port, index, send, connections }: PortChannel,
  { pod, pods }: ChannelForward,
): Promise<void> {
  try {
    const connection = await pods.connect(pod, port);
    connection.on('error', (error) => send(index * 2 + 1, Buffer.from(error.message)));
    connections.set(index * 2, connection);
    connection.pipe(
      new Writable({
        write: (chunk: Buffer, _encoding, done) => {
          send(index * 2, chunk);
          done();
        },
      }),
    );
  } catch (error) {
    send(index * 2 + 1, Buffer.from(failureText({ pod, port }, error)));
  }
}
