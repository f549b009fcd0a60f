/**
 * The API server beside a real kube-apiserver with etcd (where their binaries are on PATH or in $KUBEBUILDER_ASSETS), in
 * turns, each as a process of its own: time to ready, creates, patches, lists, memory and watches.
 *
 * `BENCH_ONLY` names some parts.
 */
import { figuresBefore, isChosen, machine, type Bench, type Report } from './bench.ts';
import { measureLists } from './api-parts/lists.ts';
import { measureWatches } from './api-parts/watches.ts';
import { measureWrites } from './api-parts/writes.ts';

const PODS = Number(process.env['PODLANE_BENCH_PODS'] ?? 10_000);
const WATCHERS = 1000;

export const bench: Bench = async (print) => {
  const report: Report = {
    ...figuresBefore('api'),
    machine: machine(),
    pods: PODS,
    watchers: WATCHERS,
  };
  for (const [part, measure] of Object.entries(PARTS))
    if (isChosen(part)) report[part] = await measure(print);
  return report;
};

const PARTS: Readonly<Record<string, (print: (line: string) => void) => Promise<object>>> = {
  writes: measureWrites,
  lists: (print) => measureLists(print, PODS),
  watches: (print) => measureWatches(print, { pods: PODS, watchers: WATCHERS }),
};
