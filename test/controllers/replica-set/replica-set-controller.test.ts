import t from 'tap';
import { createReplicaSetController } from '../../../src/controllers/index.ts';
import { createBench, type Bench } from '../harness.ts';

function replicaSet(replicas: number, spec: object = {}): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'web' },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web', tier: 'front' } },
        spec: { terminationGracePeriodSeconds: 30, containers: [{ name: 'web', image: 'v1' }] },
      },
      ...spec,
    },
  };
}

const barePod = (name: string, labels: object): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels },
  spec: { containers: [{ name: 'web', image: 'bare' }] },
});

const bench = (): Bench => createBench({ controllers: [createReplicaSetController()] });

const live = (on: Bench): readonly string[] =>
  on
    .list('Pod')
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(({ metadata }) => metadata.name);

t.test('createReplicaSetController() counts its Pods in the status', async (t) => {
  await using on = bench();
  await on.apply(replicaSet(3));
  t.match(on.get('ReplicaSet', 'web').status, {
    replicas: 3,
    fullyLabeledReplicas: 3,
    terminatingReplicas: 0,
  });
  await on.converge();
  await on.apply(replicaSet(2));
  t.match(on.get('ReplicaSet', 'web').status, {
    replicas: 2,
    readyReplicas: 2,
    availableReplicas: 2,
    terminatingReplicas: 1,
    observedGeneration: 2,
  });
});

t.test('createReplicaSetController() calls Pods available after minReadySeconds', async (t) => {
  await using on = bench();
  await on.apply(replicaSet(1, { minReadySeconds: 10 }));
  await on.converge();
  t.match(on.get('ReplicaSet', 'web').status, { readyReplicas: 1, availableReplicas: undefined });
  on.clock.advance(10_000);
  await on.settled();
  t.match(on.get('ReplicaSet', 'web').status, { readyReplicas: 1, availableReplicas: 1 });
});

t.test(
  'createReplicaSetController() adopts orphans, lets go what loses the label, and takes it back',
  async (t) => {
    await using on = bench();
    await on.apply(barePod('orphan', { app: 'web' }));
    await on.apply(replicaSet(2));
    await on.converge();
    t.equal(live(on).length, 2);
    t.match(on.get('Pod', 'orphan').metadata.ownerReferences, [
      { kind: 'ReplicaSet', name: 'web', controller: true },
    ]);
    t.match(on.get('ReplicaSet', 'web').status, { replicas: 2, fullyLabeledReplicas: 1 });
    await on.edit('Pod', 'orphan', (pod) => ({
      ...pod,
      metadata: { ...pod.metadata, labels: { app: 'other' } },
    }));
    t.notOk(on.get('Pod', 'orphan').metadata.ownerReferences?.length);
    t.equal(live(on).length, 3, 'a new Pod takes its place');
    await on.edit('Pod', 'orphan', (pod) => ({
      ...pod,
      metadata: { ...pod.metadata, labels: { app: 'web' } },
    }));
    await on.converge();
    t.equal(live(on).length, 2, 'one too many goes');
  },
);

t.test('createReplicaSetController() leaves Pods of others alone', async (t) => {
  await using on = bench();
  await on.apply(replicaSet(1));
  const [first] = live(on);
  await on.apply({ ...replicaSet(1), metadata: { name: 'rival' } });
  t.equal(on.list('Pod').length, 2);
  t.equal(on.get('Pod', first ?? '').metadata.ownerReferences?.[0]?.name, 'web');
});

t.test('createReplicaSetController() replaces a failed Pod and keeps it', async (t) => {
  await using on = bench();
  await on.apply(replicaSet(1));
  await on.converge();
  const [name = ''] = live(on);
  const pod = on.get('Pod', name);
  on.store.update({ ...pod, status: { ...pod.status, phase: 'Failed' } } as never, {
    subresource: 'status',
  });
  await on.settled();
  t.equal(on.list('Pod').length, 2);
  t.equal(on.get('Pod', name).status?.phase, 'Failed');
});

t.test('createReplicaSetController() says what it did, and what it could not', async (t) => {
  await using on = bench();
  await on.apply(replicaSet(1));
  const [name = ''] = live(on);
  await on.apply(replicaSet(0));
  t.same(on.events(), [
    `SuccessfulCreate: Created pod: ${name}`,
    `SuccessfulDelete: Deleted pod: ${name}`,
  ]);
});
