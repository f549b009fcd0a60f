import t from 'tap';
import {
  checkPodDns,
  LEGACY_LIMITS,
  parseResolvConf,
  podResolvConf,
  type NodeDns,
  type PodDns,
} from '../../../src/dns/index.ts';

const NODE: NodeDns = {
  resolvConf: parseResolvConf('nameserver 192.0.2.1\nsearch corp.test\noptions timeout:1\n'),
  clusterDNS: ['10.96.0.10'],
  nodeIPs: ['10.0.0.11'],
};
const CLUSTER = 'shop.svc.cluster.local svc.cluster.local cluster.local';

const cases: readonly (readonly [
  what: string,
  pod: Omit<PodDns, 'namespace'>,
  expected: readonly string[],
])[] = [
  ['ClusterFirst', {}, ['10.96.0.10', `${CLUSTER} corp.test`, 'ndots:5']],
  [
    'ClusterFirst in the host network',
    { hostNetwork: true },
    ['192.0.2.1', 'corp.test', 'timeout:1'],
  ],
  [
    'ClusterFirstWithHostNet',
    { dnsPolicy: 'ClusterFirstWithHostNet', hostNetwork: true },
    ['10.96.0.10', `${CLUSTER} corp.test`, 'ndots:5'],
  ],
  ['Default', { dnsPolicy: 'Default' }, ['192.0.2.1', 'corp.test', 'timeout:1']],
  [
    'None',
    {
      dnsPolicy: 'None',
      dnsConfig: {
        nameservers: ['192.0.2.9'],
        searches: ['my.test'],
        options: [{ name: 'edns0' }],
      },
    },
    ['192.0.2.9', 'my.test', 'edns0'],
  ],
  [
    'dnsConfig on top',
    {
      dnsConfig: {
        nameservers: ['10.96.0.10', '192.0.2.9'],
        searches: ['corp.test', 'my.test'],
        options: [{ name: 'ndots', value: '2' }],
      },
    },
    ['10.96.0.10 192.0.2.9', `${CLUSTER} corp.test my.test`, 'ndots:2'],
  ],
];
for (const [what, pod, expected] of cases)
  t.test(`podResolvConf() of ${what}`, async (t) => {
    const { resolvConf, events } = podResolvConf({ namespace: 'shop', ...pod }, NODE);
    const { nameservers, search, options } = resolvConf;
    t.same([nameservers.join(' '), search.join(' '), options.join(' ')], expected);
    t.same(events, []);
  });

t.test('podResolvConf() cuts what resolvers do not take, and says so', async (t) => {
  const searches = Array.from({ length: 40 }, (_, index) => `d${index}.test`);
  const pod: PodDns = {
    namespace: 'shop',
    dnsConfig: { searches, nameservers: ['192.0.2.1', '192.0.2.2', '192.0.2.3'] },
  };
  const { resolvConf, events } = podResolvConf(pod, NODE);
  t.equal(resolvConf.search.length, 32);
  t.equal(resolvConf.search.at(-1), 'd27.test');
  t.same(resolvConf.nameservers, ['10.96.0.10', '192.0.2.1', '192.0.2.2']);
  t.match(events, [/Nameserver limits were exceeded/, /Search Line limits were exceeded/]);
  t.equal(podResolvConf(pod, { ...NODE, limits: LEGACY_LIMITS }).resolvConf.search.length, 6);
  const long = Array.from(
    { length: 20 },
    (_, index) => `${'x'.repeat(63)}.${'y'.repeat(60)}.d${index}.test`,
  );
  const cut = podResolvConf(
    { namespace: 'shop', dnsConfig: { searches: [...long, 'z'.repeat(254)] } },
    NODE,
  );
  t.ok(cut.resolvConf.search.join(' ').length <= 2048);
});

t.test('podResolvConf() without cluster DNS falls back to the Node', async (t) => {
  const { resolvConf, events } = podResolvConf({ namespace: 'shop' }, { ...NODE, clusterDNS: [] });
  t.same(resolvConf.nameservers, ['192.0.2.1']);
  t.match(events, [/^MissingClusterDNS/]);
});

t.test(
  'podResolvConf() of a Node without resolv.conf points to the loopback of its family',
  async (t) => {
    const node: NodeDns = { clusterDNS: [], nodeIPs: ['fd00::11'] };
    const { resolvConf } = podResolvConf({ namespace: 'shop', dnsPolicy: 'Default' }, node);
    t.same(resolvConf, { nameservers: ['::1'], search: ['.'], options: [] });
  },
);

t.test('checkPodDns() says what the API server would refuse', async (t) => {
  t.same(checkPodDns({ dnsPolicy: 'ClusterFirst' }), []);
  t.match(checkPodDns({ dnsPolicy: 'None' }), [/at least one DNS nameserver/]);
  const nameservers = ['1.1.1.1', '1.1.1.2', '1.1.1.3', '1.1.1.4'];
  t.match(checkPodDns({ dnsConfig: { nameservers } }), [/must not have more than 3 nameservers/]);
  t.match(checkPodDns({ dnsConfig: { options: [{ value: '1' }] } }), [/must have a name/]);
});
