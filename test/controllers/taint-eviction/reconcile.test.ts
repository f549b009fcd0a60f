import t from 'tap';
import type { Taint, Toleration } from '../../../src/api/index.ts';
import { createTaintEvictionController } from '../../../src/controllers/index.ts';
import { node, pod } from '../cluster.ts';
import { startTestCluster } from '../start.ts';

interface Case {
  readonly name: string;
  readonly taint: Taint;
  readonly tolerations?: readonly Toleration[];
  /** Seconds until the Pod goes; undefined for never. */
  readonly goesAfter?: number;
}

const OUT = { key: 'out', effect: 'NoExecute' } as const;

const cases: readonly Case[] = [
  { name: 'a taint that is not tolerated', taint: OUT, goesAfter: 0 },
  { name: 'a taint that only keeps new Pods away', taint: { key: 'out', effect: 'NoSchedule' } },
  { name: 'a toleration', taint: OUT, tolerations: [{ key: 'out', operator: 'Exists' }] },
  {
    name: 'a toleration for a while',
    taint: OUT,
    tolerations: [{ key: 'out', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 30 }],
    goesAfter: 30,
  },
  {
    name: 'the shortest of several tolerations',
    taint: OUT,
    tolerations: [
      { key: 'out', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 30 },
      { operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 },
    ],
    goesAfter: 5,
  },
  {
    name: 'a while that began before',
    taint: { ...OUT, timeAdded: '2025-12-31T23:59:50Z' },
    tolerations: [{ key: 'out', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 30 }],
    goesAfter: 20,
  },
];

for (const { name, taint, tolerations = [], goesAfter } of cases)
  t.test(`createTaintEvictionController() with ${name}`, async (t) => {
    await using cluster = startTestCluster({ controllers: [createTaintEvictionController()] });
    cluster.create(node('a', { spec: { taints: [taint] } }));
    cluster.create(pod('web', { nodeName: 'a', tolerations }));
    const isThere = (): boolean => {
      const present = cluster.store.get('Pod', 'default', 'web');
      return present !== undefined && present.metadata.deletionTimestamp === undefined;
    };
    await cluster.settled();
    if (goesAfter === undefined) {
      cluster.clock.advance(3_600_000);
      await cluster.settled();
      t.ok(isThere());
      return;
    }
    if (goesAfter > 0) {
      cluster.clock.advance(goesAfter * 1000 - 1);
      await cluster.settled();
      t.ok(isThere(), 'still there');
      cluster.clock.advance(1);
      await cluster.settled();
    }
    t.notOk(isThere(), 'gone');
    t.same(cluster.events(), ['TaintManagerEviction: Marking for deletion Pod default/web']);
    t.same(cluster.errors, []);
  });

t.test('createTaintEvictionController() lets a Pod stay whose Node is clean again', async (t) => {
  await using cluster = startTestCluster({ controllers: [createTaintEvictionController()] });
  cluster.create(node('a', { spec: { taints: [OUT] } }));
  const tolerations = [
    { key: 'out', operator: 'Exists', tolerationSeconds: 30, effect: 'NoExecute' },
  ];
  cluster.create(pod('web', { nodeName: 'a', tolerations }));
  await cluster.settled();
  cluster.store.update(node('a'));
  await cluster.settled();
  cluster.clock.advance(60_000);
  await cluster.settled();
  t.equal(cluster.store.get('Pod', 'default', 'web')?.metadata.deletionTimestamp, undefined);
});
