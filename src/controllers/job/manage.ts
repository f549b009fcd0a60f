import type { Job, Pod } from '../../api/index.ts';
import { announceCreatedPod, announceDeletedPod } from '../announce.ts';
import { create, remove, update } from '../change.ts';
import type { Change } from '../controller.ts';
import { victimsFirst } from '../victims.ts';
import { failuresAt, hasLimitPerIndex, withFailureCount } from './failed-indexes.ts';
import { failureMeaning } from './failure-policy.ts';
import {
  finishedAt,
  hasFailed,
  indexOf,
  isIndexed,
  isTracked,
  jobPod,
  untracked,
} from './job-pod.ts';
import type { Tally } from './tally.ts';

/** Pods that one sync creates or deletes at most. */
const BURST = 500;
/** The pause after the first failure; it doubles with each further one. */
const BACKOFF_BASE_MS = 10_000;
const BACKOFF_LIMIT_MS = 600_000;

/** Starts Pods up to what the Job wants to have active, or takes surplus ones away. */
export function managePods(
  job: Job,
  tally: Tally,
  { pods, now }: { readonly pods: readonly Pod[]; readonly now: number },
): readonly Change[] {
  const { active } = tally;
  const wanted = wantedActive(job, tally);
  const surplus = surplusPods(job, tally, { wanted, now }).slice(0, BURST);
  if (surplus.length > 0) return discard(job, surplus);
  const waiting = job.spec?.podReplacementPolicy === 'Failed' ? tally.terminating.length : 0;
  const missing = Math.min(BURST, wanted - waiting - active.length);
  if (missing <= 0) return [];
  if (hasLimitPerIndex(job)) return startIndexes(job, tally, { pods, now, missing });
  const pauseMs = backoffMs(job, pods, now);
  if (pauseMs > 0) return [{ kind: 'requeue', afterMs: pauseMs }];
  const announce = announceCreatedPod(job);
  const indexes = isIndexed(job) ? pendingIndexes(job, tally, missing) : undefined;
  return indexes === undefined
    ? Array.from({ length: missing }, () => create(jobPod(job, undefined), announce))
    : indexes.map((index) => create(jobPod(job, index), announce));
}

/** Where each index fails for itself, each waits for itself too. */
function startIndexes(
  job: Job,
  tally: Tally,
  {
    pods,
    now,
    missing,
  }: { readonly pods: readonly Pod[]; readonly now: number; readonly missing: number },
): readonly Change[] {
  const announce = announceCreatedPod(job);
  const pending = pendingIndexes(job, tally, Infinity).map((index) => ({
    index,
    pauseMs: backoffMs(job, failuresAt(index, job, pods), now),
  }));
  const due = pending.filter(({ pauseMs }) => pauseMs <= 0).slice(0, missing);
  const pauses = pending.map(({ pauseMs }) => pauseMs).filter((pauseMs) => pauseMs > 0);
  return [
    ...due.map(({ index }) => create(withFailureCount(jobPod(job, index), job, pods), announce)),
    ...(due.length < missing && pauses.length > 0
      ? [{ kind: 'requeue', afterMs: Math.min(...pauses) } as const]
      : []),
  ];
}

/** Deletes Pods whose end is not to be counted. */
export function discard(job: Job, pods: readonly Pod[]): readonly Change[] {
  const announce = announceDeletedPod(job);
  return pods.flatMap((pod) => [
    ...(isTracked(pod) ? [update(untracked(pod))] : []),
    remove(pod, { announce }),
  ]);
}

function wantedActive({ spec }: Job, { active, succeeded, failedIndexes }: Tally): number {
  const { parallelism = 1, completions } = spec ?? {};
  if (completions === undefined) return succeeded > 0 ? active.length : parallelism;
  return Math.max(0, Math.min(parallelism, completions - succeeded - failedIndexes.size));
}

/** Active Pods beyond what is wanted; of an Indexed Job first those whose index needs none. */
function surplusPods(
  job: Job,
  { active, completedIndexes, failedIndexes }: Tally,
  { wanted, now }: { readonly wanted: number; readonly now: number },
): readonly Pod[] {
  const needless = new Set<Pod>();
  if (isIndexed(job)) {
    const taken = new Set<number>();
    for (const pod of active) {
      const index = indexOf(pod);
      const isNeeded =
        index !== undefined &&
        index < (job.spec?.completions ?? 0) &&
        !taken.has(index) &&
        !completedIndexes.has(index) &&
        !failedIndexes.has(index);
      if (isNeeded) taken.add(index);
      else needless.add(pod);
    }
  }
  const others = active.filter((pod) => !needless.has(pod));
  const more = Math.max(0, others.length - wanted);
  return [...needless, ...victimsFirst(others, { related: [], now }).slice(0, more)];
}

function pendingIndexes(
  { spec }: Job,
  { active, completedIndexes, failedIndexes }: Tally,
  count: number,
): readonly number[] {
  const taken = new Set([
    ...completedIndexes,
    ...failedIndexes,
    ...active.map((pod) => indexOf(pod) ?? -1),
  ]);
  const pending: number[] = [];
  for (let index = 0; index < (spec?.completions ?? 0) && pending.length < count; index += 1)
    if (!taken.has(index)) pending.push(index);
  return pending;
}

/** How long the next Pod has to wait, by the failures since the last success. */
function backoffMs(job: Job, pods: readonly Pod[], now: number): number {
  const lastSuccess = Math.max(
    0,
    ...pods.filter(({ status }) => status?.phase === 'Succeeded').map(finishedAt),
  );
  const failures = pods
    .filter((pod) => hasFailed(pod, job) && failureMeaning(job, pod).action !== 'Ignore')
    .map(finishedAt)
    .filter((at) => at > lastSuccess);
  if (failures.length === 0) return 0;
  const pause = Math.min(BACKOFF_LIMIT_MS, BACKOFF_BASE_MS * 2 ** (failures.length - 1));
  return Math.max(...failures) + pause - now;
}
