import type { Node } from '../../api/index.ts';
import { lotOf } from '../../ipam/index.ts';
import { matchesTerm } from '../node-affinity.ts';
import { taintsOf, tolerates } from '../tolerations.ts';
import type { NodeFacts } from './cluster-cache.ts';
import type { SchedulingContext } from './filters.ts';
import { podAffinityScore } from './pod-affinity.ts';
import { spreadCounts } from './topology-spread.ts';

const ZONE = 'topology.kubernetes.io/zone';

/** One wish: raw scores of the Nodes, made comparable before they are weighed. */
interface Wish {
  readonly weight: number;
  /** More is better. */
  readonly score: (facts: NodeFacts) => number;
}

/**
 * The best of the Nodes that will do.
 *
 * Wishes are those of kube-scheduler's default profile with their weights, each brought to 0–1. Between equals a hash of
 * seed, Pod and Node decides, so the same Pods on the same Nodes go the same way in every run.
 *
 * @param candidates At least one.
 */
export function bestNode(
  context: SchedulingContext,
  candidates: readonly NodeFacts[],
  seed: number,
): NodeFacts | undefined {
  if (candidates.length < 2) return candidates[0];
  const totals = candidates.map(() => 0);
  for (const { weight, score } of wishesOf(context)) {
    const raw = candidates.map(score);
    const [low, high] = [Math.min(...raw), Math.max(...raw)];
    if (high === low) continue;
    for (const [index, value] of raw.entries())
      totals[index] = (totals[index] ?? 0) + (weight * (value - low)) / (high - low);
  }
  const best = Math.max(...totals);
  const equals = candidates.filter((_, index) => best - (totals[index] ?? 0) < EPSILON);
  return drawLots(equals, context, seed);
}

/** Sums of the same wishes in another order may differ by this much. */
const EPSILON = 1e-9;

function drawLots(
  candidates: readonly NodeFacts[],
  { pod }: SchedulingContext,
  seed: number,
): NodeFacts | undefined {
  let [drawn] = candidates;
  if (candidates.length === 1) return drawn;
  let highest = -1;
  for (const facts of candidates) {
    const lot = lotOf(seed, `${pod.key} ${facts.node.metadata.name}`);
    if (lot <= highest) continue;
    highest = lot;
    drawn = facts;
  }
  return drawn;
}

function wishesOf(context: SchedulingContext): readonly Wish[] {
  const drawn = podAffinityScore(context);
  return [
    { weight: 3, score: ({ node }) => -dislikedTaints(context, node) },
    { weight: 2, score: ({ node }) => preferredAffinity(context, node) },
    { weight: 2, score: spreadScore(context) },
    { weight: 2, score: ({ node }) => drawn(node) },
    { weight: 1, score: ({ pods }) => -pods.size },
  ];
}

function dislikedTaints({ pod }: SchedulingContext, node: Node): number {
  const tolerations = pod.pod.spec?.tolerations ?? [];
  return taintsOf(node, ['PreferNoSchedule']).filter(
    (taint) => !tolerations.some((toleration) => tolerates(toleration, taint)),
  ).length;
}

function preferredAffinity({ pod }: SchedulingContext, node: Node): number {
  const terms =
    pod.pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  let score = 0;
  for (const { preference, weight } of terms) if (matchesTerm(preference, node)) score += weight;
  return score;
}

/** Fewer of the same Pods nearby are better: by the Pod's own constraints, else by its owner's other Pods. */
function spreadScore(context: SchedulingContext): (facts: NodeFacts) => number {
  const { pod } = context;
  if ((pod.pod.spec?.topologySpreadConstraints ?? []).length === 0) return ownerSpread(context);
  const counts = spreadCounts(context, 'ScheduleAnyway');
  return ({ node }) => {
    let score = 0;
    for (const { constraint, byDomain } of counts) {
      const domain = node.metadata.labels?.[constraint.topologyKey];
      // A Node outside of the topology comes last.
      score -=
        domain === undefined ? Math.max(...byDomain.values(), 0) + 1 : (byDomain.get(domain) ?? 0);
    }
    return score;
  };
}

function ownerSpread({ pod, cache }: SchedulingContext): (facts: NodeFacts) => number {
  if (pod.owner === undefined) return () => 0;
  const byNode = new Map<string, number>();
  const byZone = new Map<string, number>();
  for (const { nodeName, isTerminating } of cache.podsOf(pod.owner)) {
    const node = cache.node(nodeName);
    if (isTerminating || node === undefined) continue;
    const zone = node.metadata.labels?.[ZONE] ?? '';
    byNode.set(nodeName, (byNode.get(nodeName) ?? 0) + 1);
    byZone.set(zone, (byZone.get(zone) ?? 0) + 1);
  }
  return ({ node }) =>
    -(byNode.get(node.metadata.name) ?? 0) - (byZone.get(node.metadata.labels?.[ZONE] ?? '') ?? 0);
}
