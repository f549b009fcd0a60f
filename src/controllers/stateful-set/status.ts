import type { Pod, StatefulSet, StatefulSetStatus } from '../../api/index.ts';
import { defined } from '../defined.ts';
import { isPodAvailable, isPodReady } from '../pod-condition.ts';
import { replicasOf, revisionOf } from './identity.ts';

export interface SetRevisions {
  readonly current: string;
  readonly update: string;
  readonly collisionCount: number;
}

/** The set's counters; once every Pod is of the new revision, that is the current one. @see stateful_set_control.go `updateStatus` */
export function statusOf(
  set: StatefulSet,
  pods: readonly Pod[],
  { revisions, now }: { readonly revisions: SetRevisions; readonly now: number },
): StatefulSetStatus {
  const minReadySeconds = set.spec?.minReadySeconds ?? 0;
  const count = (holds: (pod: Pod) => boolean): number => pods.filter(holds).length;
  const isReady = (pod: Pod): boolean => pod.status?.phase === 'Running' && isPodReady(pod);
  const isOf = (revision: string) => (pod: Pod) =>
    pod.metadata.deletionTimestamp === undefined && revisionOf(pod) === revision;
  const ready = count(isReady);
  const updated = count(isOf(revisions.update));
  const isComplete =
    set.spec?.updateStrategy?.type !== 'OnDelete' &&
    [updated, ready, pods.length].every((number) => number === replicasOf(set));
  return {
    ...defined({ observedGeneration: set.metadata.generation }),
    replicas: pods.length,
    ...defined({
      readyReplicas: ready || undefined,
      currentReplicas: (isComplete ? updated : count(isOf(revisions.current))) || undefined,
      updatedReplicas: updated || undefined,
    }),
    currentRevision: isComplete ? revisions.update : revisions.current,
    updateRevision: revisions.update,
    collisionCount: revisions.collisionCount,
    availableReplicas: count((pod) => isReady(pod) && isPodAvailable(pod, minReadySeconds, now)),
    ...defined({ conditions: set.status?.conditions }),
  };
}
