import t from 'tap';
import type { KubeObject, Node } from '../../../src/api/index.ts';
import { createNodeLifecycleController, defaultNodes } from '../../../src/controllers/index.ts';
import { node } from '../cluster.ts';
import { startTestCluster, type TestCluster } from '../start.ts';

const start = (): TestCluster =>
  startTestCluster({ controllers: [createNodeLifecycleController()] });

const addressOf = ({ status }: Node): string | undefined =>
  status?.addresses?.find(({ type }) => type === 'InternalIP')?.address;

const taintsOf = ({ store }: TestCluster, name: string): readonly string[] =>
  (store.get('Node', undefined, name)?.spec?.taints ?? []).map(
    ({ key, effect }) => `${key}:${effect}`,
  );

t.test('defaultNodes() names, places and addresses Nodes', async (t) => {
  const nodes = defaultNodes(4, Date.UTC(2026, 0, 1));
  t.same(
    nodes.map((one) => [
      one.metadata.name,
      one.metadata.labels?.['topology.kubernetes.io/zone'],
      addressOf(one),
    ]),
    [
      ['node-1', 'zone-a', '10.0.0.11'],
      ['node-2', 'zone-b', '10.0.0.12'],
      ['node-3', 'zone-c', '10.0.0.13'],
      ['node-4', 'zone-a', '10.0.0.14'],
    ],
  );
  t.match(nodes[0]?.metadata.labels, { 'kubernetes.io/hostname': 'node-1' });
  t.match(
    nodes[0]?.status?.conditions?.find(({ type }) => type === 'Ready'),
    {
      status: 'True',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    },
  );
  t.same(defaultNodes(300, 0).slice(-1).map(addressOf), ['10.0.1.54']);
});

t.test('createNodeLifecycleController() finds default Nodes complete', async (t) => {
  await using cluster = start();
  for (const one of defaultNodes(3, 0)) cluster.create(one as unknown as KubeObject);
  const before = cluster.store.revision;
  await cluster.settled();
  t.equal(cluster.store.revision, before);
});

t.test('createNodeLifecycleController() registers Nodes from manifests', async (t) => {
  await using cluster = start();
  const address = { type: 'InternalIP', address: '10.0.0.12' };
  cluster.create(node('mine', { status: { addresses: [address], capacity: { cpu: '2' } } }));
  cluster.create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'bare' } });
  cluster.create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'other' } });
  await cluster.settled();
  const nodes = cluster.store.list('Node');
  t.same(
    nodes.map((one) => [one.metadata.name, addressOf(one)]),
    [
      ['bare', '10.0.0.11'],
      ['mine', '10.0.0.12'],
      ['other', '10.0.0.13'],
    ],
  );
  t.match(nodes[0]?.metadata.labels, { 'kubernetes.io/hostname': 'bare' });
  t.match(nodes[1]?.status?.allocatable, { cpu: '2', pods: /\d+/ });
  t.same(cluster.errors, []);
});

const conditions = [
  {
    name: 'a cordoned Node',
    fields: { spec: { unschedulable: true } },
    taints: ['node.kubernetes.io/unschedulable:NoSchedule'],
  },
  {
    name: 'a Node that is not ready',
    fields: { status: { conditions: [{ type: 'Ready', status: 'False' }] } },
    taints: ['node.kubernetes.io/not-ready:NoSchedule', 'node.kubernetes.io/not-ready:NoExecute'],
  },
  {
    name: 'a Node that is not heard of',
    fields: { status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } },
    taints: [
      'node.kubernetes.io/unreachable:NoSchedule',
      'node.kubernetes.io/unreachable:NoExecute',
    ],
  },
  {
    name: 'a Node under pressure, with a taint of its own',
    fields: {
      spec: { taints: [{ key: 'mine', effect: 'NoSchedule' }] },
      status: { conditions: [{ type: 'DiskPressure', status: 'True' }] },
    },
    taints: ['mine:NoSchedule', 'node.kubernetes.io/disk-pressure:NoSchedule'],
  },
] as const;

for (const { name, fields, taints } of conditions)
  t.test(`createNodeLifecycleController() taints ${name}, and only while it lasts`, async (t) => {
    await using cluster = start();
    cluster.create(node('a', fields));
    await cluster.settled();
    t.same(taintsOf(cluster, 'a'), taints);
    const present = cluster.store.get('Node', undefined, 'a');
    cluster.store.update({
      ...node('a'),
      spec: { taints: present?.spec?.taints ?? [], unschedulable: false },
    });
    await cluster.settled();
    const healthy = [{ type: 'Ready', status: 'True' }];
    cluster.store.update(
      { ...node('a'), status: { ...present?.status, conditions: healthy } },
      { subresource: 'status' },
    );
    await cluster.settled();
    t.same(
      taintsOf(cluster, 'a'),
      taints.filter((taint) => taint.startsWith('mine')),
    );
  });
