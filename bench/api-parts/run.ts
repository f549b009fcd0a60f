import { spreadOf } from '../bench.ts';
import { createClient, type Client } from './client.ts';
import { contenders, type Party } from './parties.ts';

/** One server that is measured. */
export interface Run {
  readonly name: string;
  readonly party: Party;
  readonly client: Client;
  /** Resident memory before anything was asked of it. */
  readonly emptyMB: number;
}

/** Starts every contender; they end with `stack`. */
export async function startAll(
  stack: AsyncDisposableStack,
  print: (line: string) => void,
): Promise<readonly Run[]> {
  const runs: Run[] = [];
  for (const { name, start } of contenders(print)) {
    const party = stack.use(await start());
    const client = stack.use(createClient(party.address));
    runs.push({ name, party, client, emptyMB: party.memoryMB() });
  }
  return runs;
}

/** A step that is taken by every server before the next one is: what else the machine does falls on all alike. */
export async function inTurns(
  runs: readonly Run[],
  step: (run: Run) => Promise<unknown>,
): Promise<void> {
  for (const run of runs) await step(run);
}

/** Figures of several rounds, by server. */
export type Rounds<F> = ReadonlyMap<Run, F[]>;

export function roundsOf<F>(runs: readonly Run[]): Rounds<F> {
  return new Map(runs.map((run) => [run, []]));
}

/** The middle of one figure of a server's rounds. */
export function medianOf<F>(rounds: readonly F[], figure: (round: F) => number): number {
  return spreadOf(rounds.map(figure)).median;
}

/** podlane and the peer of whose figures the targets are; undefined where one of them is missing. */
export function ofPeers<F>(
  figures: Readonly<Record<string, F>>,
): { readonly own: F; readonly upstream: F } | undefined {
  const { podlane: own, 'kube-apiserver': upstream } = figures;
  return own === undefined || upstream === undefined ? undefined : { own, upstream };
}

/** What a target's line says. */
export function verdict(text: string, isKept: boolean): string {
  return `${text}: ${isKept ? 'kept' : 'MISSED'}`;
}
