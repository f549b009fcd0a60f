import t from 'tap';
import { createWorkloadControllers } from '../../../src/controllers/index.ts';
import { createBench, type Bench } from '../harness.ts';

const REPLICAS = 'deployment.kubernetes.io/desired-replicas';

function deployment(image: string, spec: object = {}): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { terminationGracePeriodSeconds: 30, containers: [{ name: 'web', image }] },
      },
      progressDeadlineSeconds: 600,
      revisionHistoryLimit: 10,
      strategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' },
      },
      ...spec,
    },
  };
}

const bench = (): Bench => createBench({ controllers: createWorkloadControllers() });

/** Live Pods by image. */
function images(on: Bench): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { metadata, spec } of on.list('Pod')) {
    const image = spec?.containers[0]?.image ?? '';
    if (metadata.deletionTimestamp === undefined) counts[image] = (counts[image] ?? 0) + 1;
  }
  return counts;
}

t.test('createDeploymentController() makes a ReplicaSet and its Pods', async (t) => {
  await using on = bench();
  await on.apply(deployment('v1'));
  const [replicaSet] = on.list('ReplicaSet');
  const hash = replicaSet?.metadata.labels?.['pod-template-hash'] ?? '';
  t.match(hash, /^[bcdfghjklmnpqrstvwxz2456789]{8,10}$/);
  t.equal(replicaSet?.metadata.name, `web-${hash}`);
  t.equal(replicaSet?.spec?.selector?.matchLabels?.['pod-template-hash'], hash);
  const pods = on.list('Pod');
  t.equal(pods.length, 3);
  for (const { metadata } of pods) {
    t.match(metadata.name, new RegExp(`^web-${hash}-[bcdfghjklmnpqrstvwxz2456789]{5}$`));
    t.equal(metadata.labels?.['pod-template-hash'], hash);
    t.match(metadata.ownerReferences, [
      { kind: 'ReplicaSet', name: `web-${hash}`, controller: true, blockOwnerDeletion: true },
    ]);
  }
  t.equal(on.events()[0], `ScalingReplicaSet: Scaled up replica set web-${hash} from 0 to 3`);
  t.match(on.events()[1], /^SuccessfulCreate: Created pod: web-/);
});

