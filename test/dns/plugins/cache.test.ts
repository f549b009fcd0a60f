import t from 'tap';
import {
  createQuery,
  encodeMessage,
  rcodeName,
  typeOf,
  type Answer,
  type Plugin,
  type Query,
  type ResourceRecord,
} from '../../../src/dns/index.ts';
import { createMetricRegistry } from '../../../src/dns/metric-registry.ts';
import { Cache } from '../../../src/dns/plugins/cache/cache.ts';
import { defaultCacheOptions } from '../../../src/dns/plugins/cache/options.ts';
import { createFakeClock } from '../../../src/observe/index.ts';
import { FLAGS } from '../wire/messages.ts';
import { serveCorefile, type CorefileServer } from './serve-corefile.ts';

const KUBERNETES = 'kubernetes cluster.local {\n ttl 30\n}';
const WEB = 'web.shop.svc.cluster.local.';

/** A server whose Service `web` has this address, or is not there. */
async function serveWeb(cache: string, address?: string): Promise<CorefileServer> {
  const server = await serveCorefile(`${cache}\n${KUBERNETES}\n`);
  if (address !== undefined) setWeb(server, address);
  return server;
}

function setWeb({ store }: CorefileServer, address: string | undefined): void {
  const id = { kind: 'Service', namespace: 'shop', name: 'web' };
  if (store.get<string>('Service', 'shop', 'web') !== undefined) store.delete(id);
  if (address === undefined) return;
  const spec = {
    type: 'ClusterIP',
    clusterIP: address,
    clusterIPs: [address],
    ports: [{ port: 80 }],
  };
  store.create({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'shop' },
    spec,
  });
}

/** `TTL ADDRESS` of the first answer, or the code. */
async function first(server: CorefileServer, fields?: Partial<Query>): Promise<string> {
  const answer = await server.answer(`${WEB} A`, fields);
  return summary(answer);
}

function summary(answer: Answer | undefined): string {
  const [record] = answer?.answers ?? [];
  if (record === undefined) return rcodeName(answer?.rcode ?? -1);
  return `${record.ttl} ${record.rdata.kind === 'address' ? record.rdata.address : record.rdata.kind}`;
}

/** One second steps of a life with the cache: what is asked, and what changes behind it. */
const lives = [
  {
    name: 'counts TTLs down and asks again when they are over',
    cache: 'cache 30',
    steps: [
      [0, '30 10.96.0.1'],
      [29, '1 10.96.0.1'],
      [30, '30 10.96.0.2'],
    ],
  },
  {
    name: 'keeps within its longest TTL',
    cache: 'cache 10',
    steps: [
      [0, '10 10.96.0.1'],
      [4, '6 10.96.0.1'],
      [10, '10 10.96.0.2'],
    ],
  },
  {
    name: 'lifts TTLs to its shortest',
    cache: 'cache {\n success 100 3600 40\n}',
    steps: [
      [0, '40 10.96.0.1'],
      [39, '1 10.96.0.1'],
      [40, '40 10.96.0.2'],
    ],
  },
  {
    name: 'leaves TTLs with keepttl',
    cache: 'cache {\n keepttl\n}',
    steps: [
      [0, '30 10.96.0.1'],
      [29, '30 10.96.0.1'],
      [30, '30 10.96.0.2'],
    ],
  },
  {
    name: 'leaves zones that are disabled alone',
    cache: 'cache 10 {\n disable success cluster.local\n}',
    steps: [
      [0, '10 10.96.0.1'],
      [1, '10 10.96.0.2'],
    ],
  },
  {
    name: 'leaves other zones alone',
    cache: 'cache 10 example.org',
    steps: [
      [0, '30 10.96.0.1'],
      [1, '30 10.96.0.2'],
    ],
  },
  {
    name: 'serves old answers and asks behind them',
    cache: 'cache {\n serve_stale\n}',
    steps: [
      [0, '30 10.96.0.1'],
      [31, '0 10.96.0.1'],
      [32, '29 10.96.0.2'],
    ],
  },
  {
    name: 'gives old answers a TTL of their own',
    cache: 'cache {\n serve_stale 1h immediate 7s\n}',
    steps: [
      [0, '30 10.96.0.1'],
      [31, '7 10.96.0.1'],
    ],
  },
  {
    name: 'asks before it serves old answers with verify',
    cache: 'cache {\n serve_stale 1h verify\n}',
    steps: [
      [0, '30 10.96.0.1'],
      [31, '30 10.96.0.2'],
    ],
  },
  {
    name: 'forgets old answers in time',
    cache: 'cache {\n serve_stale 10s\n}',
    steps: [
      [0, '30 10.96.0.1'],
      [41, '30 10.96.0.2'],
    ],
  },
] as const;
for (const { name, cache, steps } of lives) {
  t.test(`cache ${name}`, async (t) => {
    await using server = await serveWeb(cache, '10.96.0.1');
    let present = 0;
    for (const [at, expected] of steps) {
      server.clock.advance((at - present) * 1000);
      present = at;
      t.equal(await first(server), expected, `after ${at} s`);
      setWeb(server, '10.96.0.2');
      await settle();
    }
  });
}

