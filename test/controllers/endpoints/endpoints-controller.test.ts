import t from 'tap';
import type { Endpoints, Pod, Service } from '../../../src/api/index.ts';
import { createEndpointControllers } from '../../../src/controllers/index.ts';
import { createBench, statusOf, type Bench } from '../harness.ts';

type Ports = NonNullable<NonNullable<Service['spec']>['ports']>;

const service = (ports: Ports, spec: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', labels: { team: 'x' } },
  spec: {
    clusterIP: '10.96.0.9',
    clusterIPs: ['10.96.0.9'],
    ipFamilies: ['IPv4'],
    selector: { app: 'web' },
    ports,
    ...spec,
  },
});

const bench = (): Bench => createBench({ controllers: createEndpointControllers() });

async function pod(
  on: Bench,
  name: string,
  { ip, ports = [] }: { readonly ip: string; readonly ports?: readonly object[] },
): Promise<void> {
  const created = on.store.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name, labels: { app: 'web' } },
    spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'c', ports }] },
  });
  on.store.update(
    { ...created, status: statusOf(on.clock.now(), { ip }) },
    { subresource: 'status' },
  );
  await on.settled();
}

/** `10.0.0.1,10.0.0.2 -> http:8080`, with unready addresses in brackets. */
function lines({ subsets = [] }: Endpoints): readonly string[] {
  return subsets.map(({ addresses = [], notReadyAddresses = [], ports = [] }) => {
    const all = [...addresses.map(({ ip }) => ip), ...notReadyAddresses.map(({ ip }) => `(${ip})`)];
    return `${all.join(',')} -> ${ports.map(({ name, port }) => `${name ?? ''}:${port}`).join(',')}`;
  });
}

t.test(
  'createEndpointsController() puts ports with the same addresses into one subset',
  async (t) => {
    await using on = bench();
    await on.apply(
      service([
        { name: 'http', port: 80, targetPort: 8080 },
        { name: 'metrics', port: 81, targetPort: 9090 },
        { name: 'admin', port: 82, targetPort: 'admin' },
      ]),
    );
    await pod(on, 'a', { ip: '10.244.0.1' });
    await pod(on, 'b', { ip: '10.244.0.2', ports: [{ name: 'admin', containerPort: 7000 }] });
    t.same(lines(on.get('Endpoints', 'web')).toSorted(), [
      '10.244.0.1,10.244.0.2 -> http:8080,metrics:9090',
      '10.244.0.2 -> admin:7000',
    ]);
    t.match(on.get('Endpoints', 'web').metadata.labels, {
      team: 'x',
      'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
    });
  },
);

t.test(
  'createEndpointsController() deletes what it wrote with the Service, and nothing else',
  async (t) => {
    await using on = bench();
    await on.apply({
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name: 'early' },
      subsets: [],
    });
    await on.apply(service([{ port: 80 }]));
    t.same(
      on.list('Endpoints').map(({ metadata }) => metadata.name),
      ['early', 'web'],
    );
    await on.remove('Service', 'web');
    t.same(
      on.list('Endpoints').map(({ metadata }) => metadata.name),
      ['early'],
    );
  },
);

t.test(
  'createEndpointsController() writes nothing for a Pod that changes in no way that matters',
  async (t) => {
    await using on = bench();
    await on.apply(service([{ port: 80 }]));
    await pod(on, 'a', { ip: '10.244.0.1' });
    const before = on.get('Endpoints', 'web').metadata.resourceVersion;
    await on.edit('Pod', 'a', (present: Pod) => ({
      ...present,
      metadata: { ...present.metadata, annotations: { seen: 'yes' } },
    }));
    t.equal(on.get('Endpoints', 'web').metadata.resourceVersion, before);
  },
);

t.test(
  'createEndpointSliceMirroringController() follows Endpoints in place and stops at a selector',
  async (t) => {
    await using on = bench();
    const selectorless = service([{ port: 80 }], { selector: undefined });
    await on.apply(selectorless);
    const endpoints = (ip: string): object => ({
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name: 'web' },
      subsets: [{ addresses: [{ ip }], ports: [{ port: 8080 }] }],
    });
    await on.apply(endpoints('192.0.2.1'));
    const [first] = on.list('EndpointSlice');
    t.match(first?.endpoints, [{ addresses: ['192.0.2.1'] }]);
    await on.apply(endpoints('192.0.2.2'));
    const [second, ...more] = on.list('EndpointSlice');
    t.match(second?.endpoints, [{ addresses: ['192.0.2.2'] }]);
    t.equal(second?.metadata.name, first?.metadata.name);
    t.same(more, []);
    await on.apply(service([{ port: 80 }]));
    const managers = on
      .list('EndpointSlice')
      .map(({ metadata }) => metadata.labels?.['endpointslice.kubernetes.io/managed-by']);
    t.same(managers, ['endpointslice-controller.k8s.io']);
  },
);

t.test(
  'createEndpointsController() deletes what somebody wrote once its Service goes, not before',
  async (t) => {
    await using on = bench();
    const endpoints = { apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'web' } };
    await on.apply(endpoints);
    t.equal(on.list('Endpoints').length, 1, 'it may wait for its Service');
    await on.apply(service([{ port: 80 }], { selector: undefined }));
    t.equal(on.list('Endpoints').length, 1);
    await on.remove('Service', 'web');
    t.same(on.list('Endpoints'), []);
  },
);
