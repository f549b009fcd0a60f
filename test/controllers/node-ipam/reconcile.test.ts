import t from 'tap';
import type { KubeObject } from '../../../src/api/index.ts';
import { createNodeIpamController } from '../../../src/controllers/index.ts';
import { node } from '../cluster.ts';
import { startTestCluster, type TestCluster } from '../start.ts';

const rangesOf = ({ store }: TestCluster): Readonly<Record<string, string>> =>
  Object.fromEntries(
    store.list('Node').map(({ metadata, spec }) => [metadata.name, spec?.podCIDRs?.join() ?? '']),
  );

const bring = (name: string, podCIDR: string): KubeObject =>
  node(name, { spec: { podCIDR, podCIDRs: [podCIDR] } });

t.test('createNodeIpamController() goes round before it gives a range again', async (t) => {
  const controllers = [createNodeIpamController({ clusterCIDRs: ['10.244.0.0/22'] })];
  await using cluster = startTestCluster({ controllers });
  for (const name of ['a', 'b']) cluster.create(node(name));
  await cluster.settled();
  cluster.store.delete({ kind: 'Node', name: 'a' });
  await cluster.settled();
  for (const name of ['c', 'd', 'e']) {
    cluster.create(node(name));
    await cluster.settled();
  }
  t.same(rangesOf(cluster), {
    b: '10.244.1.0/24',
    c: '10.244.2.0/24',
    d: '10.244.3.0/24',
    e: '10.244.0.0/24',
  });
});

t.test('createNodeIpamController() works around ranges that Nodes bring', async (t) => {
  const controllers = [
    createNodeIpamController({
      clusterCIDRs: ['10.244.0.0/16', 'fd00:10:244::/56'],
      serviceCIDRs: ['10.244.0.0/24'],
    }),
  ];
  await using cluster = startTestCluster({ controllers });
  cluster.create(node('a'));
  cluster.create(bring('b', '10.244.1.0/24'));
  await cluster.settled();
  t.same(rangesOf(cluster), { a: '10.244.2.0/24,fd00:10:244::/64', b: '10.244.1.0/24' });
});

t.test('createNodeIpamController() tries again when ranges are used up', async (t) => {
  const controllers = [createNodeIpamController({ clusterCIDRs: ['10.244.0.0/24'] })];
  await using cluster = startTestCluster({ controllers });
  cluster.create(node('a'));
  await cluster.settled();
  cluster.create(node('b'));
  await cluster.settled();
  t.same(rangesOf(cluster), { a: '10.244.0.0/24', b: '' });
  t.same(cluster.events(), ['CIDRNotAvailable: Node b status is now: CIDRNotAvailable']);
  cluster.store.delete({ kind: 'Node', name: 'a' });
  await cluster.settled();
  cluster.clock.advance(60_000);
  await cluster.settled();
  t.same(rangesOf(cluster), { b: '10.244.0.0/24' });
});

t.test('createNodeIpamController() refuses ranges that make no sense', async (t) => {
  t.throws(() => createNodeIpamController({ clusterCIDRs: ['10.244.0.0/28'] }), {
    code: 'ERR_IPAM_CONFIG',
  });
});
