/**
 * The API server beside a real kube-apiserver with etcd (where their binaries are on PATH or in $KUBEBUILDER_ASSETS), in
 * turns, each as a process of its own: time to ready, memory, creates, patches, lists and watches.
 */
import { machine, spreadOf, type Bench } from './bench.ts';
import { createClient, type Client } from './api-parts/client.ts';
import { createPods, listPods, patchPods, watchChanges, type Delivery } from './api-parts/loads.ts';
import { contenders, type Party } from './api-parts/parties.ts';

const PODS = Number(process.env['PODLANE_BENCH_PODS'] ?? 10_000);
const ROUNDS = 5;
/** Creations, and patches, a round. */
const ROUND = Math.min(500, PODS / 10);
/** Creations before those that count: nothing is compiled at first, and a server is measured when it runs at its speed. */
const FIRST = 4 * ROUND;
const LISTS = 5;
/** The better of these counts: a machine that does something else for a moment says nothing of a server. */
const WATCHES = 2;
const SECONDS = 5;
const WATCHERS = 1000;

interface Figures {
  readonly readyMs: number;
  readonly emptyMB: number;
  /** Of the first ones after a start. */
  readonly firstCreatesPerSecond: number;
  readonly createsPerSecond: number;
  readonly createCpuMs: number;
  readonly patchesPerSecond: number;
  readonly fullMB: number;
  readonly listMs: number;
  readonly tableMs: number;
  readonly own: Delivery;
  readonly all: Delivery;
}

export const bench: Bench = async (print) => {
  await using stack = new AsyncDisposableStack();
  const runs: Run[] = [];
  for (const contender of contenders(print))
    runs.push(startRun(contender.name, stack.use(await contender.start()), stack));
  await measureInTurns(runs);
  const all = new Map(runs.map((run) => [run.name, figuresOf(run)]));
  for (const [name, figures] of all)
    for (const line of sentences(figures)) print(`${name}: ${line}`);
  const [own, upstream] = [all.get('podlane'), all.get('kube-apiserver')];
  if (own !== undefined && upstream !== undefined)
    for (const line of verdicts(own, upstream)) print(line);
  return { machine: machine(), pods: PODS, watchers: WATCHERS, ...Object.fromEntries(all) };
};

/** One server, and what was measured of it so far. */
interface Run {
  readonly name: string;
  readonly party: Party;
  readonly client: Client;
  readonly emptyMB: number;
  readonly creates: number[];
  readonly createCpuMs: number[];
  readonly patches: number[];
  readonly lists: Readonly<Record<'JSON' | 'Table', number[]>>;
  readonly deliveries: Readonly<Record<'own' | 'all', Delivery[]>>;
  firstCreates: number;
  fullMB: number;
}

function startRun(name: string, party: Party, stack: AsyncDisposableStack): Run {
  const client = stack.use(createClient(party.address));
  const measured = {
    creates: [],
    createCpuMs: [],
    patches: [],
    lists: { JSON: [], Table: [] },
    deliveries: { own: [], all: [] },
  };
  return {
    name,
    party,
    client,
    emptyMB: party.memoryMB(),
    ...measured,
    firstCreates: 0,
    fullMB: 0,
  };
}

/** Each step is taken by every server before the next one: what else the machine does falls on all alike. */
async function measureInTurns(runs: readonly Run[]): Promise<void> {
  const each = async (step: (run: Run) => Promise<unknown>): Promise<void> => {
    for (const run of runs) await step(run);
  };
  await each(async (run) => {
    run.firstCreates = await createPods(run.client, 0, ROUND);
    await createPods(run.client, ROUND, FIRST);
    await patchPods(run.client, ROUND);
  });
  for (let round = 0; round < ROUNDS; round += 1)
    await each(async (run) => {
      const before = run.party.cpuMs();
      const from = FIRST + round * ROUND;
      run.creates.push(await createPods(run.client, from, from + ROUND));
      run.createCpuMs.push((run.party.cpuMs() - before) / ROUND);
      run.patches.push(await patchPods(run.client, ROUND));
    });
  await each(async (run) => {
    await createPods(run.client, FIRST + ROUNDS * ROUND, PODS);
    run.fullMB = run.party.memoryMB();
  });
  for (let round = 0; round < LISTS; round += 1)
    await each(async ({ client, lists }) => {
      for (const form of ['JSON', 'Table'] as const) lists[form].push(await listPods(client, form));
    });
  for (let round = 0; round < WATCHES; round += 1)
    await each(async ({ party: { address }, deliveries }) => {
      const load = { address, watchers: WATCHERS, seconds: SECONDS };
      for (const [kind, changesPerSecond] of [
        ['own', 1000],
        ['all', 10],
      ] as const)
        deliveries[kind].push(await watchChanges({ ...load, kind, changesPerSecond }));
    });
}

