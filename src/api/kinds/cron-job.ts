import { ageOf } from '../human-duration.ts';
import { defineKind, type KindRow } from '../kind.ts';
import type { CronJob, CronJobSpec } from '../types.ts';
import { AGE, integer, NAME, NONE, showSelector, text, wide } from './columns.ts';
import { defaultJobTemplateSpec } from './job-spec.ts';
import { NO_METADATA } from './pod/defaults.ts';
import { lateRules } from './rare-rules.ts';
import { nonEmpty } from './validate/compact.ts';
import { containerImages, containerNames } from './workload/columns.ts';

/** Jobs, again and again. */
export const CRON_JOB: KindRow<'CronJob'> = defineKind('CronJob', {
  validate: lateRules('CronJob.batch'),
  defaults: (cronJob) => ({
    ...cronJob,
    spec: defaultSpec(specOf(cronJob)),
    status: cronJob.status ?? {},
  }),
  prepareForCreate: (cronJob) => ({ ...cronJob, status: {} }),
  columns: [
    NAME,
    text('Schedule', ({ spec }) => spec?.schedule ?? ''),
    text('Timezone', ({ spec }) => spec?.timeZone ?? NONE),
    {
      name: 'Suspend',
      type: 'boolean',
      priority: 0,
      value: ({ spec }) => (spec?.suspend === true ? 'True' : 'False'),
    },
    integer('Active', ({ status }) => (status?.active ?? []).length),
    text('Last Schedule', ({ status }, now) =>
      status?.lastScheduleTime === undefined ? NONE : ageOf(status.lastScheduleTime, now),
    ),
    AGE,
    wide('Containers', ({ spec }) => containerNames(spec?.jobTemplate.spec?.template)),
    wide('Images', ({ spec }) => containerImages(spec?.jobTemplate.spec?.template)),
    wide('Selector', ({ spec }) => showSelector(spec?.jobTemplate.spec?.selector)),
  ],
});

function specOf({ spec }: CronJob): CronJobSpec {
  return spec ?? { schedule: '', jobTemplate: {} };
}

function defaultSpec(spec: CronJobSpec): CronJobSpec {
  return {
    ...spec,
    concurrencyPolicy: nonEmpty(spec.concurrencyPolicy) ?? 'Allow',
    suspend: spec.suspend ?? false,
    successfulJobsHistoryLimit: spec.successfulJobsHistoryLimit ?? 3,
    failedJobsHistoryLimit: spec.failedJobsHistoryLimit ?? 1,
    jobTemplate: {
      metadata: spec.jobTemplate.metadata ?? NO_METADATA,
      spec: defaultJobTemplateSpec(spec.jobTemplate.spec ?? { template: {} }),
    },
  };
}
