import { array, assert, asyncProperty, boolean, constantFrom, integer, record } from 'fast-check';
import t from 'tap';
import type { EndpointSlice, Store } from '../../src/api/index.ts';
import {
  compileService,
  ServiceTable,
  type Frontend,
  type ProxiedService,
} from '../../src/proxy/index.ts';
import { createLaxStore, put, serviceObject, sliceObject } from './world.ts';

const NAMES = ['a', 'b', 'c', 'd'] as const;

/** One random change of the store. */
const change = record({
  what: constantFrom('service', 'slice', 'delete service', 'delete slice'),
  name: constantFrom(...NAMES),
  other: constantFrom(...NAMES),
  address: integer({ min: 1, max: 4 }),
  nodePort: constantFrom(0, 30_080, 30_081),
  protocol: constantFrom('TCP', 'UDP'),
  ready: boolean(),
  isOtherProxy: boolean(),
  hasExternalIP: boolean(),
  readsBetween: boolean(),
});
type Change = typeof change extends { generate: (...args: never[]) => { value: infer V } }
  ? V
  : never;

function apply(store: Store, { what, name, other, ...facts }: Change): void {
  const isHere = (kind: string): boolean => store.get(kind, 'default', name) !== undefined;
  if (what === 'service')
    put(
      store,
      serviceObject(
        name,
        {
          type: 'NodePort',
          clusterIP: `10.96.0.${facts.address}`,
          clusterIPs: [`10.96.0.${facts.address}`],
          ...(facts.hasExternalIP ? { externalIPs: ['192.0.2.1'] } : {}),
          ports: [{ port: 80, protocol: facts.protocol, nodePort: facts.nodePort }],
        },
        facts.isOtherProxy
          ? { labels: { 'service.kubernetes.io/service-proxy-name': 'x' } }
          : { labels: {} },
      ),
    );
  else if (what === 'slice')
    put(
      store,
      sliceObject(name, {
        service: other,
        port: 8080,
        protocol: facts.protocol,
        endpoints: [{ address: `10.244.0.${facts.address}`, ready: facts.ready }],
      }),
    );
  else {
    const kind = what === 'delete service' ? 'Service' : 'EndpointSlice';
    if (isHere(kind)) store.delete({ kind, namespace: 'default', name });
  }
}

/** The table made at once from everything there is. */
function recompute(store: Store): readonly ProxiedService[] {
  const slices: readonly EndpointSlice[] = store.list('EndpointSlice');
  return store
    .list('Service')
    .map((service) =>
      compileService(
        service,
        slices.filter(
          ({ metadata }) =>
            metadata.labels?.['kubernetes.io/service-name'] === service.metadata.name,
        ),
      ),
    )
    .filter((service) => service !== undefined);
}

function expectedOwner(services: readonly ProxiedService[], key: string): Frontend | undefined {
  return services
    .flatMap(({ frontends }) => frontends)
    .find(({ address, number, port }) => `${port.protocol}/${address}/${number}` === key);
}

t.test('ServiceTable equals a recomputation after any changes', async (t) => {
  await assert(
    asyncProperty(array(change, { maxLength: 30 }), async (changes) => {
      const store = createLaxStore();
      using table = new ServiceTable(store);
      for (const step of changes) {
        apply(store, step);
        if (step.readsBetween) table.find('TCP', '10.96.0.1', 80);
        else await Promise.resolve();
      }
      const services = recompute(store);
      t.same([...table.services().values()].toSorted(byName), services);
      for (const protocol of ['TCP', 'UDP'] as const)
        for (const [address, port] of destinations())
          t.same(
            table.find(protocol, address, port),
            expectedOwner(services, `${protocol}/${address}/${port}`),
          );
      for (const [address] of destinations())
        t.equal(
          table.isClusterIP(address),
          services.some(({ clusterIPs }) => clusterIPs.includes(address)),
        );
    }),
    { numRuns: 60 },
  );
});

function byName(a: ProxiedService, b: ProxiedService): number {
  return a.name < b.name ? -1 : 1;
}

function destinations(): readonly (readonly [string, number])[] {
  const clusterIPs = [1, 2, 3, 4].map((last) => [`10.96.0.${last}`, 80] as const);
  return [...clusterIPs, ['192.0.2.1', 80], ['', 30_080], ['', 30_081]];
}

t.test('ServiceTable compiles the changed Service alone', async (t) => {
  const store = createLaxStore();
  for (const name of NAMES)
    put(store, serviceObject(name, { clusterIP: '10.96.0.1', ports: [{ port: 80 }] }));
  using table = new ServiceTable(store);
  const before = new Map(table.services());
  const changed: string[] = [];
  table.onChange((changes) => changed.push(...changes.map(({ key }) => key)));
  put(store, sliceObject('b-1', { service: 'b', port: 1, endpoints: [{ address: '10.244.0.1' }] }));
  await Promise.resolve();
  t.same(changed, ['default/b']);
  t.equal(table.get('default', 'a'), before.get('default/a'), 'the others are the same objects');
  t.equal(
    table.find('TCP', '10.96.0.1', 80)?.port.service,
    'a',
    'the first by name has the address',
  );
});

const skipped = [
  { name: 'a headless Service', spec: { clusterIP: 'None', clusterIPs: ['None'] } },
  {
    name: 'an ExternalName with a stale address',
    spec: { type: 'ExternalName', clusterIP: '10.96.0.1' },
  },
  { name: 'a Service without an address', spec: { clusterIP: '' } },
] as const;
for (const { name, spec } of skipped) {
  t.test(`compileService() leaves out ${name}`, async (t) => {
    t.equal(compileService(serviceObject('a', { ...spec, ports: [{ port: 80 }] }), []), undefined);
  });
}

t.test('compileService() sees no slices that another proxy or nobody serves', async (t) => {
  const hidden = ['service.kubernetes.io/headless', 'service.kubernetes.io/service-proxy-name'];
  const slices = hidden.map((label) => {
    const slice = sliceObject(label, {
      service: 'a',
      port: 1,
      endpoints: [{ address: '10.244.0.1' }],
    });
    return {
      ...slice,
      metadata: { ...slice.metadata, labels: { ...slice.metadata.labels, [label]: '' } },
    };
  });
  const service = serviceObject('a', { clusterIP: '10.96.0.1', ports: [{ port: 80 }] });
  t.same(compileService(service, slices)?.ports[0]?.endpoints.IPv4, []);
});
