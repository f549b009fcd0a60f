/**
 * DNS beside CoreDNS, Unbound and Knot, asked for the same names by dnsperf, in turns of short rounds.
 *
 * The figure that counts is CPU time per answer, from /proc: it does not depend on what else the machine does. One that
 * is not installed is named and left out. `BENCH_ROUNDS`, `BENCH_SECONDS` and `BENCH_ONLY` (`oneThread`, `twoThreads`, `size`,
 * `changes`, comma-separated) make it shorter; what `BENCH_ONLY` leaves out keeps the figures of the run before.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  figuresBefore,
  isChosen,
  machine,
  spreadOf,
  type Bench,
  type Report,
  type Spread,
} from './bench.ts';
import { paced, saturate, type Load } from './dns-parts/load.ts';
import { freePort, startChild, startPeer, type Party } from './dns-parts/party.ts';
import {
  coreDnsPeer,
  findProgram,
  hostsPeer,
  KUBEADM_COREFILE,
  KUBERNETES_COREFILE,
  knotPeer,
  unboundPeer,
  type Peer,
  type PeerPlan,
} from './dns-parts/peers.ts';
import { queryLines } from './dns-parts/world.ts';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5);
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 2);
const SERVICES = 1000;
/** Clients of a server with several threads: enough for the OS to spread. */
const MANY = 16;

interface Figures {
  readonly cpuPerAnswerUs: Spread;
  readonly answersPerSecond: Spread;
  readonly lost: number;
  readonly memoryMB: number;
}

interface Context {
  readonly folder: string;
  readonly print: (line: string) => void;
}

