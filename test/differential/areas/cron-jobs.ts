/**
 * CronJobs, without waiting for their times: schedules come once a year, and a `lastScheduleTime` that is set back makes
 * the controller find the one that it has missed. So names of Jobs do not depend on when a run is made.
 */
import type { Dice } from '../../fuzz/target.ts';
import { request, together, type Area, type Step } from '../script.ts';
import type { ApiObject } from '../side.ts';
import { loosenOwners } from './pods.ts';

export const cronJobs: Area = {
  kinds: ['CronJob', 'Job', 'Event'],
  cluster: () => [],
  script,
  loosen: (kind, objects) =>
    loosenOwners(kind, objects)
      .filter((object) => isCronJobs(kind, object))
      .map(withoutVersions),
  // The Job controller puts what it sees together for a second.
  quietMs: 1600,
};

/** What runs is listed with the version that it had then. */
function withoutVersions(object: ApiObject): ApiObject {
  const text = JSON.stringify(object).replaceAll(
    /"resourceVersion":"\d+"/g,
    '"resourceVersion":""',
  );
  return JSON.parse(text) as ApiObject; // the same object
}

/** What a controller says that has deleted a Job, and sees it still or no more: its cache lags behind. */
const OF_CACHES: readonly unknown[] = ['MissingJob', 'FailedDelete'];

/** Events of Jobs and their Pods are another area's. */
function isCronJobs(kind: string, { involvedObject, reason }: ApiObject): boolean {
  if (kind !== 'Event') return true;
  return JSON.stringify(involvedObject).includes('"CronJob"') && !OF_CACHES.includes(reason);
}

const CRON_JOBS = '/apis/batch/v1/namespaces/NS/cronjobs';
const JOBS = '/apis/batch/v1/namespaces/NS/jobs';

function script(dice: Dice): readonly Step[] {
  const changes = Array.from({ length: dice.between(4, 8) }, () => dice.pick(CHANGES)(dice));
  return [create(dice), missed(dice), ...changes];
}

function schedule(dice: Dice): string {
  // Days in the past of most years: what is missed is then the last of them.
  const day = `${dice.between(1, 28)} ${dice.between(1, 6)}`;
  return dice.pick([`0 0 ${day} *`, `30 4 ${day} *`, '@yearly', `0 12 ${day} ?`]);
}

function create(dice: Dice): Step {
  return request({
    method: 'POST',
    path: CRON_JOBS,
    body: {
      metadata: { name: 'c', ...(dice.once(4) && { annotations: { a: 'b' } }) },
      spec: {
        schedule: schedule(dice),
        concurrencyPolicy: dice.pick(['Allow', 'Forbid', 'Replace']),
        ...(dice.once(4) && { suspend: true }),
        ...(dice.once(4) && { timeZone: dice.pick(['Etc/UTC', 'Asia/Tokyo', 'America/New_York']) }),
        ...(dice.once(6) && { startingDeadlineSeconds: dice.pick([60, 400 * 86_400]) }),
        ...(dice.once(2) && { successfulJobsHistoryLimit: dice.between(0, 2) }),
        ...(dice.once(2) && { failedJobsHistoryLimit: dice.between(0, 1) }),
        jobTemplate: {
          metadata: { labels: { from: 'c' }, annotations: { note: 'x' } },
          spec: {
            // Nobody runs Pods here.
            parallelism: 0,
            template: {
              spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'v1' }] },
            },
          },
        },
      },
    },
  });
}

/** The controller thinks that it has slept for years. */
function missed(dice: Dice): Step {
  const year = dice.pick([2020, 2023, 2024]);
  const status = { lastScheduleTime: `${year}-0${dice.between(1, 9)}-15T00:00:00Z` };
  return request({ method: 'PATCH', path: `${CRON_JOBS}/c/status`, body: { status } });
}

function patch(spec: object): Step {
  return request({ method: 'PATCH', path: `${CRON_JOBS}/c`, body: { spec } });
}

/** Jobs end as whoever runs them says. */
function finish(dice: Dice): Step {
  const isDone = dice.once(2);
  const of = (type: string, time: string): object => ({
    type,
    status: 'True',
    lastProbeTime: time,
    lastTransitionTime: time,
    ...(isDone ? {} : { reason: 'PodFailurePolicy', message: 'failed' }),
  });
  const statusAt = (time: string): object =>
    isDone
      ? { completionTime: time, conditions: [of('SuccessCriteriaMet', time), of('Complete', time)] }
      : { conditions: [of('FailureTarget', time), of('Failed', time)] };
  return {
    says: `every Job is ${isDone ? 'complete' : 'failed'}`,
    act: async ({ ask }) => {
      const { body } = await ask({ method: 'GET', path: JOBS });
      const outcomes: number[] = [];
      const status = statusAt(new Date().toISOString().replace(/\.\d+/, ''));
      for (const { metadata, ...job } of body.items ?? []) {
        if (JSON.stringify(job['status'] ?? {}).includes('"True"')) continue;
        const path = `${JOBS}/${metadata.name}/status`;
        outcomes.push((await ask({ method: 'PATCH', path, body: { status } })).status);
      }
      return outcomes;
    },
  };
}

const CHANGES: readonly ((dice: Dice) => Step)[] = [
  missed,
  (dice) => together([patch({ schedule: schedule(dice) }), missed(dice)]),
  (dice) => together([patch({ schedule: schedule(dice) }), missed(dice)]),
  (dice) => patch({ suspend: dice.once(2) }),
  (dice) => patch({ concurrencyPolicy: dice.pick(['Allow', 'Forbid', 'Replace']) }),
  (dice) => patch({ startingDeadlineSeconds: dice.pick([null, 60, 400 * 86_400]) }),
  (dice) =>
    patch({
      successfulJobsHistoryLimit: dice.between(0, 2),
      failedJobsHistoryLimit: dice.between(0, 2),
    }),
  finish,
  finish,
  () => request({ method: 'DELETE', path: `${JOBS}?propagationPolicy=Background` }),
  (dice) =>
    request({
      method: 'DELETE',
      path: `${CRON_JOBS}/c?propagationPolicy=${dice.pick(['Background', 'Orphan'])}`,
    }),
  create,
];
