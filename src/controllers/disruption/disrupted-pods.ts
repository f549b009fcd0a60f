import type { Pod, PodDisruptionBudget } from '../../api/index.ts';

/** How long an evicted Pod may take until it is seen to go. @see upstream `DeletionTimeout` */
const DELETION_TIMEOUT_MS = 120_000;

export interface Disrupted {
  /** As the status keeps them; undefined when there are none. */
  readonly disruptedPods: Readonly<Record<string, string>> | undefined;
  /** Pods whose deletion should have been seen by now. */
  readonly overdue: readonly Pod[];
  /** When to look again; undefined when there is nothing to wait for. */
  readonly recheckAt: number | undefined;
}

/** Pods that were let go by an eviction and have not been seen to go. @see upstream `buildDisruptedPodMap` */
export function disruptedPods(
  { status }: PodDisruptionBudget,
  pods: readonly Pod[],
  now: number,
): Disrupted {
  const known = status?.disruptedPods ?? {};
  const waiting: Record<string, string> = {};
  const overdue: Pod[] = [];
  let recheckAt: number | undefined;
  for (const pod of pods) {
    const { name, deletionTimestamp } = pod.metadata;
    const since = known[name];
    if (since === undefined || deletionTimestamp !== undefined) continue;
    const until = Date.parse(since) + DELETION_TIMEOUT_MS;
    if (until < now) {
      overdue.push(pod);
      continue;
    }
    waiting[name] = since;
    recheckAt = Math.min(recheckAt ?? until, until);
  }
  const isEmpty = Object.keys(waiting).length === 0;
  return { disruptedPods: isEmpty ? undefined : waiting, overdue, recheckAt };
}
