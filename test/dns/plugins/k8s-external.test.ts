import t from 'tap';
import type { Store } from '../../../src/api/index.ts';
import { createZoneStore, service, slice } from '../zone.ts';
import { serveCorefile, type CorefileServer } from './serve-corefile.ts';

const ports = [{ name: 'http', port: 80, protocol: 'TCP' }];

function createStore(): Store {
  const store = createZoneStore();
  const cluster = { type: 'ClusterIP', clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'], ports };
  store.create(service('web', cluster));
  store.create(
    service('ips', { ...cluster, externalIPs: ['203.0.113.5', '2001:db8::5', '203.0.113.5'] }),
  );
  store.create(service('lb', { ...cluster, type: 'LoadBalancer' }));
  const status = {
    loadBalancer: { ingress: [{ hostname: 'lb.example.org' }, { ip: '203.0.113.9' }] },
  };
  store.update(
    { ...service('lb', { ...cluster, type: 'LoadBalancer' }), status },
    { subresource: 'status' },
  );
  store.create(
    service('alias', {
      type: 'ExternalName',
      externalName: 'www.example.org',
      externalIPs: ['203.0.113.6'],
    }),
  );
  store.create(
    service('db', { type: 'ClusterIP', clusterIP: 'None', clusterIPs: ['None'], ports }),
  );
  store.create(slice('db', ['db-0=10.244.0.9', '10.244.0.10']));
  return store;
}

function serveExternal(options = ''): Promise<CorefileServer> {
  return serveCorefile(
    `k8s_external ext.test 113.0.203.in-addr.arpa ${options}
    kubernetes cluster.local {
      ttl 30
    }
    template IN A example.org {
      answer "{{ .Name }} 60 IN A 198.51.100.7"
    }
    whoami`,
    { store: createStore() },
  );
}

const SOA =
  'authority ext.test. 5 SOA ns1.dns.ext.test. hostmaster.dns.ext.test. 1767225600 7200 1800 86400 5';
const cases = [
  { question: 'ips.shop.ext.test.', lines: ['NOERROR', 'ips.shop.ext.test. 5 A 203.0.113.5'] },
  { question: 'alias.shop.ext.test.', lines: ['NOERROR', 'alias.shop.ext.test. 5 A 203.0.113.6'] },
  {
    question: 'ips.shop.ext.test. AAAA',
    lines: ['NOERROR', 'ips.shop.ext.test. 5 AAAA 2001:db8::5'],
  },
  {
    question: 'lb.shop.ext.test.',
    lines: [
      'NOERROR',
      'lb.shop.ext.test. 30 CNAME lb.example.org.',
      'lb.example.org. 60 A 198.51.100.7',
      'lb.shop.ext.test. 5 A 203.0.113.9',
    ],
  },
  {
    question: '_http._tcp.lb.shop.ext.test. SRV',
    lines: [
      'NOERROR',
      '_http._tcp.lb.shop.ext.test. 30 SRV 0 50 80 lb.example.org.',
      '_http._tcp.lb.shop.ext.test. 30 SRV 0 50 80 lb.shop.ext.test.',
      'additional lb.example.org. 60 A 198.51.100.7',
      'additional lb.shop.ext.test. 5 A 203.0.113.9',
    ],
  },
  { question: '_nope._tcp.lb.shop.ext.test. SRV', lines: ['NXDOMAIN', SOA] },
  { question: 'a.b.c.lb.shop.ext.test.', lines: ['NXDOMAIN', SOA] },
  { question: 'web.shop.ext.test.', lines: ['NXDOMAIN', SOA] },
  { question: 'db.shop.ext.test.', lines: ['NXDOMAIN', SOA] },
  { question: 'shop.ext.test.', lines: ['NOERROR', SOA] },
  { question: 'nowhere.ext.test.', lines: ['NXDOMAIN', SOA] },
  { question: 'ips.shop.ext.test. TXT', lines: ['NOERROR', SOA] },
  { question: 'ext.test. SOA', lines: ['NOERROR', SOA.replace('authority ', '')] },
  { question: 'ext.test. NS', lines: ['NOERROR', 'ext.test. 5 NS ns1.dns.ext.test.'] },
  { question: 'ext.test.', lines: ['NOERROR', SOA] },
  { question: 'dns.ext.test.', lines: ['NOERROR', SOA] },
  { question: 'ns2.dns.ext.test.', lines: ['NXDOMAIN', SOA] },
  { question: 'ns1.dns.ext.test.', lines: ['NOERROR', SOA] },
  {
    question: '9.113.0.203.in-addr.arpa. PTR',
    lines: ['NOERROR', '9.113.0.203.in-addr.arpa. 5 PTR lb.shop.ext.test.'],
  },
] as const;
for (const { question, lines } of cases) {
  t.test(`k8s_external answers ${question}`, async (t) => {
    await using server = await serveExternal();
    t.same(await server.ask(question), lines);
  });
}

t.test('k8s_external shows headless Services by their endpoints', async (t) => {
  await using server = await serveExternal('{\n headless\n ttl 60\n apex names\n}');
  t.same(await server.ask('db.shop.ext.test.'), [
    'NOERROR',
    'db.shop.ext.test. 60 A 10.244.0.9',
    'db.shop.ext.test. 60 A 10.244.0.10',
  ]);
  t.same(await server.ask('db-0.db.shop.ext.test.'), [
    'NOERROR',
    'db-0.db.shop.ext.test. 60 A 10.244.0.9',
  ]);
  t.same(await server.ask('_http._tcp.db.shop.ext.test. SRV'), [
    'NOERROR',
    '_http._tcp.db.shop.ext.test. 30 SRV 0 50 8080 db-0.db.shop.ext.test.',
    '_http._tcp.db.shop.ext.test. 30 SRV 0 50 8080 10-244-0-10.db.shop.ext.test.',
    'additional db-0.db.shop.ext.test. 60 A 10.244.0.9',
    'additional 10-244-0-10.db.shop.ext.test. 60 A 10.244.0.10',
  ]);
  t.match((await server.ask('ext.test. NS'))[1], 'ns1.names.ext.test.');
});

t.test('k8s_external hands names that do not exist on', async (t) => {
  await using server = await serveExternal('{\n fallthrough\n}');
  t.equal((await server.answer('web.shop.ext.test.'))?.additional.length, 2);
});

t.test('k8s_external follows its Services', async (t) => {
  await using server = await serveExternal();
  server.store.delete({ kind: 'Service', namespace: 'shop', name: 'ips' });
  t.same(await server.ask('ips.shop.ext.test.'), ['NXDOMAIN', SOA]);
  t.equal((await server.ask('5.113.0.203.in-addr.arpa. PTR'))[0], 'NXDOMAIN');
});

t.test('k8s_external refuses to be alone, and TTLs out of range', async (t) => {
  await t.rejects(serveCorefile('k8s_external ext.test'), {
    message: 'kubernetes plugin not loaded',
  });
  await t.rejects(serveExternal('{\n ttl 3601\n}'), {
    message: /ttl must be in range \[0, 3600\]: 3601/,
  });
  await t.rejects(serveExternal('{\n nope\n}'), { message: /unknown property/ });
});
