import { createPods, listPods } from './loads.ts';
import { inTurns, medianOf, ofPeers, roundsOf, startAll, verdict } from './run.ts';

const ROUNDS = 7;

interface Lists {
  readonly emptyMB: number;
  readonly fullMB: number;
  readonly listMs: number;
  readonly tableMs: number;
}

/** Lists of many Pods, and the memory that they take. */
export async function measureLists(
  print: (line: string) => void,
  pods: number,
): Promise<Readonly<Record<string, Lists>>> {
  await using stack = new AsyncDisposableStack();
  const runs = await startAll(stack, print);
  await inTurns(runs, ({ client }) => createPods(client, 0, pods));
  const fullMB = new Map(runs.map((run) => [run, run.party.memoryMB()]));
  const rounds = roundsOf<Pick<Lists, 'listMs' | 'tableMs'>>(runs);
  for (let round = 0; round < ROUNDS; round += 1)
    await inTurns(runs, async (run) =>
      rounds.get(run)?.push({
        listMs: await listPods(run.client, 'JSON'),
        tableMs: await listPods(run.client, 'Table'),
      }),
    );
  const figures: Record<string, Lists> = {};
  for (const [run, of] of rounds) {
    const all = {
      emptyMB: run.emptyMB,
      fullMB: fullMB.get(run) ?? Number.NaN,
      listMs: medianOf(of, ({ listMs }) => listMs),
      tableMs: medianOf(of, ({ tableMs }) => tableMs),
    };
    figures[run.name] = all;
    print(
      `${run.name}: list of ${pods} Pods ${all.listMs.toFixed(0)} ms as JSON, ${all.tableMs.toFixed(0)} ms as Table; ${all.emptyMB.toFixed(0)} MB empty, ${all.fullMB.toFixed(0)} MB with them`,
    );
  }
  judge(figures, print);
  return figures;
}

function judge(figures: Readonly<Record<string, Lists>>, print: (line: string) => void): void {
  const both = ofPeers(figures);
  if (both === undefined) return;
  const { own, upstream } = both;
  const [list, table] = [own.listMs / upstream.listMs, own.tableMs / upstream.tableMs];
  const memory = own.fullMB / upstream.fullMB;
  print(verdict(`list ${list.toFixed(2)} × its time as JSON, target 1 ×`, list <= 1));
  print(verdict(`list ${table.toFixed(2)} × its time as Table, target 1 ×`, table <= 1));
  print(verdict(`memory ${memory.toFixed(2)} × its and etcd's, target 0.5 ×`, memory <= 0.5));
}
