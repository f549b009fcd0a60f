import { once } from 'node:events';
import { createServer } from 'node:tls';
import t from 'tap';
import {
  createForward,
  createQuery,
  decodeMessage,
  encodeMessage,
  formatRecord,
  rcodeName,
  TYPE,
  type AnswerBytes,
  type Query,
} from '../../../../src/dns/index.ts';
import { POLICIES } from '../../../../src/dns/plugins/forward/policy.ts';
import { parseDestination } from '../../../../src/dns/plugins/forward/destination.ts';
import { createSelfSigned } from '../../../../src/ingress/self-signed.ts';
import { SYSTEM_CLOCK } from '../../../../src/observe/index.ts';
import { framed, serve, type TestServer } from '../../sockets.ts';
import { serveCorefile, type CorefileServer } from '../serve-corefile.ts';

/** An upstream that answers with this code, and with its own address where that is NOERROR. */
function upstream(rcode: number, address = '192.0.2.1', seen: string[] = []): AnswerBytes {
  return (octets, { transport }) => {
    const query = decodeMessage(octets);
    const [question] = query.questions;
    seen.push(`${transport} ${question?.name ?? ''}`);
    const name = question?.name ?? '';
    const isAddress = rcode === 0 && question?.type === TYPE.A && !name.startsWith('nodata');
    return encodeMessage({
      ...query,
      flags: { ...query.flags, isResponse: true, rcode },
      answers: isAddress
        ? [{ name, type: TYPE.A, class: 1, ttl: 60, rdata: { kind: 'address', address } }]
        : [],
    });
  };
}

function serveForward(body: string): Promise<CorefileServer> {
  return serveCorefile(body, { clock: SYSTEM_CLOCK });
}

const at = ({ port }: Pick<TestServer, 'port'>): string => `127.0.0.1:${port}`;
const UDP: Partial<Query> = { client: { address: '127.0.0.1', port: 1, transport: 'udp' } };

t.test('forward tries another upstream for codes of failover', async (t) => {
  await using bad = await serve(upstream(2));
  await using good = await serve(upstream(0));
  const body = `forward . ${at(bad)} ${at(good)} {\n policy sequential\n OPTION\n}`;
  await using plain = await serveForward(body.replace('OPTION', 'max_fails 0'));
  t.same(await plain.ask('a.test.'), ['SERVFAIL']);
  await using failing = await serveForward(body.replace('OPTION', 'failover SERVFAIL REFUSED'));
  t.same(await failing.ask('a.test.'), ['NOERROR', 'a.test. 60 A 192.0.2.1']);
  await using alone = await serveForward(`forward . ${at(bad)} {\n failover SERVFAIL\n}`);
  t.same(await alone.ask('a.test.'), ['SERVFAIL']);
});

t.test('forward leaves answers to the next stanza', async (t) => {
  await using missing = await serve(upstream(3));
  await using empty = await serve(upstream(0, '192.0.2.8'));
  await using last = await serve(upstream(0, '192.0.2.9'));
  await using codes = await serveForward(
    `forward . ${at(missing)} {\n next NXDOMAIN\n}\nforward . ${at(last)}`,
  );
  t.same(await codes.ask('a.test.'), ['NOERROR', 'a.test. 60 A 192.0.2.9']);
  await using nodata = await serveForward(
    `forward . ${at(empty)} {\n next_on_nodata\n}\nforward . ${at(missing)}`,
  );
  t.same(await nodata.ask('a.test.'), ['NOERROR', 'a.test. 60 A 192.0.2.8']);
  t.same(await nodata.ask('nodata.test.'), ['NXDOMAIN']);
  await using only = await serveForward(`forward . ${at(missing)} {\n next NXDOMAIN\n}\nwhoami`);
  t.same(await only.ask('a.test.'), ['NXDOMAIN'], 'a plugin that does not forward is no next one');
});

t.test('forward asks over TCP as it is told', async (t) => {
  const seen: string[] = [];
  await using server = await serve(upstream(0, '192.0.2.1', seen));
  await using forced = await serveForward(`forward . ${at(server)} {\n force_tcp\n}`);
  await forced.answer('forced.test.', UDP);
  await using preferred = await serveForward(`forward . ${at(server)} {\n prefer_udp\n}`);
  const tcp = { client: { address: '127.0.0.1', port: 1, transport: 'tcp' } } as const;
  await preferred.answer('preferred.test.', tcp);
  t.same(seen, ['tcp forced.test.', 'udp preferred.test.']);
});

