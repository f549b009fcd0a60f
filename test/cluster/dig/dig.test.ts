/** What `dig` gets from a cluster, as this host and as Pods. */
import t, { type Test } from 'tap';
import { dig } from '../../../src/cluster/dig/index.ts';
import { adviceFor } from '../../../src/cluster/dig/search-advice.ts';
import { printResolvConf } from '../../../src/cluster/resolv-conf.ts';
import type { DigRequest } from '../../../src/control/index.ts';
import { createFolder, startInProcess, type InProcess } from '../../harness/instance.ts';
import { app, manifest, service } from '../../harness/manifests.ts';

/** Nobody is behind it: what is sent there is rejected. */
const EMPTY = {
  selector: { app: 'nobody' },
  ports: [
    { name: 'dns', protocol: 'UDP', port: 53 },
    { name: 'dns-tcp', protocol: 'TCP', port: 53 },
  ],
};

const COREFILE = `.:53 {
  kubernetes cluster.local in-addr.arpa ip6.arpa {
    pods verified
    fallthrough in-addr.arpa ip6.arpa
  }
  transfer cluster.local {
    to *
  }
  template A A example.org {
    answer "{{ .Name }} 60 IN A 192.0.2.1"
  }
  template ANY AAAA example.org {
    rcode NOERROR
  }
  template IN TXT big.test {
    answer "big.test. 60 IN TXT ${'x'.repeat(200)}"
    answer "big.test. 60 IN TXT ${'y'.repeat(200)}"
    answer "big.test. 60 IN TXT ${'z'.repeat(200)}"
  }
  acl silent.test {
    drop
  }
}
`.replace('template A A', 'template IN A');

async function up(t: Test): Promise<InProcess> {
  const folder = createFolder({
    Corefile: COREFILE,
    'all.yaml': manifest(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
      app('web', { replicas: 2 }),
      app('api', {
        namespace: 'shop',
        pod: { hostAliases: [{ ip: '10.9.9.9', hostnames: ['old'] }] },
      }),
      service('empty', { namespace: 'shop', service: EMPTY }),
    ),
  });
  t.teardown(() => folder[Symbol.dispose]());
  return startInProcess({
    paths: [`${folder.path}/all.yaml`],
    corefile: `${folder.path}/Corefile`,
  });
}

const REQUEST: DigRequest = {
  name: 'web.default.svc.cluster.local',
  type: 'A',
  class: 'IN',
  transport: 'udp',
  flags: ['rd'],
  edns: { version: 0, udpSize: 1232, isDnssecOk: false, options: [] },
  tries: 1,
  timeoutMs: 5000,
};

const ASKED = [
  { name: 'this host', request: {}, at: '127.0.0.1', status: 'NOERROR' },
  {
    name: 'this host, over TCP',
    request: { transport: 'tcp' },
    at: '127.0.0.1',
    status: 'NOERROR',
  },
  {
    name: 'this host, of kube-dns',
    request: { server: '10.96.0.10' },
    at: '10.96.0.10',
    status: 'NOERROR',
  },
  { name: 'a Pod', request: { as: 'shop/api' }, at: '10.96.0.10', status: 'NOERROR' },
  {
    name: 'a Pod, over TCP',
    request: { as: 'shop/api', transport: 'tcp' },
    at: '10.96.0.10',
    status: 'NOERROR',
  },
  {
    name: 'a Pod, of a server by its name',
    request: { as: 'shop/api', server: 'kube-dns.kube-system' },
    at: '10.96.0.10',
    status: 'NOERROR',
  },
  {
    name: 'a Pod, a name that is none',
    request: { as: 'shop/api', name: 'no.cluster.local' },
    at: '10.96.0.10',
    status: 'NXDOMAIN',
  },
] as const;
t.test('dig() asks as a host and as a Pod', async (t) => {
  await using instance = await up(t);
  for (const { name, request, at, status } of ASKED) {
    const { exchanges } = await dig(instance.cluster, { ...REQUEST, ...request });
    t.match(
      exchanges,
      [{ server: { address: at }, messages: [{ status, flags: ['qr', 'aa', 'rd'] }] }],
      name,
    );
  }
});

const UNANSWERED = [
  {
    name: 'a Service without endpoints',
    request: { as: 'shop/api', server: 'empty' },
    what: 'connection refused',
    because: /endpoint/,
  },
  {
    name: 'a Service without endpoints, over TCP',
    request: { as: 'shop/api', server: 'empty', transport: 'tcp' },
    what: 'connection refused',
    because: /endpoint/,
  },
  {
    name: 'an address of nobody',
    request: { server: '10.244.99.99' },
    what: 'host unreachable',
    because: /no running Pod/,
  },
  {
    name: 'a plugin that drops',
    request: { name: 'silent.test' },
    what: 'timed out',
    because: undefined,
  },
] as const;
t.test('dig() tells why nobody answers, and waits for nothing that is known', async (t) => {
  await using instance = await up(t);
  for (const { name, request, what, because } of UNANSWERED) {
    const { exchanges } = await dig(instance.cluster, {
      ...REQUEST,
      tries: 3,
      timeoutMs: 60_000,
      ...request,
    });
    t.match(exchanges, [{ messages: [], failures: [{ what, because }] }], name);
  }
});

t.test('dig() asks again over TCP for what was cut short', async (t) => {
  await using instance = await up(t);
  const big = {
    ...REQUEST,
    name: 'big.test',
    type: 'TXT',
    as: 'shop/api',
    edns: { ...REQUEST.edns, udpSize: 512 },
  } as DigRequest; // the spread of an optional field
  const { exchanges } = await dig(instance.cluster, big);
  t.match(exchanges, [
    { transport: 'tcp', isRepeatedOverTcp: true, messages: [{ answer: { length: 3 } }] },
  ]);
  const kept = await dig(instance.cluster, { ...big, isKeepingTruncated: true });
  t.match(kept.exchanges, [{ transport: 'udp', messages: [{ flags: ['qr', 'aa', 'tc', 'rd'] }] }]);
});

