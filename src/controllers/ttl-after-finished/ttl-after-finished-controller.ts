import type { Job } from '../../api/index.ts';
import { keyOf, remove, splitKey, watchKind } from '../change.ts';
import type { Change, Controller, Snapshot } from '../controller.ts';

/** Deletes Jobs that ended long enough ago. */
export function createTtlAfterFinishedController(): Controller {
  return {
    name: 'ttl-after-finished-controller',
    watches: [
      watchKind('Job', (job) =>
        job.spec?.ttlSecondsAfterFinished === undefined ? [] : [keyOf(job)],
      ),
    ],
    reconcile,
  };
}

function reconcile(key: string, snapshot: Snapshot): readonly Change[] {
  const job = snapshot.get('Job', ...splitKey(key));
  const ttlSeconds = job?.spec?.ttlSecondsAfterFinished;
  const endedAt = job && endOf(job);
  if (job === undefined || ttlSeconds === undefined || endedAt === undefined) return [];
  if (job.metadata.deletionTimestamp !== undefined) return [];
  const leftMs = endedAt + ttlSeconds * 1000 - snapshot.now;
  if (leftMs > 0) return [{ kind: 'requeue', afterMs: leftMs }];
  return [remove(job, { options: { propagationPolicy: 'Foreground' } })];
}

/** When the Job came to its end, in ms. */
function endOf({ status }: Job): number | undefined {
  const end = status?.conditions?.find(
    (condition) =>
      (condition.type === 'Complete' || condition.type === 'Failed') && condition.status === 'True',
  );
  return end?.lastTransitionTime === undefined ? undefined : Date.parse(end.lastTransitionTime);
}
