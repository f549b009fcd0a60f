import t from 'tap';
import { createLoadBalancerController } from '../../../src/controllers/index.ts';
import { createServiceAllocator } from '../../../src/ipam/index.ts';
import { service } from '../cluster.ts';
import { startTestCluster, type TestCluster } from '../start.ts';

const start = (cidr?: string, seed = 0): TestCluster =>
  startTestCluster({
    allocators: [createServiceAllocator({ serviceCIDRs: ['10.96.0.0/16'] })],
    controllers: [createLoadBalancerController({ seed, ...(cidr !== undefined && { cidr }) })],
  });

const ipOf = ({ store }: TestCluster, name: string): string | undefined =>
  store.get('Service', 'default', name)?.status?.loadBalancer?.ingress?.[0]?.ip;

const LB = { type: 'LoadBalancer' } as const;

t.test('createLoadBalancerController() gives an address from 127.1.0.0/24', async (t) => {
  await using cluster = start();
  cluster.create(service('web', LB));
  await cluster.settled();
  const status = cluster.store.get('Service', 'default', 'web')?.status;
  t.match(status, { loadBalancer: { ingress: [{ ip: /^127\.1\.0\.\d+$/, ipMode: 'VIP' }] } });
  t.same(cluster.events(), ['EnsuredLoadBalancer: Ensured load balancer']);
});

const others = [
  { name: 'a ClusterIP Service', spec: { type: 'ClusterIP' } },
  { name: 'another class', spec: { ...LB, loadBalancerClass: 'example.org/lb' } },
] as const;

for (const { name, spec } of others)
  t.test(`createLoadBalancerController() leaves ${name} alone`, async (t) => {
    await using cluster = start();
    cluster.create(service('web', spec));
    await cluster.settled();
    t.equal(ipOf(cluster, 'web'), undefined);
  });

const requests = [
  {
    name: 'its own class',
    spec: { loadBalancerClass: 'podlane.dev/loopback' },
    ip: /^127\.1\.0\./,
  },
  { name: 'an address of the pool', spec: { loadBalancerIP: '127.1.0.7' }, ip: /^127\.1\.0\.7$/ },
  { name: 'an address from elsewhere', spec: { loadBalancerIP: '192.0.2.7' }, ip: /^127\.1\.0\./ },
  { name: 'something that is no address', spec: { loadBalancerIP: 'x' }, ip: /^127\.1\.0\./ },
] as const;

for (const { name, spec, ip } of requests)
  t.test(`createLoadBalancerController() with ${name}`, async (t) => {
    await using cluster = start();
    cluster.create(service('web', { ...LB, ...spec }));
    await cluster.settled();
    t.match(ipOf(cluster, 'web'), ip);
  });

t.test('createLoadBalancerController() repeats itself, whatever the order', async (t) => {
  const give = async (names: readonly string[], seed: number): Promise<readonly unknown[]> => {
    await using cluster = start('127.1.0.0/16', seed);
    for (const name of names) {
      cluster.create(service(name, LB));
      await cluster.settled();
    }
    return names.toSorted().map((name) => ipOf(cluster, name));
  };
  t.same(await give(['a', 'b', 'c'], 0), await give(['c', 'b', 'a'], 0));
  t.not((await give(['a', 'b', 'c'], 0)).join(), (await give(['a', 'b', 'c'], 1)).join());
});

t.test('createLoadBalancerController() never gives an address twice', async (t) => {
  await using cluster = start('127.1.0.0/28');
  for (let index = 0; index < 14; index += 1) cluster.create(service(`s${index}`, LB));
  await cluster.settled();
  const given = cluster.store.list('Service').map(({ metadata }) => ipOf(cluster, metadata.name));
  t.equal(new Set(given).size, 14);
  t.notOk(given.includes(undefined));
});

t.test(
  'createLoadBalancerController() tells that no address is left, and waits for one',
  async (t) => {
    await using cluster = start('127.1.0.0/30');
    for (const name of ['a', 'b']) cluster.create(service(name, LB));
    await cluster.settled();
    cluster.create(service('late', LB));
    await cluster.settled();
    t.equal(ipOf(cluster, 'late'), undefined);
    t.ok(
      cluster
        .events()
        .includes(
          'SyncLoadBalancerFailed: Error syncing load balancer: failed to ensure load balancer: no address is left in 127.1.0.0/30',
        ),
    );
    const freed = ipOf(cluster, 'a');
    cluster.store.delete({ kind: 'Service', namespace: 'default', name: 'a' });
    await cluster.settled();
    t.equal(ipOf(cluster, 'late'), freed);
  },
);

t.test('createLoadBalancerController() lets go of an address when the type changes', async (t) => {
  await using cluster = start();
  cluster.create(service('web', { ...LB, loadBalancerIP: '127.1.0.9' }));
  await cluster.settled();
  cluster.create(service('second', { ...LB, loadBalancerIP: '127.1.0.9' }));
  await cluster.settled();
  t.equal(ipOf(cluster, 'second'), undefined);
  t.match(cluster.events().join('\n'), 'loadBalancerIP 127.1.0.9 belongs to service default/web');
  cluster.store.update(service('web', { type: 'ClusterIP' }));
  await cluster.settled();
  t.same([ipOf(cluster, 'web'), ipOf(cluster, 'second')], [undefined, '127.1.0.9']);
});

t.test('createLoadBalancerController() follows a changed loadBalancerIP', async (t) => {
  await using cluster = start();
  cluster.create(service('web', LB));
  await cluster.settled();
  cluster.store.update(service('web', { ...LB, loadBalancerIP: '127.1.0.33' }));
  await cluster.settled();
  t.equal(ipOf(cluster, 'web'), '127.1.0.33');
});

t.test('createLoadBalancerController() takes over the addresses that it finds', async (t) => {
  await using cluster = start();
  const ingress = [{ ip: '127.1.0.77', ipMode: 'VIP' }];
  cluster.create({ ...service('web', LB), status: { loadBalancer: { ingress } } });
  await cluster.settled();
  t.equal(ipOf(cluster, 'web'), '127.1.0.77');
  t.same(cluster.events(), []);
});

t.test('createLoadBalancerController() refuses a pool that is no prefix', async (t) => {
  t.throws(() => createLoadBalancerController({ cidr: '127.1.0.0' }), { code: 'ERR_IPAM_CONFIG' });
});
