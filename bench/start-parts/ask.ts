import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { get } from 'node:http';
import { setTimeout as after } from 'node:timers/promises';

/** How long to wait before asking again. */
const AGAIN_MS = 4;
/** An A record at the end of an answer: type, class, time to live, length, address. */
const A_RECORD = Buffer.from([0, 1, 0, 1]);

export interface Question {
  readonly port: number;
  readonly signal: AbortSignal;
}

/** Asks for the A record of a Service over UDP until the answer is an address that begins with `prefix`. */
export async function askDnsUntilRight(
  service: string,
  prefix: string,
  { port, signal }: Question,
): Promise<void> {
  const labels = [service, 'default', 'svc', 'cluster', 'local']
    .map((label) => `${String.fromCharCode(label.length)}${label}`)
    .join('');
  const query = Buffer.concat([
    Buffer.from([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
    Buffer.from(`${labels}\0`, 'latin1'),
    A_RECORD,
  ]);
  const socket = createSocket('udp4');
  const right = Promise.withResolvers<void>();
  socket.on('message', (answer) => {
    const isPositive = (answer.readUInt16BE(2) & 0x0f) === 0 && answer.readUInt16BE(6) === 1;
    const at = answer.lastIndexOf(A_RECORD);
    const address = [...answer.subarray(at + 10, at + 14)].join('.');
    if (isPositive && address.startsWith(prefix)) right.resolve();
  });
  // Nobody may be there yet, and then nobody says so.
  const timer = setInterval(() => socket.send(query, port, '127.0.0.1'), AGAIN_MS);
  try {
    await Promise.race([right.promise, once(signal, 'abort')]);
    signal.throwIfAborted();
  } finally {
    clearInterval(timer);
    socket.close();
  }
}

/** Asks the ingress for a host until a Pod answers. */
export async function askIngressUntilRight(
  host: string,
  { port, signal }: Question,
): Promise<void> {
  while ((await statusOf(host, port)) !== 200) await after(AGAIN_MS, undefined, { signal });
}

/** @returns undefined where nobody listens. */
function statusOf(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    get({ host: '127.0.0.1', port, headers: { host }, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).once('error', () => resolve(undefined));
  });
}