t.test('dig() gets a zone', async (t) => {
  await using instance = await up(t);
  for (const as of [undefined, 'shop/api']) {
    const { exchanges } = await dig(instance.cluster, {
      ...REQUEST,
      name: 'cluster.local',
      type: 'AXFR',
      transport: 'tcp',
      ...(as === undefined ? {} : { as }),
    });
    const records = exchanges[0]?.messages.flatMap(({ answer }) => answer) ?? [];
    t.match([records[0]?.type, records.at(-1)?.type], ['SOA', 'SOA'], String(as));
    t.ok(records.length > 10);
  }
});

const SEARCHES = [
  { name: 'api', as: 'shop/api', names: ['api.shop.svc.cluster.local.'] },
  {
    name: 'api.shop',
    as: 'web',
    names: ['api.shop.default.svc.cluster.local.', 'api.shop.svc.cluster.local.'],
  },
  { name: 'api.', as: 'shop/api', names: ['api.'] },
  {
    name: 'api',
    as: 'shop/api',
    search: { domains: ['shop.svc.cluster.local'] },
    names: ['api.shop.svc.cluster.local.'],
  },
  { name: 'web.example.org', as: 'web', search: { ndots: 2 }, names: ['web.example.org.'] },
] as const;
t.test('dig() walks the search path of who asks until a name is no error', async (t) => {
  await using instance = await up(t);
  for (const { name, as, names, ...rest } of SEARCHES) {
    const { exchanges } = await dig(instance.cluster, {
      ...REQUEST,
      name,
      as,
      search: {},
      ...rest,
    });
    t.same(
      exchanges.map((exchange) => exchange.name),
      names,
      name,
    );
  }
});

t.test('dig() tells each query of a resolver', async (t) => {
  await using instance = await up(t);
  const trace = async (name: string, more: Partial<DigRequest> = {}) => {
    const request = {
      ...REQUEST,
      name,
      type: '',
      as: 'shop/api',
      resolver: 'glibc',
      ...more,
    } as const;
    const { exchanges, walk } = await dig(instance.cluster, request);
    return { count: exchanges.length, names: [...new Set(exchanges.map((one) => one.name))], walk };
  };
  t.match(await trace('www.example.org'), {
    count: 8,
    names: { length: 4 },
    walk: {
      who: /^shop\/api-/,
      ndots: 5,
      found: 'www.example.org.',
      advice: [/write "www\.example\.org\.".*: 2 queries/, /value: "2".*: 2 queries/, /autopath/],
    },
  });
  t.match(await trace('api'), {
    count: 2,
    walk: { found: 'api.shop.svc.cluster.local.', advice: [] },
  });
  t.match(await trace('api', { type: 'A' }), { count: 1 });
  t.match(await trace('web.default'), {
    count: 4,
    walk: { found: 'web.default.svc.cluster.local.', advice: [/^write/, /autopath/] },
  });
  t.match(await trace('nosuch.shop.svc.cluster.local'), {
    walk: { error: /HOST_NOT_FOUND|TRY_AGAIN/ },
  });
  t.match(await trace('old'), { count: 0, walk: { hosts: ['10.9.9.9'] } });
  t.match(await trace('web.default', { resolver: 'musl' }), { count: 4 });
});

const FACTS = {
  name: 'www.example.org',
  resolver: 'glibc',
  domains: ['a.', 'b.', 'c.'],
  ndots: 5,
  typeCount: 2,
  queryCount: 8,
  hasAutopath: false,
  found: 'www.example.org.',
} as const;
const ADVICE = [
  { name: 'a name of the world', facts: {}, advice: [/^write/, /ndots/, /autopath/] },
  { name: 'one with autopath', facts: { hasAutopath: true }, advice: [/^write/, /ndots/] },
  { name: 'one found at once', facts: { queryCount: 2 }, advice: [] },
  { name: 'one that is nowhere', facts: { found: undefined }, advice: [] },
  {
    name: 'a name of the cluster',
    facts: { found: 'www.example.org.b.' },
    advice: [/^write "www\.example\.org\.b\."/, /autopath/],
  },
  {
    name: 'a name without dots',
    facts: { name: 'www', found: 'www.' },
    advice: [/^write/, /autopath/],
  },
] as const;
for (const { name, facts, advice } of ADVICE) {
  t.test(`adviceFor() ${name}`, async (t) => {
    const { found, ...rest } = { ...FACTS, ...facts };
    const lines = adviceFor(found === undefined ? rest : { ...rest, found });
    t.match(lines, advice);
    t.equal(lines.length, advice.length);
  });
}

t.test('printResolvConf() prints what the kubelet writes, or what the host can use', async (t) => {
  await using instance = await up(t);
  const { cluster } = instance;
  const own = printResolvConf(cluster, { pod: 'shop/api', namespace: 'default', isForHost: false });
  t.match(
    own.text,
    /^search shop\.svc\.cluster\.local svc\.cluster\.local cluster\.local[^]*\nnameserver 10\.96\.0\.10\noptions ndots:5\n$/,
  );
  t.match(
    printResolvConf(cluster, { namespace: 'default', isForHost: false }).text,
    /^search default\.svc/,
  );
  const host = printResolvConf(cluster, { pod: 'api', namespace: 'shop', isForHost: true });
  t.match(host.text, /\nnameserver 127\.0\.0\.1\n/);
  t.match(host.warnings, [/no word for a port.*served on 127\.0\.0\.1:\d+/]);
});
