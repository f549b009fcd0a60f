/**
 * The API server beside a real kube-apiserver with etcd (where their binaries are on PATH or in $KUBEBUILDER_ASSETS), in
 * turns, each as a process of its own: time to ready, memory, creates, patches, lists and watches.
 */
import { machine, spreadOf, type Bench } from './bench.ts';
import { createClient } from './api-parts/client.ts';
import { createPods, listPods, patchPods, watchChanges, type Delivery } from './api-parts/loads.ts';
import { contenders, type Contender } from './api-parts/parties.ts';

const PODS = Number(process.env['PODLANE_BENCH_PODS'] ?? 10_000);
const MEASURED_CREATES = Math.min(3000, PODS / 2);
const PATCHES = 2000;
const LISTS = 5;
const SECONDS = 5;
const WATCHERS = 1000;

interface Figures {
  readonly readyMs: number;
  readonly emptyMB: number;
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
  const report: Record<string, unknown> = { machine: machine(), pods: PODS, watchers: WATCHERS };
  const all = new Map<string, Figures>();
  for (const contender of contenders(print)) {
    const figures = await measure(contender);
    all.set(contender.name, figures);
    report[contender.name] = figures;
    for (const line of sentences(figures)) print(`${contender.name}: ${line}`);
  }
  const [own, upstream] = [all.get('podlane'), all.get('kube-apiserver')];
  if (own !== undefined && upstream !== undefined)
    for (const line of verdicts(own, upstream)) print(line);
  return report;
};

async function measure(contender: Contender): Promise<Figures> {
  await using party = await contender.start();
  const { address, readyMs, memoryMB, cpuMs } = party;
  using client = createClient(address);
  const emptyMB = memoryMB();
  // The first ones find nothing compiled yet.
  await createPods(client, 0, MEASURED_CREATES / 4);
  const cpuBefore = cpuMs();
  const createsPerSecond = await createPods(client, MEASURED_CREATES / 4, MEASURED_CREATES);
  const createCpuMs = (cpuMs() - cpuBefore) / (MEASURED_CREATES * 0.75);
  const patchesPerSecond = await patchPods(client, PATCHES);
  await createPods(client, MEASURED_CREATES, PODS);
  const fullMB = memoryMB();
  const lists: Record<'JSON' | 'Table', number[]> = { JSON: [], Table: [] };
  for (let run = 0; run < LISTS; run += 1)
    for (const form of ['JSON', 'Table'] as const) lists[form].push(await listPods(client, form));
  const watch = { address, watchers: WATCHERS, seconds: SECONDS };
  return {
    readyMs,
    emptyMB,
    createsPerSecond,
    createCpuMs,
    patchesPerSecond,
    fullMB,
    listMs: spreadOf(lists.JSON).median,
    tableMs: spreadOf(lists.Table).median,
    own: await watchChanges({ ...watch, kind: 'own', changesPerSecond: 1000 }),
    all: await watchChanges({ ...watch, kind: 'all', changesPerSecond: 10 }),
  };
}

function sentences(figures: Figures): readonly string[] {
  const { readyMs, emptyMB, fullMB, createsPerSecond, createCpuMs, patchesPerSecond } = figures;
  const delivered = ({ delivered: got, expected, p50, p99, changesPerSecond }: Delivery): string =>
    `${got} of ${expected} delivered at ${changesPerSecond.toFixed(0)} changes/s, median ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`;
  return [
    `ready after ${readyMs.toFixed(0)} ms; ${emptyMB.toFixed(0)} MB then, ${fullMB.toFixed(0)} MB with ${PODS} Pods`,
    `${createsPerSecond.toFixed(0)} creates/s (${createCpuMs.toFixed(2)} ms of CPU each), ${patchesPerSecond.toFixed(0)} patches/s`,
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
