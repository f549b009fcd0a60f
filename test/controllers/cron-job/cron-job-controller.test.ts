import t from 'tap';
import type { Job } from '../../../src/api/index.ts';
import { createCronJobController, createGarbageCollector } from '../../../src/controllers/index.ts';
import { formatInZone } from '../../../src/controllers/cron-job/next-time.ts';
import { createBench, type Bench } from '../harness.ts';

const MINUTE_MS = 60_000;

function cronJob(spec: object = {}): object {
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'tick' },
    spec: {
      schedule: '*/5 * * * *',
      concurrencyPolicy: 'Allow',
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
      jobTemplate: {
        metadata: { labels: { app: 'tick' } },
        spec: {
          template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'c' }] } },
        },
      },
      ...spec,
    },
  };
}

const bench = (): Bench =>
  createBench({ controllers: [createCronJobController(), createGarbageCollector()] });

/** Lets time pass minute by minute. */
async function pass(on: Bench, minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute += 1) {
    on.clock.advance(MINUTE_MS);
    await on.settled();
  }
  on.clock.advance(200);
  await on.settled();
}

async function end(on: Bench, { metadata }: Job, type: 'Complete' | 'Failed'): Promise<void> {
  const job = on.get('Job', metadata.name);
  const now = new Date(on.clock.now()).toISOString().replace(/\.\d+Z/, 'Z');
  const status = {
    startTime: job.metadata.creationTimestamp,
    ...(type === 'Complete' && { completionTime: now }),
    conditions: [{ type, status: 'True', lastTransitionTime: now }],
  };
  on.store.update({ ...job, status } as never, { subresource: 'status' });
  await on.settled();
}

const names = (on: Bench): readonly string[] => on.list('Job').map(({ metadata }) => metadata.name);

t.test('createCronJobController() starts a Job at each time of the schedule', async (t) => {
  await using on = bench();
  const minute = on.clock.now() / MINUTE_MS;
  await on.apply(cronJob());
  await pass(on, 4);
  t.same(names(on), []);
  await pass(on, 1);
  t.same(names(on), [`tick-${minute + 5}`]);
  const job = on.get('Job', `tick-${minute + 5}`);
  t.match(job.metadata, {
    labels: { app: 'tick' },
    annotations: { 'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-01-01T00:05:00Z' },
    ownerReferences: [{ kind: 'CronJob', name: 'tick', controller: true }],
  });
  t.match(on.get('CronJob', 'tick').status, {
    lastScheduleTime: '2026-01-01T00:05:00Z',
    active: [{ kind: 'Job', name: `tick-${minute + 5}`, uid: job.metadata.uid }],
  });
  await end(on, job, 'Complete');
  t.match(on.get('CronJob', 'tick').status, { lastSuccessfulTime: /^2026-01-01T00:05/ });
  t.notOk(on.get('CronJob', 'tick').status?.active);
  await pass(on, 5);
  t.equal(names(on).length, 2);
  t.same(on.events().slice(0, 2), [
    `SuccessfulCreate: Created job tick-${minute + 5}`,
    `SawCompletedJob: Saw completed job: tick-${minute + 5}, condition: Complete`,
  ]);
});

const policies = [
  { concurrencyPolicy: 'Allow', jobs: [5, 10], event: undefined },
  {
    concurrencyPolicy: 'Forbid',
    jobs: [5],
    event:
      'JobAlreadyActive: Not starting job because prior execution is running and concurrency policy is Forbid',
  },
  { concurrencyPolicy: 'Replace', jobs: [10], event: 'SuccessfulDelete: Deleted job tick-' },
] as const;
for (const { concurrencyPolicy, jobs, event } of policies) {
  t.test(`createCronJobController() with ${concurrencyPolicy} while a Job runs`, async (t) => {
    await using on = bench();
    const minute = on.clock.now() / MINUTE_MS;
    await on.apply(cronJob({ concurrencyPolicy }));
    await pass(on, 10);
    t.same(
      names(on),
      jobs.map((offset) => `tick-${minute + offset}`),
    );
    if (event !== undefined) t.ok(on.events().some((message) => message.startsWith(event)));
    t.equal(on.get('CronJob', 'tick').status?.active?.length, jobs.length);
  });
}

