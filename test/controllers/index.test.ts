import t from 'tap';
import { createControllers } from '../../src/controllers/index.ts';
import { createServiceAllocator } from '../../src/ipam/index.ts';
import { createBench, type Bench } from './harness.ts';

const bench = (): Bench =>
  createBench({
    controllers: createControllers(),
    allocators: [createServiceAllocator({ serviceCIDRs: ['10.96.0.0/12'] })],
  });

const service = (name: string): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'default', name },
  spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
});

const deployment = (name: string, replicas: number): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace: 'default', name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'main', image: 'main' }] },
    },
  },
});

const endpoints = (on: Bench): number =>
  on.list('EndpointSlice').flatMap((slice) => slice.endpoints ?? []).length;

t.test(
  'createControllers() carry a Deployment to Nodes and slices, and clear it away',
  async (t) => {
    await using on = bench();
    await on.apply(service('web'));
    await on.apply(deployment('web', 3));
    const nodes = new Set(on.list('Pod').map(({ spec }) => spec?.nodeName));
    t.same(nodes, new Set(['n1', 'n2', 'n3']), 'one Pod on each Node');
    await on.converge();
    t.equal(endpoints(on), 3);
    t.match(on.get('Deployment', 'web').status, { readyReplicas: 3, availableReplicas: 3 });
    await on.remove('Deployment', 'web');
    await on.converge();
    t.same(on.list('ReplicaSet'), []);
    t.same(on.list('Pod'), []);
    t.equal(endpoints(on), 0);
    await on.remove('Service', 'web');
    t.same([...on.list('EndpointSlice'), ...on.list('Endpoints')], []);
  },
);

t.test('createControllers() start 50 Deployments with few writes', async (t) => {
  await using on = bench();
  const before = on.store.revision;
  for (let index = 0; index < 50; index += 1) {
    on.store.create(service(`s${index}`) as never);
    on.store.create(deployment(`s${index}`, 4) as never);
  }
  await on.settled();
  t.equal(on.list('Pod').length, 200);
  const events = on.list('Event').length;
  const writes = on.store.revision - before - events;
  // Of each Deployment 3 and its ReplicaSet 2, of each Service 4 with its address and slices, of each Pod 2.
  t.ok(writes <= 1_000, `${writes} writes`);
  t.ok(events <= 450, `${events} Events`);
});
