import {
  deepEqual,
  formatTime,
  type ApiError,
  type Pod,
  type ReplicaSet,
  type ReplicaSetStatus,
} from '../../api/index.ts';
import { announceCreatedPod, announceDeletedPod } from '../announce.ts';
import { create, remove, splitKey, updateStatus } from '../change.ts';
import { claim } from '../claim.ts';
import type { Change, Snapshot } from '../controller.ts';
import { defined } from '../defined.ts';
import { controllerOf } from '../owner.ts';
import {
  availableAt,
  isPodActive,
  isPodAvailable,
  isPodReady,
  isPodTerminal,
} from '../pod-condition.ts';
import { podOfTemplate } from '../pod-of-template.ts';
import { victimsFirst } from '../victims.ts';

type Conditions = NonNullable<ReplicaSetStatus['conditions']>;

/** Pods that one sync creates or deletes at most. */
const BURST = 500;

/**
 * Brings the number of a ReplicaSet's Pods to what is asked for.
 *
 * Status is written when nothing is left to do: every Pod that is made or deleted wakes the ReplicaSet again.
 * Upstream keeps expectations because its caches lag behind its own writes; a snapshot is always current.
 *
 * @see kubernetes pkg/controller/replicaset/replica_set.go
 */
export function reconcileReplicaSet(key: string, snapshot: Snapshot): readonly Change[] {
  const replicaSet = snapshot.get('ReplicaSet', ...splitKey(key));
  const selector = replicaSet?.spec?.selector;
  if (replicaSet === undefined || selector === undefined) return [];
  const { owned, changes } = claim(
    { owner: replicaSet, selector, kind: 'Pod', isEligible: isPodActive },
    snapshot,
  );
  const isGoing = replicaSet.metadata.deletionTimestamp !== undefined;
  const scaling = isGoing ? [] : scale(replicaSet, owned, snapshot);
  if (changes.length + scaling.length > 0) return [...changes, ...scaling];
  return [
    ...reportStatus(replicaSet, owned, { snapshot }),
    ...awaitAvailability(replicaSet, owned, snapshot.now),
  ];
}

function scale(
  replicaSet: ReplicaSet,
  pods: readonly Pod[],
  snapshot: Snapshot,
): readonly Change[] {
  const missing = (replicaSet.spec?.replicas ?? 1) - pods.length;
  if (missing >= 0) {
    const pod = podOfTemplate(replicaSet.spec?.template, replicaSet);
    const announce = announceCreatedPod(replicaSet);
    const whenRefused = ({ message }: ApiError): readonly Change[] =>
      reportStatus(replicaSet, pods, { snapshot, refusal: message });
    return Array.from({ length: Math.min(missing, BURST) }, () =>
      create(pod, announce, whenRefused),
    );
  }
  const announce = announceDeletedPod(replicaSet);
  const related = relatedPods(replicaSet, pods, snapshot);
  return victimsFirst(pods, { related, now: snapshot.now })
    .slice(0, Math.min(-missing, BURST))
    .map((pod) => remove(pod, { announce }));
}

/** Active Pods of every ReplicaSet of the same Deployment; a ReplicaSet on its own has none. */
function relatedPods(
  replicaSet: ReplicaSet,
  pods: readonly Pod[],
  snapshot: Snapshot,
): readonly Pod[] {
  const deployment = controllerOf(replicaSet);
  if (deployment === undefined) return [];
  return snapshot
    .ownedBy('ReplicaSet', deployment.uid)
    .flatMap((sibling) =>
      sibling.metadata.uid === replicaSet.metadata.uid
        ? pods
        : snapshot.ownedBy('Pod', sibling.metadata.uid ?? '').filter(isPodActive),
    );
}

interface Reported {
  readonly snapshot: Snapshot;
  /** Why a Pod could not be made. */
  readonly refusal?: string;
}

function reportStatus(
  replicaSet: ReplicaSet,
  pods: readonly Pod[],
  facts: Reported,
): readonly Change[] {
  const status = statusOf(replicaSet, pods, facts);
  return deepEqual(status, replicaSet.status) ? [] : [updateStatus({ ...replicaSet, status })];
}

function statusOf(
  replicaSet: ReplicaSet,
  pods: readonly Pod[],
  { snapshot, refusal }: Reported,
): ReplicaSetStatus {
  const { minReadySeconds = 0, template } = replicaSet.spec ?? {};
  const labels = Object.entries(template?.metadata?.labels ?? {});
  const isLabeled = ({ metadata }: Pod): boolean =>
    labels.every(([key, value]) => metadata.labels?.[key] === value);
  const count = (holds: (pod: Pod) => boolean): number | undefined =>
    pods.filter(holds).length || undefined;
  const terminating = snapshot
    .ownedBy('Pod', replicaSet.metadata.uid ?? '')
    .filter((pod) => pod.metadata.deletionTimestamp !== undefined && !isPodTerminal(pod));
  const conditions = withFailure(replicaSet.status?.conditions ?? [], refusal, snapshot.now);
  return {
    replicas: pods.length,
    ...defined({
      fullyLabeledReplicas: count(isLabeled),
      readyReplicas: count(isPodReady),
      availableReplicas: count((pod) => isPodAvailable(pod, minReadySeconds, snapshot.now)),
      observedGeneration: replicaSet.metadata.generation,
      conditions: conditions.length > 0 ? conditions : undefined,
    }),
    terminatingReplicas: terminating.length,
  };
}

const FAILURE = 'ReplicaFailure';

/** Says since when Pods cannot be made; nothing where they can. */
function withFailure(conditions: Conditions, refusal: string | undefined, now: number): Conditions {
  if (refusal === undefined) return conditions.filter(({ type }) => type !== FAILURE);
  if (conditions.some(({ type }) => type === FAILURE)) return conditions;
  const note = { reason: 'FailedCreate', message: refusal };
  const lastTransitionTime = formatTime(now);
  return [...conditions, { type: FAILURE, status: 'True', lastTransitionTime, ...note }];
}

/** Looks again when the next ready Pod will have been ready for long enough. */
function awaitAvailability(
  { spec }: ReplicaSet,
  pods: readonly Pod[],
  now: number,
): readonly Change[] {
  const times = pods
    .map((pod) => availableAt(pod, spec?.minReadySeconds ?? 0))
    .filter((at) => at !== undefined && at > now)
    .map((at) => (at ?? now) - now);
  return times.length === 0 ? [] : [{ kind: 'requeue', afterMs: Math.min(...times) }];
}
