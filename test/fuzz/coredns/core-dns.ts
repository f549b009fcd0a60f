/** CoreDNS, where it is installed: started with a Corefile, asked, ended. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Asked } from './generate-question.ts';

/** How long silence takes. */
const SILENCE_MS = 400;
const START_MS = 15_000;
const PROBE = Buffer.from('0001010000010000000000000000010001', 'hex');

/** The program; undefined where there is none. */
export function findCoreDns(): string | undefined {
  return ['coredns', join(homedir(), 'go/bin/coredns')].find(
    (place) => spawnSync(place, ['-version']).error === undefined,
  );
}

export interface CoreDns extends AsyncDisposable {
  /** undefined for silence. */
  ask(asked: Asked): Promise<Buffer | undefined>;
}

export interface CoreDnsPlan {
  readonly program: string;
  readonly corefile: string;
  readonly folder: string;
  readonly port: number;
}

/**
 * Starts the program, and ends it again where it does not answer in time.
 *
 * @returns What it printed, where it refuses the Corefile.
 */
export async function startCoreDns(plan: CoreDnsPlan): Promise<CoreDns | string> {
  const { program, corefile, folder, port } = plan;
  const file = join(folder, 'Corefile');
  writeFileSync(file, corefile);
  const child = spawn(program, ['-conf', file], { stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => void lines.push(line));
  const clients = new Clients(port);
  const end = async (): Promise<void> => {
    clients.close();
    await endChild(child);
  };
  const ended = once(child, 'close').then(() => 'ended' as const);
  try {
    const state = await Promise.race([ended, isAnswering(clients)]);
    if (state === 'ended') {
      clients.close();
      return lines.filter((line) => !line.startsWith('[INFO]')).join('\n');
    }
  } catch (error) {
    await end();
    throw error;
  }
  return { ask: (asked) => clients.ask(asked), [Symbol.asyncDispose]: end };
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function isAnswering(clients: Clients): Promise<'answering'> {
  const until = performance.now() + START_MS;
  while (performance.now() < until) {
    const reply = await clients.ask({ bytes: PROBE, transport: 'udp', from: '127.0.0.1' }, 50);
    if (reply !== undefined) return 'answering';
  }
  throw new Error('CoreDNS does not answer');
}

/** A socket for each address that asks. */
class Clients {
  readonly #port: number;
  readonly #sockets = new Map<string, Promise<Socket>>();
  readonly #waiting = new Map<number, (reply: Buffer) => void>();
  #last = 0;

  constructor(port: number) {
    this.#port = port;
  }

  /** Under an id of its own, so that nobody gets another's reply. */
  async ask(
    { bytes, transport, from }: Asked,
    silenceMs = SILENCE_MS,
  ): Promise<Buffer | undefined> {
    const id = bytes.readUInt16BE(0);
    const query = Buffer.from(bytes);
    this.#last = (this.#last + 1) & 0xffff;
    query.writeUInt16BE(this.#last, 0);
    const reply = await (transport === 'udp'
      ? this.#askUdp(query, from, silenceMs)
      : this.#askTcp(query, from));
    reply?.writeUInt16BE(id, 0);
    return reply;
  }

  close(): void {
    for (const socket of this.#sockets.values()) void socket.then((open) => open.close());
  }

  async #askUdp(query: Buffer, from: string, silenceMs: number): Promise<Buffer | undefined> {
    const id = query.readUInt16BE(0);
    const socket = await this.#socketOf(from);
    const { promise, resolve } = Promise.withResolvers<Buffer | undefined>();
    const timer = setTimeout(() => resolve(undefined), silenceMs);
    this.#waiting.set(id, resolve);
    socket.send(query, this.#port, '127.0.0.1');
    const reply = await promise;
    clearTimeout(timer);
    this.#waiting.delete(id);
    return reply;
  }

  #socketOf(from: string): Promise<Socket> {
    const open = this.#sockets.get(from) ?? this.#open(from);
    this.#sockets.set(from, open);
    return open;
  }

  async #open(from: string): Promise<Socket> {
    const socket = createSocket('udp4');
    socket.on('message', (reply) => this.#waiting.get(reply.readUInt16BE(0))?.(reply));
    socket.on('error', () => undefined);
    socket.bind(0, from);
    await once(socket, 'listening');
    return socket;
  }

  async #askTcp(query: Buffer, from: string): Promise<Buffer | undefined> {
    const socket = connect({ port: this.#port, host: '127.0.0.1', localAddress: from });
    socket.setTimeout(SILENCE_MS, () => socket.destroy());
    const length = Buffer.alloc(2);
    length.writeUInt16BE(query.length);
    socket.write(Buffer.concat([length, query]));
    let received = Buffer.alloc(0);
    try {
      for await (const chunk of socket) {
        received = Buffer.concat([received, chunk as Buffer]); // no encoding is set
        if (received.length < 2) continue;
        const end = 2 + received.readUInt16BE(0);
        if (received.length >= end) return received.subarray(2, end);
      }
    } catch {
      // Closed without an answer, which is one, too.
    }
    return undefined;
  }
}
