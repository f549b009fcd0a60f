import type { Deployment, ReplicaSet } from '../../api/index.ts';
import { normal } from '../announce.ts';
import { update } from '../change.ts';
import type { Change } from '../controller.ts';
import { includesAnnotations, sizeAnnotations } from './annotations.ts';
import {
  allOf,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  maxSurge,
  numberIn,
  replicasOf,
  totalReplicas,
  type Rollout,
} from './replica-sets.ts';

/** Gives a ReplicaSet another size, with the Event that tells of it; nothing when it has that size already. */
export function resize(
  deployment: Deployment,
  replicaSet: ReplicaSet,
  replicas: number,
): readonly Change[] {
  const before = replicasOf(replicaSet);
  const annotations = sizeAnnotations(deployment);
  if (before === replicas && includesAnnotations(replicaSet.metadata.annotations, annotations))
    return [];
  const { metadata, spec } = replicaSet;
  const resized: ReplicaSet = {
    ...replicaSet,
    metadata: { ...metadata, annotations: { ...metadata.annotations, ...annotations } },
    ...(spec && { spec: { ...spec, replicas } }),
  };
  if (before === replicas) return [update(resized)];
  const direction = before < replicas ? 'up' : 'down';
  const message = `Scaled ${direction} replica set ${metadata.name} from ${before} to ${replicas}`;
  return [
    update(resized),
    { kind: 'event', event: normal(deployment, 'ScalingReplicaSet', message) },
  ];
}

/** Whether the Deployment was given another size since its ReplicaSets were last told. */
export function isScaling(rollout: Rollout): boolean {
  const replicas = replicasOf(rollout.deployment);
  return allOf(rollout)
    .filter(isActive)
    .some((replicaSet) => (numberIn(replicaSet, DESIRED_REPLICAS) ?? replicas) !== replicas);
}

/**
 * Carries a change of the Deployment's size to its ReplicaSets: to the only one with Pods, or in the middle of a
 * rollout to each in proportion.
 *
 * @see kubernetes pkg/controller/deployment/sync.go `scale`
 */
export function scale(rollout: Rollout): readonly Change[] {
  const { deployment, current, old } = rollout;
  const replicas = replicasOf(deployment);
  const active = allOf(rollout).filter(isActive);
  const only = active.length > 1 ? undefined : (active[0] ?? current ?? old.at(-1));
  if (only !== undefined)
    return replicasOf(only) === replicas ? [] : resize(deployment, only, replicas);
  if (current !== undefined && isSaturated(current, deployment))
    return old.filter(isActive).flatMap((replicaSet) => resize(deployment, replicaSet, 0));
  return scaleInProportion(deployment, active);
}

function scaleInProportion(
  deployment: Deployment,
  active: readonly ReplicaSet[],
): readonly Change[] {
  const replicas = replicasOf(deployment);
  const allowed = replicas === 0 ? 0 : replicas + maxSurge(deployment);
  const toAdd = allowed - totalReplicas(active);
  const sorted = active.toSorted((a, b) => {
    const bySize = replicasOf(b) - replicasOf(a);
    return bySize === 0 ? compareCreation(a, b) * (toAdd > 0 ? -1 : 1) : bySize;
  });
  let added = 0;
  const sizes = sorted.map((replicaSet) => {
    const share = shareOf(replicaSet, deployment, { toAdd, added });
    added += share;
    return replicasOf(replicaSet) + share;
  });
  return sorted.flatMap((replicaSet, index) => {
    const leftover = index === 0 ? toAdd - added : 0;
    return resize(deployment, replicaSet, Math.max(0, (sizes[index] ?? 0) + leftover));
  });
}

/** The part of a change of size that falls to one ReplicaSet. @see deployment_util.go `GetReplicaSetProportion` */
function shareOf(
  replicaSet: ReplicaSet,
  deployment: Deployment,
  { toAdd, added }: { readonly toAdd: number; readonly added: number },
): number {
  const size = replicasOf(replicaSet);
  if (size === 0 || toAdd === 0 || toAdd === added) return 0;
  const share = fairShare(replicaSet, deployment);
  return toAdd > 0 ? Math.min(share, toAdd - added) : Math.max(share, toAdd - added);
}

function fairShare(replicaSet: ReplicaSet, deployment: Deployment): number {
  const size = replicasOf(replicaSet);
  if (replicasOf(deployment) === 0) return -size;
  const before = numberIn(replicaSet, MAX_REPLICAS) || (deployment.status?.replicas ?? 0);
  if (before === 0) return 0;
  return Math.round((size * (replicasOf(deployment) + maxSurge(deployment))) / before) - size;
}

function isSaturated(replicaSet: ReplicaSet, deployment: Deployment): boolean {
  const replicas = replicasOf(deployment);
  return (
    replicasOf(replicaSet) === replicas &&
    numberIn(replicaSet, DESIRED_REPLICAS) === replicas &&
    (replicaSet.status?.availableReplicas ?? 0) === replicas
  );
}

function isActive(replicaSet: ReplicaSet): boolean {
  return replicasOf(replicaSet) > 0;
}

function compareCreation(a: ReplicaSet, b: ReplicaSet): number {
  const [first = '', second = ''] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp];
  if (first === second) return 0;
  return first < second ? -1 : 1;
}
