import type { Step } from '../observe/index.ts';
import { explainMatch } from './explain-match.ts';
import { findRoute, normaliseHost, type Match, type RouteQuestion } from './find-route.ts';
import type { RouteTable } from './route-table.ts';

/** What was found, and why. */
export interface RouteMatch {
  readonly match: Match;
  readonly steps: readonly Step[];
}

/**
 * The route of a request.
 *
 * The class that follows the specification: the most specific host first (equal, then one label for the star, then rules
 * without a host), in it the longest path, Exact before Prefix; then the default backend. A Prefix matches whole path
 * elements, case counts, and a trailing slash on either side does not.
 *
 * The class of ingress-nginx: one server for each host, whose locations are the paths; a host that it knows is never
 * served by rules without a host. Where both classes have a host, paths of the first are looked at first.
 *
 * @param isExplained Fill `steps`; the hot path leaves them out. @default false
 * @see Kubernetes documentation, "Ingress", path types and hostname wildcards; nginx, "location"
 */
export function matchRoute(
  table: RouteTable,
  question: RouteQuestion,
  isExplained = false,
): RouteMatch {
  const host = normaliseHost(question.host);
  const match = findRoute(table, host, question.path);
  return {
    match,
    steps: isExplained ? explainMatch(table, { ...question, host }, match) : NO_STEPS,
  };
}

const NO_STEPS: readonly Step[] = [];
