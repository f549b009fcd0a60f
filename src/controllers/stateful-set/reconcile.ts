import { deepEqual, type Pod, type StatefulSet } from '../../api/index.ts';
import { warning } from '../announce.ts';
import { splitKey, updateStatus } from '../change.ts';
import { claim } from '../claim.ts';
import type { Change, Snapshot } from '../controller.ts';
import { historyOf, templateIn, trimRevisions, type History } from '../revisions.ts';
import { isEmptySelector } from '../selector.ts';
import { ordinalOf, revisionOf } from './identity.ts';
import { statusOf } from './status.ts';
import { nextSteps } from './steps.ts';

/** The label under which a revision carries its hash. */
const HASH_LABEL = 'controller.kubernetes.io/hash';

/**
 * Takes a StatefulSet one step towards what it asks for; the Pods that change wake it for the next one.
 *
 * @see kubernetes pkg/controller/statefulset
 */
export function reconcileStatefulSet(key: string, snapshot: Snapshot): readonly Change[] {
  const set = snapshot.get('StatefulSet', ...splitKey(key));
  const selector = set?.spec?.selector;
  if (set === undefined || selector === undefined) return [];
  if (isEmptySelector(selector)) {
    const message = 'This StatefulSet is selecting all pods. A non-empty selector is required.';
    return [{ kind: 'event', event: warning(set, 'SelectingAll', message) }];
  }
  const history = historyOf({ owner: set, hashLabel: HASH_LABEL, isTemplateHash: false }, snapshot);
  if (history.changes.length > 0) return history.changes;
  const isMember = (pod: Pod): boolean => ordinalOf(pod, set) !== undefined;
  const { owned, changes } = claim(
    { owner: set, selector, kind: 'Pod', isEligible: isMember },
    snapshot,
  );
  if (changes.length > 0) return changes;
  return advance(set, owned, { history, snapshot });
}

function advance(
  set: StatefulSet,
  pods: readonly Pod[],
  { history, snapshot }: { readonly history: History; readonly snapshot: Snapshot },
): readonly Change[] {
  const { latest, revisions, collisionCount } = history;
  if (latest === undefined) return [];
  const current =
    revisions.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? latest;
  const isGoing = set.metadata.deletionTimestamp !== undefined;
  const status = statusOf(set, pods, {
    revisions: { current: current.metadata.name, update: latest.metadata.name, collisionCount },
    now: snapshot.now,
  });
  const steps = isGoing
    ? []
    : nextSteps(
        {
          set,
          pods,
          current: { template: templateIn(current), revision: current.metadata.name },
          update: { template: templateIn(latest), revision: latest.metadata.name },
        },
        snapshot,
      );
  const report = deepEqual(status, set.status) ? [] : [updateStatus({ ...set, status })];
  if (steps.some(({ kind }) => kind === 'create' || kind === 'delete' || kind === 'update'))
    return steps.map((step) =>
      step.kind === 'create' ? { ...step, whenRefused: () => report } : step,
    );
  const inUse = new Set([
    status.currentRevision,
    status.updateRevision,
    ...pods.map((pod) => revisionOf(pod)),
  ]);
  const limit = set.spec?.revisionHistoryLimit ?? 10;
  return [
    ...steps,
    ...report,
    ...trimRevisions(history, limit, ({ metadata }) => inUse.has(metadata.name)),
  ];
}
