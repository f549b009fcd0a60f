import t from 'tap';
import type { KubeObject } from '../../../src/api/index.ts';
import {
  createIpAddressController,
  createServiceCidrController,
  defaultServiceCIDR,
} from '../../../src/controllers/index.ts';
import { createServiceAllocator } from '../../../src/ipam/index.ts';
import { service } from '../cluster.ts';
import { startTestCluster, type TestCluster } from '../start.ts';

const DUAL = ['10.96.0.0/16', 'fd00:10:96::/108'];

const start = (serviceCIDRs = DUAL): TestCluster =>
  startTestCluster({
    allocators: [createServiceAllocator({ serviceCIDRs })],
    controllers: [createServiceCidrController(), createIpAddressController()],
  });

const namesOf = ({ store }: TestCluster): readonly string[] =>
  store.list('IPAddress').map(({ metadata, spec }) => `${metadata.name} ${spec.parentRef.name}`);

t.test('createIpAddressController() keeps one object an address', async (t) => {
  await using cluster = start();
  const clusterIPs = ['10.96.0.40', 'fd00:10:96::9'];
  const spec = { clusterIP: '10.96.0.40', clusterIPs, ipFamilyPolicy: 'RequireDualStack' };
  cluster.create(service('web', spec));
  cluster.create(service('headless', { clusterIP: 'None' }));
  await cluster.settled();
  t.same(namesOf(cluster), ['10.96.0.40 web', 'fd00:10:96::9 web']);
  cluster.store.update(service('web', { ipFamilyPolicy: 'SingleStack' }));
  await cluster.settled();
  t.same(namesOf(cluster), ['10.96.0.40 web'], 'the second address went with the family');
  cluster.store.delete({ kind: 'Service', namespace: 'default', name: 'web' });
  await cluster.settled();
  t.same(namesOf(cluster), []);
  t.same(cluster.errors, []);
});

t.test('createIpAddressController() makes an object again that somebody deleted', async (t) => {
  await using cluster = start();
  cluster.create(service('web', { clusterIP: '10.96.0.40' }));
  await cluster.settled();
  cluster.store.delete({ kind: 'IPAddress', name: '10.96.0.40' });
  await cluster.settled();
  t.same(namesOf(cluster), ['10.96.0.40 web']);
});

t.test('createIpAddressController() hands an address over between Services', async (t) => {
  await using cluster = start();
  cluster.create(service('old', { clusterIP: '10.96.0.40' }));
  await cluster.settled();
  cluster.store.delete({ kind: 'Service', namespace: 'default', name: 'old' });
  cluster.create(service('new', { clusterIP: '10.96.0.40' }));
  await cluster.settled();
  t.same(namesOf(cluster), ['10.96.0.40 new']);
});

t.test('createServiceCidrController() holds a range until its last address is free', async (t) => {
  await using cluster = start();
  cluster.create(defaultServiceCIDR(DUAL) as unknown as KubeObject);
  cluster.create({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'ServiceCIDR',
    metadata: { name: 'extra' },
    spec: { cidrs: ['10.98.0.0/24'] },
  });
  await cluster.settled();
  const readyOf = (name: string): unknown =>
    cluster.store
      .get('ServiceCIDR', undefined, name)
      ?.status?.conditions?.map(({ status, reason }) => [status, reason]);
  t.same(readyOf('extra'), [['True', '']]);
  cluster.create(service('web', { clusterIP: '10.98.0.9' }));
  await cluster.settled();
  cluster.store.delete({ kind: 'ServiceCIDR', name: 'extra' });
  await cluster.settled();
  t.same(readyOf('extra'), [['False', 'Terminating']]);
  t.throws(() => cluster.create(service('late', { clusterIP: '10.98.0.10' })), {
    message: /does not match the current range/,
  });
  cluster.store.delete({ kind: 'Service', namespace: 'default', name: 'web' });
  await cluster.settled();
  t.equal(cluster.store.get('ServiceCIDR', undefined, 'extra'), undefined);
});

t.test('createServiceCidrController() lets a range go that another one covers', async (t) => {
  await using cluster = start();
  cluster.create(defaultServiceCIDR(DUAL) as unknown as KubeObject);
  cluster.create({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'ServiceCIDR',
    metadata: { name: 'inner' },
    spec: { cidrs: ['10.96.4.0/24'] },
  });
  cluster.create(service('web', { clusterIP: '10.96.4.9' }));
  await cluster.settled();
  cluster.store.delete({ kind: 'ServiceCIDR', name: 'inner' });
  await cluster.settled();
  t.equal(cluster.store.get('ServiceCIDR', undefined, 'inner'), undefined);
  cluster.store.delete({ kind: 'ServiceCIDR', name: 'kubernetes' });
  await cluster.settled();
  t.ok(cluster.store.get('ServiceCIDR', undefined, 'kubernetes'));
});
