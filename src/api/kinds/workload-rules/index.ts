/** Rules for workloads that many runs do without. Loaded with the first such object that somebody brings. */
import type { RareRules } from '../rare-rules.ts';
import { CRON_JOB } from './cron-job.ts';
import { DAEMON_SET } from './daemon-set.ts';
import { JOB } from './job.ts';
import { STATEFUL_SET } from './stateful-set.ts';

/** By the name of the kind. */
export const WORKLOAD_RULES: Readonly<Record<string, RareRules>> = {
  'CronJob.batch': CRON_JOB,
  'DaemonSet.apps': DAEMON_SET,
  'Job.batch': JOB,
  'StatefulSet.apps': STATEFUL_SET,
};
