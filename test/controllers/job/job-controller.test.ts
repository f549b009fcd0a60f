import t from 'tap';
import type { Job, Pod } from '../../../src/api/index.ts';
import {
  createGarbageCollector,
  createJobController,
  createTtlAfterFinishedController,
} from '../../../src/controllers/index.ts';
import { formatIndexes, parseIndexes } from '../../../src/controllers/job/indexes.ts';
import { createBench, type Bench } from '../harness.ts';

function job(spec: object = {}): object {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'j' },
    spec: {
      backoffLimit: 6,
      completions: 1,
      parallelism: 1,
      template: {
        metadata: { labels: { app: 'j' } },
        spec: {
          restartPolicy: 'Never',
          terminationGracePeriodSeconds: 30,
          containers: [{ name: 'c', image: 'c' }],
        },
      },
      ...spec,
    },
  };
}

const bench = (): Bench =>
  createBench({
    controllers: [
      createJobController(),
      createTtlAfterFinishedController(),
      createGarbageCollector(),
    ],
  });

const active = (on: Bench): readonly Pod[] =>
  on
    .list('Pod')
    .filter(
      ({ metadata, status }) =>
        metadata.deletionTimestamp === undefined &&
        status?.phase !== 'Succeeded' &&
        status?.phase !== 'Failed',
    );

/** Brings active Pods to their end. */
async function end(
  on: Bench,
  phase: 'Succeeded' | 'Failed',
  filter: (pod: Pod) => boolean = () => true,
): Promise<void> {
  await on.runPods();
  for (const pod of active(on).filter(filter)) {
    const fresh = on.get('Pod', pod.metadata.name);
    const finishedAt = new Date(on.clock.now()).toISOString();
    const containerStatuses = [
      { name: 'c', state: { terminated: { finishedAt, exitCode: 0 } }, restartCount: 0 },
    ];
    on.store.update({ ...fresh, status: { ...fresh.status, phase, containerStatuses } } as never, {
      subresource: 'status',
    });
  }
  await on.settled();
}

const setSuspended = (on: Bench, suspend: boolean): Promise<void> =>
  on.edit('Job', 'j', (present) => ({ ...present, spec: { ...present.spec, suspend } }));

const conditions = ({ status }: Job): readonly string[] =>
  (status?.conditions ?? []).map(
    (condition) => `${condition.type}=${condition.status} ${condition.reason}`,
  );

const DONE = ['SuccessCriteriaMet=True CompletionsReached', 'Complete=True CompletionsReached'];

t.test(
  'createJobController() runs as many Pods as it may until enough have succeeded',
  async (t) => {
    await using on = bench();
    await on.apply(job({ completions: 5, parallelism: 2 }));
    const course: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      course.push(active(on).length);
      await end(on, 'Succeeded');
    }
    t.same(course, [2, 2, 1]);
    const ended = on.get('Job', 'j');
    t.same(conditions(ended), DONE);
    const { startTime, completionTime, conditions: _, ...counters } = ended.status ?? {};
    t.ok(startTime && completionTime);
    t.same(counters, { succeeded: 5, ready: 0, terminating: 0, uncountedTerminatedPods: {} });
    t.same(
      on.list('Pod').map(({ metadata }) => metadata.finalizers),
      Array.from({ length: 5 }),
    );
    t.equal(on.events().at(-1), 'Completed: Job completed');
  },
);

t.test('createJobController() labels its Pods', async (t) => {
  await using on = bench();
  await on.apply(job());
  const { uid } = on.get('Job', 'j').metadata;
  const [pod] = on.list('Pod');
  t.match(pod?.metadata, {
    generateName: 'j-',
    finalizers: ['batch.kubernetes.io/job-tracking'],
    labels: {
      app: 'j',
      'batch.kubernetes.io/controller-uid': uid,
      'batch.kubernetes.io/job-name': 'j',
      'controller-uid': uid,
      'job-name': 'j',
    },
  });
});

