/**
 * The service proxy: programming latency and the table at several sizes; the data path beside HAProxy in TCP mode, two
 * sockets joined by `pipe` and a plain datagram relay, one thread each, the same backend; idle connections and listeners.
 *
 * `BENCH_ROUNDS` and `BENCH_MS` (of each part of a round) make it shorter.
 */
import { spawnSync } from 'node:child_process';
import { machine, spreadOf, type Bench } from './bench.ts';
import {
  compare,
  measureTcp,
  measureUdp,
  type Comparison,
  type Contestant,
  type Figures,
} from './proxy-parts/data-path.ts';
import { idle } from './proxy-parts/load.ts';
import { startChild, startHaproxy, type Party } from './proxy-parts/party.ts';
import type { Round } from './proxy-parts/programming.ts';

const PACE = {
  rounds: Number(process.env['BENCH_ROUNDS'] ?? 11),
  durationMs: Number(process.env['BENCH_MS'] ?? 400),
};
const HAPROXY_PORT = 18_079;
const SIZES = [100, 1000, 10_000] as const;

/** What podlane's figure must be of HAProxy's, or of the plain relay's. */
const TARGETS: Figures = {
  cpuPerRequestUs: 0.6,
  connectionsPerSecond: 0.5,
  bulkMBps: 0.8,
  datagramsPerSecond: 0.8,
};

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

/** Slice written → the next connection goes to the new endpoint: the decision alone, and what a client sees. */
async function programming(say: Say): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const parties: Party[] = [];
  // Addresses of their own: 200–299, 2 000–2 999, 20 000–29 999.
  for (const size of SIZES)
    parties.push(stack.use(await startChild('programming', size, 2 * size)));
  const rounds: Round[][] = SIZES.map(() => []);
  for (let round = -3; round < PACE.rounds; round += 1)
    for (const [index, party] of parties.entries()) {
      const times = (await party.ask('round')) as Round; // as `serveRounds` prints it
      if (round >= 0) rounds[index]?.push(times);
    }
  for (const part of ['decisions', 'connections'] as const) {
    const p99Ms = rounds.map((ofSize) => spreadOf(ofSize.map((round) => p99(round[part]))).median);
    const [small = Number.NaN, , large = Number.NaN] = p99Ms;
    const medianMs = rounds.map(
      (ofSize) => spreadOf(ofSize.flatMap((round) => round[part])).median,
    );
    const facts = { sizes: SIZES, p99Ms, medianMs, ratio: large / small };
    const list = SIZES.map(
      (size, at) => `${p99Ms[at]?.toFixed(3)} (median ${medianMs[at]?.toFixed(3)}) at ${size}`,
    );
    say(
      `programming, ${part}`,
      facts,
      `p99 ms ${list.join(', ')} ${verdict(large < 5)} (5); ${facts.ratio.toFixed(2)} × at 10 000 ${verdict(facts.ratio <= 1.5)} (1.5)`,
    );
  }
}

function p99(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99) - 1] ?? Number.NaN;
}

async function tables(say: Say): Promise<void> {
  await using table = await startChild('table', 10_000);
  const { buildMs, memoryMB } = table.facts as { buildMs: number; memoryMB: number };
  say(
    'table',
    table.facts,
    `10 000 Services, 50 000 endpoints: ${buildMs.toFixed(0)} ms ${verdict(buildMs < 1000)} (1 s), ${memoryMB.toFixed(0)} MB ${verdict(memoryMB < 400)} (400)`,
  );
  await using listeners = await startChild('listeners', 10_000);
  const { openMs } = listeners.facts as { openMs: number };
  say(
    'listeners',
    listeners.facts,
    `10 000 open after ${openMs.toFixed(0)} ms ${verdict(openMs < 1000)} (1 s)`,
  );
  await listeners[Symbol.asyncDispose]();
  await using holder = await startChild('idle');
  const { address } = holder.facts as { address: string };
  const sockets = await idle({ address, port: 8080 }, 10_000);
  const memory = holder.memoryMB() * (10_000 / sockets.length);
  say(
    'idle',
    { connections: sockets.length, memoryMB: memory },
    `${sockets.length} idle connections, ${memory.toFixed(0)} MB for 10 000 ${verdict(memory < 250)} (250)`,
  );
  for (const socket of sockets) socket.destroy();
}

async function dataPath(say: Say): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const start = async (role: string, ...args: readonly number[]): Promise<Party> =>
    stack.use(await startChild(role, ...args));
  const backend = portOf(await start('backend'));
  const udpBackend = portOf(await start('udp-backend'));
  const proxy = await start('proxy', backend, udpBackend);
  const { tcp, udp } = proxy.facts as { tcp: string; udp: string };
  const pipe = await start('pipe', backend);
  const contestants: Record<string, Contestant> = {
    podlane: { party: proxy, target: { address: tcp, port: 18_080 } },
    pipe: { party: pipe, target: { address: '127.0.0.1', port: portOf(pipe) } },
  };
  if (spawnSync('haproxy', ['-v']).error === undefined)
    contestants['haproxy'] = {
      party: stack.use(await startHaproxy(backend, HAPROXY_PORT)),
      target: { address: '127.0.0.1', port: HAPROXY_PORT },
    };
  tell(say, 'tcp', await compare(contestants, measureTcp, PACE));
  const relay = await start('udp-relay', udpBackend);
  const relays = {
    podlane: { party: proxy, target: { address: udp, port: 18_081 } },
    relay: { party: relay, target: { address: '127.0.0.1', port: portOf(relay) } },
  };
  tell(say, 'udp', await compare(relays, measureUdp, PACE));
}

/** A Markdown table: each contestant's figure, and what it is of the last one's. */
function tell(say: Say, name: string, comparison: Comparison): void {
  const { figures, ratios } = comparison;
  const names = Object.keys(figures);
  const lines = Object.keys(figures['podlane'] ?? {}).map((figure) => {
    const cells = names.map((contestant) => {
      const ratio = ratios[contestant]?.[figure];
      const value = shorten(figures[contestant]?.[figure] ?? Number.NaN);
      return ratio === undefined ? value : `${value} (${ratio.toFixed(2)} ×)`;
    });
    const target = names.at(-1) === 'pipe' ? undefined : TARGETS[figure];
    const own = ratios['podlane']?.[figure] ?? Number.NaN;
    const kept = target === undefined ? '' : `≥ ${target} ${verdict(own >= target)}`;
    return `| ${[figure, ...cells, kept].join(' | ')} |`;
  });
  const head = ['| ', ...names, 'target |'].join(' | ').replace('|  |', '| |');
  const rule = `|${' --- |'.repeat(names.length + 2)}`;
  say(name, comparison, ['', head, rule, ...lines].join('\n'));
}

function shorten(figure: number): string {
  return figure >= 100 ? figure.toFixed(0) : figure.toPrecision(3);
}

/** Of a party that printed its address. */
function portOf({ facts }: Party): number {
  return (facts as { port: number }).port;
}

function verdict(isKept: boolean): string {
  return isKept ? 'kept' : 'MISSED';
}
