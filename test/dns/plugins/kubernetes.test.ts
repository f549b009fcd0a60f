import t from 'tap';
import { createKubernetes, failure, RCODE, TYPE, type Plugin } from '../../../src/dns/index.ts';
import { ask, createZone, createZoneStore, explain, service, slice, START } from '../zone.ts';

const CLUSTER_IP = {
  clusterIP: '10.96.0.7',
  clusterIPs: ['10.96.0.7'],
  ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
};
const HEADLESS = {
  clusterIP: 'None',
  clusterIPs: ['None'],
  ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
};
const Z = 'shop.svc.cluster.local.';

/** Answers everything with one address. */
const WORLD: Plugin = (query) => ({
  ...failure(RCODE.NOERROR),
  answers: [
    {
      name: query.name,
      type: TYPE.A,
      class: 1,
      ttl: 60,
      rdata: { kind: 'address', address: '198.51.100.1' },
    },
  ],
});

t.test('createKubernetes() follows Services and endpoints as they change', async (t) => {
  const store = createZoneStore();
  using zone = createZone(store);
  t.same(await ask(zone, `web.${Z}`), ['NXDOMAIN']);
  store.create(service('web', CLUSTER_IP));
  t.same(await ask(zone, `web.${Z}`), ['NOERROR', `web.${Z} 30 A 10.96.0.7`]);
  t.same(await ask(zone, `10-244-0-1.web.${Z}`), ['NXDOMAIN']);
  const created = store.create(slice('web', ['10.244.0.1', 'a=10.244.0.2']));
  t.same(await ask(zone, `10-244-0-1.web.${Z}`), [
    'NOERROR',
    `10-244-0-1.web.${Z} 30 A 10.244.0.1`,
  ]);
  t.same(await ask(zone, `a.web.${Z}`), ['NOERROR', `a.web.${Z} 30 A 10.244.0.2`]);
  t.same(await ask(zone, '2.0.244.10.in-addr.arpa. PTR'), [
    'NOERROR',
    `2.0.244.10.in-addr.arpa. 30 PTR a.web.${Z}`,
  ]);
  store.update({ ...created, ...slice('web', ['10.244.0.3']), metadata: created.metadata });
  t.same(await ask(zone, `a.web.${Z}`), ['NXDOMAIN']);
  t.same(await ask(zone, '2.0.244.10.in-addr.arpa. PTR'), ['NXDOMAIN']);
  t.same(await ask(zone, '3.0.244.10.in-addr.arpa. PTR'), [
    'NOERROR',
    `3.0.244.10.in-addr.arpa. 30 PTR 10-244-0-3.web.${Z}`,
  ]);
  store.delete({ kind: 'Service', namespace: 'shop', name: 'web' });
  t.same(await ask(zone, `web.${Z}`), ['NXDOMAIN']);
  t.same(await ask(zone, '7.0.96.10.in-addr.arpa. PTR'), ['NXDOMAIN']);
});

t.test('createKubernetes() moves a slice whose label changes', async (t) => {
  const store = createZoneStore();
  using zone = createZone(store);
  store.create(service('a', HEADLESS));
  store.create(service('b', HEADLESS));
  const created = store.create(slice('a', ['10.244.0.1']));
  t.same(await ask(zone, `a.${Z}`), ['NOERROR', `a.${Z} 30 A 10.244.0.1`]);
  const labels = { 'kubernetes.io/service-name': 'b' };
  store.update({ ...created, metadata: { ...created.metadata, labels } });
  t.same(await ask(zone, `a.${Z}`), ['NXDOMAIN']);
  t.same(await ask(zone, `b.${Z}`), ['NOERROR', `b.${Z} 30 A 10.244.0.1`]);
});

t.test(
  'createKubernetes() tells of changes to what answers depend on, and of no others',
  async (t) => {
    const store = createZoneStore();
    let changes = 0;
    using _ = createKubernetes(
      {},
      { store, now: () => START, resolve: () => undefined, onChange: () => void (changes += 1) },
    );
    const before = changes;
    store.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'shop' },
      spec: { containers: [] },
    });
    store.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'c', namespace: 'shop' },
    });
    t.equal(changes, before);
    store.create(service('web', CLUSTER_IP));
    t.ok(changes > before);
  },
);

