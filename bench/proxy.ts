/**
 * The service proxy: programming latency and the table at several sizes; the data path beside HAProxy in TCP mode and a
 * plain datagram relay, one thread each, the same backend; idle connections and listeners.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { machine, type Bench } from './bench.ts';
import { bulk, datagrams, idle, keepAlive, oneShot, type Target } from './proxy-parts/load.ts';
import {
  addressOf,
  createStore,
  createWorld,
  fill,
  podAddress,
  putSlice,
} from './proxy-parts/world.ts';

const CHILD = join(import.meta.dirname, 'proxy-parts/child.ts');
const DURATION_MS = Number(process.env['BENCH_MS'] ?? 3000);
const HAPROXY_PORT = 18_079;

export const bench: Bench = async (print) => {
  const report: Record<string, unknown> = { machine: machine() };
  const say = (name: string, facts: object, line: string): void => {
    report[name] = facts;
    print(`${name}: ${line}`);
  };
  await programming(say);
  await tables(say);
  await dataPath(say);
  return report;
};

type Say = (name: string, facts: object, line: string) => void;

/** Slice written → the next connection's decision is the new endpoint. */
async function programming(say: Say): Promise<void> {
  const p99: Record<number, number> = {};
  for (const services of [100, 1000, 10_000]) {
    const store = createStore();
    fill(store, services);
    const world = createWorld(store);
    const times: number[] = [];
    for (let round = 0; round < 600; round += 1) {
      const index = 1 + ((round * 7919) % services);
      const pod = 5 + (round % 10);
      const writtenAt = performance.now();
      putSlice(store, index, [pod]);
      const decision = world.datapath.decide({
        protocol: 'TCP',
        source: { address: '10.0.0.11', port: 4000 },
        destination: { address: addressOf(index), port: 8080 },
        origin: { kind: 'node', name: 'node-1' },
        node: 'node-1',
      });
      if (round >= 100) times.push(performance.now() - writtenAt);
      if (decision.kind !== 'deliver' || decision.flow.destination.address !== podAddress(pod))
        throw new Error('the next connection went elsewhere');
      await Promise.resolve();
    }
    times.sort((a, b) => a - b);
    p99[services] = times[Math.floor(times.length * 0.99)] ?? Number.NaN;
    world.view[Symbol.dispose]();
  }
  const ratio = (p99[10_000] ?? 0) / (p99[100] ?? 1);
  say(
    'programming',
    { p99Ms: p99, ratio },
    `p99 ${Object.entries(p99)
      .map(([count, ms]) => `${ms.toFixed(3)} ms at ${count}`)
      .join(
        ', ',
      )} ${verdict((p99[10_000] ?? 9) < 5)} (5 ms); ${ratio.toFixed(2)} × at 10 000 ${verdict(ratio <= 1.5)} (1.5)`,
  );
}

async function tables(say: Say): Promise<void> {
  await using table = await start('table', 10_000);
  const { buildMs, memoryMB } = table.facts as { buildMs: number; memoryMB: number };
  say(
    'table',
    table.facts,
    `10 000 Services, 50 000 endpoints: ${buildMs.toFixed(0)} ms ${verdict(buildMs < 1000)} (1 s), ${memoryMB.toFixed(0)} MB ${verdict(memoryMB < 400)} (400)`,
  );
  await using listeners = await start('listeners', 10_000);
  const { openMs } = listeners.facts as { openMs: number };
  say(
    'listeners',
    listeners.facts,
    `10 000 open after ${openMs.toFixed(0)} ms ${verdict(openMs < 1000)} (1 s)`,
  );
  await listeners[Symbol.asyncDispose]();
  await using holder = await start('idle');
  const { address } = holder.facts as { address: string };
  const sockets = await idle({ address, port: 8080 }, 10_000);
  const memory = memoryOf(holder.child) * (10_000 / sockets.length);
  say(
    'idle',
    { connections: sockets.length, memoryMB: memory },
    `${sockets.length} idle connections, ${memory.toFixed(0)} MB for 10 000 ${verdict(memory < 250)} (250)`,
  );
  for (const socket of sockets) socket.destroy();
}

