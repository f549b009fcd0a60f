import type { Job, Pod } from '../../api/index.ts';
import { isPodActive, isPodTerminal } from '../pod-condition.ts';
import { failedIndexes, lastFailures } from './failed-indexes.ts';
import { failureMeaning } from './failure-policy.ts';
import { parseIndexes } from './indexes.ts';
import { hasFailed, indexOf, isIndexed, isTracked } from './job-pod.ts';

/** What has become of a Job's Pods so far. */
export interface Tally {
  readonly active: readonly Pod[];
  readonly terminating: readonly Pod[];
  /** Completions, those not yet counted among them. */
  readonly succeeded: number;
  readonly failed: number;
  /** Completions and failures for good: their Pods are let go. */
  readonly counted: { readonly succeeded: number; readonly failed: number };
  /** Uids of Pods that came to their end and are still held. */
  readonly uncounted: { readonly succeeded: readonly string[]; readonly failed: readonly string[] };
  /** Pods to let go once `uncounted` is written. */
  readonly toRelease: readonly Pod[];
  /** Of an Indexed Job, the completed ones. */
  readonly completedIndexes: ReadonlySet<number>;
  /** Of a Job with a limit per index, those that are given up. */
  readonly failedIndexes: ReadonlySet<number>;
}

/**
 * Counts a Job's Pods in two steps, so that none is lost or counted twice: the uid of a Pod that came to its end is
 * written down, then its finalizer removed, and only then the number raised.
 *
 * @param isOver Whether nothing will be started any more, so that no Pod has to tell how often its index failed.
 * @see KEP-2307, job tracking without lingering Pods
 */
export function tallyOf(
  job: Job,
  pods: readonly Pod[],
  { isOver }: { readonly isOver: boolean },
): Tally {
  const { status = {}, spec } = job;
  const tracked = new Map(
    pods.filter(isTracked).map((pod) => [pod.metadata.uid ?? '', pod] as const),
  );
  const done = { succeeded: [], failed: [], ...status.uncountedTerminatedPods };
  const known = new Set([...done.succeeded, ...done.failed]);
  const ended = [...tracked].filter(([uid]) => !known.has(uid)).map(([, pod]) => pod);
  const succeededNow = ended.filter((pod) => pod.status?.phase === 'Succeeded');
  const waiting = new Set(isOver ? [] : lastFailures(job, pods));
  const failedNow = ended.filter((pod) => hasFailed(pod, job) && !waiting.has(pod));
  const ignoredNow = failedNow.filter((pod) => failureMeaning(job, pod).action === 'Ignore');
  const held = (uids: readonly string[]): readonly string[] =>
    uids.filter((uid) => tracked.has(uid));
  const uncounted = {
    succeeded: [...held(done.succeeded), ...succeededNow.map(uidOf)],
    failed: [
      ...held(done.failed),
      ...failedNow.filter((pod) => !ignoredNow.includes(pod)).map(uidOf),
    ],
  };
  const completedIndexes = new Set([
    ...parseIndexes(status.completedIndexes ?? '', spec?.completions ?? 0),
    ...succeededNow.map((pod) => indexOf(pod) ?? 0),
  ]);
  const released = done.succeeded.length - held(done.succeeded).length;
  const counted = {
    succeeded: isIndexed(job) ? completedIndexes.size : (status.succeeded ?? 0) + released,
    failed: (status.failed ?? 0) + done.failed.length - held(done.failed).length,
  };
  return {
    active: pods.filter(isPodActive),
    terminating: pods.filter(
      (pod) => pod.metadata.deletionTimestamp !== undefined && !isPodTerminal(pod),
    ),
    succeeded: isIndexed(job)
      ? completedIndexes.size
      : counted.succeeded + uncounted.succeeded.length,
    failed: counted.failed + uncounted.failed.length,
    counted,
    uncounted,
    toRelease: [
      ...[...uncounted.succeeded, ...uncounted.failed].flatMap((uid) => tracked.get(uid) ?? []),
      ...ignoredNow,
    ],
    completedIndexes,
    failedIndexes: new Set(
      [...failedIndexes(job, pods)].filter((index) => !completedIndexes.has(index)),
    ),
  };
}

function uidOf({ metadata }: Pod): string {
  return metadata.uid ?? '';
}
