import * as fc from 'fast-check';
import t from 'tap';
import type { KubeObject, Pod } from '../../../src/api/index.ts';
import { createSchedulerController, defaultNodes } from '../../../src/controllers/index.ts';
import { node, pod } from '../cluster.ts';
import { startTestCluster, type TestCluster } from '../start.ts';

const ZONE = 'topology.kubernetes.io/zone';
const HOST = 'kubernetes.io/hostname';

const start = (seed = 0): TestCluster =>
  startTestCluster({ controllers: [createSchedulerController({ seed })] });

const addNodes = (cluster: TestCluster, count: number): void => {
  for (const one of defaultNodes(count, 0)) cluster.create(one as unknown as KubeObject);
};

const nodesOf = ({ store }: TestCluster): readonly string[] =>
  store.list('Pod').map(({ spec }) => spec?.nodeName ?? '');

const tally = (names: readonly string[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
};

const owned = (uid: string): Partial<Pod['metadata']> => ({
  ownerReferences: [
    { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: uid, uid, controller: true },
  ],
});

t.test('createSchedulerController() binds, and says so', async (t) => {
  await using cluster = start();
  addNodes(cluster, 1);
  cluster.create(pod('web'));
  await cluster.settled();
  const bound = cluster.store.get('Pod', 'default', 'web');
  t.equal(bound?.spec?.nodeName, 'node-1');
  t.same(cluster.events(), ['Scheduled: Successfully assigned default/web to node-1']);
  t.same(cluster.errors, []);
});

t.test(
  'createSchedulerController() spreads 200 Pods of many owners evenly, and quickly',
  async (t) => {
    await using cluster = start();
    addNodes(cluster, 3);
    for (let index = 0; index < 200; index += 1)
      cluster.create(pod(`p${index}`, {}, owned(`rs-${index % 20}`)));
    const started = performance.now();
    await cluster.settled();
    t.ok(performance.now() - started < 500);
    const counts = Object.values(tally(nodesOf(cluster)));
    t.equal(counts.length, 3);
    t.ok(Math.max(...counts) - Math.min(...counts) <= 1, counts.join());
  },
);

t.test('createSchedulerController() spreads each owner over zones', async (t) => {
  await using cluster = start();
  addNodes(cluster, 6);
  for (let index = 0; index < 6; index += 1) cluster.create(pod(`p${index}`, {}, owned('rs')));
  await cluster.settled();
  t.equal(new Set(nodesOf(cluster)).size, 6);
});

t.test('createSchedulerController() repeats itself', async (t) => {
  const place = async (seed: number): Promise<readonly string[]> => {
    await using cluster = start(seed);
    addNodes(cluster, 5);
    for (let index = 0; index < 20; index += 1) cluster.create(pod(`p${index}`));
    await cluster.settled();
    return nodesOf(cluster);
  };
  t.same(await place(1), await place(1));
  t.not((await place(1)).join(), (await place(2)).join());
});

t.test('createSchedulerController() waits for a Node', async (t) => {
  await using cluster = start();
  cluster.create(pod('web'));
  await cluster.settled();
  const message = 'no nodes available to schedule pods';
  t.match(cluster.store.get('Pod', 'default', 'web')?.status?.conditions, [
    { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message },
  ]);
  cluster.clock.advance(60_000);
  addNodes(cluster, 1);
  await cluster.settled();
  t.same(nodesOf(cluster), ['node-1']);
  t.match(cluster.store.get('Pod', 'default', 'web')?.status?.conditions, [
    { type: 'PodScheduled', status: 'True', lastTransitionTime: '2026-01-01T00:01:00Z' },
  ]);
});

t.test('createSchedulerController() tries again when a Pod makes room', async (t) => {
  await using cluster = start();
  addNodes(cluster, 1);
  const ports = [{ containerPort: 80, hostPort: 8080 }];
  const containers = [{ name: 'main', image: 'web', ports }];
  cluster.create(pod('first', { containers }));
  await cluster.settled();
  cluster.create(pod('second', { containers }));
  await cluster.settled();
  t.same(nodesOf(cluster), ['node-1', '']);
  cluster.store.delete(
    { kind: 'Pod', namespace: 'default', name: 'first' },
    { gracePeriodSeconds: 0 },
  );
  await cluster.settled();
  t.same(nodesOf(cluster), ['node-1']);
});

t.test('createSchedulerController() leaves gated Pods and those of other schedulers', async (t) => {
  await using cluster = start();
  addNodes(cluster, 1);
  cluster.create(pod('gated', { schedulingGates: [{ name: 'example.org/wait' }] }));
  cluster.create(pod('other', { schedulerName: 'mine' }));
  await cluster.settled();
  t.same(nodesOf(cluster), ['', '']);
  t.match(cluster.store.get('Pod', 'default', 'gated')?.status?.conditions, [
    { type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' },
  ]);
  t.same(cluster.events(), []);
});

const preferences = [
  {
    name: 'preferred node affinity',
    spec: {
      affinity: {
        nodeAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            {
              weight: 10,
              preference: { matchExpressions: [{ key: HOST, operator: 'In', values: ['node-3'] }] },
            },
          ],
        },
      },
    },
    node: 'node-3',
  },
  {
    name: 'preferred affinity to a Pod',
    spec: {
      affinity: {
        podAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            {
              weight: 100,
              podAffinityTerm: {
                topologyKey: HOST,
                labelSelector: { matchLabels: { app: 'db' } },
              },
            },
          ],
        },
      },
    },
    node: 'node-2',
  },
  {
    name: 'soft spread away from its like',
    spec: {
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: ZONE,
          whenUnsatisfiable: 'ScheduleAnyway',
          labelSelector: { matchLabels: { app: 'cache' } },
        },
      ],
    },
    node: 'node-2',
  },
] as const;