t.test(
  'createJobController() gives up after backoffLimit failures, each after a longer pause',
  async (t) => {
    await using on = bench();
    await on.apply(job({ backoffLimit: 2 }));
    await end(on, 'Failed');
    t.equal(active(on).length, 0);
    on.clock.advance(9_000);
    await on.settled();
    t.equal(active(on).length, 0, 'not within 10 s');
    on.clock.advance(1_000);
    await on.settled();
    t.equal(active(on).length, 1);
    await end(on, 'Failed');
    on.clock.advance(19_000);
    await on.settled();
    t.equal(active(on).length, 0, 'not within 20 s');
    on.clock.advance(1_000);
    await on.settled();
    await end(on, 'Failed');
    const ended = on.get('Job', 'j');
    t.equal(ended.status?.failed, 3);
    t.same(conditions(ended), [
      'FailureTarget=True BackoffLimitExceeded',
      'Failed=True BackoffLimitExceeded',
    ]);
    t.equal(on.list('Pod').length, 3);
    t.equal(
      on.events().at(-1),
      'BackoffLimitExceeded: Job has reached the specified backoff limit',
    );
  },
);

t.test('createJobController() numbers the Pods of an Indexed Job', async (t) => {
  await using on = bench();
  await on.apply(job({ completionMode: 'Indexed', completions: 3, parallelism: 3 }));
  const pods = on.list('Pod').toSorted((a, b) => a.metadata.name.localeCompare(b.metadata.name));
  for (const [index, { metadata, spec }] of pods.entries()) {
    t.match(metadata.name, new RegExp(`^j-${index}-\\w{5}$`));
    t.equal(spec?.hostname, `j-${index}`);
    t.equal(metadata.annotations?.['batch.kubernetes.io/job-completion-index'], String(index));
    t.match(spec?.containers[0]?.env, [
      {
        name: 'JOB_COMPLETION_INDEX',
        valueFrom: {
          fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/job-completion-index']" },
        },
      },
    ]);
  }
  await end(on, 'Succeeded', ({ metadata }) => !metadata.name.startsWith('j-1-'));
  t.equal(on.get('Job', 'j').status?.completedIndexes, '0,2');
  await end(on, 'Failed');
  on.clock.advance(10_000);
  await on.settled();
  t.same(
    active(on).map(({ spec }) => spec?.hostname),
    ['j-1'],
    'the index that failed is tried again',
  );
  await end(on, 'Succeeded');
  t.equal(on.get('Job', 'j').status?.completedIndexes, '0-2');
  t.same(conditions(on.get('Job', 'j')), DONE);
});

t.test('createJobController() suspends, resumes and minds the deadline', async (t) => {
  await using on = bench();
  const spec = { completions: 2, parallelism: 2, activeDeadlineSeconds: 60 };
  await on.apply(job({ ...spec, suspend: true }));
  t.equal(on.list('Pod').length, 0);
  t.same(conditions(on.get('Job', 'j')), ['Suspended=True JobSuspended']);
  t.equal(on.get('Job', 'j').status?.startTime, undefined);
  await setSuspended(on, false);
  t.equal(active(on).length, 2);
  t.equal(on.get('Job', 'j').status?.active, 2);
  await on.runPods();
  await setSuspended(on, true);
  await on.reapPods();
  t.equal(on.list('Pod').length, 0);
  t.equal(on.get('Job', 'j').status?.failed, undefined, 'suspending is no failure');
  await setSuspended(on, false);
  await on.runPods();
  on.clock.advance(59_000);
  await on.settled();
  t.equal(active(on).length, 2);
  on.clock.advance(1_000);
  await on.settled();
  await on.reapPods();
  await on.settled();
  const ended = on.get('Job', 'j');
  t.same(conditions(ended), [
    'Suspended=False JobResumed',
    'FailureTarget=True DeadlineExceeded',
    'Failed=True DeadlineExceeded',
  ]);
  t.equal(ended.status?.failed, 2, 'the Pods that the deadline ended count');
  t.same(
    on.events().filter((event) => !/Successful/.test(event)),
    [
      'Suspended: Job suspended',
      'Resumed: Job resumed',
      'DeadlineExceeded: Job was active longer than specified deadline',
    ],
  );
});