function figuresOf({ party, emptyMB, fullMB, ...run }: Run): Figures {
  const median = (figures: readonly number[]): number => spreadOf(figures).median;
  const best = (deliveries: readonly Delivery[]): Delivery => {
    const [first] = deliveries.toSorted((a, b) => a.p99 - b.p99);
    if (first === undefined) throw new Error('nothing was delivered');
    return first;
  };
  return {
    readyMs: party.readyMs,
    emptyMB,
    firstCreatesPerSecond: run.firstCreates,
    createsPerSecond: median(run.creates),
    createCpuMs: median(run.createCpuMs),
    patchesPerSecond: median(run.patches),
    fullMB,
    listMs: median(run.lists.JSON),
    tableMs: median(run.lists.Table),
    own: best(run.deliveries.own),
    all: best(run.deliveries.all),
  };
}

function sentences(figures: Figures): readonly string[] {
  const { readyMs, emptyMB, fullMB, createsPerSecond, createCpuMs, patchesPerSecond } = figures;
  const first = figures.firstCreatesPerSecond.toFixed(0);
  const delivered = ({ delivered: got, expected, p50, p99, changesPerSecond }: Delivery): string =>
    `${got} of ${expected} delivered at ${changesPerSecond.toFixed(0)} changes/s, median ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`;
  return [
    `ready after ${readyMs.toFixed(0)} ms; ${emptyMB.toFixed(0)} MB then, ${fullMB.toFixed(0)} MB with ${PODS} Pods`,
    `${createsPerSecond.toFixed(0)} creates/s (${createCpuMs.toFixed(2)} ms of CPU each; ${first}/s at first), ${patchesPerSecond.toFixed(0)} patches/s`,
    `list of ${PODS} Pods: ${figures.listMs.toFixed(0)} ms as JSON, ${figures.tableMs.toFixed(0)} ms as Table`,
    `${WATCHERS} watchers of an object each: ${delivered(figures.own)}`,
    `${WATCHERS} watchers of the same 10 objects: ${delivered(figures.all)}`,
  ];
}

function verdicts(own: Figures, upstream: Figures): readonly string[] {
  const verdict = (text: string, isKept: boolean): string =>
    `${text}: ${isKept ? 'kept' : 'MISSED'}`;
  const creates = own.createsPerSecond / upstream.createsPerSecond;
  const [list, table] = [own.listMs / upstream.listMs, own.tableMs / upstream.tableMs];
  const memory = own.fullMB / upstream.fullMB;
  const cpu = upstream.createCpuMs / own.createCpuMs;
  return [
    `ready ${(upstream.readyMs / own.readyMs).toFixed(1)} × as fast; ${cpu.toFixed(1)} × as many creates for the same CPU time`,
    verdict(`creates ${creates.toFixed(1)} × kube-apiserver's, target 3 ×`, creates >= 3),
    verdict(`list ${list.toFixed(2)} × its time as JSON, target 1 ×`, list <= 1),
    verdict(`list ${table.toFixed(2)} × its time as Table, target 1 ×`, table <= 1),
    verdict(`memory ${memory.toFixed(2)} × its and etcd's, target 0.5 ×`, memory <= 0.5),
    verdict(`p99 of delivery ${own.own.p99.toFixed(1)} ms, target 20 ms`, own.own.p99 < 20),
  ];
}