export const bench: Bench = async (print) => {
  if (spawnSync('dnsperf', ['-h']).error !== undefined)
    throw new Error('dnsperf is not installed (Debian: apt-get install dnsperf)');
  const folder = mkdtempSync(join(tmpdir(), 'podlane-bench-dns-'));
  try {
    const context = { folder, print };
    const report: Report = {
      ...figuresBefore('dns'),
      machine: machine(),
      rounds: ROUNDS,
      seconds: SECONDS,
      services: SERVICES,
    };
    for (const [part, measure] of Object.entries(PARTS))
      if (isChosen(part)) report[part] = await measure(context);
    return report;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const PARTS: Readonly<Record<string, (context: Context) => Promise<object>>> = {
  oneThread: compareOne,
  twoThreads: compareTwo,
  size: compareSizes,
  changes: timeChanges,
};

async function compareOne(context: Context): Promise<object> {
  const queries = queriesFor(SERVICES, context);
  await using stack = new AsyncDisposableStack();
  const parties = await startAll(stack, context, { threads: 1 });
  const figures = await saturateAll(parties, { queries });
  show(figures, context);
  const ratios = {
    toKubernetes: ratioOf(figures, 'podlane', 'coredns'),
    toKubeadm: ratioOf(figures, 'podlane-kubeadm', 'coredns-kubeadm'),
    toHosts: ratioOf(figures, 'podlane', 'coredns-hosts'),
  };
  const { print } = context;
  print(target('CPU per answer of CoreDNS with kubernetes', ratios.toKubernetes, 0.5));
  print(target('CPU per answer of CoreDNS, both as kubeadm installs it', ratios.toKubeadm, 0.5));
  print(target('CPU per answer of CoreDNS with hosts', ratios.toHosts, 0.7));
  const halfLoad = await compareHalfLoad(parties, { figures, queries, print });
  return { ...figures, ratios, halfLoad };
}

interface HalfLoad {
  readonly figures: Readonly<Record<string, Figures>>;
  readonly queries: string;
  readonly print: Context['print'];
}

/** Each at half of what it answers at most. */
async function compareHalfLoad(
  parties: ReadonlyMap<string, Party>,
  { figures, queries, print }: HalfLoad,
): Promise<object> {
  const measured = ['podlane', 'coredns'].flatMap((name) => {
    const party = parties.get(name);
    const perSecond = (figures[name]?.answersPerSecond.median ?? 0) / 2;
    return party === undefined ? [] : [{ name, party, perSecond, times: [] as number[] }];
  });
  for (let round = 0; round < ROUNDS; round += 1)
    for (const { party, perSecond, times } of measured) {
      const { p99Ms } = await paced(party, { queries, seconds: SECONDS, perSecond });
      times.push(p99Ms);
    }
  const p99Ms = Object.fromEntries(measured.map(({ name, times }) => [name, spreadOf(times)]));
  const ratio = (p99Ms['podlane']?.median ?? NaN) / (p99Ms['coredns']?.median ?? NaN);
  for (const [name, { min, median, max }] of Object.entries(p99Ms))
    print(`  ${name}: p99 ${ms(median)} (${ms(min)}–${ms(max)}) at half load`);
  print(target("p99 at half load of CoreDNS' at its own", ratio, 1));
  return { p99Ms, ratio };
}

/** Two threads beside CoreDNS with two, as kubeadm installs it and the plugin alone. */
async function compareTwo(context: Context): Promise<object> {
  const queries = queriesFor(SERVICES, context);
  await using stack = new AsyncDisposableStack();
  const wanted = ['coredns', 'coredns-kubeadm'];
  const parties = await startAll(stack, context, { threads: 2, wanted });
  const figures = await saturateAll(parties, { queries, clients: MANY });
  context.print('two threads each:');
  show(figures, context);
  const ratios: Record<string, number> = {};
  for (const kind of ['', '-kubeadm']) {
    const [ours, theirs] = [figures[`podlane${kind}`], figures[`coredns${kind}`]];
    if (ours === undefined || theirs === undefined) continue;
    const ratio = ours.answersPerSecond.median / theirs.answersPerSecond.median;
    ratios[`coredns${kind}`] = ratio;
    context.print(
      `${ratio.toFixed(2)} × the answers/s of coredns${kind} with two threads ${verdict(ratio > 1)} (more than 1)`,
    );
  }
  return { ...figures, ratios };
}

async function compareSizes(context: Context): Promise<object> {
  const loads: Record<number, Load[]> = {};
  const sizes = [100, 10_000];
  await using stack = new AsyncDisposableStack();
  const parties = new Map<number, { party: Party; queries: string }>();
  for (const size of sizes) {
    const party = stack.use(await startOurs(size, 1, KUBERNETES_COREFILE));
    parties.set(size, { party, queries: queriesFor(size, context) });
  }
  for (let round = -1; round < ROUNDS; round += 1)
    for (const [size, { party, queries }] of parties) {
      const load = await saturate(party, { queries, seconds: SECONDS });
      if (round >= 0) (loads[size] ??= []).push(load);
    }
  const [small = NaN, large = NaN] = sizes.map(
    (size) => spreadOf((loads[size] ?? []).map(({ cpuPerAnswerUs }) => cpuPerAnswerUs)).median,
  );
  const ratio = large / small;
  context.print(
    `${us(small)} an answer at 100 Services, ${us(large)} at 10 000\n${target('CPU per answer at 100 Services', ratio, 1.15)}`,
  );
  return { cpuPerAnswerUs: { 100: small, 10_000: large }, ratio };
}

async function timeChanges({ print }: Context): Promise<object> {
  const p99Ms: Record<number, number> = {};
  for (const threads of [1, 2]) {
    await using party = await startOurs(10_000, threads, KUBERNETES_COREFILE);
    const { times } = (await party.ask('changes')) as { readonly times: readonly number[] };
    const sorted = times.toSorted((a, b) => a - b);
    const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? NaN;
    p99Ms[threads] = p99;
    print(
      `changed endpoint answered after p99 ${ms(p99)} with ${threads} thread(s), 10 000 Services ${verdict(p99 < 5)} (5 ms)`,
    );
  }
  return { p99Ms };
}

/** All parties with so many threads, by name. */
async function startAll(
  stack: AsyncDisposableStack,
  { folder, print }: Context,
  { threads, wanted }: { readonly threads: number; readonly wanted?: readonly string[] },
): Promise<ReadonlyMap<string, Party>> {
  const parties = new Map<string, Party>();
  const isWanted = (name: string): boolean => wanted?.includes(name) ?? true;
  for (const [kind, corefile] of COREFILES)
    parties.set(`podlane${kind}`, stack.use(await startOurs(SERVICES, threads, corefile)));
  const api = stack.use(await startChild('api', String(SERVICES)));
  for (const [name, { program, peerOf }] of Object.entries(PEERS)) {
    if (!isWanted(name)) continue;
    const command = findProgram(program);
    if (command === undefined) {
      print(`${name}: ${program} is not installed, left out`);
      continue;
    }
    const port = await freePort();
    const plan = { folder, services: SERVICES, port, threads, apiPort: api.port };
    parties.set(name, stack.use(await startPeer(peerOf(command, plan))));
  }
  return parties;
}

const COREFILES = [
  ['', KUBERNETES_COREFILE],
  ['-kubeadm', KUBEADM_COREFILE],
] as const;

const PEERS: Readonly<
  Record<
    string,
    {
      readonly program: string;
      readonly peerOf: (command: string, plan: PeerPlan & { readonly apiPort: number }) => Peer;
    }
  >
> = {
  coredns: {
    program: 'coredns',
    peerOf: (command, plan) => coreDnsPeer(command, KUBERNETES_COREFILE, plan),
  },
  'coredns-kubeadm': {
    program: 'coredns',
    peerOf: (command, plan) => coreDnsPeer(command, KUBEADM_COREFILE, plan),
  },
  'coredns-hosts': { program: 'coredns', peerOf: hostsPeer },
  unbound: { program: 'unbound', peerOf: unboundPeer },
  knot: { program: 'knotd', peerOf: knotPeer },
};

function startOurs(services: number, threads: number, corefile: string): Promise<Party> {
  const text = corefile.replace('@PORT@', '53').replace('@BIND@', '').replace('@ENDPOINT@', '');
  return startChild('podlane', String(services), String(threads), text);
}

/** A round that nobody counts, then rounds in turn. */
async function saturateAll(
  parties: ReadonlyMap<string, Party>,
  options: { readonly queries: string; readonly clients?: number },
): Promise<Readonly<Record<string, Figures>>> {
  const loads = new Map<string, Load[]>();
  for (let round = -1; round < ROUNDS; round += 1)
    for (const [name, party] of parties) {
      const load = await saturate(party, { ...options, seconds: SECONDS });
      if (round >= 0) loads.set(name, [...(loads.get(name) ?? []), load]);
    }
  return Object.fromEntries(
    [...parties].map(([name, party]) => {
      const found = loads.get(name) ?? [];
      const figures: Figures = {
        cpuPerAnswerUs: spreadOf(found.map(({ cpuPerAnswerUs }) => cpuPerAnswerUs)),
        answersPerSecond: spreadOf(found.map(({ answersPerSecond }) => answersPerSecond)),
        lost: found.reduce((sum, { lost }) => sum + lost, 0),
        memoryMB: party.memoryMB(),
      };
      return [name, figures];
    }),
  );
}

function show(figures: Readonly<Record<string, Figures>>, { print }: Context): void {
  for (const [name, { cpuPerAnswerUs, answersPerSecond, lost, memoryMB }] of Object.entries(
    figures,
  ))
    print(
      `  ${name}: ${us(cpuPerAnswerUs.median)} of CPU an answer (${us(cpuPerAnswerUs.min)}–${us(cpuPerAnswerUs.max)}), ` +
        `${Math.round(answersPerSecond.median)} answers/s, ${memoryMB.toFixed(0)} MB${lost === 0 ? '' : `, ${lost} lost`}`,
    );
}

/** CPU per answer of one, in that of another; NaN where one is missing. */
function ratioOf(figures: Readonly<Record<string, Figures>>, one: string, other: string): number {
  return (
    (figures[one]?.cpuPerAnswerUs.median ?? NaN) / (figures[other]?.cpuPerAnswerUs.median ?? NaN)
  );
}

function queriesFor(services: number, { folder }: Context): string {
  const file = join(folder, `queries-${services}`);
  writeFileSync(file, queryLines(services));
  return file;
}

function target(what: string, ratio: number, most: number): string {
  if (Number.isNaN(ratio)) return `${what}: not measured`;
  return `${ratio.toFixed(2)} × the ${what} ${verdict(ratio <= most)} (${most})`;
}

function verdict(isKept: boolean): string {
  return isKept ? 'kept' : 'MISSED';
}

function us(value: number): string {
  return `${value.toFixed(1)} µs`;
}

function ms(value: number): string {
  return `${value.toFixed(2)} ms`;
}
