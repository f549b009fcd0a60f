import type { Job, Pod } from '../../api/index.ts';
import { failureMeaning } from './failure-policy.ts';
import { parseIndexes } from './indexes.ts';
import { finishedAt, hasFailed, indexOf, isTracked } from './job-pod.ts';
import { isPodActive } from '../pod-condition.ts';

/** How often the index of a Pod had failed before it. */
const FAILURES = 'batch.kubernetes.io/job-index-failure-count';

/** Whether each index has a limit of its own. */
export function hasLimitPerIndex({ spec }: Job): boolean {
  return spec?.backoffLimitPerIndex !== undefined;
}

/** Indexes that are not tried again: those in the status, and those of Pods that have just failed for good. */
export function failedIndexes(job: Job, pods: readonly Pod[]): ReadonlySet<number> {
  if (!hasLimitPerIndex(job)) return new Set();
  const { completions = 0 } = job.spec ?? {};
  const known = parseIndexes(job.status?.failedIndexes ?? '', completions);
  const now = pods
    .filter((pod) => hasFailed(pod, job) && isLast(pod, job))
    .map((pod) => indexOf(pod) ?? completions);
  return new Set([...known, ...now.filter((index) => index < completions)]);
}

/**
 * The last failed Pod of each index that is to be tried again: it is held and not counted until its successor carries
 * the number of failures on.
 *
 * @see kubernetes pkg/controller/job/indexed_job_utils.go `getPodsWithDelayedDeletionPerIndex`
 */
export function lastFailures(job: Job, pods: readonly Pod[]): readonly Pod[] {
  if (!hasLimitPerIndex(job)) return [];
  const { completions = 0 } = job.spec ?? {};
  const settled = new Set([
    ...parseIndexes(job.status?.completedIndexes ?? '', completions),
    ...failedIndexes(job, pods),
    ...pods
      .filter((pod) => isPodActive(pod) || pod.status?.phase === 'Succeeded')
      .map((pod) => indexOf(pod)),
  ]);
  const open = new Set(pods.map((pod) => indexOf(pod)));
  return [...open]
    .filter((index) => index !== undefined && index < completions && !settled.has(index))
    .flatMap((index = 0) => {
      const failures = failuresAt(index, job, pods).filter(isTracked);
      const most = Math.max(0, ...failures.map(failuresBefore));
      return failures.filter((pod) => failuresBefore(pod) === most).slice(-1);
    });
}

/** Whether the index of a failed Pod is given up. */
function isLast(pod: Pod, job: Job): boolean {
  const { action } = failureMeaning(job, pod);
  if (action === 'Ignore') return false;
  return action === 'FailIndex' || failuresBefore(pod) >= (job.spec?.backoffLimitPerIndex ?? 0);
}

/** The Pod of an index, with how often the index has failed. */
export function withFailureCount(pod: Pod, job: Job, pods: readonly Pod[]): Pod {
  const index = indexOf(pod);
  if (index === undefined || !hasLimitPerIndex(job)) return pod;
  const { metadata } = pod;
  const annotations = { ...metadata.annotations, [FAILURES]: String(failuresOf(index, job, pods)) };
  return { ...pod, metadata: { ...metadata, annotations } };
}

/** Pods of an index that have failed, the last one last. */
export function failuresAt(index: number, job: Job, pods: readonly Pod[]): readonly Pod[] {
  return pods
    .filter((pod) => indexOf(pod) === index && hasFailed(pod, job))
    .toSorted((a, b) => finishedAt(a) - finishedAt(b));
}

function failuresOf(index: number, job: Job, pods: readonly Pod[]): number {
  const counts = failuresAt(index, job, pods).map(
    (pod) => failuresBefore(pod) + (failureMeaning(job, pod).action === 'Ignore' ? 0 : 1),
  );
  return Math.max(0, ...counts);
}

function failuresBefore({ metadata }: Pod): number {
  return Number(metadata.annotations?.[FAILURES] ?? 0);
}