t.test('createJobController() without completions ends with the first success', async (t) => {
  await using on = bench();
  await on.apply(job({ completions: undefined, parallelism: 3 }));
  t.equal(active(on).length, 3);
  const [first] = active(on);
  await end(on, 'Succeeded', ({ metadata }) => metadata.name === first?.metadata.name);
  t.equal(active(on).length, 2, 'no Pod is added, none is taken away');
  t.same(conditions(on.get('Job', 'j')), []);
  await end(on, 'Failed');
  t.same(conditions(on.get('Job', 'j')), DONE);
});

t.test('createJobController() replaces a Pod that somebody deletes, and counts it', async (t) => {
  await using on = bench();
  await on.apply(job());
  await on.runPods();
  await on.remove('Pod', on.list('Pod')[0]?.metadata.name ?? '');
  await on.reapPods();
  on.clock.advance(60_000);
  await on.settled();
  t.equal(active(on).length, 1);
  t.equal(on.get('Job', 'j').status?.failed, 1);
});

t.test('createTtlAfterFinishedController() deletes a Job some time after its end', async (t) => {
  await using on = bench();
  await on.apply(job({ ttlSecondsAfterFinished: 30 }));
  await end(on, 'Succeeded');
  on.clock.advance(29_000);
  await on.settled();
  t.equal(on.list('Job').length, 1);
  on.clock.advance(1_000);
  await on.settled();
  await on.reapPods();
  t.equal(on.list('Job').length, 0);
  t.equal(on.list('Pod').length, 0);
});

/** Brings the active Pods that `filter` takes to their end with an exit code, and lets the pause before the next go by. */
async function exit(on: Bench, exitCode: number, filter: (pod: Pod) => boolean): Promise<void> {
  await on.runPods();
  for (const pod of active(on).filter(filter)) {
    const fresh = on.get('Pod', pod.metadata.name);
    const finishedAt = new Date(on.clock.now()).toISOString();
    const state = { terminated: { finishedAt, exitCode } };
    const containerStatuses = [{ name: 'c', state, restartCount: 0 }];
    const phase = exitCode === 0 ? 'Succeeded' : 'Failed';
    const disruption = exitCode === 99 ? [{ type: 'DisruptionTarget', status: 'True' }] : [];
    on.store.update(
      {
        ...fresh,
        status: { ...fresh.status, phase, containerStatuses, conditions: disruption },
      } as never,
      { subresource: 'status' },
    );
  }
  await on.settled();
  on.clock.advance(700_000);
  await on.settled();
}

const POLICY = {
  rules: [
    { action: 'FailJob', onExitCodes: { containerName: 'c', operator: 'In', values: [42] } },
    { action: 'FailIndex', onExitCodes: { operator: 'In', values: [43] } },
    { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] },
    { action: 'Count', onExitCodes: { operator: 'NotIn', values: [7] } },
  ],
};

const POLICIES = [
  { name: 'fails the Job', exits: [42], failed: 1, ends: 'PodFailurePolicy' },
  {
    name: 'ignores a failure',
    exits: [99, 99, 99, 0],
    failed: undefined,
    ends: 'CompletionsReached',
  },
  { name: 'counts a failure', exits: [1, 1], failed: 2, ends: 'BackoffLimitExceeded' },
  { name: 'counts what no rule takes', exits: [7, 7], failed: 2, ends: 'BackoffLimitExceeded' },
  { name: 'knows no indexes to fail', exits: [43, 43], failed: 2, ends: 'BackoffLimitExceeded' },
] as const;
for (const { name, exits, failed, ends } of POLICIES) {
  t.test(`a podFailurePolicy ${name}`, async (t) => {
    await using on = bench();
    await on.apply(job({ backoffLimit: 1, podFailurePolicy: POLICY }));
    for (const code of exits) await exit(on, code, () => true);
    const { status } = on.get('Job', 'j');
    t.equal(status?.conditions?.at(-1)?.reason, ends);
    t.equal(status?.failed, failed);
    if (ends === 'PodFailurePolicy')
      t.match(
        status?.conditions?.at(-1)?.message,
        /^Container c for pod default\/j-\S+ failed with exit code 42 matching FailJob rule at index 0$/,
      );
  });
}

const ofIndex =
  (index: number) =>
  ({ metadata }: Pod): boolean =>
    metadata.labels?.['batch.kubernetes.io/job-completion-index'] === String(index);

