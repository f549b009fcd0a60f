import t from 'tap';
import {
  createClusterDns,
  decodeMessage,
  encodeMessage,
  kubeadmCorefile,
  type ClusterDns,
  type ClusterDnsOptions,
} from '../../src/dns/index.ts';
import { SILENT, SYSTEM_CLOCK } from '../../src/observe/index.ts';
import { askUdp, serve } from './sockets.ts';
import { FLAGS, messageWith } from './wire/messages.ts';
import { ask, createZoneStore, service } from './zone.ts';

const WEB = 'web.shop.svc.cluster.local.';

interface Settings extends Partial<ClusterDnsOptions> {
  /** `ADDRESS[:PORT]`; nobody is asked without. */
  readonly upstreams?: readonly string[];
  readonly corefile?: string;
}

/** DNS as kubeadm sets it up, with a Service. */
async function create({ upstreams = [], corefile, ...options }: Settings): Promise<ClusterDns> {
  const store = createZoneStore();
  const ports = [{ name: 'http', port: 80, protocol: 'TCP' }];
  store.create(service('web', { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'], ports }));
  const dns = createClusterDns({
    store,
    clock: SYSTEM_CLOCK,
    random: Math.random,
    log: SILENT,
    resolvConf: () => ({ nameservers: upstreams, search: [], options: [] }),
    ...options,
  });
  await dns.load({ file: 'Corefile', text: corefile ?? kubeadmCorefile() });
  return dns;
}

function query(name: string): Buffer {
  const flags = { ...FLAGS, isResponse: false, isAuthoritative: false };
  return encodeMessage(messageWith([], { flags, questions: [{ name, type: 1, class: 1 }] }));
}

t.test('createClusterDns() answers cluster names while upstreams are silent', async (t) => {
  let asked = 0;
  const { promise: isBusy, resolve: busy } = Promise.withResolvers<undefined>();
  await using silent = await serve(() => {
    asked += 1;
    if (asked === 200) busy(undefined);
    return undefined;
  });
  await using dns = await create({ upstreams: [`127.0.0.1:${silent.port}`] });
  await using server = await serve(dns.answerBytes);
  const client = { address: '127.0.0.1', port: 1, transport: 'udp' } as const;
  for (let index = 0; index < 200; index += 1)
    t.ok(dns.answerBytes(query(`n${index}.example.org.`), client) instanceof Promise);
  await isBusy;
  const reply = decodeMessage(await askUdp(server.port, query(WEB)));
  t.equal(reply.answers.length, 1);
});

t.test('createClusterDns() without upstreams refuses other names', async (t) => {
  await using dns = await create({});
  t.same(await ask(dns, 'www.example.org.'), ['REFUSED']);
});

t.test('createClusterDns() never forwards to itself', async (t) => {
  let asked = 0;
  const { promise: isThere, resolve: there } = Promise.withResolvers<ClusterDns>();
  await using server = await serve(async (octets, client) => {
    asked += 1;
    return (await isThere).answerBytes(octets, client);
  });
  const own = [{ address: '127.0.0.1', port: server.port }];
  await using dns = await create({
    upstreams: [`127.0.0.1:${server.port}`],
    ownAddresses: () => own,
  });
  there(dns);
  t.same(await ask(dns, 'www.example.org.'), ['REFUSED']);
  t.equal(asked, 0);
});

t.test('createClusterDns() serves the domain it is told', async (t) => {
  await using dns = await create({ corefile: kubeadmCorefile('k8s.test') });
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
