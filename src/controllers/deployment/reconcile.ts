import { deepEqual, type Deployment, type DeploymentStatus } from '../../api/index.ts';
import { warning } from '../announce.ts';
import { splitKey, updateStatus } from '../change.ts';
import { claim } from '../claim.ts';
import type { Change, Snapshot } from '../controller.ts';
import { isEmptySelector } from '../selector.ts';
import { reviseCurrent, reviseDeployment } from './current-replica-set.ts';
import { deadlineSeconds, msToDeadline, withProgress } from './progress.ts';
import { withReplicaFailure } from './replica-failure.ts';
import { rolloutOf, type Rollout } from './replica-sets.ts';
import { roll, trimHistory } from './roll.ts';
import { isScaling, scale } from './scale.ts';
import { conditionIn, isComplete, statusOf, withCondition } from './status.ts';

/**
 * Takes a Deployment one step towards the size and the template that it asks for.
 *
 * Each step is one ReplicaSet made or several resized; their changes wake the Deployment for the next one. Status is
 * written when no step is left to take for now.
 *
 * @see kubernetes pkg/controller/deployment/deployment_controller.go `syncDeployment`
 */
export function reconcileDeployment(key: string, snapshot: Snapshot): readonly Change[] {
  const deployment = snapshot.get('Deployment', ...splitKey(key));
  const selector = deployment?.spec?.selector;
  if (deployment === undefined || selector === undefined) return [];
  if (isEmptySelector(selector)) return [complainAboutSelector(deployment)];
  const { owned, changes } = claim({ owner: deployment, selector, kind: 'ReplicaSet' }, snapshot);
  const rollout = rolloutOf(deployment, owned);
  const steps =
    deployment.metadata.deletionTimestamp === undefined ? nextSteps(rollout, snapshot) : [];
  if (changes.length + steps.length > 0) return [...changes, ...steps];
  return report(rollout, snapshot.now);
}

function nextSteps(rollout: Rollout, snapshot: Snapshot): readonly Change[] {
  const isPaused = rollout.deployment.spec?.paused === true;
  const revising = [...reviseCurrent(rollout), ...reviseDeployment(rollout)];
  if (revising.length > 0) return revising;
  if (isPaused || isScaling(rollout)) {
    const scaling = scale(rollout);
    if (isPaused || scaling.length > 0) return scaling.length > 0 ? scaling : [];
  }
  const rolling = roll(rollout, snapshot);
  if (rolling.length > 0) return rolling;
  const status = statusOf(rollout, snapshot.now);
  return isComplete(rollout.deployment, status) ? trimHistory(rollout) : [];
}

function report(rollout: Rollout, now: number): readonly Change[] {
  const { deployment } = rollout;
  const status = fullStatus(rollout, now);
  if (!deepEqual(status, deployment.status)) return [updateStatus({ ...deployment, status })];
  const afterMs = isStanding(deployment) ? undefined : msToDeadline(rollout, status, now);
  return afterMs === undefined ? [] : [{ kind: 'requeue', afterMs }];
}

function fullStatus(rollout: Rollout, now: number): DeploymentStatus {
  const { deployment } = rollout;
  // Upstream writes this down before anything else, so it stands before what the counters give.
  const conditions = withPause(rollout, now);
  const before = { ...deployment, status: { ...deployment.status, conditions } };
  const status = statusOf({ ...rollout, deployment: before }, now);
  return isStanding(deployment)
    ? status
    : withReplicaFailure(rollout, withProgress(rollout, status, now));
}

/** Whether nobody asks how its rollout gets on. */
function isStanding({ metadata, spec }: Deployment): boolean {
  return spec?.paused === true || metadata.deletionTimestamp !== undefined;
}

/** Says that a rollout is paused or goes on; that a rollout timed out is not said over. */
function withPause(rollout: Rollout, now: number): NonNullable<DeploymentStatus['conditions']> {
  const conditions = rollout.deployment.status?.conditions ?? [];
  if (deadlineSeconds(rollout) === undefined) return conditions;
  const known = conditionIn(conditions, 'Progressing');
  if (known?.reason === 'ProgressDeadlineExceeded') return conditions;
  const isPaused = rollout.deployment.spec?.paused === true;
  if (isPaused === (known?.reason === 'DeploymentPaused')) return conditions;
  const note = isPaused
    ? { reason: 'DeploymentPaused', message: 'Deployment is paused' }
    : { reason: 'DeploymentResumed', message: 'Deployment is resumed' };
  const condition = { type: 'Progressing', status: 'Unknown', ...note };
  return withCondition(conditions, condition, now);
}

function complainAboutSelector(deployment: Deployment): Change {
  const message = 'This deployment is selecting all pods. A non-empty selector is required.';
  return { kind: 'event', event: warning(deployment, 'SelectingAll', message) };
}
