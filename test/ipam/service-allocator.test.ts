import * as fc from 'fast-check';
import t from 'tap';
import {
  ApiError,
  createKindRegistry,
  createStore,
  KINDS,
  type KubeObject,
  type Service,
  type Store,
} from '../../src/api/index.ts';
import {
  createServiceAllocator,
  type ServiceAllocator,
  type ServiceAllocatorOptions,
} from '../../src/ipam/index.ts';
import { requireIp } from '../../src/ipam/address-block.ts';

const DUAL = ['10.96.0.0/16', 'fd00:10:96::/108'];

interface Cluster {
  readonly store: Store;
  readonly allocator: ServiceAllocator;
}

function start(options: Partial<ServiceAllocatorOptions> = {}): Cluster {
  const allocator = createServiceAllocator({ serviceCIDRs: ['10.96.0.0/16'], ...options });
  const store = createStore({
    kinds: createKindRegistry(KINDS),
    allocators: [allocator],
    now: () => 0,
    random: () => 0.5,
  });
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  return { store, allocator };
}

function service(name: string, spec: Partial<Service['spec']> = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'default', name },
    spec: { ports: [{ port: 80 }], ...spec },
  };
}

function read({ store }: Cluster, name: string): NonNullable<Service['spec']> {
  return store.get('Service', 'default', name)?.spec ?? {};
}

const object = (kind: string, name: string, more: object): KubeObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind,
  metadata: { name },
  ...more,
});

t.test('createServiceAllocator() repeats itself, whatever the order', async (t) => {
  const names = Array.from({ length: 30 }, (_, index) => `s${index}`);
  const give = (order: readonly string[], seed: number): ReadonlyMap<string, unknown> => {
    const cluster = start({ serviceCIDRs: DUAL, seed });
    for (const name of order)
      cluster.store.create(
        service(name, { type: 'LoadBalancer', ipFamilyPolicy: 'PreferDualStack' }),
      );
    return new Map(
      names.map((name) => {
        const { clusterIPs, ports } = read(cluster, name);
        return [name, { clusterIPs, nodePort: ports?.[0]?.nodePort }];
      }),
    );
  };
  t.same([...give(names, 1)], [...give(names.toReversed(), 1)]);
  t.not(JSON.stringify([...give(names, 1)]), JSON.stringify([...give(names, 2)]));
});

t.test('createServiceAllocator() gives a Service that is made again what it had', async (t) => {
  const cluster = start();
  cluster.store.create(service('web', { type: 'NodePort' }));
  const before = read(cluster, 'web');
  cluster.store.delete({ kind: 'Service', namespace: 'default', name: 'web' });
  cluster.store.create(service('web', { type: 'NodePort' }));
  t.same(read(cluster, 'web'), before);
});

t.test('reserve() of a dry run takes nothing and shows stand-ins', async (t) => {
  const { store, allocator } = start({ serviceCIDRs: DUAL });
  const dry = store.create(
    service('web', { type: 'NodePort', ipFamilyPolicy: 'RequireDualStack' }),
    {
      isDryRun: true,
    },
  );
  t.match(dry['spec'], {
    clusterIPs: ['10.96.0.0', 'fd00:10:96::'],
    ports: [{ nodePort: 32769 }],
  });
  store.create(service('explicit', { clusterIP: '10.96.0.9' }), { isDryRun: true });
  t.equal(allocator.ips.ownerOf(requireIp('10.96.0.9')), undefined);
  t.throws(() => store.create(service('far', { clusterIP: '10.1.0.9' }), { isDryRun: true }), {
    code: 'ERR_API_INVALID',
  });
});

t.test('reserve() gives everything back when the write fails', async (t) => {
  const { store, allocator } = start();
  allocator.nodePorts.allocate(31000);
  const wanted = service('web', {
    type: 'NodePort',
    clusterIP: '10.96.0.50',
    ports: [
      { port: 80, name: 'a', nodePort: 31001 },
      { port: 81, name: 'b', nodePort: 31000 },
    ],
  });
  t.throws(() => store.create(wanted), { code: 'ERR_API_INVALID' });
  t.equal(allocator.ips.ownerOf(requireIp('10.96.0.50')), undefined);
  t.notOk(allocator.nodePorts.has(31001));
});

