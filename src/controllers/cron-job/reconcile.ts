import {
  ApiError,
  deepEqual,
  formatTime,
  type CronJob,
  type CronJobStatus,
  type Job,
  type ObjectReference,
} from '../../api/index.ts';
import { normal, warning } from '../announce.ts';
import { create, splitKey, updateStatus } from '../change.ts';
import type { Announce, Change, Snapshot } from '../controller.ts';
import { defined } from '../defined.ts';
import { isControlledBy, ownerReferenceTo } from '../owner.ts';
import { dueTimes } from './due-time.ts';
import { deleteJob, endOf, surplusJobs } from './history.ts';
import { formatInZone } from './next-time.ts';

const SCHEDULED = 'batch.kubernetes.io/cronjob-scheduled-timestamp';

/**
 * Starts a CronJob's Jobs when they are due and keeps the books on them.
 *
 * @see kubernetes pkg/controller/cronjob/cronjob_controllerv2.go
 */
export function reconcileCronJob(key: string, snapshot: Snapshot): readonly Change[] {
  const cronJob = snapshot.get('CronJob', ...splitKey(key));
  if (cronJob === undefined) return [];
  const jobs = snapshot
    .ownedBy('Job', cronJob.metadata.uid ?? '')
    .filter((job) => isControlledBy(job, cronJob));
  const surplus = surplusJobs(cronJob, jobs);
  const books = balance(withoutActive(cronJob, surplus), jobs);
  const isGoing = cronJob.metadata.deletionTimestamp !== undefined;
  const start =
    isGoing || cronJob.spec.suspend === true
      ? { changes: [], status: books.status }
      : startDue({ ...cronJob, status: books.status }, jobs, snapshot);
  return [
    ...surplus.map((job) => deleteJob(cronJob, job)),
    ...books.events,
    ...start.changes,
    ...(deepEqual(start.status, cronJob.status ?? {})
      ? []
      : [updateStatus({ ...cronJob, status: start.status })]),
  ];
}

/** What the controller deletes itself, nobody misses. */
function withoutActive(cronJob: CronJob, gone: readonly Job[]): CronJob {
  const { active = [], ...rest } = cronJob.status ?? {};
  const uids = new Set(gone.map(({ metadata }) => metadata.uid));
  const kept = active.filter(({ uid }) => !uids.has(uid));
  return { ...cronJob, status: { ...rest, ...(kept.length > 0 && { active: kept }) } };
}

/** Takes ended and vanished Jobs off the list of active ones, and puts the one just started on it. */
function balance(
  cronJob: CronJob,
  jobs: readonly Job[],
): { readonly status: CronJobStatus; readonly events: readonly Change[] } {
  const { active: listed = [], lastSuccessfulTime, ...rest } = cronJob.status ?? {};
  const byUid = new Map(jobs.map((job) => [job.metadata.uid, job]));
  const running = listed.filter(({ uid }) => {
    const job = byUid.get(uid);
    return job !== undefined && endOf(job) === undefined;
  });
  const unlisted = jobs.filter(
    (job) => endOf(job) === undefined && listed.every(({ uid }) => uid !== job.metadata.uid),
  );
  const isStarted = ({ metadata }: Job): boolean =>
    Date.parse(metadata.annotations?.[SCHEDULED] ?? '') === Date.parse(rest.lastScheduleTime ?? '');
  const active = [...running, ...unlisted.filter(isStarted).map(referenceTo)];
  const successes = jobs
    .filter((job) => endOf(job) === 'Complete')
    .map(({ status }) => status?.completionTime);
  const last = [lastSuccessfulTime, ...successes].filter((time) => time !== undefined).toSorted();
  return {
    status: {
      ...rest,
      ...(active.length > 0 && { active }),
      ...defined({ lastSuccessfulTime: last.at(-1) }),
    },
    events: [
      ...listed.flatMap((reference) => tellOfEnd(cronJob, reference, byUid.get(reference.uid))),
      ...unlisted.filter((job) => !isStarted(job)).map((job) => tellOfStranger(cronJob, job)),
    ],
  };
}

function tellOfEnd(
  cronJob: CronJob,
  { name = '' }: ObjectReference,
  job: Job | undefined,
): readonly Change[] {
  if (job === undefined)
    return [
      { kind: 'event', event: normal(cronJob, 'MissingJob', `Active job went missing: ${name}`) },
    ];
  const end = endOf(job);
  if (end === undefined) return [];
  const message = `Saw completed job: ${name}, condition: ${end}`;
  return [{ kind: 'event', event: normal(cronJob, 'SawCompletedJob', message) }];
}

