/** Rules for CronJobs. @see kubernetes `pkg/apis/batch/validation` */
import { parseCronSchedule } from '../../cron-schedule.ts';
import type { FieldError } from '../../errors.ts';
import { maxLength } from '../../names.ts';
import type { CronJob, CronJobSpec } from '../../types.ts';
import type { RareRules } from '../rare-rules.ts';
import { invalid, notSupported, oneOf, required, validateCount } from '../validate/field-errors.ts';
import { sortedSelector } from '../validate/labels.ts';
import { validateJobSpec } from './job-spec.ts';

const POLICIES: readonly string[] = ['Allow', 'Forbid', 'Replace'];

/** The names of its Jobs add eleven characters, and theirs must still be labels. */
const MAX_NAME = 52;

/** Rules. */
export const CRON_JOB: RareRules = {
  validate: (object, old) => {
    const { metadata, spec }: CronJob = object as unknown as CronJob; // of a CronJob's row
    return [
      ...validateSpec(spec, (old as unknown as CronJob | undefined)?.spec),
      ...(metadata.name.length > MAX_NAME
        ? [invalid('metadata.name', metadata.name, maxLength(MAX_NAME))]
        : []),
    ];
  },
};

function validateSpec(spec: CronJobSpec, old: CronJobSpec | undefined): readonly FieldError[] {
  const { selector, manualSelector } = spec.jobTemplate.spec ?? {};
  const path = 'spec.jobTemplate.spec';
  return [
    ...validateSchedule(spec),
    ...validateCount('spec.startingDeadlineSeconds', spec.startingDeadlineSeconds),
    ...validateTimeZone(spec, old),
    ...oneOf('spec.concurrencyPolicy', spec.concurrencyPolicy, POLICIES),
    ...validateJobSpec(path, spec.jobTemplate.spec ?? { template: {} }),
    ...(selector === undefined
      ? []
      : [
          invalid(
            `${path}.selector`,
            sortedSelector(selector),
            '`selector` will be auto-generated',
          ),
        ]),
    ...(manualSelector === true
      ? [notSupported(`${path}.manualSelector`, manualSelector, ['nil', 'false'])]
      : []),
    ...validateCount('spec.successfulJobsHistoryLimit', spec.successfulJobsHistoryLimit),
    ...validateCount('spec.failedJobsHistoryLimit', spec.failedJobsHistoryLimit),
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
