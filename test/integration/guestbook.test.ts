/** The guestbook of `npm start`, with the clients that people have. */
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { WebSocket } from 'ws';
import {
  curl,
  digShort,
  digStatus,
  doorOf,
  lacks,
  podsAt,
  reachOf,
  tcpEcho,
} from '../harness/clients.ts';
import { createFolder, ROOT, startProgram } from '../harness/instance.ts';
import { claimRanges } from '../harness/ranges.ts';

const ranges = await claimRanges();
// The fixture asks for node port 30080, which somebody may be using: it gets one of this file's own.
const nodePort = ranges.firstNodePort;
const folder = createFolder();
for (const file of globSync('*.yaml', { cwd: join(ROOT, 'fixtures/guestbook') })) {
  const text = readFileSync(join(ROOT, 'fixtures/guestbook', file), 'utf8');
  folder.write(file, text.replaceAll('30080', String(nodePort)));
}
const program = await startProgram({
  ranges,
  args: ['--dns-upstream', 'off', folder.path],
});
t.teardown(async () => {
  await program[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});
const { status } = program;
const dns = doorOf(status, 'dns');
const http = doorOf(status, 'http');
const https = doorOf(status, 'https');
const entry = doorOf(status, 'entry');
const clusterIPOf = (name: string): string | undefined =>
  status.services.find((service) => service.name === name)?.clusterIPs[0];
const podOf = (answer: string): string => (JSON.parse(answer) as { pod: string }).pod; // the echo workload's answer

t.test('up fixtures/guestbook has no warnings', async (t) => {
  t.same(
    status.warnings.map(({ message }) => message),
    [],
  );
  t.same(status.pods, { ready: 9, total: 9, unready: [] });
});

const CLUSTER_NAMES = [
  { name: 'web.default.svc.cluster.local', type: 'A', answer: () => [clusterIPOf('web')] },
  { name: 'WEB.default.svc.CLUSTER.local.', type: 'A', answer: () => [clusterIPOf('web')] },
  { name: 'mail.default.svc.cluster.local', type: 'CNAME', answer: () => ['smtp.example.org.'] },
  {
    name: '_http._tcp.web.default.svc.cluster.local',
    type: 'SRV',
    answer: () => ['0 100 80 web.default.svc.cluster.local.'],
  },
  {
    name: 'postgres.default.svc.cluster.local',
    type: 'A',
    answer: () => [clusterIPOf('postgres')],
  },
  { name: 'dns-version.cluster.local', type: 'TXT', answer: () => ['"1.1.0"'] },
] as const;
t.test('dig gets the names of the cluster', { skip: lacks('dig') }, async (t) => {
  for (const { name, type, answer } of CLUSTER_NAMES)
    t.same(await digShort(dns, name, type), answer(), `${name} ${type}`);
  t.same(
    await digShort(dns, '-x', clusterIPOf('web') ?? ''),
    ['web.default.svc.cluster.local.'],
    'PTR',
  );
  t.same(await digShort(dns, '+tcp', 'web.default.svc.cluster.local'), [clusterIPOf('web')], 'TCP');
  t.equal(await digStatus(dns, 'nosuch.default.svc.cluster.local'), 'NXDOMAIN');
  t.equal(await digStatus(dns, 'web.default.svc.cluster.local', 'AAAA'), 'NOERROR');
  t.equal(await digStatus(dns, 'www.example.org'), 'REFUSED', 'no upstream');
});

t.test(
  'dig gets every Pod of a headless Service, and each by its own name',
  {
    skip: lacks('dig'),
  },
  async (t) => {
    const all = await digShort(dns, 'redis.default.svc.cluster.local');
    const each = await Promise.all(
      [0, 1].map((index) => digShort(dns, `redis-${index}.redis.default.svc.cluster.local`)),
    );
    t.equal(all.length, 2);
    t.same(new Set(all), new Set(each.flat()));
  },
);

const WAYS = [
  { service: 'web', via: 'nodePort' },
  { service: 'web', via: 'clusterIP' },
  { service: 'public', via: 'loadBalancer' },
  { service: 'public', via: 'nodePort' },
  { service: 'api', via: 'clusterIP', prefix: 'api' },
] as const;
for (const { service, via, ...more } of WAYS) {
  t.test(`curl reaches ${service} through its ${via}`, { skip: lacks('curl') }, async (t) => {
    const { address, port } = reachOf(status, service, { via });
    const pod = podOf(await curl(`http://${address}:${port}/`));
    t.match(pod, new RegExp(`^${'prefix' in more ? more.prefix : 'web'}-[a-z0-9]+-[a-z0-9]{5}$`));
  });
}

t.test(
  'curl reaches a node port on every Node, on 127.0.0.1 and on ::1',
  {
    skip: lacks('curl'),
  },
  async (t) => {
    const places = status.services
      .find(({ name }) => name === 'web')
      ?.ports[0]?.reach.filter(({ via }) => via === 'nodePort');
    t.match(
      places?.map(({ address }) => address),
      ['127.0.0.1', '::1', '127.0.0.11', '127.0.0.12', '127.0.0.13'],
    );
    for (const { address, port } of places ?? []) {
      const host = address.includes(':') ? `[${address}]` : address;
      t.match(podOf(await curl(`http://${host}:${port}/`)), /^web-/, host);
    }
  },
);

t.test(
  'the alias of a Pod is that Pod, for whom connects and for whom is connected to',
  {
    skip: lacks('curl'),
  },
  async (t) => {
    const { stdout } = await program.run('get', 'pods', '-o', 'json');
    const { items } = JSON.parse(stdout) as {
      items: { metadata: { name: string }; status: { podIP: string } }[];
    }; // what kubectl's List is
    const aliases = items.map(({ metadata: { name }, status: { podIP } }) => ({
      name,
      alias: podIP.replace(/^10\./, '127.'),
    }));
    const web = aliases.find(({ name }) => name.startsWith('web-'));
    const redis = aliases.find(({ name }) => name === 'redis-0');
    if (web === undefined || redis === undefined) throw new Error('no Pods');
    t.equal(podOf(await curl(`http://${web.alias}:8080/`)), web.name);
    const answer = JSON.parse(
      await curl('--interface', redis.alias, `http://${web.alias}:8080/`),
    ) as { clientIP: string }; // the echo workload's answer
    t.equal(answer.clientIP, redis.alias.replace(/^127\./, '10.'));
    t.equal(await tcpEcho({ address: redis.alias, port: 6379 }, 'PING\r\n'), 'PING\r\n');
  },
);

t.test('all three Pods answer over repeated requests', async (t) => {
  t.equal((await podsAt(reachOf(status, 'web'), { count: 3 })).size, 3);
});

const HOSTS = [
  { host: 'guestbook.example.org', path: '/', pod: /^web-/ },
  { host: 'guestbook.example.org', path: '/api', pod: /^api-/ },
  { host: 'guestbook.example.org', path: '/api/v1?x=1', pod: /^api-/ },
  { host: 'guestbook.example.org', path: '/apiary', pod: /^web-/ },
  { host: 'api.guestbook.example.org', path: '/anything', pod: /^api-/ },
] as const;
for (const { host, path, pod } of HOSTS) {
  t.test(
    `curl gets http and https://${host}${path} from the ingress`,
    {
      skip: lacks('curl'),
    },
    async (t) => {
      const plain = ['--connect-to', `${host}:80:${http.address}:${http.port}`];
      t.match(podOf(await curl(...plain, `http://${host}${path}`)), pod);
      const secure = ['-k', '--connect-to', `${host}:443:${https.address}:${https.port}`];
      t.match(podOf(await curl(...secure, `https://${host}${path}`)), pod);
    },
  );
}

t.test(
  'the ingress answers 404 for a host that no Ingress has',
  { skip: lacks('curl') },
  async (t) => {
    const code = await curl(
      '-o',
      '/dev/null',
      '-w',
      '%{http_code}',
      `http://127.0.0.1:${http.port}/`,
    );
    t.equal(code, '404');
  },
);

for (const { scheme, port } of [
  { scheme: 'ws', port: http.port },
  { scheme: 'wss', port: https.port },
]) {
  t.test(`${scheme}: a WebSocket goes through the ingress`, async (t) => {
    const socket = new WebSocket(`${scheme}://127.0.0.1:${port}/chat`, {
      headers: { host: 'guestbook.example.org' },
      rejectUnauthorized: false,
    });
    await once(socket, 'open');
    for (const text of ['hello', 'again']) {
      socket.send(text);
      const [message] = (await once(socket, 'message')) as [Buffer];
      t.equal(message.toString(), text);
    }
    socket.close(1000);
    const [code] = (await once(socket, 'close')) as [number];
    t.equal(code, 1000);
  });
}

const PROXIES = [
  {
    name: 'SOCKS5 with a short name, as a Node',
    proxy: 'socks5h://',
    url: 'http://web/',
    pod: /^web-/,
  },
  {
    name: 'SOCKS5 with a short name, as a Pod',
    proxy: 'socks5h://default%2Fredis-0@',
    url: 'http://api/',
    pod: /^api-/,
  },
  {
    name: 'SOCKS5 to a Pod of a StatefulSet',
    proxy: 'socks5h://',
    url: 'http://redis-1.redis:6379/',
    pod: /^redis-1$/,
  },
  { name: 'HTTP proxying', proxy: 'http://', url: 'http://web.default/', pod: /^web-/ },
  {
    name: 'HTTP proxying as a Pod of a Deployment',
    proxy: 'http://default%2Fweb:@',
    url: 'http://api.default.svc/',
    pod: /^api-/,
  },
  {
    name: 'SOCKS5 to a cluster address',
    proxy: 'socks5://',
    url: `http://${clusterIPOf('web')}/`,
    pod: /^web-/,
  },
] as const;
for (const { name, proxy, url, pod } of PROXIES) {
  t.test(`the entry: ${name}`, { skip: lacks('curl') }, async (t) => {
    t.match(podOf(await curl('-x', `${proxy}127.0.0.1:${entry.port}`, url)), pod);
  });
}

t.test('the entry tunnels with CONNECT', { skip: lacks('curl') }, async (t) => {
  t.match(podOf(await curl('-p', '-x', `http://127.0.0.1:${entry.port}`, 'http://web/')), /^web-/);
});

t.test('kube-dns answers on its own alias too', { skip: lacks('dig') }, async (t) => {
  const server = reachOf(status, 'kube-system/kube-dns', { port: 53 });
  t.equal(server.address, ranges.dnsAlias);
  t.same(await digShort(server, 'web.default.svc.cluster.local'), [clusterIPOf('web')]);
});
