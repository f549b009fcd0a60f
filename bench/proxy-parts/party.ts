/** Programs that are measured, each alone in its process. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Target } from './load.ts';

const CHILD = join(import.meta.dirname, 'child.ts');

export interface Party extends AsyncDisposable {
  /** What it said when it was ready. */
  readonly facts: object;
  /** Sends it a line and takes the line that comes back. */
  ask(line: string): Promise<unknown>;
  /** CPU time of all its threads so far. */
  cpuUs(): number;
  memoryMB(): number;
}

/** One role of `child.ts`. */
export async function startChild(role: string, ...args: readonly number[]): Promise<Party> {
  const child = spawn(process.execPath, [CHILD, role, ...args.map(String)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => JSON.parse(String((await lines.next()).value));
  const facts = (await next()) as object; // what it prints when it is ready
  const ask = (line: string): Promise<unknown> => {
    child.stdin.write(`${line}\n`);
    return next();
  };
  return partyOf(child, { facts, ask });
}

/** One thread of HAProxy in TCP mode before `backend`. */
export async function startHaproxy(backend: number, port: number): Promise<Party> {
  const folder = mkdtempSync(join(tmpdir(), 'podlane-haproxy-'));
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(
    file,
    `global\n  nbthread 1\n  maxconn 2000\ndefaults\n  mode tcp\n  timeout connect 5s\n  timeout client 60s\n  timeout server 60s\nlisten tcp\n  bind 127.0.0.1:${port}\n  server one 127.0.0.1:${backend}\n`,
  );
  const child = spawn('haproxy', ['-db', '-f', file], { stdio: ['ignore', 'ignore', 'inherit'] });
  await reachable({ address: '127.0.0.1', port });
  rmSync(folder, { recursive: true });
  const ask = (): Promise<never> => Promise.reject(new Error('HAProxy is not asked'));
  return partyOf(child, { facts: {}, ask });
}

/** Resolves once something accepts there. @throws Error after 10 s. */
async function reachable({ address, port }: Target): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const socket = connect({ host: address, port });
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`nothing listens on ${address}:${port}`);
}

function partyOf(child: ChildProcess, party: Pick<Party, 'facts' | 'ask'>): Party {
  const folder = `/proc/${child.pid}`;
  return {
    ...party,
    cpuUs: () =>
      readdirSync(`${folder}/task`)
        .map((thread) => nanosecondsOf(`${folder}/task/${thread}/schedstat`) / 1000)
        .reduce((sum, us) => sum + us, 0),
    memoryMB: () =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`${folder}/status`, 'utf8'))?.[1]) / 1024,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill();
      await once(child, 'exit');
    },
  };
}

/** The first figure of a thread's schedstat is its time on a CPU; a thread may be gone meanwhile. */
function nanosecondsOf(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8').split(' ')[0]);
  } catch {
    return 0;
  }
}