t.test('createDeploymentController() reports an available and complete rollout', async (t) => {
  await using on = bench();
  await on.apply(deployment('v1'));
  t.match(on.get('Deployment', 'web').status, {
    replicas: 3,
    unavailableReplicas: 3,
    conditions: [
      { type: 'Available', status: 'False', reason: 'MinimumReplicasUnavailable' },
      { type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated' },
    ],
  });
  await on.converge();
  const { status, metadata } = on.get('Deployment', 'web');
  t.match(status, {
    observedGeneration: 1,
    replicas: 3,
    updatedReplicas: 3,
    readyReplicas: 3,
    availableReplicas: 3,
    terminatingReplicas: 0,
  });
  t.same(
    status?.conditions?.map(({ type, status: is, reason }) => `${type}=${is} ${reason}`).toSorted(),
    ['Available=True MinimumReplicasAvailable', 'Progressing=True NewReplicaSetAvailable'],
  );
  t.notOk(status && 'unavailableReplicas' in status, 'zero counters are absent');
  t.equal(metadata.annotations?.['deployment.kubernetes.io/revision'], '1');
});

const strategies = [
  { name: '25%/25% of 4', replicas: 4, surge: '25%', unavailable: '25%', most: 5, least: 3 },
  {
    name: '25%/25% of 3: rounds to 1/0',
    replicas: 3,
    surge: '25%',
    unavailable: '25%',
    most: 4,
    least: 3,
  },
  { name: '0/1 of 3', replicas: 3, surge: 0, unavailable: 1, most: 3, least: 2 },
  { name: '2/1 of 5', replicas: 5, surge: 2, unavailable: 1, most: 7, least: 4 },
  { name: '100%/0 of 4', replicas: 4, surge: '100%', unavailable: 0, most: 8, least: 4 },
  {
    name: '0%/0% of 3: unavailable becomes 1',
    replicas: 3,
    surge: '0%',
    unavailable: '10%',
    most: 3,
    least: 2,
  },
] as const;
for (const { name, replicas, surge, unavailable, most, least } of strategies) {
  t.test(`createDeploymentController() keeps within ${name} while it rolls`, async (t) => {
    await using on = bench();
    const strategy = {
      type: 'RollingUpdate',
      rollingUpdate: { maxSurge: surge, maxUnavailable: unavailable },
    };
    await on.apply(deployment('v1', { replicas, strategy }));
    await on.converge();
    let peak = 0;
    let trough = Infinity;
    using _watch = on.store.watch('Pod', () => {
      const live = on.list('Pod').filter((pod) => pod.metadata.deletionTimestamp === undefined);
      peak = Math.max(peak, live.length);
      trough = Math.min(trough, live.filter((pod) => pod.status?.phase === 'Running').length);
    });
    await on.apply(deployment('v2', { replicas, strategy }));
    await on.converge();
    t.same(images(on), { v2: replicas });
    t.ok(peak <= most, `${peak} Pods at most`);
    t.ok(trough >= least, `${trough} Pods available at least`);
  });
}

t.test('createDeploymentController() rolls back to the ReplicaSet of the template', async (t) => {
  await using on = bench();
  await on.apply(deployment('v1'));
  await on.converge();
  const [first] = on.list('ReplicaSet');
  await on.apply(deployment('v2'));
  await on.converge();
  await on.apply(deployment('v1'));
  await on.converge();
  t.equal(on.list('ReplicaSet').length, 2);
  const back = on.get('ReplicaSet', first?.metadata.name ?? '');
  t.equal(back.spec?.replicas, 3);
  t.match(back.metadata.annotations, {
    'deployment.kubernetes.io/revision': '3',
    'deployment.kubernetes.io/revision-history': '1',
  });
  t.equal(
    on.get('Deployment', 'web').metadata.annotations?.['deployment.kubernetes.io/revision'],
    '3',
  );
});

t.test('createDeploymentController() trims the history after the rollout', async (t) => {
  await using on = bench();
  for (const image of ['v1', 'v2', 'v3', 'v4']) {
    await on.apply(deployment(image, { revisionHistoryLimit: 1 }));
    await on.converge();
  }
  const revisions = on
    .list('ReplicaSet')
    .map(({ metadata }) => Number(metadata.annotations?.['deployment.kubernetes.io/revision']));
  t.same(new Set(revisions), new Set([3, 4]));
});

t.test('createDeploymentController() with Recreate waits until old Pods are gone', async (t) => {
  await using on = bench();
  const strategy = { type: 'Recreate' };
  await on.apply(deployment('v1', { strategy }));
  await on.converge();
  await on.apply(deployment('v2', { strategy }));
  t.same(images(on), {}, 'old Pods are going, new ones wait');
  await on.reapPods();
  t.same(images(on), { v2: 3 });
});

t.test('createDeploymentController() scales without a new ReplicaSet', async (t) => {
  await using on = bench();
  await on.apply(deployment('v1'));
  await on.converge();
  for (const replicas of [5, 1, 0, 2]) {
    await on.apply(deployment('v1', { replicas }));
    await on.converge();
    t.equal(on.list('Pod').length, replicas);
    t.equal(on.list('ReplicaSet')[0]?.metadata.annotations?.[REPLICAS], String(replicas));
  }
  t.equal(on.list('ReplicaSet').length, 1);
});

t.test(
  'createDeploymentController() scales in proportion in the middle of a rollout',
  async (t) => {
    await using on = bench();
    const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } };
    await on.apply(deployment('v1', { replicas: 10, strategy }));
    await on.converge();
    await on.apply(deployment('v2', { replicas: 10, strategy }));
    t.same(images(on), { v1: 8, v2: 5 });
    await on.apply(deployment('v2', { replicas: 15, strategy }));
    t.same(images(on), { v1: 11, v2: 7 });
  },
);