async function dataPath(say: Say): Promise<void> {
  await using backend = await start('backend');
  await using udpBackend = await start('udp-backend');
  const { port } = backend.facts as { port: number };
  const { port: udpPort } = udpBackend.facts as { port: number };
  await using proxy = await start('proxy', port, udpPort);
  await using relay = await start('udp-relay', udpPort);
  const { tcp, udp } = proxy.facts as { tcp: string; udp: string };
  const ours = await tcpFigures({ address: tcp, port: 18_080 }, proxy.child);
  if (spawnSync('haproxy', ['-v']).error === undefined) {
    await using haproxy = await startHaproxy(port);
    const theirs = await tcpFigures({ address: '127.0.0.1', port: HAPROXY_PORT }, haproxy.child);
    const ratios = {
      requestsPerCpuSecond: theirs.cpuPerRequestUs / ours.cpuPerRequestUs,
      connectionsPerSecond: ours.connectionsPerSecond / theirs.connectionsPerSecond,
      bulk: ours.bulkMBps / theirs.bulkMBps,
      p99: ours.p99Ms / theirs.p99Ms,
    };
    say(
      'tcp',
      { ours, haproxy: theirs, ratios },
      `of HAProxy: requests per CPU second ${ratios.requestsPerCpuSecond.toFixed(2)} ${verdict(ratios.requestsPerCpuSecond >= 0.6)} (0.6), connections/s ${ratios.connectionsPerSecond.toFixed(2)} ${verdict(ratios.connectionsPerSecond >= 0.5)} (0.5), bulk ${ratios.bulk.toFixed(2)} ${verdict(ratios.bulk >= 0.8)} (0.8), p99 ${ratios.p99.toFixed(2)}; ours ${JSON.stringify(ours)}`,
    );
  } else say('tcp', { ours }, `haproxy is not installed; ours ${JSON.stringify(ours)}`);
  const mine = await datagrams({ address: udp, port: 18_081 }, DURATION_MS);
  const { port: relayPort } = relay.facts as { port: number };
  const plain = await datagrams({ address: '127.0.0.1', port: relayPort }, DURATION_MS);
  say(
    'udp',
    { perSecond: (mine * 1000) / DURATION_MS, plain: (plain * 1000) / DURATION_MS },
    `${(mine / plain).toFixed(2)} × a plain relay's datagrams/s ${verdict(mine >= 0.8 * plain)} (0.8)`,
  );
}

interface TcpFigures {
  readonly requestsPerSecond: number;
  readonly cpuPerRequestUs: number;
  readonly p99Ms: number;
  readonly connectionsPerSecond: number;
  readonly bulkMBps: number;
}

async function tcpFigures(target: Target, child: ChildProcess): Promise<TcpFigures> {
  await keepAlive(target, { connections: 16, durationMs: DURATION_MS / 3 });
  const before = cpuSeconds(child);
  const { count, p99Ms } = await keepAlive(target, { connections: 16, durationMs: DURATION_MS });
  const cpu = cpuSeconds(child) - before;
  const connections = await oneShot(target, { parallel: 16, durationMs: DURATION_MS });
  const bytes = await bulk(target, DURATION_MS);
  const seconds = DURATION_MS / 1000;
  return {
    requestsPerSecond: count / seconds,
    cpuPerRequestUs: (cpu * 1e6) / count,
    p99Ms,
    connectionsPerSecond: connections / seconds,
    bulkMBps: bytes / seconds / 1e6,
  };
}

interface Party extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly facts: object;
}

async function start(role: string, ...args: readonly number[]): Promise<Party> {
  const child = spawn(process.execPath, [CHILD, role, ...args.map(String)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return partyOf(child, JSON.parse(line) as object); // what the child prints when it is ready
}

async function startHaproxy(backend: number): Promise<Party> {
  const folder = mkdtempSync(join(tmpdir(), 'podlane-haproxy-'));
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(
    file,
    `global\n  nbthread 1\n  maxconn 2000\ndefaults\n  mode tcp\n  timeout connect 5s\n  timeout client 60s\n  timeout server 60s\nlisten tcp\n  bind 127.0.0.1:${HAPROXY_PORT}\n  server one 127.0.0.1:${backend}\n`,
  );
  const child = spawn('haproxy', ['-db', '-f', file], { stdio: ['ignore', 'ignore', 'inherit'] });
  await reachable({ address: '127.0.0.1', port: HAPROXY_PORT });
  rmSync(folder, { recursive: true });
  return partyOf(child, {});
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

function partyOf(child: ChildProcess, facts: object): Party {
  return {
    child,
    facts,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill();
      await once(child, 'exit');
    },
  };
}

function cpuSeconds({ pid }: ChildProcess): number {
  const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const fields = rest.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function memoryOf({ pid }: ChildProcess): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

function verdict(isKept: boolean): string {
  return isKept ? 'kept' : 'MISSED';
}