function tellOfStranger(cronJob: CronJob, { metadata }: Job): Change {
  const message = `Saw a job that the controller did not create or forgot: ${metadata.name}`;
  return { kind: 'event', event: warning(cronJob, 'UnexpectedJob', message) };
}

function referenceTo({ apiVersion, kind, metadata }: Job): ObjectReference {
  const { namespace, name, uid, resourceVersion } = metadata;
  return { apiVersion, kind, name, ...defined({ namespace, uid, resourceVersion }) };
}

interface Start {
  readonly changes: readonly Change[];
  readonly status: CronJobStatus;
}

function startDue(cronJob: CronJob, jobs: readonly Job[], snapshot: Snapshot): Start {
  const { status = {} } = cronJob;
  const { due, hasMissedMany, nextInMs } = dueTimes(cronJob, snapshot.now);
  const later: readonly Change[] = [
    ...(nextInMs === undefined ? [] : [{ kind: 'requeue', afterMs: nextInMs } as const]),
    ...(hasMissedMany ? [tooManyMissed(cronJob)] : []),
  ];
  if (due === undefined || status.lastScheduleTime === formatTime(due))
    return { changes: later, status };
  const refusal = refuse(cronJob, due, snapshot.now);
  if (refusal !== undefined) return { changes: [...later, ...refusal], status };
  const job = jobAt(cronJob, due);
  const { namespace, name } = job.metadata;
  const isThere = snapshot.get('Job', namespace, name) !== undefined;
  const replaced = replacedBy(cronJob, jobs);
  return {
    changes: [
      ...later,
      ...replaced.map((old) => deleteJob(cronJob, old)),
      ...(isThere ? [] : [create(job, announceStart(cronJob))]),
    ],
    // The Job has no uid yet: once it is there it wakes the CronJob, which then lists it.
    status: { ...withoutActive(cronJob, replaced).status, lastScheduleTime: formatTime(due) },
  };
}

/** Why no Job is started for a time: what is to be said of it; undefined where one is. */
function refuse(cronJob: CronJob, due: number, now: number): readonly Change[] | undefined {
  const { startingDeadlineSeconds: deadline, concurrencyPolicy } = cronJob.spec;
  if (deadline !== undefined && due + deadline * 1000 < now) return [missed(cronJob, due)];
  const { active = [] } = cronJob.status ?? {};
  // Its Job runs already.
  if (active.some(({ name }) => name === jobName(cronJob, due))) return [];
  return concurrencyPolicy === 'Forbid' && active.length > 0 ? [alreadyActive(cronJob)] : undefined;
}

/** It tells the minute, so that no time is served twice. */
function jobName({ metadata }: CronJob, due: number): string {
  return `${metadata.name}-${Math.trunc(due / 60_000)}`;
}

/** The running Jobs that make way for the next one. */
function replacedBy({ spec, status }: CronJob, jobs: readonly Job[]): readonly Job[] {
  if (spec.concurrencyPolicy !== 'Replace') return [];
  const active = new Set((status?.active ?? []).map(({ uid }) => uid));
  return jobs.filter(({ metadata }) => active.has(metadata.uid));
}

/** The Job of one time. */
function jobAt(cronJob: CronJob, due: number): Job {
  const { namespace } = cronJob.metadata;
  const { metadata: template, spec } = cronJob.spec.jobTemplate;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(cronJob, due),
      ...defined({ namespace, labels: template?.labels }),
      annotations: {
        ...template?.annotations,
        [SCHEDULED]: formatInZone(due, cronJob.spec.timeZone),
      },
      ownerReferences: [ownerReferenceTo(cronJob)],
    },
    ...defined({ spec }),
  };
}

function announceStart(cronJob: CronJob): Announce {
  return (outcome) =>
    outcome instanceof ApiError
      ? warning(cronJob, 'FailedCreate', `Error creating job: ${outcome.message}`)
      : normal(cronJob, 'SuccessfulCreate', `Created job ${outcome.metadata.name}`);
}

function missed(cronJob: CronJob, due: number): Change {
  const time = new Date(due).toUTCString().replace('GMT', '+0000');
  const message = `Missed scheduled time to start a job: ${time}`;
  return { kind: 'event', event: warning(cronJob, 'MissSchedule', message) };
}

function tooManyMissed(cronJob: CronJob): Change {
  const message =
    'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew';
  return { kind: 'event', event: warning(cronJob, 'TooManyMissedTimes', message) };
}

function alreadyActive(cronJob: CronJob): Change {
  const message =
    'Not starting job because prior execution is running and concurrency policy is Forbid';
  return { kind: 'event', event: normal(cronJob, 'JobAlreadyActive', message) };
}
