import t from 'tap';
import {
  createClusterDns,
  decodeMessage,
  encodeMessage,
  RCODE,
  type ClusterDns,
  type ClusterDnsOptions,
} from '../../src/dns/index.ts';
import { SILENT, SYSTEM_CLOCK } from '../../src/observe/index.ts';
import { askUdp, serve } from './sockets.ts';
import { FLAGS, messageWith } from './wire/messages.ts';
import { ask, createZoneStore, service } from './zone.ts';

const WEB = 'web.shop.svc.cluster.local.';

function create(options: Partial<ClusterDnsOptions>): ClusterDns {
  const store = createZoneStore();
  const ports = [{ name: 'http', port: 80, protocol: 'TCP' }];
  store.create(service('web', { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'], ports }));
  return createClusterDns({
    store,
    clock: SYSTEM_CLOCK,
    random: Math.random,
    log: SILENT,
    upstreams: 'off',
    ...options,
  });
}

function query(name: string, class_ = 1): Buffer {
  const flags = { ...FLAGS, isResponse: false, isAuthoritative: false };
  return encodeMessage(messageWith([], { flags, questions: [{ name, type: 1, class: class_ }] }));
}

t.test('createClusterDns() answers cluster names while upstreams are silent', async (t) => {
  let asked = 0;
  const { promise: isBusy, resolve: busy } = Promise.withResolvers<undefined>();
  await using silent = await serve(() => {
    asked += 1;
    if (asked === 200) busy(undefined);
    return undefined;
  });
  using dns = create({ upstreams: [{ address: '127.0.0.1', port: silent.port }] });
  await using server = await serve(dns.answerBytes);
  const client = { address: '127.0.0.1', port: 1, transport: 'udp' } as const;
  for (let index = 0; index < 200; index += 1)
    t.ok(dns.answerBytes(query(`n${index}.example.org.`), client) instanceof Promise);
  await isBusy;
  const reply = decodeMessage(await askUdp(server.port, query(WEB)));
  t.equal(reply.answers.length, 1);
});

t.test('createClusterDns() without upstreams refuses other names, and other classes', async (t) => {
  using dns = create({});
  t.same(await ask(dns, 'www.example.org.'), ['REFUSED']);
  const client = { address: '127.0.0.1', port: 1, transport: 'udp' } as const;
  const reply = await dns.answerBytes(query(WEB, 3), client);
  t.equal(decodeMessage(reply ?? Buffer.alloc(0)).flags.rcode, RCODE.REFUSED);
});

t.test('createClusterDns() never forwards to itself', async (t) => {
  let asked = 0;
  const { promise: isThere, resolve: there } = Promise.withResolvers<ClusterDns>();
  await using server = await serve(async (octets, client) => {
    asked += 1;
    return (await isThere).answerBytes(octets, client);
  });
  const own = [{ address: '127.0.0.1', port: server.port }];
  using dns = create({ upstreams: own, ownAddresses: () => own });
  there(dns);
  t.same(await ask(dns, 'www.example.org.'), ['REFUSED']);
  t.equal(asked, 0);
});

t.test('createClusterDns() serves the domain it is told', async (t) => {
  using dns = create({ clusterDomain: 'k8s.test' });
  t.same(await ask(dns, 'web.shop.svc.k8s.test.'), [
    'NOERROR',
    'web.shop.svc.k8s.test. 30 A 10.96.0.7',
  ]);
  t.same(await ask(dns, WEB), ['REFUSED']);
  t.same(await ask(dns, '1-2-3-4.shop.pod.k8s.test.'), [
    'NOERROR',
    '1-2-3-4.shop.pod.k8s.test. 30 A 1.2.3.4',
  ]);
});
