import type { Deployment, ReplicaSet } from '../../api/index.ts';
import { scaledValue } from '../int-or-percent.ts';
import { isSameTemplate } from '../template-hash.ts';

/** The label by which the Pods of one template are told from those of another. */
export const TEMPLATE_HASH = 'pod-template-hash';
/** The number of a template among those that the Deployment had. */
export const REVISION = 'deployment.kubernetes.io/revision';
/** Numbers that a template had before it was rolled back to. */
export const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
/** What the Deployment asked for when the ReplicaSet was last scaled. */
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas';
/** What the Deployment allowed with its surge when the ReplicaSet was last scaled. */
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';

/** A Deployment and its ReplicaSets: the one of its template, and those before it, the oldest first. */
export interface Rollout {
  readonly deployment: Deployment;
  readonly current: ReplicaSet | undefined;
  readonly old: readonly ReplicaSet[];
}

/** Tells the ReplicaSet of the Deployment's present template from the others; of several it is the oldest. */
export function rolloutOf(deployment: Deployment, replicaSets: readonly ReplicaSet[]): Rollout {
  const oldestFirst = replicaSets.toSorted(byCreation);
  const current = oldestFirst.find(({ spec }) =>
    isSameTemplate(spec?.template, deployment.spec?.template, TEMPLATE_HASH),
  );
  return { deployment, current, old: oldestFirst.filter((replicaSet) => replicaSet !== current) };
}

/** Every ReplicaSet of a rollout. */
export function allOf({ current, old }: Rollout): readonly ReplicaSet[] {
  return current === undefined ? old : [...old, current];
}

/** How many Pods a ReplicaSet or Deployment asks for. */
export function replicasOf({ spec }: Deployment | ReplicaSet): number {
  return spec?.replicas ?? 1;
}

/** How many Pods ReplicaSets ask for together. */
export function totalReplicas(replicaSets: readonly ReplicaSet[]): number {
  return replicaSets.reduce((sum, replicaSet) => sum + replicasOf(replicaSet), 0);
}

/** The sum of one counter over ReplicaSets. */
export function totalOf(
  replicaSets: readonly ReplicaSet[],
  counter: 'replicas' | 'readyReplicas' | 'availableReplicas' | 'terminatingReplicas',
): number {
  return replicaSets.reduce((sum, { status }) => sum + (status?.[counter] ?? 0), 0);
}

/** Whether Pods are replaced a few at a time rather than all at once. */
export function isRolling({ spec }: Deployment): boolean {
  return spec?.strategy?.type !== 'Recreate';
}

/** How many Pods a rolling update may have too many. */
export function maxSurge(deployment: Deployment): number {
  return isRolling(deployment) ? fenceposts(deployment).surge : 0;
}

/** How many Pods a rolling update may have too few. */
export function maxUnavailable(deployment: Deployment): number {
  const replicas = replicasOf(deployment);
  if (!isRolling(deployment) || replicas === 0) return 0;
  return Math.min(fenceposts(deployment).unavailable, replicas);
}

/** A ReplicaSet's annotation that holds a number. */
export function numberIn(replicaSet: ReplicaSet, annotation: string): number | undefined {
  const text = replicaSet.metadata.annotations?.[annotation];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** The oldest first; the store's order of names decides among those of one second. */
export function byCreation(a: ReplicaSet, b: ReplicaSet): number {
  const [first = '', second = ''] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp];
  if (first === second) return (numberIn(a, REVISION) ?? 0) - (numberIn(b, REVISION) ?? 0);
  return first < second ? -1 : 1;
}

/** Surge rounds up and unavailable rounds down; both may not be zero, or nothing could move. @see `ResolveFenceposts` */
function fenceposts(deployment: Deployment): {
  readonly surge: number;
  readonly unavailable: number;
} {
  const { maxSurge: most = '25%', maxUnavailable: least = '25%' } =
    deployment.spec?.strategy?.rollingUpdate ?? {};
  const replicas = replicasOf(deployment);
  const surge = scaledValue(most, replicas, 'up') ?? 0;
  const unavailable = scaledValue(least, replicas, 'down') ?? 0;
  return surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable };
}
