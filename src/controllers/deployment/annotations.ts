import type { Deployment, ReplicaSet } from '../../api/index.ts';
import {
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  maxSurge,
  numberIn,
  replicasOf,
  REVISION,
  REVISION_HISTORY,
} from './replica-sets.ts';

type Annotations = Readonly<Record<string, string>>;

/** The Deployment's annotations that its ReplicaSets do not get. */
const NOT_COPIED: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  'deprecated.deployment.rollback.to',
]);

/** The number of the Deployment's present template: one above all others. */
export function nextRevision(old: readonly ReplicaSet[]): number {
  return Math.max(0, ...old.map((replicaSet) => numberIn(replicaSet, REVISION) ?? 0)) + 1;
}

/**
 * The annotations of the ReplicaSet of the present template: the Deployment's own and the revision.
 *
 * A ReplicaSet that is rolled back to gets a new revision and remembers the one it had.
 *
 * @see kubernetes deployment_util.go `SetNewReplicaSetAnnotations`
 */
export function revisedAnnotations(
  replicaSet: ReplicaSet,
  deployment: Deployment,
  revision: number,
): Annotations {
  const copied = Object.entries(deployment.metadata.annotations ?? {}).filter(
    ([key]) => !NOT_COPIED.has(key),
  );
  const annotations = { ...replicaSet.metadata.annotations, ...Object.fromEntries(copied) };
  const former = numberIn(replicaSet, REVISION);
  if (former !== undefined && former >= revision) return annotations;
  if (former === undefined) return { ...annotations, [REVISION]: String(revision) };
  const history = annotations[REVISION_HISTORY] ?? '';
  return {
    ...annotations,
    [REVISION]: String(revision),
    [REVISION_HISTORY]: history === '' ? String(former) : `${history},${former}`,
  };
}

/** What a ReplicaSet is told about the Deployment's size whenever it is scaled; proportions are worked out from it. */
export function sizeAnnotations(deployment: Deployment): Annotations {
  const replicas = replicasOf(deployment);
  return {
    [DESIRED_REPLICAS]: String(replicas),
    [MAX_REPLICAS]: String(replicas + maxSurge(deployment)),
  };
}

/** Whether `annotations` say all that `wanted` does. */
export function includesAnnotations(annotations: Annotations = {}, wanted: Annotations): boolean {
  return Object.entries(wanted).every(([key, value]) => annotations[key] === value);
}
