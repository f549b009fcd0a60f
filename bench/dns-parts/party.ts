/** The servers that are measured: started, watched in /proc, ended. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CLASS, encodeMessage, OPCODE, TYPE } from '../../src/dns/index.ts';
import type { Peer } from './peers.ts';
import { servicesOf } from './world.ts';

const CHILD = join(import.meta.dirname, 'child.ts');
const READY_MS = 60_000;

export interface Party extends AsyncDisposable {
  readonly port: number;
  /** User and system time since its start, all threads. */
  cpuSeconds(): number;
  memoryMB(): number;
  /** Of one of ours: asks it for something by name. */
  ask(what: string): Promise<unknown>;
}

/** One of ours: `api`, or `podlane` with its options. */
export async function startChild(role: string, ...args: readonly string[]): Promise<Party> {
  const child = spawn(process.execPath, [CHILD, role, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const next = async (): Promise<unknown> => {
    const [line] = (await once(lines, 'line')) as [string]; // readline gives strings
    return JSON.parse(line);
  };
  const { port } = (await next()) as { readonly port: number }; // what the child says when it is ready
  return partyOf(child, port, async (what) => {
    const answer = next();
    child.stdin.write(`${what}\n`);
    return answer;
  });
}

/** Someone else's server, once it answers the first name. */
export async function startPeer({ command, args, environment, port }: Peer): Promise<Party> {
  const child = spawn(command, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...environment },
  });
  const party = partyOf(child, port, () => Promise.reject(new Error(`${command} is not asked`)));
  try {
    await answering(port, child);
    return party;
  } catch (error) {
    await party[Symbol.asyncDispose]();
    throw error;
  }
}

/** Below the ports that the OS gives to clients: those that ask may not take one in between. */
let nextPort = 26_100;

/** A port that nobody has, for UDP and TCP. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = nextPort;
    nextPort += 1;
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    server.close();
    if (isFree) return port;
  }
}

/** A query for an address. */
export function queryFor(name: string, id: number): Buffer {
  return encodeMessage({
    id,
    flags: {
      isResponse: false,
      opcode: OPCODE.QUERY,
      isAuthoritative: false,
      isTruncated: false,
      isRecursionDesired: true,
      isRecursionAvailable: false,
      isAuthentic: false,
      isCheckingDisabled: false,
      rcode: 0,
    },
    questions: [{ name, type: TYPE.A, class: CLASS.IN }],
    answers: [],
    authority: [],
    additional: [],
  });
}

/** @throws Error when it ends, or takes more than a minute. */
async function answering(port: number, child: ChildProcess): Promise<void> {
  const [first] = servicesOf(1);
  const query = queryFor(first?.qname ?? '.', 1);
  const socket = createSocket('udp4');
  // Nobody listens yet.
  socket.on('error', () => undefined);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.on('message', (reply) => {
    if (reply.readUInt16BE(6) > 0) resolve();
  });
  child.once('exit', (code) => reject(new Error(`${child.spawnfile} ended with ${code}`)));
  const asking = setInterval(() => socket.send(query, port, '127.0.0.1'), 50);
  const timeout = setTimeout(
    () => reject(new Error(`${child.spawnfile} does not answer`)),
    READY_MS,
  );
  try {
    await promise;
  } finally {
    clearInterval(asking);
    clearTimeout(timeout);
    socket.close();
  }
}

function partyOf(child: ChildProcess, port: number, ask: Party['ask']): Party {
  const { pid } = child;
  return {
    port,
    ask,
    cpuSeconds: () => {
      const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
      const fields = rest.split(' ');
      return (Number(fields[11]) + Number(fields[12])) / 100;
    },
    memoryMB: () =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill();
      await once(child, 'exit');
    },
  };
}
