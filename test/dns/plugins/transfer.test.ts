import t from 'tap';
import {
  createQuery,
  decodeMessage,
  encodeMessage,
  formatRecord,
  OPCODE,
  TYPE,
  typeOf,
  type Message,
  type Query,
} from '../../../src/dns/index.ts';
import { SYSTEM_CLOCK } from '../../../src/observe/index.ts';
import { framed, openTcp, serve } from '../sockets.ts';
import { createZoneStore, service, slice } from '../zone.ts';
import { serveCorefile } from './serve-corefile.ts';

const ZONE = `@ 60 SOA ns admin 7 1 1 1 1\n@ NS ns\nns A 192.0.2.1\nb A 192.0.2.3\na.b A 192.0.2.2\n`;
const tcp = (address = '127.0.0.1'): Partial<Query> => ({
  client: { address, port: 5353, transport: 'tcp' },
});
const soa = (serial: number): Query['authority'] => [
  {
    name: 'corp.test.',
    type: TYPE.SOA,
    class: 1,
    ttl: 0,
    rdata: {
      kind: 'soa',
      soa: { mname: '.', rname: '.', serial, refresh: 0, retry: 0, expire: 0, minimum: 0 },
    },
  },
];

const ALL = [
  'corp.test. 60 SOA ns.corp.test. admin.corp.test. 7 1 1 1 1',
  'corp.test. 60 NS ns.corp.test.',
  'b.corp.test. 60 A 192.0.2.3',
  'a.b.corp.test. 60 A 192.0.2.2',
  'ns.corp.test. 60 A 192.0.2.1',
  'corp.test. 60 SOA ns.corp.test. admin.corp.test. 7 1 1 1 1',
];
const cases = [
  { name: 'AXFR over TCP', to: '*', question: 'AXFR', fields: tcp(), lines: ['NOERROR', ...ALL] },
  {
    name: 'AXFR to an address',
    to: '192.0.2.9',
    question: 'AXFR',
    fields: tcp('192.0.2.9'),
    lines: ['NOERROR', ...ALL],
  },
  {
    name: 'AXFR to somebody else',
    to: '192.0.2.9',
    question: 'AXFR',
    fields: tcp(),
    lines: ['REFUSED'],
  },
  {
    name: 'AXFR over UDP',
    to: '*',
    question: 'AXFR',
    fields: { client: { address: '127.0.0.1', port: 1, transport: 'udp' as const } },
    lines: ['REFUSED'],
  },
  {
    name: 'IXFR of the current serial',
    to: '*',
    question: 'IXFR',
    fields: { ...tcp(), authority: soa(7) },
    lines: ['NOERROR', ALL[0]],
  },
  {
    name: 'IXFR of another serial',
    to: '*',
    question: 'IXFR',
    fields: { ...tcp(), authority: soa(6) },
    lines: ['NOERROR', ...ALL],
  },
  { name: 'IXFR without serial', to: '*', question: 'IXFR', fields: tcp(), lines: ['SERVFAIL'] },
] as const;
for (const { name, to, question, fields, lines } of cases) {
  t.test(`transfer answers ${name}`, async (t) => {
    const folder = t.testdir({ db: ZONE });
    await using server = await serveCorefile(
      `transfer corp.test {\n to ${to}\n}\nfile ${folder}/db corp.test`,
    );
    t.same(await server.ask(`corp.test. ${question}`, fields), lines);
  });
}

t.test('transfer leaves names below a zone, and other zones, alone', async (t) => {
  const folder = t.testdir({ db: ZONE });
  await using server = await serveCorefile(
    `transfer corp.test {\n to *\n}\nfile ${folder}/db corp.test`,
  );
  t.same(await server.ask('b.corp.test. AXFR', tcp()), ['REFUSED']);
  t.same(await server.ask('other.test. AXFR', tcp()), ['REFUSED']);
});