t.test('reserve() keeps what was had when an update fails', async (t) => {
  const { store, allocator } = start();
  store.create(service('web', { type: 'NodePort', ports: [{ port: 80, nodePort: 31000 }] }));
  const bad = service('web', { type: 'NodePort', ports: [{ port: 0, nodePort: 31001 }] });
  t.throws(() => store.update(bad), { code: 'ERR_API_INVALID' });
  t.same([allocator.nodePorts.has(31000), allocator.nodePorts.has(31001)], [true, false]);
});

t.test('reserve() takes addresses from a ServiceCIDR while it is ready', async (t) => {
  const cluster = start({ serviceCIDRs: ['10.96.0.0/29'] });
  const extra = cluster.store.create(
    object('ServiceCIDR', 'extra', { spec: { cidrs: ['10.98.0.0/24'] } }),
  );
  cluster.store.create(service('in-extra', { clusterIP: '10.98.0.7' }));
  const conditions = [
    {
      type: 'Ready',
      status: 'False',
      reason: '',
      message: '',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    },
  ];
  cluster.store.update({ ...extra, status: { conditions } }, { subresource: 'status' });
  t.throws(() => cluster.store.create(service('late', { clusterIP: '10.98.0.8' })), {
    message: /failed to allocate IP 10\.98\.0\.8: the provided network does not match/,
  });
  cluster.store.delete({ kind: 'ServiceCIDR', name: 'extra' });
  cluster.store.create(object('ServiceCIDR', 'again', { spec: { cidrs: ['10.98.0.0/24'] } }));
  t.throws(() => cluster.store.create(service('taken', { clusterIP: '10.98.0.7' })), {
    message: /provided IP is already allocated/,
  });
});

t.test('reserve() leaves an address to the IPAddress object that holds it', async (t) => {
  const cluster = start();
  const parentRef = { resource: 'services', namespace: 'default', name: 'nobody' };
  cluster.store.create(object('IPAddress', '10.96.0.40', { spec: { parentRef } }));
  t.throws(() => cluster.store.create(service('web', { clusterIP: '10.96.0.40' })), {
    message: /failed to allocate IP 10\.96\.0\.40: provided IP is already allocated/,
  });
  cluster.store.delete({ kind: 'IPAddress', name: '10.96.0.40' });
  cluster.store.create(service('web', { clusterIP: '10.96.0.40' }));
  t.equal(read(cluster, 'web').clusterIP, '10.96.0.40');
});

const edits = [
  {
    name: 'a renamed port gets another node port',
    before: { type: 'NodePort', ports: [{ port: 80, name: 'http', nodePort: 31000 }] },
    after: { type: 'NodePort', ports: [{ port: 80, name: 'web' }] },
    freed: [31000],
  },
  {
    name: 'a port that another entry takes over is not given back to its name',
    before: {
      type: 'NodePort',
      ports: [
        { port: 80, name: 'a', nodePort: 31000 },
        { port: 81, name: 'b', nodePort: 31001 },
      ],
    },
    after: {
      type: 'NodePort',
      ports: [
        { port: 80, name: 'a' },
        { port: 81, name: 'b', nodePort: 31000 },
      ],
    },
    freed: [31001],
  },
  {
    name: 'a load balancer turned ClusterIP gives all its ports back',
    before: {
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      healthCheckNodePort: 30999,
      ports: [{ port: 80, nodePort: 31000 }],
    },
    after: { type: 'ClusterIP', ports: [{ port: 80 }] },
    freed: [30999, 31000],
  },
] as const;

for (const { name, before, after, freed } of edits)
  t.test(`reserve() on update: ${name}`, async (t) => {
    const { store, allocator } = start();
    store.create(service('web', before));
    store.update(service('web', after));
    for (const port of freed) t.notOk(allocator.nodePorts.has(port), `${port} is free`);
  });