t.test('forward counts answers by upstream and code, and lines to them', async (t) => {
  await using server = await serve(upstream(3));
  await using dns = await serveForward(`forward . ${at(server)}`);
  for (let round = 0; round < 3; round += 1) await dns.answer('a.test.', UDP);
  const labels = { proxy_name: 'forward', to: at(server) };
  const count = 'coredns_proxy_request_duration_seconds_count';
  t.equal(dns.metric(count, { ...labels, rcode: 'NXDOMAIN' }), 3);
  t.equal(dns.metric('coredns_proxy_conn_cache_misses_total', { ...labels, proto: 'udp' }), 1);
  t.equal(dns.metric('coredns_proxy_conn_cache_hits_total', { ...labels, proto: 'udp' }), 2);
});

t.test('forward leaves an upstream out while its checks fail', async (t) => {
  let checks = 0;
  let isWell = false;
  const tired = Promise.withResolvers<undefined>();
  await using sick = await serve((octets, client) => {
    const isCheck = decodeMessage(octets).questions[0]?.type === TYPE.NS;
    checks += isCheck ? 1 : 0;
    if (checks > 3) tired.resolve(undefined);
    if (!isWell) return undefined;
    return upstream(0, '192.0.2.8')(octets, client);
  });
  await using good = await serve(upstream(0, '192.0.2.9'));
  using forward = createForward({
    upstreams: [sick, good].map(({ port }) => ({ address: '127.0.0.1', port })),
    random: Math.random,
    timeoutMs: 20,
    maxFails: 1,
    healthCheck: { intervalMs: 1, isRecursionDesired: true, domain: '.', timeoutMs: 5 },
  });
  const ask = async (): Promise<string> => {
    const answer = await forward.plugin(createQuery('a.test.', 1), () => undefined);
    return answer?.answers.map(formatRecord).join() ?? '';
  };
  t.equal(await ask(), 'a.test. 60 IN A 192.0.2.9', 'the first is silent');
  await tired.promise;
  const before = performance.now();
  t.equal(await ask(), 'a.test. 60 IN A 192.0.2.9');
  t.ok(performance.now() - before < 20, 'and is left out then');
  isWell = true;
  let last = '';
  for (let tries = 0; tries < 1000 && !last.endsWith('.8'); tries += 1) last = await ask();
  t.equal(last, 'a.test. 60 IN A 192.0.2.8', 'until it answers again');
});

