import { assert, ipV4, property } from 'fast-check';
import t from 'tap';
import {
  clusterAddressOf,
  createAddressPlan,
  loopbackAlias,
  originOf,
  type AddressPlanOptions,
  type OriginLookups,
} from '../../src/net/index.ts';

const PLAN = createAddressPlan();

const aliases = [
  { address: '10.96.0.10', alias: '127.96.0.10' },
  { address: '10.111.255.254', alias: '127.111.255.254' },
  { address: '10.244.1.4', alias: '127.244.1.4' },
  { address: '10.0.0.11', alias: '127.0.0.11' },
  { address: '127.1.0.7', alias: '127.1.0.7' },
  { address: '10.0.0.1', alias: '127.0.0.1' },
] as const;
for (const { address, alias } of aliases) {
  t.test(`loopbackAlias() of ${address} is ${alias}, and back`, async (t) => {
    t.equal(loopbackAlias(address, PLAN), alias);
    t.equal(clusterAddressOf(alias, PLAN), address);
  });
}

const notAliases = [
  '127.200.0.1',
  '127.112.0.0',
  '127.1.1.0',
  '192.0.2.1',
  '10.96.0.10',
  'fd00::1',
  '',
];
for (const address of notAliases) {
  t.test(`clusterAddressOf() knows no pool for '${address}'`, async (t) => {
    t.equal(clusterAddressOf(address, PLAN), undefined);
  });
}

t.test('clusterAddressOf() takes ::1 and mapped addresses for what they are', async (t) => {
  t.equal(clusterAddressOf('::1', PLAN), '10.0.0.1');
  t.equal(clusterAddressOf('::ffff:127.0.0.1', PLAN), '10.0.0.1');
  t.equal(clusterAddressOf('::ffff:127.96.0.10', PLAN), '10.96.0.10');
});

t.test('loopbackAlias() has none for IPv6', async (t) => {
  t.equal(loopbackAlias('fd00:10:96::1', PLAN), undefined);
});

t.test('clusterAddressOf() undoes loopbackAlias() in every pool', async (t) => {
  const pools = [...PLAN.serviceCIDRs, ...PLAN.podCIDRs, ...PLAN.nodeCIDRs];
  assert(
    property(ipV4(), (address) => {
      const [first, ...rest] = address.split('.');
      const back = clusterAddressOf(`127.${rest.join('.')}`, PLAN);
      if (back === undefined || back === PLAN.hostAddress || back.startsWith('127.')) return;
      t.ok(first !== undefined && pools.length > 0);
      t.equal(loopbackAlias(back, PLAN), `127.${rest.join('.')}`);
    }),
  );
});

const refused: readonly { name: string; options: AddressPlanOptions; message: RegExp }[] = [
  {
    name: 'pools whose aliases collide',
    options: { serviceCIDRs: ['10.96.0.0/12'], podCIDRs: ['172.100.0.0/16'] },
    message: /10\.96\.0\.0\/12 of Services and 172\.100\.0\.0\/16 of Pods .* 127\.100\.0\.0\/16/,
  },
  {
    name: 'IPv6 pools that overlap',
    options: { serviceCIDRs: ['fd00::/108'], podCIDRs: ['fd00::/56'] },
    message: /Services and .* Pods/,
  },
  {
    name: 'Pods where LoadBalancers are',
    options: { podCIDRs: ['10.1.0.0/16'] },
    message: /10\.1\.0\.0\/16 of Pods and 127\.1\.0\.0\/24 of LoadBalancers/,
  },
  {
    name: 'Services on 127.0.0.1',
    options: { serviceCIDRs: ['10.0.0.0/16'], nodeCIDRs: ['10.9.0.0/24'] },
    message: /Services and 127\.0\.0\.1\/32 of the host/,
  },
  {
    name: 'what is no CIDR',
    options: { podCIDRs: ['10.244.0.0'] },
    message: /10\.244\.0\.0 is no CIDR/,
  },
  { name: 'a prefix too large', options: { podCIDRs: ['8.0.0.0/5'] }, message: /too large/ },
];
for (const { name, options, message } of refused) {
  t.test(`createAddressPlan() refuses ${name}`, async (t) => {
    t.throws(() => createAddressPlan(options), { code: 'ERR_ADDRESS_PLAN', message });
  });
}

t.test('createAddressPlan() takes Nodes inside and outside the Node range', async (t) => {
  const plan = createAddressPlan({ nodeCIDRs: ['10.0.0.0/24', '10.0.0.11/32', '192.168.7.2/32'] });
  t.equal(clusterAddressOf('127.168.7.2', plan), '192.168.7.2');
  t.equal(clusterAddressOf('127.0.0.11', plan), '10.0.0.11');
});

const LOOKUPS: OriginLookups = {
  podByAddress: (address) =>
    address === '10.244.1.4' ? { namespace: 'shop', name: 'web-0', node: 'node-2' } : undefined,
  nodeByAddress: (address) => (address === '10.0.0.12' ? 'node-2' : undefined),
};
const clients = [
  {
    client: '127.244.1.4',
    identity: {
      origin: { kind: 'pod', namespace: 'shop', name: 'web-0' },
      address: '10.244.1.4',
      node: 'node-2',
    },
  },
  {
    client: '127.0.0.12',
    identity: { origin: { kind: 'node', name: 'node-2' }, address: '10.0.0.12', node: 'node-2' },
  },
  {
    client: '127.0.0.1',
    identity: { origin: { kind: 'outside' }, address: '10.0.0.1', node: undefined },
  },
  {
    client: '127.244.9.9',
    identity: { origin: { kind: 'outside' }, address: '10.244.9.9', node: undefined },
  },
  {
    client: '192.0.2.7',
    identity: { origin: { kind: 'outside' }, address: '192.0.2.7', node: undefined },
  },
] as const;
for (const { client, identity } of clients) {
  t.test(`originOf() ${client} is ${identity.origin.kind}`, async (t) => {
    t.same(originOf(client, PLAN, LOOKUPS), identity);
  });
}