interface Act {
  readonly verb: 'create' | 'update' | 'delete';
  readonly name: string;
  readonly spec: Partial<Service['spec']>;
}

const act: fc.Arbitrary<Act> = fc.record({
  verb: fc.constantFrom('create' as const, 'update' as const, 'delete' as const),
  name: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
  spec: fc.record({
    type: fc.constantFrom('ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'),
    externalName: fc.constant('example.org'),
    externalTrafficPolicy: fc.constantFrom('Local', 'Cluster'),
    ipFamilyPolicy: fc.constantFrom('SingleStack', 'PreferDualStack', 'RequireDualStack'),
    ports: fc.constantFrom(
      [{ port: 80, name: 'x' }],
      [{ port: 80, name: 'x', nodePort: 30001 }],
      [
        { port: 53, name: 'y' },
        { port: 53, name: 'z', protocol: 'UDP' },
      ],
    ),
  }),
});

/** `externalName` and policies only where the type has them, so that most writes are valid. */
function sensible({ spec = {} }: Act): Partial<Service['spec']> {
  const { type, externalName, externalTrafficPolicy, ipFamilyPolicy, ports } = spec;
  if (type === 'ExternalName') return { type, externalName: externalName ?? '', ports: [] };
  const bare =
    ports?.map(({ name = '', port, protocol = 'TCP' }) => ({ name, port, protocol })) ?? [];
  if (type === 'ClusterIP') return { type, ipFamilyPolicy: ipFamilyPolicy ?? '', ports: bare };
  return {
    type: type ?? '',
    ipFamilyPolicy: ipFamilyPolicy ?? '',
    externalTrafficPolicy: externalTrafficPolicy ?? '',
    ports: ports ?? [],
  };
}

function perform({ store }: Cluster, one: Act): void {
  try {
    if (one.verb === 'create') store.create(service(one.name, sensible(one)));
    else if (one.verb === 'update') store.update(service(one.name, sensible(one)));
    else store.delete({ kind: 'Service', namespace: 'default', name: one.name });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
}

/** What the Services in the store say they have, each with its owner; twice the same is a failure. */
function claims({ store }: Cluster): ReadonlyMap<string, string> | undefined {
  const owners = new Map<string, string>();
  for (const { metadata, spec } of store.list('Service')) {
    const ports = new Set(spec?.ports?.map(({ nodePort }) => nodePort ?? 0));
    for (const claim of [...(spec?.clusterIPs ?? []), ...ports, spec?.healthCheckNodePort ?? 0]) {
      if (claim === 0) continue;
      if (owners.has(String(claim))) return undefined;
      owners.set(String(claim), metadata.name);
    }
  }
  return owners;
}

t.test('createServiceAllocator() knows exactly what Services have, after any writes', async (t) => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
      const cluster = start({
        serviceCIDRs: ['10.96.0.0/28', 'fd00::/124'],
        nodePortRange: '30000-30011',
      });
      for (const one of acts) perform(cluster, one);
      const owners = claims(cluster);
      if (owners === undefined) return false;
      const { ips, nodePorts } = cluster.allocator;
      for (let last = 1; last < 15; last += 1) {
        const ip = requireIp(`10.96.0.${last}`);
        const name = owners.get(ip.text);
        if (ips.ownerOf(ip) !== (name === undefined ? undefined : `services/default/${name}`))
          return false;
      }
      for (let port = 30_000; port < 30_012; port += 1)
        if (nodePorts.has(port) !== owners.has(String(port))) return false;
      return true;
    }),
    { numRuns: 150 },
  );
  t.pass('holds');
});

t.test(
  'createServiceAllocator() is quick in a /12 and keeps nothing for what is free',
  async (t) => {
    const { allocator } = start({ serviceCIDRs: ['10.96.0.0/12'] });
    const started = performance.now();
    for (let index = 0; index < 20_000; index += 1)
      allocator.reserve(service(`s${index}`, { type: 'ClusterIP' }), undefined).commit();
    t.ok(performance.now() - started < 2000, 'well under 0.1 ms each');
  },
);