for (const { name, spec, node: wanted } of preferences)
  t.test(`createSchedulerController() heeds ${name}`, async (t) => {
    for (let seed = 0; seed < 5; seed += 1) {
      await using cluster = start(seed);
      addNodes(cluster, 3);
      cluster.create(pod('db', { nodeName: 'node-2' }, { labels: { app: 'db' } }));
      for (const place of [1, 3])
        cluster.create(
          pod(`cache-${place}`, { nodeName: `node-${place}` }, { labels: { app: 'cache' } }),
        );
      cluster.create(pod('web', spec, { labels: { app: 'cache' } }));
      await cluster.settled();
      t.equal(cluster.store.get('Pod', 'default', 'web')?.spec?.nodeName, wanted);
    }
  });

t.test('createSchedulerController() avoids PreferNoSchedule where it can', async (t) => {
  await using cluster = start();
  const taints = [{ key: 'busy', effect: 'PreferNoSchedule' }];
  cluster.create(node('a', { spec: { taints } }));
  cluster.create(node('b'));
  cluster.create(pod('one'));
  await cluster.settled();
  t.same(nodesOf(cluster), ['b']);
  cluster.create(pod('two', { nodeSelector: { [HOST]: 'a' } }));
  await cluster.settled();
  t.same(nodesOf(cluster), ['b', 'a']);
});

const anyPod = fc.record({
  app: fc.constantFrom('x', 'y'),
  apart: fc.option(fc.constantFrom(HOST, ZONE)),
  spread: fc.option(fc.constantFrom(HOST, ZONE)),
  zone: fc.option(fc.constantFrom('zone-a', 'zone-b', 'zone-c')),
  port: fc.option(fc.constantFrom(80, 81)),
});

type AnyPod = typeof anyPod extends fc.Arbitrary<infer T> ? T : never;

function specOf({ app, apart, spread, zone, port }: AnyPod): Partial<Pod['spec']> {
  const labelSelector = { matchLabels: { app } };
  const term = { topologyKey: apart ?? '', labelSelector };
  const constraint = { maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule', labelSelector };
  const ports = port === null ? [] : [{ containerPort: port, hostPort: port }];
  return {
    containers: [{ name: 'main', image: 'web', ports }],
    ...(apart !== null && {
      affinity: {
        podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] },
      },
    }),
    ...(spread !== null && {
      topologySpreadConstraints: [{ ...constraint, topologyKey: spread }],
    }),
    ...(zone !== null && { nodeSelector: { [ZONE]: zone } }),
  };
}

t.test('createSchedulerController() never breaks a hard rule', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyPod, { maxLength: 12 }), async (wanted) => {
      await using cluster = start();
      addNodes(cluster, 4);
      for (const [index, one] of wanted.entries()) {
        cluster.create(pod(`p${index}`, specOf(one), { labels: { app: one.app } }));
        await cluster.settled();
      }
      const zones = new Map(
        cluster.store
          .list('Node')
          .map(({ metadata }) => [metadata.name, metadata.labels?.[ZONE] ?? '']),
      );
      const placed = wanted.flatMap((one, index) => {
        const name = cluster.store.get('Pod', 'default', `p${index}`)?.spec?.nodeName ?? '';
        return name === '' ? [] : [{ ...one, [HOST]: name, [ZONE]: zones.get(name) ?? '' }];
      });
      return placed.every((one, index) => {
        const others = placed.filter((_, other) => other !== index);
        const isApart =
          one.apart === null ||
          others.every(
            ({ app, ...at }) => app !== one.app || at[one.apart ?? HOST] !== one[one.apart ?? HOST],
          );
        const isAlone = others.every(
          (o) => one.port === null || o.port !== one.port || o[HOST] !== one[HOST],
        );
        return isApart && isAlone && (one.zone === null || one[ZONE] === one.zone);
      });
    }),
    { numRuns: 60 },
  );
  t.pass('holds');
});
