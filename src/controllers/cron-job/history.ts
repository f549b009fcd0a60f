import { ApiError, type CronJob, type Job } from '../../api/index.ts';
import { normal, warning } from '../announce.ts';
import { remove } from '../change.ts';
import type { Announce, Change } from '../controller.ts';

/** How a Job ended; undefined while it runs. */
export function endOf({ status }: Job): 'Complete' | 'Failed' | undefined {
  const isTrue = (type: string): boolean =>
    status?.conditions?.some((one) => one.type === type && one.status === 'True') === true;
  if (isTrue('Complete')) return 'Complete';
  return isTrue('Failed') ? 'Failed' : undefined;
}

/** The oldest ended Jobs beyond the limits. */
export function surplusJobs({ spec }: CronJob, jobs: readonly Job[]): readonly Job[] {
  const { successfulJobsHistoryLimit: successful, failedJobsHistoryLimit: failed } = spec;
  return [...beyond(jobs, 'Complete', successful), ...beyond(jobs, 'Failed', failed)];
}

/** Deletes a Job and, in the background, its Pods. */
export function deleteJob(cronJob: CronJob, job: Job): Change {
  const announce: Announce = (outcome) =>
    outcome instanceof ApiError
      ? warning(cronJob, 'FailedDelete', `Deleted job: ${outcome.message}`)
      : normal(cronJob, 'SuccessfulDelete', `Deleted job ${job.metadata.name}`);
  return remove(job, { announce, options: { propagationPolicy: 'Background' } });
}

function beyond(
  jobs: readonly Job[],
  end: 'Complete' | 'Failed',
  limit: number | undefined,
): readonly Job[] {
  if (limit === undefined) return [];
  const ended = jobs.filter((job) => endOf(job) === end).toSorted(byStart);
  return ended.slice(0, Math.max(0, ended.length - limit));
}

function byStart(a: Job, b: Job): number {
  const [first = '', second = ''] = [a.status?.startTime, b.status?.startTime];
  return first.localeCompare(second) || a.metadata.name.localeCompare(b.metadata.name);
}