/** Lets what runs behind an answer run. */
async function settle(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setImmediate(resolve);
  await promise;
}

t.test('cache keeps denials, and the TTL of their SOA record', async (t) => {
  await using server = await serveWeb('cache {\n denial 100 20\n}');
  const soa = async (): Promise<number | undefined> =>
    (await server.answer(`${WEB} A`))?.authority[0]?.ttl;
  t.equal(await soa(), 20);
  setWeb(server, '10.96.0.1');
  server.clock.advance(5000);
  t.equal(await soa(), 15);
  server.clock.advance(15_000);
  t.equal(await first(server), '30 10.96.0.1');
});

t.test('cache keeps answers apart by DO and CD', async (t) => {
  await using server = await serveWeb('cache', '10.96.0.1');
  await first(server);
  setWeb(server, '10.96.0.2');
  const edns = { udpSize: 1232, version: 0, isDnssecOk: true, options: [] };
  t.equal(await first(server, { edns }), '30 10.96.0.2');
  t.equal(await first(server, { isCheckingDisabled: true }), '30 10.96.0.2');
  t.equal(await first(server), '30 10.96.0.1');
});

t.test('cache asks again before the time of what is asked often', async (t) => {
  await using server = await serveWeb('cache 100 {\n prefetch 2 1m 50%\n}', '10.96.0.1');
  await first(server);
  setWeb(server, '10.96.0.2');
  server.clock.advance(10_000);
  t.equal(await first(server), '20 10.96.0.1');
  server.clock.advance(6000);
  t.equal(await first(server), '14 10.96.0.1');
  await settle();
  t.equal(await first(server), '30 10.96.0.2');
  t.equal(server.metric('coredns_cache_prefetch_total'), 1);
});

t.test('cache counts requests, hits, misses and entries', async (t) => {
  await using server = await serveWeb('cache', '10.96.0.1');
  for (const name of ['web', 'web', 'gone', 'gone', 'gone'])
    await server.answer(`${name}.shop.svc.cluster.local. A`);
  t.equal(server.metric('coredns_cache_requests_total'), 5);
  t.equal(server.metric('coredns_cache_misses_total'), 2);
  t.equal(server.metric('coredns_cache_hits_total', { type: 'success' }), 1);
  t.equal(server.metric('coredns_cache_hits_total', { type: 'denial' }), 2);
  t.equal(server.metric('coredns_cache_entries', { type: 'denial', zones: '.' }), 1);
});

t.test('cache counts queries that are answered in front of it', async (t) => {
  await using server = await serveWeb('cache {\n disable success\n}', '10.96.0.1');
  const message = encodeMessage({
    id: 1,
    flags: { ...FLAGS, isResponse: false },
    questions: [{ name: WEB, type: 1, class: 1 }],
    answers: [],
    authority: [],
    additional: [],
  });
  const client = { address: '127.0.0.1', port: 1, transport: 'udp' } as const;
  for (let round = 0; round < 3; round += 1) await server.dns.answerBytes(message, client);
  t.equal(server.metric('coredns_cache_requests_total'), 3);
  t.equal(server.metric('coredns_cache_misses_total'), 3);
});

t.test('cache drops an entry when there is no room', async (t) => {
  await using server = await serveCorefile(
    'cache {\n success 1\n}\ntemplate IN A {\n answer "{{ .Name }} 60 IN A 192.0.2.1"\n}\n',
  );
  for (let index = 0; index < 1026; index += 1) await server.answer(`n${index}.example.org. A`);
  t.equal(server.metric('coredns_cache_evictions_total', { type: 'success' }), 2);
  t.equal(server.metric('coredns_cache_entries', { type: 'success' }), 1024);
});

const address = (name: string): ResourceRecord => ({
  name,
  type: 1,
  class: 1,
  ttl: 300,
  rdata: { kind: 'address', address: '192.0.2.1' },
});
const alias = (name: string, target: string): ResourceRecord => ({
  ...address(name),
  type: 5,
  rdata: { kind: 'name', target },
});
const soa: ResourceRecord = {
  ...address('org.'),
  type: 6,
  rdata: {
    kind: 'soa',
    soa: { mname: '.', rname: '.', serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 1 },
  },
};

const answerOf = (fields: Partial<Answer>): Answer => ({
  rcode: 0,
  answers: [],
  authority: [],
  additional: [],
  ...fields,
});

function cachePlugin(): Plugin {
  const { plugin } = new Cache(defaultCacheOptions(['.']), {
    clock: createFakeClock(),
    metrics: createMetricRegistry(),
    onError: (error) => {
      throw error;
    },
  });
  return plugin;
}