t.test(
  'createKubernetes() answers cluster names synchronously and marks them stable',
  async (t) => {
    const store = createZoneStore();
    using zone = createZone(store, {}, [WORLD]);
    store.create(service('web', CLUSTER_IP));
    store.create(service('out', { type: 'ExternalName', externalName: 'www.example.org' }));
    const { resolve } = zone;
    const { createQuery } = await import('../../../src/dns/index.ts');
    for (const name of [`web.${Z}`, `nosuch.${Z}`, `_http._tcp.web.${Z}`]) {
      const answer = resolve(createQuery(name, TYPE.SRV));
      t.notOk(answer instanceof Promise, name);
      t.match(answer, { isStable: true, isAuthoritative: true });
    }
    t.match(await resolve(createQuery(`out.${Z}`, TYPE.A)), { isStable: false });
  },
);

t.test(
  'createKubernetes() follows ExternalNames through the chain, and out of circles',
  async (t) => {
    const store = createZoneStore();
    using zone = createZone(store, {}, [WORLD]);
    const external = (name: string, externalName: string): unknown =>
      store.create(service(name, { type: 'ExternalName', externalName }));
    store.create(service('web', CLUSTER_IP));
    external('out', 'www.example.org');
    external('in', `web.${Z.slice(0, -1)}`);
    external('a', `b.${Z}`);
    external('b', `a.${Z}`);
    external('self', `x.self.${Z}`);
    t.same(await ask(zone, `out.${Z}`), [
      'NOERROR',
      `out.${Z} 30 CNAME www.example.org.`,
      'www.example.org. 60 A 198.51.100.1',
    ]);
    t.same(await ask(zone, `in.${Z}`), [
      'NOERROR',
      `in.${Z} 30 CNAME web.${Z}`,
      `web.${Z} 30 A 10.96.0.7`,
    ]);
    t.same(await ask(zone, `a.${Z}`), ['NOERROR']);
    t.same(await ask(zone, `self.${Z}`), ['NOERROR']);
  },
);

t.test('createKubernetes() gives up on aliases that lead back through another zone', async (t) => {
  const store = createZoneStore();
  store.create(service('a', { type: 'ExternalName', externalName: 'a.shop.svc.other.test' }));
  using zone = createZone(store, { zones: ['cluster.local', 'other.test'] });
  const [rcode, ...links] = await ask(zone, `a.${Z}`);
  t.equal(rcode, 'NOERROR');
  t.ok(links.length <= 10);
});

t.test('createKubernetes() hands on what falls through', async (t) => {
  using zone = createZone(createZoneStore(), { fallthrough: ['in-addr.arpa'] }, [WORLD]);
  t.same(await ask(zone, '1.1.1.1.in-addr.arpa. PTR'), [
    'NOERROR',
    '1.1.1.1.in-addr.arpa. 60 A 198.51.100.1',
  ]);
  t.same(await ask(zone, `nosuch.${Z}`), ['NXDOMAIN']);
  t.same(await ask(zone, 'www.example.org.'), ['NOERROR', 'www.example.org. 60 A 198.51.100.1']);
});

t.test(
  'createKubernetes() serves the reverse zones of prefixes that end between labels',
  async (t) => {
    const store = createZoneStore();
    store.create(service('web', CLUSTER_IP));
    using zone = createZone(store, { zones: ['cluster.local', '10.96.0.0/22'] });
    t.same(await ask(zone, '7.0.96.10.in-addr.arpa. PTR'), [
      'NOERROR',
      `7.0.96.10.in-addr.arpa. 30 PTR web.${Z}`,
    ]);
    t.same(await ask(zone, '7.3.96.10.in-addr.arpa. PTR'), ['NXDOMAIN']);
    t.same(
      await ask(zone, '7.4.96.10.in-addr.arpa. PTR'),
      ['SERVFAIL'],
      'not its zone, and nobody else is there',
    );
  },
);

const reasons = [
  [`web.${Z}`, 'pass ClusterIP 10.96.0.7'],
  [`db.${Z}`, 'fail headless, without ready endpoints'],
  [`nosuch.${Z}`, 'fail no service shop/nosuch'],
  ['web.nowhere.svc.cluster.local.', 'fail no namespace nowhere'],
  [`_grpc._tcp.web.${Z} SRV`, 'fail no port grpc/tcp'],
  [`x.web.${Z}`, 'fail no ready endpoint is called x'],
  ['web.cluster.local.', 'fail no name of the Kubernetes DNS schema'],
  ['1-2-3-4.shop.pod.cluster.local.', 'pass 1-2-3-4 is 1.2.3.4 in dashes'],
] as const;
for (const [question, reason] of reasons)
  t.test(`createKubernetes() says why ${question} is what it is`, async (t) => {
    const store = createZoneStore();
    store.create(service('web', CLUSTER_IP));
    store.create(service('db', HEADLESS));
    using zone = createZone(store);
    t.same(await explain(zone, question), [reason]);
  });
