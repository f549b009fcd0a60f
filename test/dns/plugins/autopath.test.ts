import t from 'tap';
import type { Store } from '../../../src/api/index.ts';
import type { Query } from '../../../src/dns/index.ts';
import { createZoneStore, service } from '../zone.ts';
import { serveCorefile } from './serve-corefile.ts';

const from = (address: string): Partial<Query> => ({
  client: { address, port: 53, transport: 'udp' },
});
const COREFILE = `
autopath @kubernetes
kubernetes cluster.local {
  pods verified
}
template IN A example.org {
  answer "{{ .Name }} 60 IN A 192.0.2.1"
}
template ANY ANY . {
  match ^gone[.]$
  rcode NXDOMAIN
  fallthrough
}
`;

function createStore(): Store {
  const store = createZoneStore();
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'dev' } });
  const spec = {
    type: 'ClusterIP',
    clusterIP: '10.96.0.7',
    clusterIPs: ['10.96.0.7'],
    ports: [{ port: 80 }],
  };
  store.create(service('web', spec));
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'client', namespace: 'dev' },
    spec: { containers: [] },
  };
  const address = '10.244.0.5';
  store.create(pod);
  store.update(
    { ...pod, status: { phase: 'Running', podIP: address, podIPs: [{ ip: address }] } },
    { subresource: 'status' },
  );
  return store;
}

const SOA =
  'authority cluster.local. 5 SOA ns.dns.cluster.local. hostmaster.cluster.local. 1767225600 7200 1800 86400 5';
const cases = [
  {
    name: 'a name outside',
    question: 'www.example.org.dev.svc.cluster.local.',
    client: '10.244.0.5',
    lines: [
      'NOERROR',
      'www.example.org.dev.svc.cluster.local. 60 CNAME www.example.org.',
      'www.example.org. 60 A 192.0.2.1',
    ],
  },
  {
    name: 'a name of the second domain',
    question: 'web.shop.dev.svc.cluster.local.',
    client: '10.244.0.5',
    lines: [
      'NOERROR',
      'web.shop.dev.svc.cluster.local. 5 CNAME web.shop.svc.cluster.local.',
      'web.shop.svc.cluster.local. 5 A 10.96.0.7',
    ],
  },
  {
    name: 'a name that is nowhere',
    question: 'gone.dev.svc.cluster.local.',
    client: '10.244.0.5',
    lines: ['NXDOMAIN', SOA],
  },
  {
    name: 'a type that the name has not',
    question: 'web.shop.dev.svc.cluster.local. AAAA',
    client: '10.244.0.5',
    lines: ['NOERROR', SOA],
  },
  {
    name: 'somebody unknown',
    question: 'www.example.org.dev.svc.cluster.local.',
    client: '10.244.0.6',
    lines: ['NXDOMAIN', SOA],
  },
  {
    name: 'another domain of the list',
    question: 'www.example.org.svc.cluster.local.',
    client: '10.244.0.5',
    lines: ['NXDOMAIN', SOA],
  },
  {
    name: 'a name as it is',
    question: 'web.shop.svc.cluster.local.',
    client: '10.244.0.5',
    lines: ['NOERROR', 'web.shop.svc.cluster.local. 5 A 10.96.0.7'],
  },
] as const;
for (const { name, question, client, lines } of cases) {
  t.test(`autopath of ${name}`, async (t) => {
    await using server = await serveCorefile(COREFILE, { store: createStore() });
    t.same(await server.ask(question, from(client)), lines);
    const isWalked = lines.some((line) => line.includes('CNAME')) || question.endsWith('AAAA');
    t.equal(server.metric('coredns_autopath_success_total'), isWalked ? 1 : undefined);
  });
}

t.test('autopath walks the search list of a file for everybody', async (t) => {
  await using server = await serveCorefile(
    'autopath /etc/resolv.conf\ntemplate IN A example.org\ntemplate ANY ANY . {\n rcode NXDOMAIN\n}',
    { search: ['Corp.Test', 'example.org'] },
  );
  t.same(await server.ask('www.corp.test.'), ['NOERROR']);
});

t.test('autopath refuses plugins that know nobody', async (t) => {
  await t.rejects(serveCorefile('autopath @whoami\nwhoami'), { message: /AutoPather/ });
  await t.rejects(serveCorefile('autopath'), { message: 'no resolv-conf specified' });
});