/** What is kept: how often the chain is asked for two queries. */
const kept = [
  { name: 'an address', answer: answerOf({ answers: [address('a.org.')] }), asked: 1 },
  {
    name: 'an alias that leads to an address',
    answer: answerOf({ answers: [alias('a.org.', 'b.org.'), address('B.org.')] }),
    asked: 1,
  },
  {
    name: 'an alias that leads nowhere',
    answer: answerOf({ answers: [alias('a.org.', 'b.org.')] }),
    asked: 2,
  },
  {
    name: 'an alias that leads nowhere, with SOA',
    answer: answerOf({ answers: [alias('a.org.', 'b.org.')], authority: [soa] }),
    asked: 1,
  },
  {
    name: 'aliases in a circle',
    answer: answerOf({ answers: [alias('a.org.', 'b.org.'), alias('b.org.', 'a.org.')] }),
    asked: 2,
  },
  {
    name: 'two aliases of one name',
    answer: answerOf({
      answers: [alias('a.org.', 'b.org.'), alias('a.org.', 'c.org.'), address('b.org.')],
    }),
    asked: 2,
  },
  {
    name: 'a cut answer',
    answer: answerOf({ answers: [address('a.org.')], isTruncated: true }),
    asked: 2,
  },
  { name: 'nothing at all', answer: answerOf({}), asked: 1 },
  { name: 'NXDOMAIN with SOA', answer: answerOf({ rcode: 3, authority: [soa] }), asked: 1 },
  { name: 'NXDOMAIN without SOA', answer: answerOf({ rcode: 3 }), asked: 2 },
  {
    name: 'NXDOMAIN with answers',
    answer: answerOf({ rcode: 3, answers: [address('a.org.')], authority: [soa] }),
    asked: 2,
  },
  { name: 'SERVFAIL of an upstream', answer: answerOf({ rcode: 2 }), asked: 1 },
  { name: 'REFUSED', answer: answerOf({ rcode: 5 }), asked: 2 },
  { name: 'a code of the server itself', answer: answerOf({ rcode: 2, isBare: true }), asked: 2 },
  {
    name: 'an error of the server itself',
    answer: answerOf({ rcode: 2, isBare: true, error: 'no upstream' }),
    asked: 1,
  },
  { name: 'silence', answer: undefined, asked: 2 },
] as const;
for (const { name, answer, asked } of kept) {
  t.test(`cache asks ${asked === 1 ? 'once' : 'each time'} for ${name}`, async (t) => {
    const plugin = cachePlugin();
    let count = 0;
    for (let round = 0; round < 2; round += 1)
      await plugin(createQuery('a.org.', typeOf('A') ?? 1), () => {
        count += 1;
        return answer;
      });
    t.equal(count, asked);
  });
}

const refused = [
  { corefile: 'cache 0', message: 'cache TTL can not be zero or negative: 0' },
  { corefile: 'cache\ncache 10', message: /can only be used once/ },
  { corefile: 'cache {\n success\n}', message: /Wrong argument count/ },
  { corefile: 'cache {\n success many\n}', message: /not a number/ },
  { corefile: 'cache {\n denial 10 0\n}', message: /zero or negative/ },
  { corefile: 'cache {\n denial 10 1 -1\n}', message: /min TTL can not be negative/ },
  { corefile: 'cache {\n servfail 6m\n}', message: /over 5 minutes/ },
  { corefile: 'cache {\n servfail -1s\n}', message: /negative ttl/ },
  { corefile: 'cache {\n prefetch 10 1m 5%\n}', message: /range \[10, 90\]: 5/ },
  {
    corefile: 'cache {\n prefetch 10 1m 50\n}',
    message: "last character of percentage should be `%`, but is: '0'",
  },
  { corefile: 'cache {\n prefetch -1\n}', message: /should be positive/ },
  {
    corefile: 'cache {\n serve_stale 1h later\n}',
    message: /invalid value for serve_stale refresh mode: later/,
  },
  { corefile: 'cache {\n serve_stale -1h\n}', message: /invalid negative duration/ },
  { corefile: 'cache {\n serve_stale 1h immediate 1s 1s 1s\n}', message: /Wrong argument count/ },
  { corefile: 'cache {\n serve_stale 1h verify 1s 1500ms\n}', message: /whole number/ },
  { corefile: 'cache {\n serve_stale 1h verify 1s 1s 6m\n}', message: /cannot exceed 5 minutes/ },
  { corefile: 'cache {\n serve_stale_policy prefer_positive\n}', message: /requires serve_stale/ },
  { corefile: 'cache {\n serve_stale_policy first\n}', message: /invalid serve_stale_policy/ },
  {
    corefile: 'cache {\n disable everything\n}',
    message: 'cache type for disable must be "success" or "denial"',
  },
  { corefile: 'cache {\n keepttl yes\n}', message: /Wrong argument count/ },
  { corefile: 'cache {\n keep\n}', message: /unknown property 'keep'/ },
] as const;
for (const { corefile, message } of refused) {
  t.test(`cache refuses ${corefile.replaceAll('\n', ' ')}`, async (t) => {
    await t.rejects(serveCorefile(corefile), { name: 'CorefileError', message });
  });
}
