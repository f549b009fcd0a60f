import {
  ApiError,
  type IntOrString,
  type PersistentVolumeClaim,
  type Pod,
  type StatefulSet,
} from '../../api/index.ts';
import { normal, warning } from '../announce.ts';
import { create, remove } from '../change.ts';
import type { Announce, Change, Snapshot } from '../controller.ts';
import { scaledValue } from '../int-or-percent.ts';
import { availableAt, isPodAvailable, isPodReady } from '../pod-condition.ts';
import { newClaimOwners, retainClaims } from './claim-retention.ts';
import {
  claimsOf,
  firstOrdinal,
  podOf,
  replicasOf,
  revisionOf,
  ordinalOf,
  type PodVersion,
} from './identity.ts';

/** A set, its Pods, and the templates that they are to be made from. */
export interface SetState {
  readonly set: StatefulSet;
  readonly pods: readonly Pod[];
  readonly current: PodVersion;
  readonly update: PodVersion;
}

/**
 * What to do next for the set's Pods; nothing while something has to be waited for.
 *
 * Missing Pods are made from the lowest ordinal up, surplus ones deleted from the highest down, and then outdated ones
 * from the highest down, one at a time. Unless the set is `Parallel`, each waits until those before it are available;
 * updates wait in any case.
 *
 * @see kubernetes stateful_set_control.go `updateStatefulSet`
 */
export function nextSteps(state: SetState, snapshot: Snapshot): readonly Change[] {
  const { set, pods } = state;
  const first = firstOrdinal(set);
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(pod, set) ?? -1, pod]));
  const ordinals = Array.from({ length: replicasOf(set) }, (_, index) => first + index);
  const surplus = [...byOrdinal]
    .filter(([ordinal]) => ordinal >= 0 && !ordinals.includes(ordinal))
    .toSorted(([a], [b]) => b - a)
    .map(([, pod]) => pod);
  const work: Work = { state, snapshot, byOrdinal, ordinals, surplus };
  const growth = grow(work);
  if (growth !== undefined) return growth;
  const shrinking = shrink(work);
  return shrinking ?? replaceOutdated(work);
}

interface Work {
  readonly state: SetState;
  readonly snapshot: Snapshot;
  readonly byOrdinal: ReadonlyMap<number, Pod>;
  readonly ordinals: readonly number[];
  /** The highest ordinal first. */
  readonly surplus: readonly Pod[];
}

/** @returns undefined when every wanted Pod is there and nothing has to be waited for. */
function grow(work: Work): readonly Change[] | undefined {
  const { state, snapshot, byOrdinal, ordinals } = work;
  const { set } = state;
  const changes: Change[] = [];
  for (const ordinal of ordinals) {
    const pod = byOrdinal.get(ordinal);
    const step = pod === undefined ? makePod(work, ordinal) : replaceEnded(set, pod);
    if (step.length > 0) {
      changes.push(...step);
      if (isOrdered(set)) return changes;
    }
    if (pod === undefined || step.length > 0) continue;
    changes.push(...restoreClaims(work, pod));
    if (isOrdered(set) && !isSettled(pod, work))
      return [...changes, ...awaitAvailability(pod, set, snapshot.now)];
    if (!hasEnded(pod)) changes.push(...keepClaims(work, pod));
  }
  return changes.length > 0 ? changes : undefined;
}

/** Who owns a Pod's claims, and that this was put right. */
function keepClaims({ state: { set }, snapshot }: Work, pod: Pod): readonly Change[] {
  const changes = retainClaims(set, [pod], snapshot);
  if (changes.length === 0) return [];
  const message = `Update Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`;
  const event = normal(set, 'SuccessfulUpdate', message);
  return [...changes, { kind: 'event', event }, AGAIN];
}

/** The rest is decided with what was written. */
const AGAIN: Change = { kind: 'requeue', afterMs: 0 };

/** What a Pod waits for that has not begun may have been deleted. */
function restoreClaims(work: Work, pod: Pod): readonly Change[] {
  const ordinal = ordinalOf(pod, work.state.set);
  const isWaiting = pod.status?.phase === 'Pending' && ordinal !== undefined;
  return isWaiting ? missingClaims(work, ordinal) : [];
}

/** Claims that a Pod is to have and that are not there. */
function missingClaims({ state: { set }, snapshot }: Work, ordinal: number): readonly Change[] {
  const pod = `Pod ${set.metadata.name}-${ordinal} in StatefulSet ${set.metadata.name}`;
  return claimsOf(set, ordinal)
    .filter(
      ({ metadata: { namespace, name } }) =>
        snapshot.get('PersistentVolumeClaim', namespace, name) === undefined,
    )
    .map((claim) =>
      create(ownedClaim(claim, set), tell(set, 'Create', `Claim ${claim.metadata.name} ${pod}`)),
    );
}

function makePod(work: Work, ordinal: number): readonly Change[] {
  const { set } = work.state;
  const pod = podOf(set, ordinal, versionFor(work.state, ordinal));
  const name = `Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name}`;
  return [...missingClaims(work, ordinal), create(pod, tell(set, 'Create', name))];
}

function ownedClaim(claim: PersistentVolumeClaim, set: StatefulSet): PersistentVolumeClaim {
  const ownerReferences = newClaimOwners(set);
  if (ownerReferences.length === 0) return claim;
  return { ...claim, metadata: { ...claim.metadata, ownerReferences } };
}

/** A Pod that ran to its end is replaced under the same name. */
function replaceEnded(set: StatefulSet, pod: Pod): readonly Change[] {
  return hasEnded(pod) && !isTerminating(pod) ? [deletePod(set, pod)] : [];
}

