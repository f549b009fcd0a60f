import t from 'tap';
import type { KubeObject } from '../../../src/api/index.ts';
import {
  createDaemonSetController,
  createDeploymentController,
  createDisruptionController,
  createReplicaSetController,
} from '../../../src/controllers/index.ts';
import { createBench, type Bench } from '../harness.ts';

const KIND = 'PodDisruptionBudget.policy';

const bench = (): Bench =>
  createBench({
    controllers: [
      createDeploymentController(),
      createReplicaSetController(),
      createDaemonSetController(),
      createDisruptionController(),
    ],
  });

const LABELS = { app: 'web' };
const TEMPLATE = {
  metadata: { labels: LABELS },
  spec: { containers: [{ name: 'c', image: 'c' }] },
};

const workload = (kind: string, spec: object): object => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name: 'web' },
  spec: { selector: { matchLabels: LABELS }, template: TEMPLATE, ...spec },
});

const makeBudget = (on: Bench, spec: object): void => {
  on.store.create({
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'b', namespace: 'default' },
    spec: { selector: { matchLabels: LABELS }, ...spec },
  });
};

const statusOf = (on: Bench): Readonly<Record<string, unknown>> =>
  (on.store.get<string>(KIND, 'default', 'b')?.['status'] ?? {}) as Record<string, unknown>;

const numbers = (on: Bench): readonly unknown[] => {
  const { expectedPods, desiredHealthy, currentHealthy, disruptionsAllowed } = statusOf(on);
  return [expectedPods, desiredHealthy, currentHealthy, disruptionsAllowed];
};

/** Of four Pods; in this order: expected, wanted, healthy, allowed to go. */
const AMOUNTS = [
  { spec: { minAvailable: 3 }, counts: [4, 3, 4, 1] },
  { spec: { minAvailable: 5 }, counts: [4, 5, 4, 0] },
  { spec: { minAvailable: '30%' }, counts: [4, 2, 4, 2] },
  { spec: { maxUnavailable: 1 }, counts: [4, 3, 4, 1] },
  { spec: { maxUnavailable: 9 }, counts: [4, 0, 4, 4] },
  { spec: { maxUnavailable: '26%' }, counts: [4, 2, 4, 2] },
  { spec: {}, counts: [0, 0, 4, 0] },
  { spec: { selector: undefined, maxUnavailable: 1 }, counts: [0, 0, 0, 0] },
  { spec: { selector: {}, minAvailable: 1 }, counts: [4, 1, 4, 3] },
  {
    spec: {
      selector: { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] },
      minAvailable: 1,
    },
    counts: [0, 1, 0, 0],
  },
];
for (const { spec, counts } of AMOUNTS) {
  t.test(`createDisruptionController() counts ${JSON.stringify(spec)}`, async (t) => {
    await using on = bench();
    await on.apply(workload('Deployment', { replicas: 4 }));
    await on.converge();
    makeBudget(on, spec);
    await on.settled();
    t.same(numbers(on), counts);
  });
}

t.test('createDisruptionController() follows Pods and their owners', async (t) => {
  await using on = bench();
  makeBudget(on, { maxUnavailable: '50%' });
  await on.settled();
  t.match(statusOf(on)['conditions'], [
    { status: 'False', reason: 'InsufficientPods', message: '' },
  ]);
  await on.apply(workload('Deployment', { replicas: 2 }));
  t.same(numbers(on), [2, 1, 0, 0], 'none is ready yet');
  await on.converge();
  t.same(numbers(on), [2, 1, 2, 1]);
  t.match(statusOf(on)['conditions'], [{ status: 'True', reason: 'SufficientPods' }]);
  await on.edit('Deployment', 'web', (web) => ({ ...web, spec: { ...web.spec, replicas: 6 } }));
  await on.converge();
  t.same(numbers(on), [6, 3, 6, 3]);
});

t.test('createDisruptionController() writes nothing where nothing changes', async (t) => {
  await using on = bench();
  makeBudget(on, { minAvailable: 1 });
  await on.apply(workload('ReplicaSet', { replicas: 2 }));
  await on.converge();
  const { resourceVersion } = on.store.get<string>(KIND, 'default', 'b')?.metadata ?? {};
  const [pod] = on.list('Pod');
  await on.edit('Pod', pod?.metadata.name ?? '', (object) => ({
    ...object,
    metadata: { ...object.metadata, annotations: { a: 'b' } },
  }));
  t.equal(on.store.get<string>(KIND, 'default', 'b')?.metadata.resourceVersion, resourceVersion);
});

t.test('createDisruptionController() allows nothing where an owner has no size', async (t) => {
  await using on = bench();
  await on.apply(workload('DaemonSet', {}));
  await on.converge();
  makeBudget(on, { maxUnavailable: 1 });
  await on.settled();
  const because = 'daemonsets.apps does not implement the scale subresource';
  t.match(statusOf(on), {
    disruptionsAllowed: 0,
    conditions: [{ status: 'False', reason: 'SyncFailed', message: because }],
  });
  t.ok(
    on
      .events()
      .includes(
        `CalculateExpectedPodCountFailed: Failed to calculate the number of expected pods: ${because}`,
      ),
  );
});

/** What an eviction leaves behind until its Pod is seen to go. */
async function evict(on: Bench, name: string): Promise<void> {
  const budget: KubeObject | undefined = on.store.get<string>(KIND, 'default', 'b');
  if (budget === undefined) throw new Error('no budget');
  const disruptedPods = { [name]: new Date(on.clock.now()).toISOString().replace('.000', '') };
  const status = { ...statusOf(on), disruptionsAllowed: 1, disruptedPods };
  on.store.update({ ...budget, status }, { subresource: 'status' });
  await on.settled();
}

t.test('createDisruptionController() counts no Pod that was let go and has not gone', async (t) => {
  await using on = bench();
  makeBudget(on, { minAvailable: 1 });
  await on.apply(workload('ReplicaSet', { replicas: 3 }));
  await on.converge();
  const name = on.list('Pod')[0]?.metadata.name ?? '';
  await evict(on, name);
  t.same(numbers(on), [3, 1, 2, 1]);
  t.same(Object.keys(statusOf(on)['disruptedPods'] ?? {}), [name]);
  on.clock.advance(121_000);
  await on.settled();
  t.same(numbers(on), [3, 1, 3, 2], 'it never went');
  t.equal(statusOf(on)['disruptedPods'], undefined);
  t.ok(
    on
      .events()
      .includes("NotDeleted: Pod was expected by PDB default/b to be deleted but it wasn't"),
  );
});
