import { formatTime, type DeploymentCondition, type DeploymentStatus } from '../../api/index.ts';
import { conditionIn, isComplete, withCondition, type ConditionNote } from './status.ts';
import type { Rollout } from './replica-sets.ts';

const NO_DEADLINE = 2 ** 31 - 1;
const PROGRESSING = 'Progressing';

/** Seconds that a rollout may go without progress; undefined for as long as it takes. */
export function deadlineSeconds({ deployment }: Rollout): number | undefined {
  const seconds = deployment.spec?.progressDeadlineSeconds;
  return seconds === NO_DEADLINE ? undefined : seconds;
}

/**
 * `status` with the condition that says whether the rollout moves: complete, moving, or stuck for too long.
 *
 * @see kubernetes pkg/controller/deployment/progress.go `syncRolloutStatus`
 */
export function withProgress(
  rollout: Rollout,
  status: DeploymentStatus,
  now: number,
): DeploymentStatus {
  const conditions = status.conditions ?? [];
  const deadline = deadlineSeconds(rollout);
  if (deadline === undefined)
    return { ...status, conditions: conditions.filter(({ type }) => type !== PROGRESSING) };
  const known = conditionIn(conditions, PROGRESSING);
  if (known === undefined) return withProgress(rollout, withFirstSight(rollout, status, now), now);
  const isOver =
    (status.replicas ?? 0) === (status.updatedReplicas ?? 0) &&
    known.reason === 'NewReplicaSetAvailable';
  if (isOver) return status;
  return { ...status, conditions: judge(rollout, status, { known, deadline, now }) };
}

interface Judged {
  readonly known: DeploymentCondition;
  readonly deadline: number;
  readonly now: number;
}

function judge(
  rollout: Rollout,
  status: DeploymentStatus,
  { known, deadline, now }: Judged,
): readonly DeploymentCondition[] {
  const { deployment, current } = rollout;
  const conditions = status.conditions ?? [];
  const subject =
    current === undefined
      ? `Deployment "${deployment.metadata.name}"`
      : `ReplicaSet "${current.metadata.name}"`;
  if (isComplete(deployment, status)) return withCondition(conditions, completeNote(subject), now);
  if (hasProgressed(deployment.status ?? {}, status))
    return renewed(conditions, known, { subject, now });
  return isTimedOut(known, deadline, now)
    ? withCondition(conditions, timedOutNote(subject), now)
    : conditions;
}

/** Milliseconds until the rollout would be stuck for too long; undefined when that cannot happen. */
export function msToDeadline(
  rollout: Rollout,
  status: DeploymentStatus,
  now: number,
): number | undefined {
  const deadline = deadlineSeconds(rollout);
  const known = conditionIn(status.conditions ?? [], PROGRESSING);
  if (deadline === undefined || known === undefined) return undefined;
  // A rollout that was complete once is over, whatever becomes of its Pods.
  if (known.reason === 'ProgressDeadlineExceeded' || known.reason === 'NewReplicaSetAvailable')
    return undefined;
  if (isComplete(rollout.deployment, status)) return undefined;
  const at = Date.parse(known.lastUpdateTime ?? '') + (deadline + 1) * 1000;
  return Math.max(0, at - now);
}

/** From when nothing was said of progress yet: from now on the deadline runs. */
function withFirstSight(
  { current, deployment }: Rollout,
  status: DeploymentStatus,
  now: number,
): DeploymentStatus {
  const isFirst = deployment.status?.observedGeneration === undefined;
  const [verb, reason] = isFirst
    ? ['Created', 'NewReplicaSetCreated']
    : ['Found', 'FoundNewReplicaSet'];
  const message = `${verb} new replica set "${current?.metadata.name ?? deployment.metadata.name}"`;
  const note = { type: PROGRESSING, status: 'True', reason, message };
  return { ...status, conditions: withCondition(status.conditions ?? [], note, now) };
}

function hasProgressed(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const old = (status: DeploymentStatus): number =>
    (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    (after.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(after) < old(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

/** Progress renews the condition's time even where it says the same as before. */
function renewed(
  conditions: readonly DeploymentCondition[],
  known: DeploymentCondition,
  { subject, now }: { readonly subject: string; readonly now: number },
): readonly DeploymentCondition[] {
  const time = formatTime(now);
  const since = known.status === 'True' ? (known.lastTransitionTime ?? time) : time;
  return [
    ...conditions.filter(({ type }) => type !== PROGRESSING),
    {
      type: PROGRESSING,
      status: 'True',
      reason: 'ReplicaSetUpdated',
      message: `${subject} is progressing.`,
      lastTransitionTime: since,
      lastUpdateTime: time,
    },
  ];
}

function isTimedOut(known: DeploymentCondition, deadline: number, now: number): boolean {
  if (known.reason === 'NewReplicaSetAvailable') return false;
  if (known.reason === 'ProgressDeadlineExceeded') return true;
  return Date.parse(known.lastUpdateTime ?? '') + deadline * 1000 < now;
}

function completeNote(subject: string): ConditionNote {
  const message = `${subject} has successfully progressed.`;
  return { type: PROGRESSING, status: 'True', reason: 'NewReplicaSetAvailable', message };
}

function timedOutNote(subject: string): ConditionNote {
  const message = `${subject} has timed out progressing.`;
  return { type: PROGRESSING, status: 'False', reason: 'ProgressDeadlineExceeded', message };
}
