import { keyOf, watchKind } from '../change.ts';
import type { Controller } from '../controller.ts';
import { ownerKeys } from '../owner-keys.ts';
import { reconcileJob } from './reconcile.ts';

/** Runs Pods to completion. */
export function createJobController(): Controller {
  return {
    name: 'job-controller',
    watches: [
      watchKind('Job', (job) => [keyOf(job)]),
      watchKind('Pod', (pod, reader) => ownerKeys(pod, 'Job', reader)),
    ],
    reconcile: reconcileJob,
  };
}
