import t from 'tap';
import type { Pod } from '../../../src/api/index.ts';
import {
  formatResolvConf,
  NameError,
  parseResolvConf,
  resolveAsPod,
  resolveHost,
  searchNames,
  type NodeDns,
  type Plugin,
} from '../../../src/dns/index.ts';
import { createZone, createZoneStore, service } from '../zone.ts';

const SEARCH = ['shop.svc.cluster.local', 'svc.cluster.local', 'cluster.local'];
const NODE: NodeDns = { clusterDNS: ['10.96.0.10'], nodeIPs: ['10.0.0.11'] };
const POD: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web-0', namespace: 'shop' },
  spec: {
    containers: [],
    hostname: 'web-0',
    subdomain: 'web',
    hostAliases: [{ ip: '192.0.2.9', hostnames: ['legacy.test'] }],
  },
  status: { podIPs: [{ ip: '10.244.0.5' }] },
};

const order = [
  {
    name: 'short name',
    qname: 'web',
    ndots: 5,
    names: ['web.shop.svc.cluster.local.', 'web.svc.cluster.local.', 'web.cluster.local.', 'web.'],
  },
  {
    name: 'name in capitals',
    qname: 'Web.Shop',
    ndots: 5,
    names: [
      'web.shop.shop.svc.cluster.local.',
      'web.shop.svc.cluster.local.',
      'web.shop.cluster.local.',
      'web.shop.',
    ],
  },
  {
    name: 'name with enough dots',
    qname: 'a.b',
    ndots: 1,
    names: ['a.b.', 'a.b.shop.svc.cluster.local.', 'a.b.svc.cluster.local.', 'a.b.cluster.local.'],
  },
  { name: 'absolute name', qname: 'example.org.', ndots: 5, names: ['example.org.'] },
] as const;
for (const { name, qname, ndots, names } of order)
  t.test(`searchNames() of a ${name}`, async (t) => {
    t.same(searchNames(qname, SEARCH, ndots), names);
  });

t.test('searchNames() refuses names that no message can hold', async (t) => {
  t.throws(() => searchNames('a'.repeat(64), SEARCH, 5), NameError);
  t.throws(() => searchNames(`${'a.'.repeat(120)}b`, SEARCH, 5), NameError);
  t.throws(() => searchNames('a..b', SEARCH, 5), NameError);
});

const REFUSE: Plugin = () => ({ rcode: 5, answers: [], authority: [], additional: [] });

function zone(): ReturnType<typeof createZone> {
  const store = createZoneStore();
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } });
  store.create(
    service('web', {
      clusterIP: '10.96.0.7',
      clusterIPs: ['10.96.0.7', 'fd00::7'],
      ports: [{ port: 80 }],
    }),
  );
  store.create(
    service('alias', { type: 'ExternalName', externalName: 'web.shop.svc.cluster.local' }),
  );
  return createZone(store, {}, [REFUSE]);
}

t.test('resolveAsPod() walks the search list and tells every question', async (t) => {
  using cluster = zone();
  const result = await resolveAsPod('web.shop', POD, { node: NODE, resolve: cluster.resolve });
  t.same(result.addresses, ['10.96.0.7', 'fd00::7']);
  t.equal(result.name, 'web.shop.svc.cluster.local.');
  t.same(
    result.asked.map(({ name, type, rcode }) => `${name} ${type} ${rcode}`),
    [
      'web.shop.shop.svc.cluster.local. 1 NXDOMAIN',
      'web.shop.shop.svc.cluster.local. 28 NXDOMAIN',
      'web.shop.svc.cluster.local. 1 NOERROR',
      'web.shop.svc.cluster.local. 28 NOERROR',
    ],
  );
  t.ok(result.steps.some(({ what }) => what === 'web.shop.svc.cluster.local. A: 10.96.0.7'));
  t.ok(
    result.steps.some(({ object, outcome }) => object === 'service shop/web' && outcome === 'pass'),
  );
});

t.test('resolveAsPod() follows aliases and names them', async (t) => {
  using cluster = zone();
  const result = await resolveAsPod('alias', POD, { node: NODE, resolve: cluster.resolve });
  t.same(result.addresses, ['10.96.0.7', 'fd00::7']);
  t.same(result.aliases, ['web.shop.svc.cluster.local.']);
});

t.test('resolveAsPod() finds its own name and hostAliases without DNS', async (t) => {
  const resolve = (): never => {
    throw new Error('asked');
  };
  const addressesOf = async (name: string): Promise<readonly string[]> =>
    (await resolveAsPod(name, POD, { node: NODE, resolve })).addresses;
  t.same(await addressesOf('web-0'), ['10.244.0.5']);
  t.same(await addressesOf('web-0.web.shop.svc.cluster.local'), ['10.244.0.5']);
  t.same(await addressesOf('legacy.test'), ['192.0.2.9']);
  t.same(await addressesOf('localhost'), ['127.0.0.1', '::1']);
  t.same(await addressesOf('192.0.2.1'), ['192.0.2.1']);
});

t.test('resolveHost() tells why a name has no address', async (t) => {
  using cluster = zone();
  const resolvConf = { nameservers: [], search: SEARCH, options: ['ndots:5'] };
  const { resolve } = cluster;
  t.match(await resolveHost('nosuch.shop.svc.cluster.local.', { resolvConf, resolve }), {
    addresses: [],
    error: 'HOST_NOT_FOUND',
  });
  t.match(await resolveHost('svc.cluster.local.', { resolvConf, resolve }), {
    addresses: [],
    error: 'NO_DATA',
  });
  t.match(await resolveHost('www.example.org.', { resolvConf, resolve }), {
    addresses: [],
    error: 'NO_RECOVERY',
  });
  t.match(await resolveHost('a.', { resolvConf, resolve: () => undefined }), {
    addresses: [],
    error: 'TRY_AGAIN',
  });
});

t.test('parseResolvConf() and formatResolvConf() are inverse', async (t) => {
  const text = 'search a.test b.test\nnameserver 10.96.0.10\noptions ndots:5 edns0\n';
  t.equal(formatResolvConf(parseResolvConf(text)), text);
  t.same(parseResolvConf('# none\n; none\nnameserver\n'), {
    nameservers: [],
    search: [],
    options: [],
  });
});
