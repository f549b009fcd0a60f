import { deepEqual, type Job, type JobStatus, type Pod } from '../../api/index.ts';
import { announceDeletedPod, normal, warning } from '../announce.ts';
import { remove, splitKey, update, updateStatus } from '../change.ts';
import { claim } from '../claim.ts';
import type { Change, Snapshot } from '../controller.ts';
import { controllerOf } from '../owner.ts';
import { conditionOf, isFinished, withCondition } from './conditions.ts';
import { isTracked, selectorOf, untracked } from './job-pod.ts';
import { discard, managePods } from './manage.ts';
import { statusOf } from './status.ts';
import { tallyOf } from './tally.ts';
import { msToDeadline, verdictOn, type Verdict } from './verdict.ts';

/**
 * Runs a Job's Pods until enough have succeeded or too many failed.
 *
 * @see kubernetes pkg/controller/job/job_controller.go
 */
export function reconcileJob(key: string, snapshot: Snapshot): readonly Change[] {
  const job = snapshot.get('Job', ...splitKey(key));
  if (job === undefined) return releaseOrphans(key, snapshot);
  if (isManagedByOthers(job)) return [];
  const { owned, changes } = claim(
    { owner: job, selector: selectorOf(job), kind: 'Pod' },
    snapshot,
  );
  if (changes.length > 0) return changes;
  // Nobody counts them any more, so nothing may hold them.
  if (isFinished(job) || job.metadata.deletionTimestamp !== undefined)
    return owned.filter(isTracked).map((pod) => update(untracked(pod)));
  return advance(job, owned, snapshot.now);
}

/** Pods of a Job that is gone: nobody counts them any more. @see job_controller.go `syncOrphanPod` */
function releaseOrphans(key: string, snapshot: Snapshot): readonly Change[] {
  const [namespace, name] = splitKey(key);
  return snapshot
    .list('Pod', { namespace, matchLabels: { 'batch.kubernetes.io/job-name': name } })
    .filter((pod) => isTracked(pod) && isOfJob(pod, name))
    .map((pod) => update(untracked(pod)));
}

/** Labels may say what they like: whose Pod it is stands in its references. */
function isOfJob(pod: Pod, name: string): boolean {
  const owner = controllerOf(pod);
  return owner?.kind === 'Job' && owner.name === name;
}

/** Whether another controller is to run it. @see KEP-4368 */
function isManagedByOthers({ spec }: Job): boolean {
  return spec?.managedBy !== undefined && spec.managedBy !== 'kubernetes.io/job-controller';
}

function advance(job: Job, pods: readonly Pod[], now: number): readonly Change[] {
  const running = tallyOf(job, pods, { isOver: false });
  const verdict = verdictOn(job, running, { pods, now });
  const tally = verdict === undefined ? running : tallyOf(job, pods, { isOver: true });
  const suspension = suspend(job, verdict, now);
  const status = statusOf(suspension.job, tally, { verdict, now });
  const isSuspended = job.spec?.suspend === true;
  const steps =
    verdict === undefined
      ? [...(isSuspended ? discard(job, tally.active) : managePods(job, tally, { pods, now }))]
      : tally.active.map((pod) => remove(pod, { announce: announceDeletedPod(job) }));
  return [
    ...(deepEqual(status, job.status) ? [] : [updateStatus({ ...job, status })]),
    ...tally.toRelease.map((pod) => update(untracked(pod))),
    ...steps,
    ...suspension.events,
    ...announceEnd(job, status),
    ...awaitDeadline({ ...job, status }, verdict, now),
  ];
}

/** Notes that the Job was suspended or goes on, which starts its time anew. */
function suspend(
  job: Job,
  verdict: Verdict | undefined,
  now: number,
): { readonly job: Job; readonly events: readonly Change[] } {
  const isSuspended = job.spec?.suspend === true;
  const known = conditionOf(job, 'Suspended');
  const hasChanged =
    isSuspended !== (known?.status === 'True') && (isSuspended || known !== undefined);
  if (verdict !== undefined || !hasChanged) return { job, events: [] };
  const [reason, verb] = isSuspended ? ['JobSuspended', 'Suspended'] : ['JobResumed', 'Resumed'];
  const message = `Job ${verb.toLowerCase()}`;
  const status = isSuspended ? 'True' : 'False';
  const conditions = withCondition(
    job.status?.conditions ?? [],
    { type: 'Suspended', status, reason, message },
    now,
  );
  const { startTime: _, ...rest } = job.status ?? {};
  return {
    job: { ...job, status: { ...rest, conditions } },
    events: [{ kind: 'event', event: normal(job, verb, message) }],
  };
}

function announceEnd(job: Job, status: JobStatus): readonly Change[] {
  const ended = { ...job, status };
  if (!isFinished(ended)) return [];
  const { reason = '', message = '' } = conditionOf(ended, 'Failed') ?? {};
  const event =
    reason === '' ? normal(job, 'Completed', 'Job completed') : warning(job, reason, message);
  return [{ kind: 'event', event }];
}

function awaitDeadline(job: Job, verdict: Verdict | undefined, now: number): readonly Change[] {
  const left = msToDeadline(job, now);
  return verdict !== undefined || left === undefined ? [] : [{ kind: 'requeue', afterMs: left }];
}
