/** Facts about queries: what plugins publish, as `log` prints them. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import t from 'tap';
import { decodeMessage, encodeMessage } from '../../../src/dns/index.ts';
import { SYSTEM_CLOCK } from '../../../src/observe/index.ts';
import { loadDns, query, WEB } from '../corefile-world.ts';
import { createZoneStore, service } from '../zone.ts';

const LABELS = ['port-name', 'protocol', 'endpoint', 'service', 'namespace', 'kind', 'parse-error'];
const FORMAT = LABELS.map((label) => `{/kubernetes/${label}}`).join(' ');

const NAMES = [
  { qname: WEB, facts: '- - - web shop svc -' },
  { qname: '_http._tcp.web.shop.svc.cluster.local.', facts: 'http tcp - web shop svc -' },
  { qname: 'db-0.db.shop.svc.cluster.local.', facts: '- - db-0 db shop svc -' },
  { qname: '10-0-0-1.shop.pod.cluster.local.', facts: '- - - 10-0-0-1 shop pod -' },
  { qname: 'shop.svc.cluster.local.', facts: '- - - - shop svc -' },
  { qname: 'cluster.local.', facts: '- - - - - - -' },
  { qname: 'a.b.nosuch.cluster.local.', facts: '- - - - - - invalid query name' },
  { qname: 'www.example.org.', facts: '- - - - - - -' },
] as const;

async function logged(
  block: string,
  ask: (dns: Awaited<ReturnType<typeof loadDns>>) => Promise<unknown>,
  options: object = {},
): Promise<readonly string[]> {
  const lines: string[] = [];
  await using dns = await loadDns(`. {\n${block}\n}\n`, {
    print: (line) => void lines.push(line.replace('[INFO] ', '')),
    ...options,
  });
  await ask(dns);
  return lines;
}

for (const { qname, facts } of NAMES) {
  t.test(`kubernetes publishes the parts of ${qname}`, async (t) => {
    const block = `metadata\nlog . "${FORMAT}"\nkubernetes cluster.local`;
    t.same(await logged(block, (dns) => query(dns, qname)), [facts]);
  });
}

t.test('kubernetes publishes the Pod that asks, and each asker is told of itself', async (t) => {
  const store = createZoneStore();
  const ports = [{ name: 'http', port: 80, protocol: 'TCP' }];
  store.create(service('web', { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'], ports }));
  for (const [name, ip] of [
    ['a', '10.244.1.1'],
    ['b', '10.244.1.2'],
  ] as const) {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'shop' },
      spec: { containers: [] },
    };
    const status = { phase: 'Running', podIP: ip, podIPs: [{ ip }] };
    store.create(pod);
    store.update({ ...pod, status }, { subresource: 'status' });
  }
  const format = '{/kubernetes/client-namespace}/{/kubernetes/client-pod-name}';
  const ask = async (dns: Awaited<ReturnType<typeof loadDns>>): Promise<void> => {
    for (const from of ['10.244.1.1', '10.244.1.2', '10.244.1.1', '10.244.9.9'])
      await query(dns, WEB, { from });
  };
  const block = (pods: string): string =>
    `metadata\nlog . "${format}"\nkubernetes cluster.local {\npods ${pods}\n}`;
  t.same(await logged(block('verified'), ask, { store }), ['shop/a', 'shop/b', 'shop/a', '-/-']);
  t.same(await logged(block('insecure'), ask, { store }), ['-/-', '-/-', '-/-', '-/-']);
});

t.test('metadata gathers for its zones alone', async (t) => {
  const block = `metadata example.org\nlog . "{/kubernetes/service}"\nkubernetes cluster.local`;
  t.same(await logged(block, (dns) => query(dns, WEB)), ['-']);
  const own = block.replace('example.org', 'shop.svc.cluster.local');
  t.same(await logged(own, (dns) => query(dns, WEB)), ['web']);
});

t.test('forward publishes who answered', async (t) => {
  const upstream = createSocket('udp4');
  upstream.on('message', (bytes, { address, port }) => {
    const asked = decodeMessage(bytes);
    const reply = encodeMessage({ ...asked, flags: { ...asked.flags, isResponse: true } });
    upstream.send(reply, port, address);
  });
  upstream.bind(0, '127.0.0.1');
  await once(upstream, 'listening');
  t.teardown(() => upstream.close());
  const { port } = upstream.address();
  const lines = await logged(
    `metadata\nlog . "{/forward/upstream}"\nkubernetes cluster.local\nforward . 127.0.0.1:${port}`,
    async (dns) => {
      await query(dns, 'www.example.org.');
      await query(dns, WEB);
    },
    { clock: SYSTEM_CLOCK },
  );
  t.same(lines, [`127.0.0.1:${port}`, '-']);
});
