import t from 'tap';
import { bootstrapObjects, createKindRegistry, createStore, KINDS } from '../../src/api/index.ts';
import { createServiceAllocator } from '../../src/ipam/index.ts';
import { dice, START } from './test-store.ts';

t.test('bootstrapObjects() can be created as they come', async (t) => {
  const allocator = createServiceAllocator({ serviceCIDRs: ['10.96.0.0/16'] });
  const store = createStore({
    kinds: createKindRegistry(KINDS),
    allocators: [allocator],
    now: () => START,
    random: dice(),
  });
  for (const object of bootstrapObjects({ kubernetesServiceIPs: ['10.96.0.1'] }))
    store.create(object);
  t.same(
    store.list('Namespace').map(({ metadata, status }) => `${metadata.name} ${status?.phase}`),
    ['default Active', 'kube-node-lease Active', 'kube-public Active', 'kube-system Active'],
  );
  t.match(store.get('Service', 'default', 'kubernetes'), {
    metadata: { labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: {
      clusterIP: '10.96.0.1',
      clusterIPs: ['10.96.0.1'],
      type: 'ClusterIP',
      internalTrafficPolicy: 'Cluster',
      ipFamilies: ['IPv4'],
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }],
      sessionAffinity: 'None',
    },
    status: { loadBalancer: {} },
  });
  t.match(store.get('EndpointSlice', 'default', 'kubernetes'), {
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.0.0.11'], conditions: { ready: true } }],
    ports: [{ name: 'https', port: 6443, protocol: 'TCP' }],
  });
  t.match(store.get('Endpoints', 'default', 'kubernetes')?.subsets, [
    { addresses: [{ ip: '10.0.0.11' }], ports: [{ name: 'https', port: 6443 }] },
  ]);
});

t.test('bootstrapObjects() points at the API server wherever it is', async (t) => {
  const objects = bootstrapObjects({
    kubernetesServiceIPs: ['fd00:10:96::1'],
    apiServerAddresses: ['fd00::1'],
    apiServerPort: 7443,
  });
  const slice = objects.find(({ kind }) => kind === 'EndpointSlice');
  t.match(slice, { addressType: 'IPv6', ports: [{ port: 7443 }] });
  t.match(objects.find(({ kind }) => kind === 'Service')?.['spec'], {
    ports: [{ port: 443, targetPort: 7443 }],
  });
});
