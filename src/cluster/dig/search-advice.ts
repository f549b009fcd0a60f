import { walk, type StubResolver } from '../../dns/index.ts';

/** What became of a search. */
export interface SearchFacts {
  readonly name: string;
  readonly resolver: StubResolver['name'];
  readonly domains: readonly string[];
  readonly ndots: number;
  /** Questions for each name: one a type. */
  readonly typeCount: number;
  readonly queryCount: number;
  readonly hasAutopath: boolean;
  /** The name that was found, absolute; absent where none was. */
  readonly found?: string;
}

/**
 * How to come by the same address with fewer queries; empty where the search was as short as can be.
 *
 * Each is told with the queries that it takes, counted by walking the same path again.
 */
export function adviceFor(facts: SearchFacts): readonly string[] {
  const { found, typeCount, queryCount, name, ndots } = facts;
  if (found === undefined || queryCount <= typeCount) return [];
  const least = count(typeCount);
  const bare = name.replace(/\.$/, '');
  const dots = bare.split('.').length - 1;
  const shorter = queriesWith(facts, dots);
  const isBare = found === `${bare}.`.toLowerCase();
  return [
    `write "${found}", with the dot at its end: ${least}`,
    ...(isBare && dots > 0 && dots < ndots && shorter < queryCount
      ? [
          `in the Pod, dnsConfig: {options: [{name: ndots, value: "${dots}"}]}: ${count(shorter)} for names with ${dots === 1 ? 'a dot' : `${dots} dots`} or more`,
        ]
      : []),
    ...(facts.hasAutopath
      ? []
      : [
          `in the Corefile, \`autopath @kubernetes\` with \`pods verified\`: ${least}; the server walks the path of the Pod that asks`,
        ]),
  ];
}

/** Queries until the name is found, were `ndots` another. */
function queriesWith(
  { name, domains, resolver, found, typeCount }: SearchFacts,
  ndots: number,
): number {
  const steps = walk(name, { search: domains, ndots }, { name: resolver });
  let queries = 0;
  let step = steps.next();
  while (step.done !== true) {
    queries += typeCount;
    step = steps.next(step.value === found ? 'FOUND' : 'NXDOMAIN');
  }
  return queries;
}

function count(queries: number): string {
  return queries === 1 ? '1 query' : `${queries} queries`;
}
