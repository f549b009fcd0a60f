import type { ReplicaSet } from '../../api/index.ts';
import { remove } from '../change.ts';
import type { Change, Snapshot } from '../controller.ts';
import { isPodTerminal } from '../pod-condition.ts';
import { createCurrent, roomForCurrent } from './current-replica-set.ts';
import {
  allOf,
  isRolling,
  maxUnavailable,
  numberIn,
  replicasOf,
  REVISION,
  totalOf,
  totalReplicas,
  type Rollout,
} from './replica-sets.ts';
import { resize } from './scale.ts';

/**
 * The next step of a rollout: one ReplicaSet is made or grows, or old ones shrink; nothing when there is none to take
 * until Pods become ready.
 *
 * @see kubernetes pkg/controller/deployment/rolling.go, recreate.go
 */
export function roll(rollout: Rollout, snapshot: Snapshot): readonly Change[] {
  return isRolling(rollout.deployment) ? rollOver(rollout, snapshot) : recreate(rollout, snapshot);
}

/** Removes ReplicaSets that the revision history has no room for. @see deployment_util.go `cleanupDeployment` */
export function trimHistory({ deployment, old }: Rollout): readonly Change[] {
  const limit = deployment.spec?.revisionHistoryLimit;
  if (limit === undefined || limit === 2 ** 31 - 1) return [];
  const kept = old.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return kept
    .toSorted((a, b) => (numberIn(a, REVISION) ?? 0) - (numberIn(b, REVISION) ?? 0))
    .slice(0, Math.max(0, kept.length - limit))
    .filter(isSpent)
    .map((replicaSet) => remove(replicaSet));
}

function rollOver(rollout: Rollout, snapshot: Snapshot): readonly Change[] {
  const { deployment, current } = rollout;
  if (current === undefined) return createCurrent(rollout, snapshot);
  const wanted = replicasOf(deployment);
  const present = replicasOf(current);
  if (present !== wanted) {
    const size = present > wanted ? wanted : roomForCurrent(rollout);
    const growth = resize(deployment, current, size);
    if (growth.length > 0) return growth;
  }
  return shrinkOld(rollout, current);
}

/** Takes Pods from old ReplicaSets: the unhealthy ones, which cost no availability, and what availability allows. */
function shrinkOld(rollout: Rollout, current: ReplicaSet): readonly Change[] {
  const { deployment, old } = rollout;
  if (totalReplicas(old) === 0) return [];
  const all = allOf(rollout);
  const minAvailable = replicasOf(deployment) - maxUnavailable(deployment);
  const currentUnavailable = replicasOf(current) - (current.status?.availableReplicas ?? 0);
  const most = totalReplicas(all) - minAvailable - currentUnavailable;
  if (most <= 0) return [];
  const sizes = new Map(old.map((replicaSet) => [replicaSet, replicasOf(replicaSet)]));
  take(sizes, most, (replicaSet, size) => size - (replicaSet.status?.availableReplicas ?? 0));
  take(sizes, totalOf(all, 'availableReplicas') - minAvailable, (_, size) => size);
  return [...sizes]
    .filter(([replicaSet, size]) => size !== replicasOf(replicaSet))
    .flatMap(([replicaSet, size]) => resize(deployment, replicaSet, size));
}

/** Lowers sizes by `count` in all, each by no more than `limit` allows; the oldest first. */
function take(
  sizes: Map<ReplicaSet, number>,
  count: number,
  limit: (replicaSet: ReplicaSet, size: number) => number,
): void {
  let left = count;
  for (const [replicaSet, size] of sizes) {
    const taken = Math.max(0, Math.min(left, size, limit(replicaSet, size)));
    sizes.set(replicaSet, size - taken);
    left -= taken;
  }
}

/** Old Pods go first, and must be gone, not only going, before a new one is made. */
function recreate(rollout: Rollout, snapshot: Snapshot): readonly Change[] {
  const { deployment, current, old } = rollout;
  const shrinking = old
    .filter((replicaSet) => replicasOf(replicaSet) > 0)
    .flatMap((replicaSet) => resize(deployment, replicaSet, 0));
  if (shrinking.length > 0) return shrinking;
  if (old.some((replicaSet) => hasPods(replicaSet, snapshot))) return [];
  return current === undefined
    ? createCurrent(rollout, snapshot)
    : resize(deployment, current, replicasOf(deployment));
}

function hasPods({ metadata, status }: ReplicaSet, snapshot: Snapshot): boolean {
  if ((status?.replicas ?? 0) > 0) return true;
  return snapshot.ownedBy('Pod', metadata.uid ?? '').some((pod) => !isPodTerminal(pod));
}

function isSpent(replicaSet: ReplicaSet): boolean {
  const { metadata, status } = replicaSet;
  return (
    replicasOf(replicaSet) === 0 &&
    (status?.replicas ?? 0) === 0 &&
    (metadata.generation ?? 0) <= (status?.observedGeneration ?? 0)
  );
}