t.test('transfer gives the zone of the cluster', async (t) => {
  const store = createZoneStore();
  const ports = [
    { name: 'http', port: 80, protocol: 'TCP' },
    { port: 81, protocol: 'TCP' },
  ];
  store.create(
    service('web', { type: 'ClusterIP', clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'], ports }),
  );
  store.create(
    service('db', { type: 'ClusterIP', clusterIP: 'None', clusterIPs: ['None'], ports }),
  );
  store.create(slice('db', ['db-0=10.244.0.9', '10.244.0.10']));
  store.create(service('ext', { type: 'ExternalName', externalName: 'example.org' }));
  await using server = await serveCorefile('transfer {\n to *\n}\nkubernetes cluster.local', {
    store,
  });
  const lines = await server.ask('cluster.local. AXFR', tcp());
  const under = (line: string): string => line.replaceAll('.shop.svc.cluster.local.', '…');
  t.same(lines.slice(2, -1).map(under), [
    'db… 5 A 10.244.0.9',
    'db-0.db… 5 A 10.244.0.9',
    '_http._tcp.db… 5 SRV 0 50 8080 db-0.db…',
    'db… 5 A 10.244.0.10',
    '10-244-0-10.db… 5 A 10.244.0.10',
    '_http._tcp.db… 5 SRV 0 50 8080 10-244-0-10.db…',
    'ext… 5 CNAME example.org.',
    'web… 5 A 10.96.0.7',
    'web… 5 SRV 0 100 80 web…',
    '_http._tcp.web… 5 SRV 0 100 80 web…',
    'web… 5 SRV 0 100 81 web…',
  ]);
  t.equal(lines[1], lines.at(-1));
});

t.test('transfer sends a large zone in several messages', async (t) => {
  const count = 5000;
  const folder = t.testdir({ db: `${ZONE}$GENERATE 1-${count} host-$ TXT "${'x'.repeat(40)}"\n` });
  await using corefile = await serveCorefile(
    `transfer corp.test {\n to *\n}\nfile ${folder}/db corp.test`,
  );
  await using server = await serve(corefile.dns.answerBytes);
  const { socket, read } = await openTcp(server.port);
  socket.write(framed(messageOf('corp.test.', 'AXFR')));
  const messages: Message[] = [];
  const isWhole = (): boolean =>
    messages.flatMap(({ answers }) => answers).filter(({ type }) => type === TYPE.SOA).length === 2;
  while (!isWhole()) messages.push(decodeMessage(await read()));
  socket.destroy();
  const records = messages.flatMap(({ answers }) => answers).map(formatRecord);
  t.equal(records.length, count + 6);
  t.equal(new Set(records).size, count + 5);
  t.ok(messages.length > 3);
  t.ok(messages.every(({ id, flags }) => id === 7 && !flags.isTruncated));
});

function messageOf(name: string, type: string): Buffer {
  const { opcode, isRecursionDesired } = createQuery(name, 1);
  return encodeMessage({
    id: 7,
    flags: {
      isResponse: false,
      opcode,
      isAuthoritative: false,
      isTruncated: false,
      isRecursionDesired,
      isRecursionAvailable: false,
      isAuthentic: false,
      isCheckingDisabled: false,
      rcode: 0,
    },
    questions: [{ name, type: typeOf(type) ?? 0, class: 1 }],
    answers: [],
    authority: [],
    additional: [],
  });
}

t.test('transfer tells secondaries of zones from files', async (t) => {
  const { promise, resolve } = Promise.withResolvers<Message>();
  await using secondary = await serve((octets) => {
    const message = decodeMessage(octets);
    resolve(message);
    return encodeMessage({ ...message, flags: { ...message.flags, isResponse: true } });
  });
  const folder = t.testdir({ db: ZONE });
  await using server = await serveCorefile(
    `transfer {\n to 127.0.0.1:${secondary.port} *\n}\nfile ${folder}/db corp.test`,
    { clock: SYSTEM_CLOCK },
  );
  await server.dns.start();
  t.match(await promise, {
    flags: { opcode: OPCODE.NOTIFY, isAuthoritative: true },
    questions: [{ name: 'corp.test.', type: TYPE.SOA }],
  });
});

const refused = [
  { corefile: 'transfer', message: "'to' is required" },
  { corefile: 'transfer {\n to\n}', message: /Wrong argument count/ },
  { corefile: 'transfer {\n to somebody\n}', message: /not an IP address/ },
  { corefile: 'transfer {\n to *\n source x\n}', message: /invalid source address/ },
  { corefile: 'transfer {\n from *\n}', message: /unknown property/ },
] as const;
for (const { corefile, message } of refused) {
  t.test(`transfer refuses ${corefile.replaceAll('\n', ' ')}`, async (t) => {
    await t.rejects(serveCorefile(corefile), { name: 'CorefileError', message });
  });
}
