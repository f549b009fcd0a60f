import { once } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import type { UpgradeRequest } from '../server.ts';
import {
  CHANNEL,
  messageOf,
  statusOf,
  type Outcome,
  type RemoteCommand,
  type WantedStreams,
} from './remote-command.ts';
import { acceptWebSocket } from './web-socket.ts';

/** Newest first; every version of a client finds one that it speaks. */
const PROTOCOLS = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v3.channel.k8s.io',
  'v2.channel.k8s.io',
  'channel.k8s.io',
  'v4.base64.channel.k8s.io',
  'base64.channel.k8s.io',
  '',
];

/** Sent for a stream that is over. */
const CLOSE = 255;
const NORMAL_CLOSURE = 1000;

type Done = (error?: Error | null) => void;

/**
 * The streams of a command in one WebSocket: each message begins with the number of its channel.
 *
 * @throws ApiError BadRequest for subprotocols that are not spoken. @see KEP-4006
 */
export async function openWebSocketCommand(
  upgrade: UpgradeRequest,
  wanted: WantedStreams,
): Promise<RemoteCommand> {
  const { socket, protocol } = await acceptWebSocket(upgrade, PROTOCOLS);
  const isText = protocol.includes('base64');
  const gone = new AbortController();
  socket.once('close', () => gone.abort());
  const stdin = wanted.stdin ? new PassThrough() : undefined;
  if (stdin !== undefined) readInto(socket, { stdin, isText });
  const output = (channel: number): Writable =>
    new Writable({
      write: (chunk: Buffer, _encoding, done: Done) => {
        sendOn(socket, { channel, bytes: chunk, isText }, done);
      },
    });
  return {
    streams: {
      stdin,
      stdout: wanted.stdout ? output(CHANNEL.stdout) : undefined,
      stderr: wanted.stderr && !wanted.tty ? output(CHANNEL.stderr) : undefined,
      isTty: wanted.tty,
      signal: gone.signal,
    },
    finish: async (outcome) => {
      const text = finalText(protocol, outcome);
      const { promise, resolve } = Promise.withResolvers<void>();
      if (text === '') resolve();
      else
        sendOn(socket, { channel: CHANNEL.error, bytes: Buffer.from(text), isText }, () =>
          resolve(),
        );
      await promise;
      socket.close(NORMAL_CLOSURE);
    },
    [Symbol.asyncDispose]: async () => {
      if (socket.readyState === socket.CLOSED) return;
      const closed = once(socket, 'close');
      socket.close(NORMAL_CLOSURE);
      await closed;
    },
  };
}

function finalText(protocol: string, outcome: Outcome): string {
  return /^v[45]\./.test(protocol) ? JSON.stringify(statusOf(outcome)) : messageOf(outcome);
}

interface Input {
  readonly stdin: PassThrough;
  readonly isText: boolean;
}

function readInto(socket: WebSocket, { stdin, isText }: Input): void {
  stdin.on('drain', () => socket.resume());
  socket.once('close', () => stdin.end());
  socket.on('message', (data: RawData) => {
    const message = bytesOf(data);
    // Text protocols write the channel as a digit, and the rest as base64.
    const channel = isText ? (message[0] ?? 0) - 0x30 : message[0];
    if (channel === CLOSE && message[1] === CHANNEL.stdin) stdin.end();
    if (channel !== CHANNEL.stdin || stdin.writableEnded) return;
    const rest = message.subarray(1);
    const bytes = isText ? Buffer.from(rest.toString(), 'base64') : rest;
    if (bytes.length > 0 && !stdin.write(bytes)) socket.pause();
  });
}

/** The bytes of a message in whatever form the library hands them over. */
export function bytesOf(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}

interface Sending {
  readonly channel: number;
  readonly bytes: Buffer;
  readonly isText: boolean;
}

/** Calls `done` when the client has taken it, or is gone. */
function sendOn(socket: WebSocket, { channel, bytes, isText }: Sending, done: Done): void {
  const message = isText
    ? `${channel}${bytes.toString('base64')}`
    : Buffer.concat([Buffer.from([channel]), bytes]);
  if (socket.readyState === socket.OPEN) socket.send(message, () => done());
  else done();
}
