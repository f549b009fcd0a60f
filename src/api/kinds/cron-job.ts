import { parseCronSchedule } from '../cron-schedule.ts';
import type { FieldError } from '../errors.ts';
import { ageOf } from '../human-duration.ts';
import { defineKind, type KindRow } from '../kind.ts';
import { maxLength } from '../names.ts';
import type { CronJob, CronJobSpec } from '../types.ts';
import { AGE, integer, NAME, NONE, showSelector, text, wide } from './columns.ts';
import { defaultJobTemplateSpec, validateJobSpec } from './job-spec.ts';
import { NO_METADATA } from './pod/defaults.ts';
import { nonEmpty } from './validate/compact.ts';
import { invalid, oneOf, required, validateCount } from './validate/field-errors.ts';
import { containerImages, containerNames } from './workload/columns.ts';

const POLICIES: readonly string[] = ['Allow', 'Forbid', 'Replace'];

/** The names of its Jobs add eleven characters, and theirs must still be labels. */
const MAX_NAME = 52;

/** Jobs, again and again. */
export const CRON_JOB: KindRow<'CronJob'> = defineKind('CronJob', {
  defaults: (cronJob) => ({
    ...cronJob,
    spec: defaultSpec(specOf(cronJob)),
    status: cronJob.status ?? {},
  }),
  prepareForCreate: (cronJob) => ({ ...cronJob, status: {} }),
  validate: (cronJob, old) => [
    ...validateSpec(specOf(cronJob), old?.spec),
    ...(cronJob.metadata.name.length > MAX_NAME
      ? [invalid('metadata.name', cronJob.metadata.name, maxLength(MAX_NAME))]
      : []),
  ],
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

function validateSpec(spec: CronJobSpec, old: CronJobSpec | undefined): readonly FieldError[] {
  return [
    ...validateSchedule(spec),
    ...validateTimeZone(spec, old),
    ...validateCount('spec.startingDeadlineSeconds', spec.startingDeadlineSeconds),
    ...oneOf('spec.concurrencyPolicy', spec.concurrencyPolicy, POLICIES),
    ...validateCount('spec.successfulJobsHistoryLimit', spec.successfulJobsHistoryLimit),
    ...validateCount('spec.failedJobsHistoryLimit', spec.failedJobsHistoryLimit),
    ...validateJobSpec('spec.jobTemplate.spec', spec.jobTemplate.spec ?? { template: {} }),
  ];
}

function validateSchedule({ schedule }: CronJobSpec): readonly FieldError[] {
  const field = 'spec.schedule';
  if (schedule === '') return [required(field)];
  if (schedule.includes('TZ='))
    return [
      invalid(field, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'),
    ];
  const parsed = parseCronSchedule(schedule);
  return parsed.kind === 'error' ? [invalid(field, schedule, parsed.message)] : [];
}

function validateTimeZone(
  { timeZone }: CronJobSpec,
  old: CronJobSpec | undefined,
): readonly FieldError[] {
  const field = 'spec.timeZone';
  if (timeZone === undefined || timeZone === old?.timeZone) return [];
  if (timeZone === '')
    return [invalid(field, timeZone, 'timeZone must be nil or non-empty string')];
  if (timeZone.toLowerCase() === 'local')
    return [
      invalid(
        field,
        timeZone,
        'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
      ),
    ];
  return isTimeZone(timeZone) ? [] : [invalid(field, timeZone, `unknown time zone ${timeZone}`)];
}

function isTimeZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).format(0) !== '';
  } catch (error) {
    // A RangeError is how Intl says that it knows no such zone.
    if (error instanceof RangeError) return false;
    throw error;
  }
}
