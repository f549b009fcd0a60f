import t from 'tap';
import { createEndpointSliceController, type Controller } from '../../../src/controllers/index.ts';
import { createBench, nodeIn, statusOf, type Bench } from '../harness.ts';

const TRIGGER = 'endpoints.kubernetes.io/last-change-trigger-time';

const service = (name: string, selector: object): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: {
    clusterIP: '10.96.0.9',
    clusterIPs: ['10.96.0.9'],
    ipFamilies: ['IPv4'],
    selector,
    ports: [{ name: 'http', port: 80, targetPort: 8080 }],
  },
});

const bench = (controller: Controller = createEndpointSliceController()): Bench =>
  createBench({ controllers: [controller] });

/** Makes or changes a Pod on n1 with one address. */
async function pod(
  on: Bench,
  name: string,
  { ip, app = 'web', isReady = true }: { ip: string; app?: string; isReady?: boolean },
): Promise<void> {
  const metadata = { namespace: 'default', name, labels: { app } };
  const present = on.store.get('Pod', 'default', name);
  const created =
    present ??
    on.store.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata,
      spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'c' }] },
    });
  on.store.update({ ...created, status: statusOf(on.clock.now(), { ip, isReady }) } as never, {
    subresource: 'status',
  });
}

t.test(
  'createEndpointSliceController() dates a slice by the earliest change that it answers to',
  async (t) => {
    await using on = bench();
    const trigger = (): string | undefined =>
      on.list('EndpointSlice')[0]?.metadata.annotations?.[TRIGGER];
    await on.apply(service('web', { app: 'web' }));
    t.equal(trigger(), '2026-01-01T00:00:00Z', 'the Service itself');
    on.clock.advance(10_000);
    await pod(on, 'a', { ip: '10.244.0.1' });
    await on.settled();
    t.equal(trigger(), '2026-01-01T00:00:10Z', 'the first Pod');
    on.clock.advance(10_000);
    await pod(on, 'c', { ip: '10.244.0.3' });
    on.clock.advance(10_000);
    await pod(on, 'b', { ip: '10.244.0.2' });
    await on.settled();
    t.equal(trigger(), '2026-01-01T00:00:20Z', 'the earlier of two');
    on.clock.advance(10_000);
    await pod(on, 'c', { ip: '10.244.0.3', isReady: false });
    await on.settled();
    t.equal(trigger(), '2026-01-01T00:00:40Z', 'a change of readiness');
    await on.remove('Pod', 'a');
    await on.reapPods();
    t.equal(trigger(), undefined, 'a deletion is none');
  },
);

t.test(
  'createEndpointSliceController() leaves a Pod on a missing Node out, and tries again',
  async (t) => {
    await using on = bench();
    await on.apply(service('web', { app: 'web' }));
    await pod(on, 'a', { ip: '10.244.0.1' });
    const lost = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: 'default', name: 'b', labels: { app: 'web' } },
      spec: { nodeName: 'n9', containers: [{ name: 'c', image: 'c' }] },
    };
    const created = on.store.create(lost);
    on.store.update(
      { ...created, status: statusOf(on.clock.now(), { ip: '10.244.0.2' }) },
      { subresource: 'status' },
    );
    await on.settled();
    const addresses = (): readonly string[] =>
      on
        .list('EndpointSlice')
        .flatMap(({ endpoints = [] }) => endpoints.flatMap((one) => one.addresses));
    t.same(addresses(), ['10.244.0.1']);
    t.same(on.events(), [
      'FailedToUpdateEndpointSlices: Error updating Endpoint Slices for Service default/web: skipping Pod b for Service default/web: Node n9 Not Found',
    ]);
    on.store.create(nodeIn('n9', 'za'));
    on.clock.advance(1_000);
    await on.settled();
    t.same(addresses(), ['10.244.0.1', '10.244.0.2']);
  },
);

