/** The data path beside others, in turns of short rounds. */
import { spreadOf } from '../bench.ts';
import { bulk, datagrams, keepAlive, oneShot, type Target } from './load.ts';
import type { Party } from './party.ts';

export interface Contestant {
  readonly party: Party;
  readonly target: Target;
}

/** What one round, or the median of several, came to. */
export type Figures = Readonly<Record<string, number>>;

export interface Comparison {
  /** Medians over the rounds. */
  readonly figures: Readonly<Record<string, Figures>>;
  /** How the first contestant, and the others, did against the last in the same round: more is better. */
  readonly ratios: Readonly<Record<string, Figures>>;
}

export interface Pace {
  readonly rounds: number;
  /** Of each of a round's parts. */
  readonly durationMs: number;
}

/**
 * Measures all contestants in each round, and compares them with the last one within the round: what else the machine
 * does meets all of them alike.
 */
export async function compare(
  contestants: Readonly<Record<string, Contestant>>,
  measure: (contestant: Contestant, durationMs: number) => Promise<Figures>,
  { rounds, durationMs }: Pace,
): Promise<Comparison> {
  const names = Object.keys(contestants);
  const base = names.at(-1) ?? '';
  const results: Record<string, Figures>[] = [];
  for (let round = -1; round < rounds; round += 1) {
    const result: Record<string, Figures> = {};
    // Each begins as often as the others.
    for (let turn = 0; turn < names.length; turn += 1) {
      const name = names[(turn + round + 1) % names.length] ?? '';
      const contestant = contestants[name];
      if (contestant !== undefined) result[name] = await measure(contestant, durationMs);
    }
    if (round >= 0) results.push(result); // the first is for the compilers
  }
  const over = (of: (result: Record<string, Figures>) => Figures): Figures =>
    medians(results.map(of));
  return {
    figures: byName(names, (name) => over((result) => result[name] ?? {})),
    ratios: byName(names.slice(0, -1), (name) =>
      over((result) => ratios(result[name] ?? {}, result[base] ?? {})),
    ),
  };
}

/** Requests over kept connections, connections with one request each, and one connection's bytes. */
export async function measureTcp(
  { party, target }: Contestant,
  durationMs: number,
): Promise<Figures> {
  const seconds = durationMs / 1000;
  let before = party.cpuUs();
  const { count, p99Ms } = await keepAlive(target, { connections: 16, durationMs });
  const requestsCpu = party.cpuUs() - before;
  before = party.cpuUs();
  const connections = await oneShot(target, { parallel: 16, durationMs });
  const connectionsCpu = party.cpuUs() - before;
  before = party.cpuUs();
  const megabytes = (await bulk(target, durationMs)) / 1e6;
  const bulkCpu = party.cpuUs() - before;
  return {
    requestsPerSecond: count / seconds,
    cpuPerRequestUs: requestsCpu / count,
    p99Ms,
    connectionsPerSecond: connections / seconds,
    cpuPerConnectionUs: connectionsCpu / connections,
    bulkMBps: megabytes / seconds,
    cpuPerMegabyteUs: bulkCpu / megabytes,
  };
}

/** Datagrams that went there and back. */
export async function measureUdp(
  { party, target }: Contestant,
  durationMs: number,
): Promise<Figures> {
  const before = party.cpuUs();
  const count = await datagrams(target, durationMs);
  return {
    datagramsPerSecond: (count * 1000) / durationMs,
    cpuPerDatagramUs: (party.cpuUs() - before) / count,
  };
}

/** Of what is a cost, less is better. */
function ratios(figures: Figures, base: Figures): Figures {
  return byName(Object.keys(figures), (name) => {
    const [own = Number.NaN, other = Number.NaN] = [figures[name], base[name]];
    return isCost(name) ? other / own : own / other;
  });
}

function isCost(name: string): boolean {
  return name.startsWith('cpu') || name.endsWith('Ms');
}

function medians(all: readonly Figures[]): Figures {
  return byName(
    Object.keys(all[0] ?? {}),
    (name) => spreadOf(all.map((figures) => figures[name] ?? Number.NaN)).median,
  );
}

function byName<T>(names: readonly string[], of: (name: string) => T): Record<string, T> {
  return Object.fromEntries(names.map((name) => [name, of(name)]));
}