t.test('forward speaks TLS', async (t) => {
  const { certificate: cert, key } = await createSelfSigned();
  const files = t.testdir({ 'cert.pem': cert });
  const answer = upstream(0);
  const server = createServer({ key, cert }, (socket) => {
    socket.on('data', (chunk: Buffer) => {
      const reply = answer(chunk.subarray(2), { address: '', port: 0, transport: 'tcp' });
      if (Buffer.isBuffer(reply)) socket.write(framed(reply));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  await using dns = await serveForward(
    `forward . tls://127.0.0.1:${port} {\n tls ${files}/cert.pem\n tls_servername localhost\n}`,
  );
  t.same(await dns.ask('a.test.', UDP), ['NOERROR', 'a.test. 60 A 192.0.2.1']);
  await using stranger = await serveForward(`forward . tls://127.0.0.1:${port}`);
  const refused = await stranger.answer('a.test.', UDP);
  t.equal(rcodeName(refused?.rcode ?? 0), 'SERVFAIL', 'whose certificate nobody vouches for');
  server.close();
});

t.test(
  'createForward() answers SERVFAIL at once when all are down and that is wanted',
  async (t) => {
    await using dead = await serve(() => undefined);
    using forward = createForward({
      upstreams: [{ address: '127.0.0.1', port: dead.port }],
      random: Math.random,
      timeoutMs: 20,
      maxFails: 0,
      maxConnectAttempts: 1,
      isFailfast: true,
    });
    const answer = await forward.plugin(createQuery('a.test.', 1), () => undefined);
    t.match(answer, { rcode: 2, error: /no answer within 20 ms/ });
  },
);

t.test('POLICIES put upstreams in order', async (t) => {
  const all = ['a', 'b', 'c'];
  t.same(POLICIES.sequential()(all), all);
  const robin = POLICIES.round_robin();
  t.same(
    [robin(all), robin(all), robin(all)],
    [
      ['b', 'a', 'c'],
      ['c', 'a', 'b'],
      ['a', 'b', 'c'],
    ],
  );
  const firsts = new Set<string>();
  const random = POLICIES.random(Math.random);
  for (let round = 0; round < 200; round += 1) {
    const order = random(all);
    t.same(order.toSorted(), all);
    firsts.add(order.join(''));
  }
  t.equal(firsts.size, 6, 'every order comes up');
});

const destinations = [
  {
    text: '192.0.2.1',
    parsed: { kind: 'address', destination: { upstream: { port: 53 }, transport: 'dns' } },
  },
  {
    text: 'dns://192.0.2.1:5353',
    parsed: { kind: 'address', destination: { upstream: { port: 5353 } } },
  },
  {
    text: 'tls://192.0.2.1',
    parsed: { kind: 'address', destination: { upstream: { port: 853 }, transport: 'tls' } },
  },
  {
    text: 'tls://192.0.2.1%dns.test:8853',
    parsed: { kind: 'address', destination: { upstream: { port: 8853 }, serverName: 'dns.test' } },
  },
  {
    text: 'tls://[2001:db8::1%dns.test]:8853',
    parsed: {
      kind: 'address',
      destination: { upstream: { address: '2001:db8::1', port: 8853 }, serverName: 'dns.test' },
    },
  },
  { text: 'dns.example.org', parsed: { kind: 'name', name: 'dns.example.org', port: 53 } },
  { text: 'tls://dns.example.org:8853', parsed: { kind: 'name', port: 8853, transport: 'tls' } },
  { text: '/etc/resolv.conf', parsed: { kind: 'file', path: '/etc/resolv.conf' } },
  { text: 'here.conf', parsed: { kind: 'file', path: 'here.conf' } },
  { text: 'quic://dns.example.org', parsed: { kind: 'unsupported', transport: 'quic' } },
] as const;
for (const { text, parsed } of destinations) {
  t.test(`parseDestination() reads ${text}`, async (t) => {
    t.match(
      parseDestination(text, (path) => path === 'here.conf'),
      parsed,
    );
  });
}
for (const text of ['192.0.2', '192.0.2.1:0', 'a b', '', 'a..b', '[::1', 'x/y']) {
  t.test(`parseDestination() refuses "${text}"`, async (t) => {
    t.equal(
      parseDestination(text, () => false),
      undefined,
    );
  });
}

const refused = [
  { body: 'forward .', message: /Wrong argument count/ },
  { body: `forward . ${'192.0.2.1 '.repeat(16)}`, message: 'more than 15 TOs configured: 16' },
  {
    body: 'forward . quic://192.0.2.1',
    message: /'quic' is not supported as a destination protocol/,
  },
  { body: 'forward . ""', message: 'invalid address: ""' },
  { body: 'forward . 192.0.2', message: /not an IP address, file, or valid domain/ },
  { body: 'forward . 192.0.2.1 {\n policy nearest\n}', message: "unknown policy 'nearest'" },
  { body: 'forward . 192.0.2.1 {\n max_fails x\n}', message: /not a number/ },
  { body: 'forward . 192.0.2.1 {\n expire -1s\n}', message: /expire can't be negative/ },
  {
    body: 'forward . 192.0.2.1 {\n max_age 1s\n}',
    message: /max_age must not be less than expire/,
  },
  { body: 'forward . 192.0.2.1 {\n read_timeout 0\n}', message: /read_timeout must be positive/ },
  { body: 'forward . 192.0.2.1 {\n health_check 1s every\n}', message: /unknown option every/ },
  {
    body: 'forward . 192.0.2.1 {\n health_check 1s domain a..b\n}',
    message: /invalid domain name/,
  },
  { body: 'forward . 192.0.2.1 {\n failover NOERROR\n}', message: /NoError cannot be used/ },
  { body: 'forward . 192.0.2.1 {\n next MAYBE\n}', message: /MAYBE is not a valid rcode/ },
  { body: 'forward . 192.0.2.1 {\n resolver somebody\n}', message: /must be an IP address/ },
  { body: 'forward . tls://192.0.2.1 {\n tls /nowhere\n}', message: /could not load TLS file/ },
  {
    body: 'forward . tls://192.0.2.1%a {\n tls_servername b\n}',
    message: /both forward \('b'\) and proxy level \('a'\)/,
  },
  { body: 'forward . 192.0.2.1 {\n nope\n}', message: /unknown property 'nope'/ },
] as const;
for (const { body, message } of refused) {
  t.test(`forward refuses ${body.slice(0, 60).replaceAll('\n', ' ')}`, async (t) => {
    await t.rejects(serveForward(body), { name: 'CorefileError', message });
  });
}