t.test('backoffLimitPerIndex gives indexes up one by one, and the others go on', async (t) => {
  await using on = bench();
  const spec = { completionMode: 'Indexed', completions: 3, parallelism: 3 };
  await on.apply(
    job({ ...spec, backoffLimit: undefined, backoffLimitPerIndex: 1, podFailurePolicy: POLICY }),
  );
  t.equal(on.get('Job', 'j').status?.failedIndexes, '');
  await exit(on, 1, ofIndex(0));
  t.equal(on.get('Job', 'j').status?.failedIndexes, '', 'once is allowed');
  const [again] = active(on).filter(ofIndex(0));
  t.match(again?.metadata.annotations, { 'batch.kubernetes.io/job-index-failure-count': '1' });
  await exit(on, 1, ofIndex(0));
  t.equal(on.get('Job', 'j').status?.failedIndexes, '0');
  t.equal(active(on).filter(ofIndex(0)).length, 0);
  await exit(on, 43, ofIndex(2));
  t.equal(on.get('Job', 'j').status?.failedIndexes, '0,2', 'FailIndex does not wait');
  await exit(on, 99, ofIndex(1));
  await exit(on, 0, ofIndex(1));
  const { status } = on.get('Job', 'j');
  t.match(status, { completedIndexes: '1', failedIndexes: '0,2', failed: 3 });
  t.same(conditions(on.get('Job', 'j')), [
    'FailureTarget=True FailedIndexes',
    'Failed=True FailedIndexes',
  ]);
});

t.test('maxFailedIndexes ends the Job', async (t) => {
  await using on = bench();
  const spec = { completionMode: 'Indexed', completions: 3, parallelism: 3, maxFailedIndexes: 0 };
  await on.apply(job({ ...spec, backoffLimitPerIndex: 0 }));
  await exit(on, 1, ofIndex(1));
  await on.converge();
  t.match(conditions(on.get('Job', 'j')), [
    'FailureTarget=True MaxFailedIndexesExceeded',
    /^Failed=True/,
  ]);
  t.equal(active(on).length, 0);
});

t.test('backoffLimitPerIndex holds a failed Pod until its index is tried again', async (t) => {
  await using on = bench();
  const spec = { completionMode: 'Indexed', completions: 2, parallelism: 2 };
  await on.apply(job({ ...spec, backoffLimit: undefined, backoffLimitPerIndex: 1 }));
  await end(on, 'Failed', ofIndex(0));
  const held = (): readonly boolean[] =>
    on
      .list('Pod')
      .filter(
        ({ metadata, status }) => ofIndex(0)({ metadata } as Pod) && status?.phase === 'Failed',
      )
      .map(({ metadata }) => (metadata.finalizers ?? []).length > 0);
  t.same([held(), on.get('Job', 'j').status?.failed], [[true], undefined]);
  on.clock.advance(10_000);
  await on.settled();
  t.same([held(), on.get('Job', 'j').status?.failed], [[false], 1]);
});

t.test('managedBy leaves a Job to somebody else', async (t) => {
  await using on = bench();
  await on.apply(job({ managedBy: 'example.org/mine' }));
  t.same([on.list('Pod'), on.get('Job', 'j').status], [[], {}]);
});

t.test('the Pods of a Job that is gone are let go', async (t) => {
  await using on = bench();
  await on.apply(job());
  await on.runPods();
  const [pod] = on.list('Pod');
  if (pod === undefined) throw new Error('no Pod');
  const owners = (pod.metadata.ownerReferences ?? []).map((owner) => ({ ...owner, name: 'other' }));
  const { uid: _, resourceVersion: __, ...metadata } = pod.metadata;
  on.store.create({
    ...pod,
    metadata: { ...metadata, name: 'of-another', ownerReferences: owners },
  });
  await on.remove('Job', 'j');
  await on.reapPods();
  t.same(
    on.list('Pod').map(({ metadata: { name } }) => name),
    ['of-another'],
  );
});

t.test('formatIndexes() writes ranges from three on', async (t) => {
  t.equal(formatIndexes([0, 1, 3, 4, 5, 8]), '0,1,3-5,8');
  t.same([...parseIndexes('0,1,3-5,8', 10)], [0, 1, 3, 4, 5, 8]);
});
