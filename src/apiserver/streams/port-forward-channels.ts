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
  const send: SendOn = (channel, bytes, done = () => undefined) => {
    if (socket.readyState !== socket.OPEN) return done();
    const message = forward.isText
      ? `${channel}${bytes.toString('base64')}`
      : Buffer.concat([Buffer.from([channel]), bytes]);
    socket.send(message, () => done());
  };
  const connections = new Map<number, Duplex>();
  const isGone = (): boolean => socket.readyState !== socket.OPEN;
  socket.on('message', (data: RawData) => {
    const message = bytesOf(data);
    const channel = forward.isText ? (message[0] ?? 0) - 0x30 : (message[0] ?? 0);
    const rest = message.subarray(1);
    const connection = connections.get(channel);
    const bytes = forward.isText ? Buffer.from(rest.toString(), 'base64') : rest;
    // A Pod that does not read holds up its client.
    if (connection?.destroyed === false && !connection.write(bytes)) {
      socket.pause();
      connection.once('drain', () => socket.resume()).once('close', () => socket.resume());
    }
  });
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  socket.once('close', () => resolve());
  for (const [index, port] of ports.entries()) {
    const name = Buffer.alloc(2);
    name.writeUInt16LE(port);
    for (const channel of [index * 2, index * 2 + 1]) send(channel, name);
  }
  await Promise.all(
    ports.map((port, index) => connectPort({ port, index, send, connections, isGone }, forward)),
  );
  await closed;
  for (const connection of connections.values()) connection.destroy();
}

/** Calls `done` when the client has taken it, or is gone. */
type SendOn = (channel: number, bytes: Buffer, done?: () => void) => void;

interface PortChannel {
  readonly port: number;
  readonly index: number;
  readonly send: SendOn;
  readonly connections: Map<number, Duplex>;
  /** The client has left. */
  readonly isGone: () => boolean;
}

async function connectPort(
  { port, index, send, connections, isGone }: PortChannel,
  { pod, pods }: ChannelForward,
): Promise<void> {
  try {
    const connection = await pods.connect(pod, port);
    if (isGone()) {
      connection.destroy();
      return;
    }
    connection.on('error', (error) => send(index * 2 + 1, Buffer.from(error.message)));
    connections.set(index * 2, connection);
    connection.pipe(
      new Writable({
        write: (chunk: Buffer, _encoding, done) => {
          send(index * 2, chunk, done);
        },
      }),
    );
  } catch (error) {
    send(index * 2 + 1, Buffer.from(failureText({ pod, port }, error)));
  }
}