t.test(
  'createDeploymentController() does nothing to the template while paused, but scales',
  async (t) => {
    await using on = bench();
    await on.apply(deployment('v1'));
    await on.converge();
    await on.apply(deployment('v2', { paused: true }));
    await on.converge();
    t.equal(on.list('ReplicaSet').length, 1);
    t.match(on.get('Deployment', 'web').status?.conditions, [
      { type: 'Available' },
      { type: 'Progressing', status: 'Unknown', reason: 'DeploymentPaused' },
    ]);
    await on.apply(deployment('v2', { paused: true, replicas: 4 }));
    await on.converge();
    t.same(images(on), { v1: 4 });
    await on.apply(deployment('v2', { replicas: 4 }));
    await on.converge();
    t.same(images(on), { v2: 4 });
  },
);

t.test('createDeploymentController() says when a rollout is stuck for too long', async (t) => {
  await using on = bench();
  await on.apply(deployment('v1', { progressDeadlineSeconds: 30 }));
  on.clock.advance(20_000);
  await on.settled();
  t.match(on.get('Deployment', 'web').status?.conditions?.[1], { reason: 'ReplicaSetUpdated' });
  on.clock.advance(12_000);
  await on.settled();
  const [progressing] =
    on.get('Deployment', 'web').status?.conditions?.filter(({ type }) => type === 'Progressing') ??
    [];
  t.match(progressing, {
    status: 'False',
    reason: 'ProgressDeadlineExceeded',
    message: /^ReplicaSet "web-\w+" has timed out progressing\.$/,
  });
});

t.test('createDeploymentController() removes the broken middle ReplicaSet first', async (t) => {
  await using on = bench();
  await on.apply(deployment('v1'));
  await on.converge();
  await on.apply(deployment('broken'));
  t.same(images(on), { v1: 3, broken: 1 });
  await on.apply(deployment('v3'));
  t.same(images(on), { v1: 3, v3: 1 });
});

const overdue = [
  {
    name: 'was complete once',
    after: async (on: Bench) => {
      await on.converge();
      await on.store.list('Pod').reduce(async (before, { metadata: { name } }) => {
        await before;
        await on.edit('Pod', name, (pod) => ({
          ...pod,
          metadata: { ...pod.metadata, labels: {} },
        }));
      }, Promise.resolve());
    },
  },
  {
    name: 'is being deleted',
    after: async (on: Bench) => {
      on.store.delete(
        { kind: 'Deployment', namespace: 'default', name: 'web' },
        { propagationPolicy: 'Foreground' },
      );
      await on.settled();
    },
  },
] as const;
for (const { name, after } of overdue) {
  t.test(`createDeploymentController() does not wait for a rollout that ${name}`, async (t) => {
    await using on = bench();
    await on.apply(deployment('v1', { progressDeadlineSeconds: 3 }));
    await after(on);
    on.clock.advance(10_000);
    await on.settled();
    t.equal(on.clock.pendingTimers, 0);
  });
}

t.test(
  'createDeploymentController() counts what it writes of itself as no generation',
  async (t) => {
    await using on = bench();
    await on.apply(deployment('v1'));
    t.match(on.get('Deployment', 'web').metadata, {
      generation: 1,
      annotations: { 'deployment.kubernetes.io/revision': '1' },
    });
    await on.edit('Deployment', 'web', (present) => ({
      ...present,
      metadata: {
        ...present.metadata,
        annotations: { ...present.metadata.annotations, 'kubernetes.io/change-cause': 'mine' },
      },
    }));
    const { metadata, status } = on.get('Deployment', 'web');
    t.same(
      [metadata.generation, status?.observedGeneration],
      [2, 2],
      'ReplicaSets get annotations',
    );
  },
);

t.test('createDeploymentController() says first that it is paused', async (t) => {
  await using on = bench();
  await on.apply(deployment('v1', { paused: true }));
  t.same(
    on.get('Deployment', 'web').status?.conditions?.map(({ type, reason }) => `${type} ${reason}`),
    ['Progressing DeploymentPaused', 'Available MinimumReplicasUnavailable'],
  );
});
