/** The clients of the measurement. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface Target {
  readonly address: string;
  readonly port: number;
}

const REQUEST = Buffer.from('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
const ANSWER_BYTES = 168;

async function open({ address, port }: Target): Promise<Socket> {
  const socket = connect({ host: address, port, noDelay: true });
  await once(socket, 'connect');
  return socket;
}

/** Requests one after the other on each of `connections` connections. */
export async function keepAlive(
  target: Target,
  { connections, durationMs }: { readonly connections: number; readonly durationMs: number },
): Promise<{ readonly count: number; readonly p99Ms: number }> {
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(target)));
  const times: number[] = [];
  const end = performance.now() + durationMs;
  await Promise.all(
    sockets.map(
      (socket) =>
        new Promise<void>((resolve) => {
          let left = ANSWER_BYTES;
          let sent = performance.now();
          socket.on('data', (data) => {
            left -= data.length;
            if (left > 0) return;
            left = ANSWER_BYTES;
            const now = performance.now();
            times.push(now - sent);
            if (now > end) {
              socket.destroy();
              return resolve();
            }
            sent = now;
            socket.write(REQUEST);
          });
          socket.write(REQUEST);
        }),
    ),
  );
  times.sort((a, b) => a - b);
  return { count: times.length, p99Ms: times[Math.floor(times.length * 0.99)] ?? Number.NaN };
}

/** Connections with one request each, `parallel` at a time. */
export async function oneShot(
  target: Target,
  { parallel, durationMs }: { readonly parallel: number; readonly durationMs: number },
): Promise<number> {
  const end = performance.now() + durationMs;
  let count = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() < end) {
      const socket = await open(target);
      socket.write(REQUEST);
      await once(socket, 'data');
      socket.resetAndDestroy();
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return count;
}

/** Bytes that come in, into one buffer, so that the client is not what is measured. */
export async function bulk({ address, port }: Target, durationMs: number): Promise<number> {
  let bytes = 0;
  const socket = connect({
    host: address,
    port,
    onread: {
      buffer: Buffer.allocUnsafeSlow(262_144),
      callback: (size) => {
        bytes += size;
        return true;
      },
    },
  });
  await once(socket, 'connect');
  socket.write('B');
  await new Promise((resolve) => setTimeout(resolve, durationMs));
  socket.destroy();
  return bytes;
}

/** Datagrams that came back, with a window of them on the way. */
export async function datagrams({ address, port }: Target, durationMs: number): Promise<number> {
  const socket = createSocket('udp4');
  const payload = Buffer.alloc(64);
  let count = 0;
  const end = performance.now() + durationMs;
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.on('message', () => {
    count += 1;
    if (performance.now() > end) resolve();
    else socket.send(payload, port, address);
  });
  for (let index = 0; index < 32; index += 1) socket.send(payload, port, address);
  await Promise.race([promise, new Promise((done) => setTimeout(done, durationMs + 500))]);
  socket.close();
  return count;
}

/** Connections that say nothing. */
export async function idle(target: Target, count: number): Promise<readonly Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count)
    sockets.push(...(await Promise.all(Array.from({ length: 200 }, () => open(target)))));
  return sockets;
}
