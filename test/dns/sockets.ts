/** Servers and clients on loopback. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { serveDns, type AnswerBytes, type DnsServer } from '../../src/dns/index.ts';
import { SILENT } from '../../src/observe/index.ts';

export interface TestServer extends AsyncDisposable {
  readonly server: DnsServer;
  readonly port: number;
}

export async function serve(answerBytes: AnswerBytes, options: object = {}): Promise<TestServer> {
  const addresses = [{ address: '127.0.0.1', port: 0 }];
  const server = await serveDns({ addresses, answerBytes, log: SILENT, ...options });
  return {
    server,
    port: server.addresses[0]?.port ?? 0,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

export async function askUdp(port: number, message: Buffer): Promise<Buffer> {
  const socket = createSocket('udp4');
  try {
    socket.send(message, port, '127.0.0.1');
    const [reply] = (await once(socket, 'message')) as [Buffer];
    return reply;
  } finally {
    socket.close();
  }
}

export function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

/** A connection, and the messages that come over it. */
export async function openTcp(
  port: number,
): Promise<{ socket: Socket; read: () => Promise<Buffer> }> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  let received = Buffer.alloc(0);
  const read = async (): Promise<Buffer> => {
    while (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) {
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      received = Buffer.concat([received, chunk]);
    }
    const end = 2 + received.readUInt16BE(0);
    const message = received.subarray(2, end);
    received = received.subarray(end);
    return message;
  };
  return { socket, read };
}