t.test('createCronJobController() keeps as many ended Jobs as the limits say', async (t) => {
  await using on = bench();
  const minute = on.clock.now() / MINUTE_MS;
  await on.apply(cronJob({ successfulJobsHistoryLimit: 2, failedJobsHistoryLimit: 1 }));
  for (const type of ['Complete', 'Failed', 'Complete', 'Failed', 'Complete'] as const) {
    await pass(on, 5);
    const job = on.list('Job').find(({ status }) => status?.conditions === undefined);
    if (job !== undefined) await end(on, job, type);
  }
  t.same(
    names(on),
    [15, 20, 25].map((offset) => `tick-${minute + offset}`),
  );
});

t.test('createCronJobController() starts nothing while suspended', async (t) => {
  await using on = bench();
  await on.apply(cronJob({ suspend: true }));
  await pass(on, 12);
  t.same(names(on), []);
  await on.edit('CronJob', 'tick', (present) => ({
    ...present,
    spec: { ...present.spec, suspend: false },
  }));
  await pass(on, 0);
  t.equal(names(on).length, 1, 'only the latest missed time is made up for');
});

t.test('createCronJobController() lets a time go that is past its deadline', async (t) => {
  await using on = bench();
  await on.apply(cronJob({ suspend: true, startingDeadlineSeconds: 30 }));
  await pass(on, 6);
  await on.edit('CronJob', 'tick', (present) => ({
    ...present,
    spec: { ...present.spec, suspend: false },
  }));
  t.same(names(on), []);
  await pass(on, 4);
  t.equal(names(on).length, 1);
});

t.test('createCronJobController() reads the schedule in its time zone', async (t) => {
  await using on = bench();
  await on.apply(cronJob({ schedule: '32 5 * * *', timeZone: 'Asia/Kolkata' }));
  await pass(on, 2);
  t.equal(names(on).length, 1);
});

const ZONES = [
  { timeZone: undefined, shown: '2026-01-01T00:02:00Z' },
  { timeZone: 'Etc/UTC', shown: '2026-01-01T00:02:00Z' },
  { timeZone: 'Asia/Kolkata', shown: '2026-01-01T05:32:00+05:30' },
  { timeZone: 'America/St_Johns', shown: '2025-12-31T20:32:00-03:30' },
] as const;
for (const { timeZone, shown } of ZONES) {
  t.test(`formatInZone() of ${timeZone}`, async (t) => {
    t.equal(formatInZone(Date.parse('2026-01-01T00:02:00Z'), timeZone), shown);
  });
}

t.test('createCronJobController() knows the Jobs of another time zone for its own', async (t) => {
  await using on = bench();
  await on.apply(cronJob({ schedule: '32 5 * * *', timeZone: 'Asia/Kolkata' }));
  await pass(on, 2);
  const [job] = on.list('Job');
  const annotation = 'batch.kubernetes.io/cronjob-scheduled-timestamp';
  t.match(job?.metadata.annotations?.[annotation], /T05:32:00\+05:30$/);
  t.match(on.get('CronJob', 'tick').status?.active, [{ name: job?.metadata.name }]);
  t.notMatch(on.events().join('\n'), /UnexpectedJob/);
});

t.test('createCronJobController() misses no Job that it has replaced', async (t) => {
  await using on = bench();
  await on.apply(cronJob({ concurrencyPolicy: 'Replace' }));
  await pass(on, 11);
  t.equal(names(on).length, 1);
  t.match(on.get('CronJob', 'tick').status?.active, [{ name: names(on)[0] }]);
  t.notMatch(on.events().join('\n'), /MissingJob/);
});

t.test('createCronJobController() says no more of a Job that it deletes as it ends', async (t) => {
  await using on = bench();
  await on.apply(cronJob({ failedJobsHistoryLimit: 0 }));
  await pass(on, 5);
  const [job] = on.list('Job');
  if (job !== undefined) await end(on, job, 'Failed');
  t.same(names(on), []);
  t.same(on.get('CronJob', 'tick').status?.active, undefined);
  t.notMatch(on.events().join('\n'), /SawCompletedJob|MissingJob/);
  t.match(on.events().join('\n'), /SuccessfulDelete: Deleted job/);
});

t.test('createCronJobController() leaves alone what runs for a time already', async (t) => {
  await using on = bench();
  await on.apply(cronJob({ concurrencyPolicy: 'Replace' }));
  await pass(on, 6);
  const [job] = on.list('Job');
  const present = on.get('CronJob', 'tick');
  const status = { ...present.status, lastScheduleTime: '2025-12-31T23:00:00Z' };
  on.store.update({ ...present, status } as never, { subresource: 'status' });
  await on.settled();
  t.equal(on.get('Job', job?.metadata.name ?? '').metadata.uid, job?.metadata.uid);
  t.notMatch(on.events().join('\n'), /Deleted job/);
});
