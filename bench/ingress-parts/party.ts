/** The processes that are measured: started, watched in /proc, ended. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Peer } from './peers.ts';

const CHILD = join(import.meta.dirname, 'child.ts');

export interface Party extends AsyncDisposable {
  readonly name: string;
  readonly http: number;
  readonly https: number;
  /** User and system time since its start, seconds. */
  cpuSeconds(): number;
  memoryMB(): number;
  /** Of one of ours: asks it something on its standard input. */
  ask(line: string): Promise<unknown>;
}

/** One of ours, or of Node's world. */
export async function startChild(name: string, ...args: readonly string[]): Promise<Party> {
  const child = spawn(
    process.execPath,
    [...(process.env['BENCH_NODE'] ?? '').split(' ').filter((each) => each !== ''), CHILD, ...args],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const lines = createInterface({ input: child.stdout });
  const facts = (await nextLine(lines)) as { readonly http: number; readonly https?: number };
  return partyOf(child, {
    name,
    http: facts.http,
    https: facts.https ?? 0,
    ask: async (line) => {
      const answer = nextLine(lines);
      child.stdin.write(`${line}\n`);
      return answer;
    },
  });
}

/** Someone else's server, once it accepts. */
export async function startPeer(
  name: string,
  peer: Peer,
  ports: { readonly http: number; readonly https: number },
): Promise<Party> {
  writeFileSync(peer.file, peer.text);
  for (const [file, text] of Object.entries(peer.more ?? {})) writeFileSync(file, text);
  const child = spawn(peer.command, peer.args, { stdio: ['ignore', 'ignore', 'inherit'] });
  await reachable(ports.http);
  return partyOf(child, {
    name,
    ...ports,
    ask: () => Promise.reject(new Error(`${name} is not asked`)),
  });
}

/** Ports that nobody has. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port); // they listen on TCP
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

/** @throws Error when the party is gone. */
async function nextLine(lines: Interface): Promise<unknown> {
  const line = await Promise.race([
    once(lines, 'line').then(([text]) => text as string), // readline gives strings
    once(lines, 'close').then(() => Promise.reject(new Error('it ended'))),
  ]);
  return JSON.parse(line);
}

function partyOf(
  child: ChildProcess,
  facts: Pick<Party, 'name' | 'http' | 'https' | 'ask'>,
): Party {
  return {
    ...facts,
    cpuSeconds: () => {
      const [, rest = ''] = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ');
      const fields = rest.split(' ');
      return (Number(fields[11]) + Number(fields[12])) / 100;
    },
    memoryMB: () =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill();
      await once(child, 'exit');
    },
  };
}

/** @throws Error after 10 s. */
async function reachable(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const socket = connect({ host: '127.0.0.1', port });
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`nothing listens on 127.0.0.1:${port}`);
}
