import { keyOf, watchKind } from '../change.ts';
import type { Controller } from '../controller.ts';
import { controllerOf } from '../owner.ts';
import { reconcileCronJob } from './reconcile.ts';

/** Starts Jobs by the clock. */
export function createCronJobController(): Controller {
  return {
    name: 'cronjob-controller',
    watches: [
      watchKind('CronJob', (cronJob) => [keyOf(cronJob)]),
      watchKind('Job', (job) => {
        const owner = controllerOf(job);
        const { namespace = '' } = job.metadata;
        return owner?.kind === 'CronJob' ? [`${namespace}/${owner.name}`] : [];
      }),
    ],
    reconcile: reconcileCronJob,
  };
}
