import { createPods, patchPods } from './loads.ts';
import { inTurns, medianOf, ofPeers, roundsOf, startAll, verdict, type Run } from './run.ts';

const ROUNDS = 9;
/** Creations, and patches, a round. */
const ROUND = 500;
/** Creations before those that count: nothing is compiled at first, and a server is measured when it runs at its speed. */
const FIRST = 8 * ROUND;

interface Writes {
  readonly readyMs: number;
  /** Of the first ones after a start. */
  readonly firstCreatesPerSecond: number;
  readonly createsPerSecond: number;
  readonly createCpuMs: number;
  readonly patchesPerSecond: number;
  readonly patchCpuMs: number;
}

type Round = Pick<Writes, 'createsPerSecond' | 'createCpuMs' | 'patchesPerSecond' | 'patchCpuMs'>;

/** Creates and patches of Pods. */
export async function measureWrites(
  print: (line: string) => void,
): Promise<Readonly<Record<string, Writes>>> {
  await using stack = new AsyncDisposableStack();
  const runs = await startAll(stack, print);
  const first = new Map<Run, number>();
  const rounds = roundsOf<Round>(runs);
  await inTurns(runs, async (run) => {
    first.set(run, await createPods(run.client, 0, ROUND));
    await createPods(run.client, ROUND, FIRST);
    await patchPods(run.client, FIRST);
  });
  for (let round = 0; round < ROUNDS; round += 1)
    await inTurns(runs, async (run) =>
      rounds.get(run)?.push(await measureRound(run, FIRST + round * ROUND)),
    );
  const figures: Record<string, Writes> = {};
  for (const [run, of] of rounds) {
    const all = {
      readyMs: run.party.readyMs,
      firstCreatesPerSecond: first.get(run) ?? Number.NaN,
      createsPerSecond: medianOf(of, (round) => round.createsPerSecond),
      createCpuMs: medianOf(of, (round) => round.createCpuMs),
      patchesPerSecond: medianOf(of, (round) => round.patchesPerSecond),
      patchCpuMs: medianOf(of, (round) => round.patchCpuMs),
    };
    figures[run.name] = all;
    print(
      `${run.name}: ready after ${all.readyMs.toFixed(0)} ms; ${all.createsPerSecond.toFixed(0)} creates/s (${all.createCpuMs.toFixed(2)} ms of CPU each; ${all.firstCreatesPerSecond.toFixed(0)}/s at first), ${all.patchesPerSecond.toFixed(0)} patches/s (${all.patchCpuMs.toFixed(2)} ms)`,
    );
  }
  judge(figures, print);
  return figures;
}

async function measureRound({ party, client }: Run, from: number): Promise<Round> {
  const before = party.cpuMs();
  const createsPerSecond = await createPods(client, from, from + ROUND);
  const between = party.cpuMs();
  const patchesPerSecond = await patchPods(client, ROUND);
  return {
    createsPerSecond,
    createCpuMs: (between - before) / ROUND,
    patchesPerSecond,
    patchCpuMs: (party.cpuMs() - between) / ROUND,
  };
}

function judge(figures: Readonly<Record<string, Writes>>, print: (line: string) => void): void {
  const both = ofPeers(figures);
  if (both === undefined) return;
  const { own, upstream } = both;
  const creates = own.createsPerSecond / upstream.createsPerSecond;
  const patches = own.patchesPerSecond / upstream.patchesPerSecond;
  const ready = upstream.readyMs / own.readyMs;
  const cpu = upstream.createCpuMs / own.createCpuMs;
  print(
    `ready ${ready.toFixed(1)} × as fast; ${cpu.toFixed(1)} × as many creates for the same CPU time; patches ${patches.toFixed(1)} ×`,
  );
  print(verdict(`creates ${creates.toFixed(1)} × kube-apiserver's, target 3 ×`, creates >= 3));
}
