import type { Job, Pod } from '../../api/index.ts';
import { conditionOf } from './conditions.ts';
import { failureMeaning } from './failure-policy.ts';
import { hasFailed } from './job-pod.ts';
import type { Tally } from './tally.ts';

/** How a Job ends: first the target, then, when every Pod is gone and counted, the end itself. */
export interface Verdict {
  readonly outcome: 'Complete' | 'Failed';
  readonly reason: string;
  readonly message: string;
}

/** What a Job has come to; undefined while it goes on. @see kubernetes job_controller.go `syncJob` */
export function verdictOn(
  job: Job,
  tally: Tally,
  { pods, now }: { readonly pods: readonly Pod[]; readonly now: number },
): Verdict | undefined {
  const known = knownVerdict(job);
  if (known !== undefined) return known;
  const fatal = fatalFailure(job, pods);
  if (fatal !== undefined) return failed('PodFailurePolicy', fatal);
  if (tally.failed > (job.spec?.backoffLimit ?? 6) || hasRestartedTooOften(job, pods))
    return failed('BackoffLimitExceeded', 'Job has reached the specified backoff limit');
  const left = msToDeadline(job, now);
  if (left !== undefined && left <= 0)
    return failed('DeadlineExceeded', 'Job was active longer than specified deadline');
  const indexVerdict = verdictOnIndexes(job, tally);
  if (indexVerdict !== undefined) return indexVerdict;
  if (!isComplete(job, tally)) return undefined;
  return {
    outcome: 'Complete',
    reason: 'CompletionsReached',
    message: 'Reached expected number of succeeded pods',
  };
}

/** What the policy says of a Pod whose failure ends the Job. */
function fatalFailure(job: Job, pods: readonly Pod[]): string | undefined {
  if (job.spec?.podFailurePolicy === undefined) return undefined;
  return pods
    .filter((pod) => hasFailed(pod, job))
    .map((pod) => failureMeaning(job, pod).message)
    .find((message) => message !== undefined);
}

/** Too many indexes that are given up, or some once all others are done. */
function verdictOnIndexes(
  { spec }: Job,
  { failedIndexes, completedIndexes }: Tally,
): Verdict | undefined {
  const { maxFailedIndexes, completions = 0 } = spec ?? {};
  if (maxFailedIndexes !== undefined && failedIndexes.size > maxFailedIndexes)
    return failed(
      'MaxFailedIndexesExceeded',
      'Job has exceeded the specified maximal number of failed indexes',
    );
  const isOver = failedIndexes.size + completedIndexes.size >= completions;
  return failedIndexes.size > 0 && isOver
    ? failed('FailedIndexes', 'Job has failed indexes')
    : undefined;
}

/** What was decided before. */
function knownVerdict(job: Job): Verdict | undefined {
  const known = conditionOf(job, 'FailureTarget') ?? conditionOf(job, 'SuccessCriteriaMet');
  if (known?.status !== 'True') return undefined;
  const { reason = '', message = '', type } = known;
  return { outcome: type === 'FailureTarget' ? 'Failed' : 'Complete', reason, message };
}

/** Milliseconds until the Job has been active for too long; undefined when it may take its time. */
export function msToDeadline({ spec, status }: Job, now: number): number | undefined {
  if (spec?.activeDeadlineSeconds === undefined || status?.startTime === undefined)
    return undefined;
  if (spec.suspend === true) return undefined;
  return Date.parse(status.startTime) + spec.activeDeadlineSeconds * 1000 - now;
}

/** Without a number of completions the first success ends the Job, once the other Pods have finished. */
function isComplete({ spec }: Job, { succeeded, active }: Tally): boolean {
  return spec?.completions === undefined
    ? succeeded > 0 && active.length === 0
    : succeeded >= spec.completions;
}

/** Restarts count as failures where the kubelet restarts the containers of the same Pod. */
function hasRestartedTooOften({ spec }: Job, pods: readonly Pod[]): boolean {
  if (spec?.template.spec?.restartPolicy !== 'OnFailure') return false;
  const { backoffLimit = 6 } = spec;
  const restarts = pods
    .filter(({ status }) => status?.phase === 'Running' || status?.phase === 'Pending')
    .flatMap(({ status }) => [
      ...(status?.initContainerStatuses ?? []),
      ...(status?.containerStatuses ?? []),
    ])
    .reduce((sum, { restartCount }) => sum + restartCount, 0);
  return backoffLimit === 0 ? restarts > 0 : restarts >= backoffLimit;
}

function failed(reason: string, message: string): Verdict {
  return { outcome: 'Failed', reason, message };
}
