import type { ServiceEndpoint } from '../service.ts';

/** What a scheduler chooses by. */
export interface ScheduleInput {
  /** Not empty; each has a weight above 0. */
  readonly candidates: readonly ServiceEndpoint[];
  /** A whole number above 0. */
  readonly weightOf: (endpoint: ServiceEndpoint) => number;
  /** Connections that are open to it through this Node and this Service port. */
  readonly connectionsTo: (endpoint: ServiceEndpoint) => number;
  /** How many connections this Node has scheduled for this Service port before. */
  readonly turn: number;
  readonly source: string;
  readonly destination: string;
  /** In [0, 1). */
  readonly random: () => number;
}

/** Picks one of the candidates; the same input gives the same endpoint, but for `random`. */
export type Schedule = (input: ScheduleInput) => ServiceEndpoint | undefined;

/** The candidate with the smallest cost, the first of several. */
export function cheapest(
  candidates: readonly ServiceEndpoint[],
  costOf: (endpoint: ServiceEndpoint) => number,
): ServiceEndpoint | undefined {
  let best: ServiceEndpoint | undefined;
  let bestCost = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const cost = costOf(candidate);
    if (cost < bestCost) [best, bestCost] = [candidate, cost];
  }
  return best;
}
