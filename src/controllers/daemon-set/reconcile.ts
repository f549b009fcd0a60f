import {
  deepEqual,
  type ControllerRevision,
  type DaemonSet,
  type DaemonSetStatus,
  type Node,
  type Pod,
} from '../../api/index.ts';
import { warning } from '../announce.ts';
import { remove, splitKey, updateStatus } from '../change.ts';
import { claim } from '../claim.ts';
import type { Change, Snapshot } from '../controller.ts';
import { defined } from '../defined.ts';
import { availableAt, isPodAvailable, isPodReady, isPodTerminal } from '../pod-condition.ts';
import { historyOf, type History } from '../revisions.ts';
import { isEmptySelector } from '../selector.ts';
import { HASH_LABEL, isUpdated, judgeNode, nodeOf } from './daemon-pod.ts';
import {
  addDaemon,
  compareDaemons,
  type DaemonFailures,
  manageDaemons,
  removeDaemon,
} from './manage.ts';
import { rollDaemons, type Daemons } from './roll.ts';

/**
 * Keeps a daemon on every Node that a DaemonSet is meant for, and rolls its template from Node to Node.
 *
 * @see kubernetes pkg/controller/daemon
 */
export function reconcileDaemonSet(
  key: string,
  snapshot: Snapshot,
  failures: DaemonFailures,
): readonly Change[] {
  const set = snapshot.get('DaemonSet', ...splitKey(key));
  const selector = set?.spec?.selector;
  if (set === undefined || selector === undefined) return [];
  if (isEmptySelector(selector)) {
    const message = 'This daemon set is selecting all pods. A non-empty selector is required.';
    return [{ kind: 'event', event: warning(set, 'SelectingAll', message) }];
  }
  // Whether its history is still there is for the garbage collector to say.
  if (set.metadata.deletionTimestamp !== undefined) return [];
  const history = historyOf({ owner: set, hashLabel: HASH_LABEL, isTemplateHash: true }, snapshot);
  return history.changes.length > 0
    ? history.changes
    : advance(set, history, { snapshot, failures });
}

interface Round {
  readonly snapshot: Snapshot;
  readonly failures: DaemonFailures;
}

function advance(
  set: DaemonSet,
  history: History,
  { snapshot, failures }: Round,
): readonly Change[] {
  const { selector = {}, revisionHistoryLimit = 10 } = set.spec ?? {};
  const hash = hashOf(history.latest) ?? '';
  const { owned, changes } = claim({ owner: set, selector, kind: 'Pod' }, snapshot);
  const nodes = snapshot.list('Node');
  const state: SetState = { set, hash, nodes, daemons: byNode(owned), failures };
  const { steps: own, isStuck } = stepsOf(state, snapshot.now);
  const steps = [...changes, ...own];
  const report = reportStatus(state, history.collisionCount, snapshot.now);
  // How many there should be is told even where none may be made.
  if (steps.some(({ kind }) => kind !== 'requeue')) return [...report, ...steps];
  const inUse = new Set(owned.map(hashOf));
  return [
    ...steps,
    ...report,
    ...awaitAvailability(set, owned, snapshot.now),
    ...(isStuck ? [] : trimHistory(history, revisionHistoryLimit, inUse)),
  ];
}

/** Old revisions beyond the limit, from the first on; those of Pods count, and stay. */
function trimHistory(
  { revisions, latest }: History,
  limit: number,
  inUse: ReadonlySet<string | undefined>,
): readonly Change[] {
  const old = revisions.filter((revision) => revision !== latest);
  const spare = old.filter((revision) => !inUse.has(hashOf(revision)));
  return spare.slice(0, Math.max(0, old.length - limit)).map((revision) => remove(revision));
}

function hashOf(object: Pod | ControllerRevision | undefined): string | undefined {
  return object?.metadata.labels?.[HASH_LABEL];
}

interface SetState {
  readonly set: DaemonSet;
  readonly hash: string;
  readonly nodes: readonly Node[];
  readonly daemons: Daemons;
  readonly failures: DaemonFailures;
}

interface Steps {
  readonly steps: readonly Change[];
  readonly isStuck: boolean;
}

function stepsOf(state: SetState, now: number): Steps {
  const { set, hash, nodes, daemons } = state;
  const tidying = manageDaemons(set, { ...state, now });
  if (tidying.some(({ kind }) => kind !== 'requeue')) return { steps: tidying, isStuck: false };
  const verdicts = new Map(
    nodes.map((node) => [node.metadata.name, judgeNode(set, node).shouldRun]),
  );
  const desired = [...verdicts.values()].filter(Boolean).length;
  const shouldRun = (node: string): boolean | undefined => verdicts.get(node);
  const roll = rollDaemons(set, daemons, { hash, desired, shouldRun, now });
  const steps = [
    ...tidying,
    ...roll.toDelete.map((pod) => removeDaemon(set, pod)),
    ...roll.toSurge.map((node) => addDaemon(set, node, hash)),
  ];
  return { steps, isStuck: roll.isStuck ?? false };
}

function byNode(pods: readonly Pod[]): Daemons {
  const daemons = new Map<string, Pod[]>();
  for (const pod of pods) {
    const node = nodeOf(pod);
    // What has ended and is being deleted is nobody's concern here.
    const isOver = pod.metadata.deletionTimestamp !== undefined && isPodTerminal(pod);
    if (node === undefined || isOver) continue;
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
    (daemons.get(metadata.name) ?? []).toSorted(compareDaemons).slice(0, 1),
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
      updatedNumberScheduled: oldest.filter((pod) => isUpdated(set, pod, hash)).length || undefined,
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
