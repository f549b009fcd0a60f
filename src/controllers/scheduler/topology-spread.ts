import type { LabelPredicate, Node, TopologySpreadConstraint } from '../../api/index.ts';
import { matchesRequiredAffinity } from '../node-affinity.ts';
import { untoleratedTaint } from '../tolerations.ts';
import type { NodeFacts } from './cluster-cache.ts';
import type { NodeFilter, SchedulingContext } from './filters.ts';
import { predicateOf, type PodFacts } from './pod-facts.ts';

const MISMATCH = "node(s) didn't match pod topology spread constraints";

/** One constraint with the Pods that it counts, by value of its topology key. */
export interface SpreadCount {
  readonly constraint: TopologySpreadConstraint;
  readonly selects: LabelPredicate;
  /** Only domains of Nodes that count. */
  readonly byDomain: ReadonlyMap<string, number>;
}

/** The filter for `DoNotSchedule` constraints; none when the Pod has none. @see kubernetes podtopologyspread/filtering.go */
export function topologySpreadFilter(context: SchedulingContext): readonly NodeFilter[] {
  const counts = spreadCounts(context, 'DoNotSchedule');
  if (counts.length === 0) return [];
  return [
    ({ node }) => {
      for (const count of counts) {
        const domain = node.metadata.labels?.[count.constraint.topologyKey];
        if (domain === undefined)
          return { reason: `${MISMATCH} (missing required label)`, isFinal: true };
        if (skewAt(count, domain, context.pod) > count.constraint.maxSkew)
          return { reason: MISMATCH, isFinal: false };
      }
      return undefined;
    },
  ];
}

/** The constraints of one kind, counted over the Nodes that take part. */
export function spreadCounts(
  { pod, nodes }: SchedulingContext,
  whenUnsatisfiable: string,
): readonly SpreadCount[] {
  const constraints = (pod.pod.spec?.topologySpreadConstraints ?? []).filter(
    (constraint) => constraint.whenUnsatisfiable === whenUnsatisfiable,
  );
  const keys = constraints.map(({ topologyKey }) => topologyKey);
  // A Node takes part only with every topology key of the Pod's constraints.
  const placed = nodes.filter(({ node }) =>
    keys.every((key) => node.metadata.labels?.[key] !== undefined),
  );
  return constraints.map((constraint) => {
    const selects = predicateOf(constraint.labelSelector, pod.labels, constraint);
    const byDomain = new Map<string, number>();
    for (const facts of placed) {
      if (!takesPart(facts.node, constraint, pod)) continue;
      const domain = facts.node.metadata.labels?.[constraint.topologyKey] ?? '';
      byDomain.set(domain, (byDomain.get(domain) ?? 0) + countOn(facts, pod.namespace, selects));
    }
    return { constraint, selects, byDomain };
  });
}

function takesPart(
  node: Node,
  { nodeAffinityPolicy = 'Honor', nodeTaintsPolicy = 'Ignore' }: TopologySpreadConstraint,
  { pod }: PodFacts,
): boolean {
  const spec = pod.spec ?? { containers: [] };
  if (nodeAffinityPolicy === 'Honor' && !matchesRequiredAffinity(spec, node)) return false;
  return (
    nodeTaintsPolicy !== 'Honor' ||
    untoleratedTaint(spec, node, ['NoSchedule', 'NoExecute']) === undefined
  );
}

function countOn({ pods }: NodeFacts, namespace: string, selects: LabelPredicate): number {
  let count = 0;
  for (const other of pods.values())
    if (other.namespace === namespace && !other.isTerminating && selects(other.labels)) count += 1;
  return count;
}

function skewAt(
  { constraint, selects, byDomain }: SpreadCount,
  domain: string,
  pod: PodFacts,
): number {
  const self = selects(pod.labels) ? 1 : 0;
  // Fewer domains than asked for count as if an empty one were there.
  const isShort = byDomain.size < (constraint.minDomains ?? 1);
  const least = isShort || byDomain.size === 0 ? 0 : Math.min(...byDomain.values());
  return (byDomain.get(domain) ?? 0) + self - least;
}