t.test(
  'createEndpointSliceController() reconciles only the Services that a Pod concerns',
  async (t) => {
    const controller = createEndpointSliceController();
    const keys: string[] = [];
    const spy: Controller = {
      ...controller,
      reconcile(key, snapshot) {
        keys.push(key);
        return controller.reconcile(key, snapshot);
      },
    };
    await using on = bench(spy);
    for (const app of ['web', 'api', 'db']) await on.apply(service(app, { app }));
    await on.apply(service('both', { app: 'web', tier: 'front' }));
    keys.length = 0;
    await pod(on, 'a', { ip: '10.244.0.1' });
    await on.settled();
    t.same(keys, ['default/web']);
    keys.length = 0;
    await on.edit('Pod', 'a', (present) => ({
      ...present,
      metadata: { ...present.metadata, labels: { app: 'api' } },
    }));
    t.same(
      keys.toSorted((a, b) => a.localeCompare(b)),
      ['default/api', 'default/web'],
    );
    keys.length = 0;
    await on.edit('Service', 'db', (present) => ({
      ...present,
      spec: { ...present.spec, selector: { app: 'api' } },
    }));
    t.same(keys, ['default/db']);
    keys.length = 0;
    await pod(on, 'a', { ip: '10.244.0.1', isReady: false });
    await on.settled();
    t.same(
      keys.toSorted((a, b) => a.localeCompare(b)),
      ['default/api', 'default/db'],
      'a new selector is found by the index',
    );
  },
);

t.test(
  'createEndpointSliceController() brings back a slice that somebody deletes or changes',
  async (t) => {
    await using on = bench();
    await on.apply(service('web', { app: 'web' }));
    await pod(on, 'a', { ip: '10.244.0.1' });
    await on.settled();
    const [slice] = on.list('EndpointSlice');
    await on.remove('EndpointSlice', slice?.metadata.name ?? '');
    t.equal(on.list('EndpointSlice').length, 1);
    const [again] = on.list('EndpointSlice');
    await on.edit('EndpointSlice', again?.metadata.name ?? '', (present) => ({
      ...present,
      endpoints: [],
    }));
    t.equal(on.list('EndpointSlice')[0]?.endpoints?.length, 1);
  },
);

t.test(
  'createEndpointSliceController() follows a Service from headless Pods to none',
  async (t) => {
    await using on = bench();
    await on.apply(service('web', { app: 'web' }));
    await pod(on, 'a', { ip: '10.244.0.1' });
    await on.settled();
    const [{ metadata } = { metadata: { name: '' } }] = on.list('EndpointSlice');
    await on.remove('Pod', 'a');
    await on.reapPods();
    const [placeholder] = on.list('EndpointSlice');
    t.equal(placeholder?.metadata.name, metadata.name, 'the placeholder has the old name');
    t.same(
      [placeholder?.endpoints, placeholder?.ports].map((list) => list ?? []),
      [[], []],
    );
  },
);

t.test(
  'createEndpointSliceController() tells once that hints came, and that they went',
  async (t) => {
    await using on = bench();
    await on.apply(service('web', { app: 'web' }));
    for (const [index, node] of ['n1', 'n2', 'n3'].entries()) {
      const created = on.store.create({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { namespace: 'default', name: node, labels: { app: 'web' } },
        spec: { nodeName: node, containers: [{ name: 'c', image: 'c' }] },
      });
      const status = statusOf(on.clock.now(), { ip: `10.244.${index}.1` });
      on.store.update({ ...created, status } as never, { subresource: 'status' });
    }
    const annotate = (mode: string, note: string): Promise<void> =>
      on.edit('Service', 'web', (present) => ({
        ...present,
        metadata: {
          ...present.metadata,
          annotations: { 'service.kubernetes.io/topology-mode': mode, note },
        },
      }));
    await annotate('Auto', '1');
    await annotate('Auto', '2');
    await annotate('Disabled', '3');
    await annotate('Disabled', '4');
    t.same(on.events(), [
      'TopologyAwareHintsEnabled: Topology Aware Hints has been enabled, addressType: IPv4',
      'TopologyAwareHintsDisabled: Topology Aware Hints has been disabled, addressType: IPv4',
    ]);
  },
);
