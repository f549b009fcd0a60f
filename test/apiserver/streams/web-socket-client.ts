/** A WebSocket to a test's API server. */
import { once } from 'node:events';
import { WebSocket, type RawData } from 'ws';
import type { TestServer } from '../test-server.ts';

export interface SocketClient extends AsyncDisposable {
  readonly socket: WebSocket;
  /** The first so many messages, once they are there. */
  messages(count: number): Promise<readonly Buffer[]>;
  /** All that came on a channel, and the code that the server closed with. */
  finished(): Promise<{ readonly code: number; readonly channel: (number: number) => string }>;
}

/** @throws when the server does not upgrade. */
export async function openSocket(
  { server, credentials, token }: TestServer,
  path: string,
  protocol: string,
): Promise<SocketClient> {
  const socket = new WebSocket(
    `wss://${server.address}:${server.port}${path}`,
    protocol === '' ? [] : protocol,
    { ca: credentials.ca, headers: { authorization: `Bearer ${token}` } },
  );
  const received: Buffer[] = [];
  let isTold: () => void = () => undefined;
  socket.on('message', (data: RawData) => {
    received.push(Buffer.isBuffer(data) ? data : Buffer.from(data as ArrayBuffer));
    isTold();
  });
  const closed = once(socket, 'close') as Promise<[number]>;
  closed.catch(() => undefined);
  await once(socket, 'open');
  socket.on('error', () => undefined);
  return {
    socket,
    messages: async (count) => {
      while (received.length < count) await new Promise<void>((resolve) => (isTold = resolve));
      return received.slice(0, count);
    },
    finished: async () => {
      const [code] = await closed;
      const channel = (number: number): string =>
        Buffer.concat(
          received.filter((message) => message[0] === number).map((message) => message.subarray(1)),
        ).toString();
      return { code, channel };
    },
    [Symbol.asyncDispose]: async () => {
      socket.terminate();
      await closed;
    },
  };
}
