import type { Pod } from '../api/index.ts';
import { isPodReady, podCondition } from './pod-condition.ts';

const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
const PHASE_ORDER: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

export interface VictimOptions {
  /** Pods of the same Deployment, which count when many share a Node. */
  readonly related: readonly Pod[];
  readonly now: number;
}

/**
 * Pods in the order in which a ReplicaSet gives them up: first those that serve least.
 *
 * Ages are compared in buckets that double in width; inside a bucket the uid decides, so that not always the newest
 * Pods go.
 *
 * @see kubernetes controller_utils.go `ActivePodsWithRanks`; KEP-2185
 */
export function victimsFirst(
  pods: readonly Pod[],
  { related, now }: VictimOptions,
): readonly Pod[] {
  const crowd = new Map<string, number>();
  for (const { spec } of related) {
    const node = spec?.nodeName ?? '';
    crowd.set(node, (crowd.get(node) ?? 0) + 1);
  }
  const crowdOf = (pod: Pod): number => crowd.get(pod.spec?.nodeName ?? '') ?? 0;
  const rules: readonly Comparison[] = [
    ascending((pod) => ((pod.spec?.nodeName ?? '') === '' ? 0 : 1)),
    ascending((pod) => PHASE_ORDER[pod.status?.phase ?? ''] ?? 0),
    ascending((pod) => (isPodReady(pod) ? 1 : 0)),
    ascending(deletionCost),
    ascending((pod) => -crowdOf(pod)),
    byAge(readySince, now),
    ascending((pod) => -restarts(pod)),
    byAge(createdAt, now),
  ];
  return pods.toSorted((a, b) => {
    for (const rule of rules) {
      const order = rule(a, b);
      if (order !== 0) return order;
    }
    return 0;
  });
}

type Comparison = (a: Pod, b: Pod) => number;

function ascending(measure: (pod: Pod) => number): Comparison {
  return (a, b) => measure(a) - measure(b);
}

/** Younger first; among those of one bucket the uid decides. */
function byAge(since: (pod: Pod) => number | undefined, now: number): Comparison {
  return (a, b) => {
    const [sinceA, sinceB] = [since(a), since(b)];
    if (sinceA === sinceB) return 0;
    if (sinceA === undefined) return -1;
    if (sinceB === undefined) return 1;
    const order = bucket(now - sinceA) - bucket(now - sinceB);
    return order === 0 ? compareText(a.metadata.uid ?? '', b.metadata.uid ?? '') : order;
  };
}

/** The power of two, in nanoseconds, below an age. */
function bucket(ageMs: number): number {
  return ageMs > 0 ? Math.trunc(Math.log2(ageMs * 1e6)) : -1;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function deletionCost({ metadata }: Pod): number {
  const text = metadata.annotations?.[DELETION_COST] ?? '0';
  return /^(0|-?[1-9]\d*)$/.test(text) ? Number(text) : 0;
}

/** Undefined for a Pod that is not ready: the rule concerns ready ones only, and all before it are equal. */
function readySince(pod: Pod): number | undefined {
  return isPodReady(pod) ? readTime(podCondition(pod, 'Ready')?.lastTransitionTime) : undefined;
}

function createdAt({ metadata }: Pod): number | undefined {
  return readTime(metadata.creationTimestamp);
}

function readTime(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}

function restarts({ status }: Pod): number {
  return Math.max(0, ...(status?.containerStatuses ?? []).map(({ restartCount }) => restartCount));
}
