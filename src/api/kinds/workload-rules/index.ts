/** Rules for workloads that many runs do without. Loaded with the first such object that somebody brings. */
import type { RareRules } from '../rare-rules.ts';
import { CRON_JOB } from './cron-job.ts';
import { JOB } from './job.ts';
import { STATEFUL_SET } from './stateful-set.ts';

/** By the name of the kind. */
export const WORKLOAD_RULES: Readonly<Record<string, RareRules>> = {
  'CronJob.batch': CRON_JOB,
  'Job.batch': JOB,
  'StatefulSet.apps': STATEFUL_SET,
};
