import { formatTime, type Job, type JobCondition, type JobStatus } from '../../api/index.ts';
import { defined } from '../defined.ts';
import { isPodReady } from '../pod-condition.ts';
import { withCondition } from './conditions.ts';
import { hasLimitPerIndex } from './failed-indexes.ts';
import { formatIndexes } from './indexes.ts';
import { isIndexed } from './job-pod.ts';
import type { Tally } from './tally.ts';
import type { Verdict } from './verdict.ts';

export interface StatusOptions {
  readonly verdict: Verdict | undefined;
  readonly now: number;
}

/** The Job's counters, and its conditions where it comes to an end. */
export function statusOf(job: Job, tally: Tally, { verdict, now }: StatusOptions): JobStatus {
  const { succeeded, failed } = tally.uncounted;
  const isOver = verdict !== undefined && isAllGone(tally);
  const conditions = conditionsOf(job, verdict, { isOver, now });
  return {
    ...defined({
      startTime: startOf(job, now),
      active: (verdict === undefined ? tally.active.length : 0) || undefined,
      succeeded: tally.counted.succeeded || undefined,
      failed: tally.counted.failed || undefined,
      completedIndexes: completedIn(job, tally),
      failedIndexes: hasLimitPerIndex(job) ? formatIndexes(tally.failedIndexes) : undefined,
      conditions: conditions.length > 0 ? conditions : undefined,
      completionTime: isOver && verdict.outcome === 'Complete' ? formatTime(now) : undefined,
    }),
    ready: tally.active.filter(isPodReady).length,
    terminating: tally.terminating.length,
    uncountedTerminatedPods: {
      ...(succeeded.length > 0 && { succeeded }),
      ...(failed.length > 0 && { failed }),
    },
  };
}

function isAllGone({ active, terminating, uncounted }: Tally): boolean {
  return [active, terminating, uncounted.succeeded, uncounted.failed].every(
    ({ length }) => length === 0,
  );
}

function startOf({ status, spec }: Job, now: number): string | undefined {
  return status?.startTime ?? (spec?.suspend === true ? undefined : formatTime(now));
}

function completedIn(job: Job, { completedIndexes }: Tally): string | undefined {
  return isIndexed(job) ? formatIndexes(completedIndexes) || undefined : undefined;
}

/** A Job ends in two steps: what it will come to, and that it has. */
function conditionsOf(
  { status }: Job,
  verdict: Verdict | undefined,
  { isOver, now }: { readonly isOver: boolean; readonly now: number },
): readonly JobCondition[] {
  const present = status?.conditions ?? [];
  if (verdict === undefined) return present;
  const { outcome, reason, message } = verdict;
  const target = outcome === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget';
  const aimed = withCondition(present, { type: target, status: 'True', reason, message }, now);
  return isOver
    ? withCondition(aimed, { type: outcome, status: 'True', reason, message }, now)
    : aimed;
}
