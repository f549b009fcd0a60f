/** Sends one message over UDP or TCP and waits for the one that comes back. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';

export interface SendOptions {
  readonly port: number;
  readonly transport: 'udp' | 'tcp';
  readonly timeoutMs: number;
}

/** The reply; undefined when none comes in time. */
export async function sendMessage(
  message: Buffer,
  options: SendOptions,
): Promise<Buffer | undefined> {
  const signal = AbortSignal.timeout(options.timeoutMs);
  try {
    return await (options.transport === 'udp' ? overUdp : overTcp)(message, options.port, signal);
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

async function overUdp(message: Buffer, port: number, signal: AbortSignal): Promise<Buffer> {
  const socket = createSocket('udp4');
  try {
    socket.send(message, port, '127.0.0.1');
    const [reply] = (await once(socket, 'message', { signal })) as [Buffer];
    return reply;
  } finally {
    socket.close();
  }
}

async function overTcp(message: Buffer, port: number, signal: AbortSignal): Promise<Buffer> {
  const socket = connect(port, '127.0.0.1');
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  socket.write(Buffer.concat([length, message]));
  let received = Buffer.alloc(0);
  try {
    while (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) {
      const [chunk] = (await once(socket, 'data', { signal })) as [Buffer];
      received = Buffer.concat([received, chunk]);
    }
    return received.subarray(2, 2 + received.readUInt16BE(0));
  } finally {
    socket.destroy();
  }
}