function hasEnded({ status }: Pod): boolean {
  return status?.phase === 'Failed' || status?.phase === 'Succeeded';
}

/** @returns undefined when there is no surplus and none has to be waited for. */
function shrink({
  state,
  snapshot,
  byOrdinal,
  ordinals,
  surplus,
}: Work): readonly Change[] | undefined {
  const { set } = state;
  // Before Pods go, so that who takes its claims along has them.
  const retained = retainClaims(set, surplus, snapshot);
  if (retained.length > 0) return [...retained, AGAIN];
  const going = surplus.filter((pod) => !isTerminating(pod));
  if (!isOrdered(set))
    return going.length > 0 ? going.map((pod) => deletePod(set, pod)) : undefined;
  const [target] = surplus;
  if (target === undefined) return undefined;
  if (isTerminating(target)) return [];
  const all = [...ordinals.map((ordinal) => byOrdinal.get(ordinal)), ...surplus];
  const firstUnhealthy = all.find((pod) => pod !== undefined && !isHealthy(pod));
  if (!isHealthy(target) && target !== firstUnhealthy) return [];
  const isAvailable = isPodAvailable(target, set.spec?.minReadySeconds ?? 0, snapshot.now);
  if (!isAvailable && target !== firstUnhealthy)
    return awaitAvailability(target, set, snapshot.now);
  return [deletePod(set, target)];
}

/** The highest Pod that is not of the new revision goes, once all above it are healthy. */
function replaceOutdated(work: Work): readonly Change[] {
  const { state, byOrdinal, ordinals } = work;
  const { set, update } = state;
  const { type, rollingUpdate } = set.spec?.updateStrategy ?? {};
  if (type === 'OnDelete') return [];
  const limit = rollingUpdate?.maxUnavailable;
  if (limit !== undefined) return replaceSeveral(work, limit);
  const lowest = firstOrdinal(set) + partitionOf(set);
  for (const ordinal of ordinals.filter((one) => one >= lowest).toReversed()) {
    const pod = byOrdinal.get(ordinal);
    if (pod === undefined) return [];
    if (revisionOf(pod) !== update.revision && !isTerminating(pod)) return [deletePod(set, pod)];
    if (!isHealthy(pod)) return [];
  }
  return [];
}

/** The highest outdated Pods go, as many as may be missing; what is missing anywhere in the set counts. */
function replaceSeveral(work: Work, maxUnavailable: IntOrString): readonly Change[] {
  const { state, byOrdinal, ordinals } = work;
  const { set, update } = state;
  const limit = Math.max(1, scaledValue(maxUnavailable, replicasOf(set), 'down') ?? 1);
  const missing = ordinals.filter((ordinal) => {
    const pod = byOrdinal.get(ordinal);
    return pod === undefined || !isSettled(pod, work);
  });
  const lowest = firstOrdinal(set) + partitionOf(set);
  return ordinals
    .filter((ordinal) => ordinal >= lowest)
    .toReversed()
    .map((ordinal) => byOrdinal.get(ordinal))
    .filter((pod) => pod !== undefined)
    .filter((pod) => revisionOf(pod) !== update.revision && !isTerminating(pod))
    .slice(0, Math.max(0, limit - missing.length))
    .map((pod) => deletePod(set, pod));
}

function partitionOf({ spec }: StatefulSet): number {
  return spec?.updateStrategy?.rollingUpdate?.partition ?? 0;
}

/** A Pod below the partition is made from the old template. */
function versionFor({ set, current, update }: SetState, ordinal: number): PodVersion {
  const { type, rollingUpdate } = set.spec?.updateStrategy ?? {};
  if (type === 'OnDelete') return update;
  const old =
    rollingUpdate === undefined
      ? (set.status?.currentReplicas ?? 0)
      : (rollingUpdate.partition ?? 0);
  return ordinal < firstOrdinal(set) + old ? current : update;
}

function isOrdered({ spec }: StatefulSet): boolean {
  return spec?.podManagementPolicy !== 'Parallel';
}

/** Whether the next Pod may follow. */
function isSettled(pod: Pod, { state, snapshot }: Work): boolean {
  const minReadySeconds = state.set.spec?.minReadySeconds ?? 0;
  return isHealthy(pod) && isPodAvailable(pod, minReadySeconds, snapshot.now);
}

function isHealthy(pod: Pod): boolean {
  return pod.status?.phase === 'Running' && isPodReady(pod) && !isTerminating(pod);
}

function isTerminating({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function awaitAvailability(pod: Pod, { spec }: StatefulSet, now: number): readonly Change[] {
  const at = availableAt(pod, spec?.minReadySeconds ?? 0);
  return at === undefined || at <= now ? [] : [{ kind: 'requeue', afterMs: at - now }];
}

function deletePod(set: StatefulSet, pod: Pod): Change {
  const what = `Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name}`;
  return remove(pod, { announce: tell(set, 'Delete', what) });
}

/** Claims have success, Pods are successful: so they read upstream. */
function tell(set: StatefulSet, verb: 'Create' | 'Delete', what: string): Announce {
  const success = what.startsWith('Claim') ? 'success' : 'successful';
  return (outcome) => {
    // Nothing is said of a name that somebody else has; it is tried again.
    if (outcome instanceof ApiError && outcome.reason === 'AlreadyExists') return undefined;
    return outcome instanceof ApiError
      ? warning(set, `Failed${verb}`, `${verb} ${what} failed error: ${outcome.message}`)
      : normal(set, `Successful${verb}`, `${verb} ${what} ${success}`);
  };
}
