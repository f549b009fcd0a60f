import {
  deepEqual,
  type ControllerRevision,
  type DaemonSet,
  type DaemonSetStatus,
  type Node,
  type Pod,
} from '../../api/index.ts';
import { warning } from '../announce.ts';
import { splitKey, updateStatus } from '../change.ts';
import { claim } from '../claim.ts';
import type { Change, Snapshot } from '../controller.ts';
import { defined } from '../defined.ts';
import { availableAt, isPodAvailable, isPodReady } from '../pod-condition.ts';
import { historyOf, trimRevisions, type History } from '../revisions.ts';
import { isEmptySelector } from '../selector.ts';
import { HASH_LABEL, isUpdated, judgeNode, nodeOf } from './daemon-pod.ts';
import { addDaemon, manageDaemons, removeDaemon } from './manage.ts';
import { rollDaemons, type Daemons } from './roll.ts';

/**
 * Keeps a daemon on every Node that a DaemonSet is meant for, and rolls its template from Node to Node.
 *
 * @see kubernetes pkg/controller/daemon
 */
export function reconcileDaemonSet(key: string, snapshot: Snapshot): readonly Change[] {
  const set = snapshot.get('DaemonSet', ...splitKey(key));
  const selector = set?.spec?.selector;
  if (set === undefined || selector === undefined) return [];
  if (isEmptySelector(selector)) {
    const message = 'This daemon set is selecting all pods. A non-empty selector is required.';
    return [{ kind: 'event', event: warning(set, 'SelectingAll', message) }];
  }
  const history = historyOf({ owner: set, hashLabel: HASH_LABEL, isTemplateHash: true }, snapshot);
  return history.changes.length > 0 ? history.changes : advance(set, history, snapshot);
}

function advance(set: DaemonSet, history: History, snapshot: Snapshot): readonly Change[] {
  const { selector = {}, revisionHistoryLimit = 10 } = set.spec ?? {};
  const hash = hashOf(history.latest) ?? '';
  const { owned, changes } = claim({ owner: set, selector, kind: 'Pod' }, snapshot);
  const state: SetState = { set, hash, nodes: snapshot.list('Node'), daemons: byNode(owned) };
  const isGoing = set.metadata.deletionTimestamp !== undefined;
  const steps = [...changes, ...(isGoing ? [] : stepsOf(state, snapshot.now))];
  if (steps.length > 0) return steps;
  const inUse = new Set([hash, ...owned.map(hashOf)]);
  return [
    ...reportStatus(state, history.collisionCount, snapshot.now),
    ...awaitAvailability(set, owned, snapshot.now),
    ...trimRevisions(history, revisionHistoryLimit, (revision) => inUse.has(hashOf(revision))),
  ];
}

function hashOf(object: Pod | ControllerRevision | undefined): string | undefined {
  return object?.metadata.labels?.[HASH_LABEL];
}

interface SetState {
  readonly set: DaemonSet;
  readonly hash: string;
  readonly nodes: readonly Node[];
  readonly daemons: Daemons;
}

function stepsOf({ set, hash, nodes, daemons }: SetState, now: number): readonly Change[] {
  const tidying = manageDaemons(set, { nodes, daemons, hash, now });
  if (tidying.length > 0) return tidying;
  const desired = nodes.filter((node) => judgeNode(set, node).shouldRun).length;
  const { toDelete, toSurge } = rollDaemons(set, daemons, { hash, desired, now });
  return [
    ...toDelete.map((pod) => removeDaemon(set, pod)),
    ...toSurge.map((node) => addDaemon(set, node, hash)),
  ];
}

function byNode(pods: readonly Pod[]): Daemons {
  const daemons = new Map<string, Pod[]>();
  for (const pod of pods) {
    const node = nodeOf(pod);
    if (node === undefined) continue;
    const present = daemons.get(node);
    if (present === undefined) daemons.set(node, [pod]);
    else present.push(pod);
  }
  return daemons;
}

function reportStatus(state: SetState, collisionCount: number, now: number): readonly Change[] {
  const { set } = state;
  const status: DaemonSetStatus = {
    ...countersOf(state, now),
    ...defined({
      observedGeneration: set.metadata.generation,
      collisionCount: collisionCount || undefined,
      conditions: set.status?.conditions,
    }),
  };
  return deepEqual(status, set.status) ? [] : [updateStatus({ ...set, status })];
}

function countersOf({ set, hash, nodes, daemons }: SetState, now: number): DaemonSetStatus {
  const isDesired = (node: Node): boolean => judgeNode(set, node).shouldRun;
  const desired = nodes.filter(isDesired);
  const oldest = desired.flatMap(({ metadata }) =>
    (daemons.get(metadata.name) ?? []).toSorted(byAge).slice(0, 1),
  );
  const minReadySeconds = set.spec?.minReadySeconds ?? 0;
  const available = oldest.filter((pod) => isPodAvailable(pod, minReadySeconds, now)).length;
  const misplaced = nodes.filter((node) => !isDesired(node) && daemons.has(node.metadata.name));
  return {
    currentNumberScheduled: oldest.length,
    numberMisscheduled: misplaced.length,
    desiredNumberScheduled: desired.length,
    numberReady: oldest.filter(isPodReady).length,
    ...defined({
      updatedNumberScheduled: oldest.filter((pod) => isUpdated(pod, hash)).length || undefined,
      numberAvailable: available || undefined,
      numberUnavailable: desired.length - available || undefined,
    }),
  };
}

/** Looks again when the next daemon will have been ready for long enough. */
function awaitAvailability(
  { spec }: DaemonSet,
  pods: readonly Pod[],
  now: number,
): readonly Change[] {
  const times = pods
    .map((pod) => availableAt(pod, spec?.minReadySeconds ?? 0) ?? 0)
    .filter((at) => at > now);
  return times.length === 0 ? [] : [{ kind: 'requeue', afterMs: Math.min(...times) - now }];
}

function byAge(a: Pod, b: Pod): number {
  return (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '');
}
