import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { text } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import t from 'tap';
import type { ExecResult } from '../../../src/pods/index.ts';
import { ask, createPodCluster, flowTo, type PodCluster } from '../pod-cluster.ts';

const ADDRESS = '10.244.0.2';

function start(args: readonly string[], container = {}): PodCluster {
  const cluster: PodCluster = createPodCluster({
    resolve: async (name) => {
      const ip = cluster.pod(name)?.status?.podIP;
      return ip === undefined ? [] : [ip];
    },
    resolvConf: () => ({
      nameservers: ['10.96.0.10'],
      searches: ['default.svc.cluster.local', 'cluster.local'],
      options: [],
    }),
  });
  cluster.run({
    containers: [
      { name: 'main', image: 'registry.k8s.io/e2e-test-images/agnhost:2.53', args, ...container },
    ],
  });
  return cluster;
}

async function udp(cluster: PodCluster, port: number, datagram: string): Promise<string> {
  const channel = cluster.kubelets.associate(flowTo(ADDRESS, port, 'UDP'));
  const answer = new Promise<Uint8Array>((resolve) => channel.onDatagram(resolve));
  channel.send(Buffer.from(datagram));
  const bytes = await answer;
  channel.close();
  return Buffer.from(bytes).toString();
}

async function exec(cluster: PodCluster, command: string): Promise<ExecResult> {
  const running = cluster.kubelets.exec({ namespace: 'default', name: 'web' }, command.split(' '));
  const result = await running;
  if (result === undefined) throw new Error('the container does not run');
  return result;
}

const netexec = [
  { path: '/', status: 200, body: /^NOW: 2026-01-01 00:00:00/ },
  { path: '/anything', status: 200, body: /^NOW: / },
  { path: '/clientip', status: 200, body: '10.244.9.9:40000' },
  { path: '/header?key=X-Test', status: 200, body: 'yes' },
  { path: '/hostname', status: 200, body: 'web' },
  { path: '/hostName', status: 200, body: 'web' },
  { path: '/echo?msg=hi', status: 200, body: 'hi' },
  { path: '/echo?msg=hi&code=418', status: 418, body: 'hi' },
  { path: '/echo?msg=hi&code=x', status: 400, body: /must be an integer/ },
  { path: '/healthz', status: 200, body: '' },
  { path: '/readyz', status: 200, body: 'ok' },
  { path: '/redirect?location=/x', status: 302, body: '' },
  { path: '/redirect?location=/x&code=308', status: 308, body: '' },
  { path: '/shell?cmd=echo%20hi', status: 200, body: '{"output":"hi\\n"}' },
  {
    path: '/shell?shellCommand=exit%203',
    status: 200,
    body: '{"output":"","error":"exit status 3"}',
  },
  { path: '/dial?host=web&port=8080&request=hostname', status: 200, body: '{"responses":["web"]}' },
  {
    path: '/dial?host=web&port=8080&request=hostname&tries=2',
    status: 200,
    body: '{"responses":["web","web"]}',
  },
  {
    path: '/dial?host=127.0.0.1&port=8081&request=echo%20HI&protocol=udp',
    status: 200,
    body: '{"responses":["hi"]}',
  },
  {
    path: '/dial?host=web&port=1&request=hostname',
    status: 200,
    body: /^{"errors":\[".*nothing listens/,
  },
  { path: '/dial?host=web&port=8080', status: 400, body: /request parameter not specified/ },
  {
    path: '/dial?host=web&port=8080&request=x&tries=y',
    status: 400,
    body: /tries parameter y is invalid/,
  },
  {
    path: '/dial?host=web&port=8080&request=x&protocol=ftp',
    status: 400,
    body: /unsupported protocol. ftp/,
  },
];
for (const { path, status, body } of netexec) {
  t.test(`netexec answers ${path}`, async (t) => {
    await using cluster = start(['netexec']);
    const answer = await cluster.http(`http://${ADDRESS}:8080${path}`, {
      headers: { 'x-test': 'yes' },
    });
    t.equal(answer.status, status);
    if (typeof body === 'string') t.equal(answer.body, body);
    else t.match(answer.body, body);
  });
}

const datagrams = [
  ['hostname', 'web'],
  ['HostName\n', 'web'],
  ['echo Hello World', 'hello world'],
  ['clientip', '10.244.9.9:40000'],
] as const;
for (const [datagram, answer] of datagrams) {
  t.test(`netexec answers the datagram ${JSON.stringify(datagram)}`, async (t) => {
    await using cluster = start(['netexec', '--udp-port', '9000']);
    t.equal(await udp(cluster, 9000, datagram), answer);
  });
}

t.test('netexec ends when it is told to', async (t) => {
  for (const [path, exitCode] of [
    ['/exit?code=7', 7],
    ['/exit', 0],
    ['/shutdown', 0],
  ] as const) {
    await using cluster = start(['netexec'], {});
    const socket = await cluster.dial(ADDRESS, 8080);
    socket.on('error', () => undefined).resume();
    const closed = once(socket, 'close');
    socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    await closed;
    await turn();
    const [status] = cluster.pod()?.status?.containerStatuses ?? [];
    t.match(status, { restartCount: 1, lastState: { terminated: { exitCode } } }, path);
  }
});

t.test('netexec without UDP is not healthy', async (t) => {
  await using cluster = start(['netexec', '--udp-port=-1']);
  t.equal((await cluster.http(`http://${ADDRESS}:8080/healthz`)).status, 412);
});

t.test('netexec takes uploads', async (t) => {
  await using cluster = start(['netexec', '--http-port=80']);
  const headers = { 'content-type': 'multipart/form-data; boundary=x' };
  const init = { method: 'POST', headers, body: '--x\r\n\r\nhi\r\n--x--' };
  const { status, body } = await cluster.http(`http://${ADDRESS}/upload`, init);
  t.equal(status, 201);
  t.same(JSON.parse(body), { output: '/uploads/upload1' });
});

const connects = [
  ['/agnhost connect web:8080', 0, ''],
  ['/agnhost connect --timeout=3s web:1', 1, 'REFUSED\n'],
  ['agnhost connect nowhere:80', 1, 'DNS\n'],
  ['agnhost connect 10.244.0.99:80', 1, 'OTHER\n'],
  ['agnhost connect --protocol udp web:8081', 0, ''],
  ['agnhost connect --protocol=sctp web:8081', 1, 'OTHER\n'],
  ['agnhost dns-suffix', 0, ''],
] as const;
for (const [command, exitCode, stderr] of connects) {
  t.test(`${command} ends with ${exitCode}`, async (t) => {
    await using cluster = start(['netexec']);
    t.match(await exec(cluster, command), { exitCode, stderr });
  });
}

t.test('connect gives up in time', async (t) => {
  await using cluster = createPodCluster({ connect: () => new Promise(() => undefined) });
  cluster.run({ containers: [{ name: 'main', image: 'agnhost' }] });
  const running = exec(cluster, 'agnhost connect --timeout=3s 10.96.0.1:80');
  await turn();
  cluster.clock.advance(3000);
  t.match(await running, { exitCode: 1, stderr: 'TIMEOUT\n' });
});

t.test('connect as the container’s program ends it where its name is none', async (t) => {
  const resolve = (name: string): Promise<never> => Promise.reject(new Error(`name ${name}`));
  await using cluster = createPodCluster({ resolve });
  const main = { name: 'main', image: 'agnhost', args: ['connect', 'a..b:80'] };
  cluster.run({ containers: [main], restartPolicy: 'Never' });
  while (cluster.pod()?.status?.phase !== 'Failed') await turn();
  const { state } = cluster.pod()?.status?.containerStatuses?.[0] ?? {};
  t.match(state?.terminated, { exitCode: 1, message: 'DNS' });
});

t.test('agnhost prints what the resolver and the hosts file say', async (t) => {
  await using cluster = start(['pause']);
  t.equal(
    (await exec(cluster, 'agnhost dns-suffix')).stdout,
    'default.svc.cluster.local,cluster.local',
  );
  t.equal((await exec(cluster, 'agnhost dns-server-list')).stdout, '10.96.0.10');
  t.match((await exec(cluster, 'agnhost etc-hosts')).stdout, /^10\.244\.0\.2\tweb$/m);
});

t.test('serve-hostname serves what its flags say', async (t) => {
  await using http = start(['serve-hostname']);
  t.equal((await http.http(`http://${ADDRESS}:9376/`)).body, 'web');
  await using tcp = start(['serve-hostname', '--tcp', '--udp', '--port', '1234']);
  t.equal(await text(await tcp.dial(ADDRESS, 1234)), 'web\n');
  t.equal(await udp(tcp, 1234, 'x'), 'web\n');
});

t.test('porter answers with its variables', async (t) => {
  const env = [
    { name: 'SERVE_PORT_80', value: 'foo' },
    { name: 'SERVE_TLS_PORT_443', value: 'bar' },
    { name: 'SERVE_TCP_PORT_81', value: 'tcp' },
    { name: 'SERVE_UDP_PORT_81', value: 'udp' },
  ];
  await using cluster = start(['porter', '--json-response'], { env });
  const { body } = await cluster.http(`http://${ADDRESS}/`, { method: 'PUT' });
  t.same(JSON.parse(body), { Method: 'PUT', Body: 'foo' });
  t.match((await cluster.http(`http://${ADDRESS}:81/`)).body, '"Body":"tcp"');
  t.equal(await udp(cluster, 81, 'x'), 'udp');
  const socket = connectTls({
    socket: await cluster.dial(ADDRESS, 443),
    rejectUnauthorized: false,
  });
  t.match((await ask(socket, { path: '/' })).body, '"Body":"bar"');
});

t.test('tcp-reset resets', async (t) => {
  await using cluster = start(['tcp-reset']);
  const socket = await cluster.dial(ADDRESS, 8080);
  const failed = once(socket.resume(), 'error');
  socket.write('x');
  t.match(await failed, [{ code: 'ECONNRESET' }]);
});

t.test('liveness is well for ten seconds', async (t) => {
  await using cluster = start(['liveness']);
  t.equal((await cluster.http(`http://${ADDRESS}:8080/healthz`)).status, 200);
  cluster.clock.advance(11_000);
  t.match(await cluster.http(`http://${ADDRESS}:8080/healthz`), { status: 500, body: 'error: 11' });
});

t.test('no-snat-test compares addresses', async (t) => {
  await using cluster = start(['no-snat-test']);
  t.match(await cluster.http(`http://${ADDRESS}:8080/checknosnat?ips=${ADDRESS}:8080`), {
    status: 200,
    body: '',
  });
  await using snat = createPodCluster({
    connect: (flow, options) =>
      snat.kubelets.dial({ ...flow, source: { address: '10.0.0.11', port: 1 } }, options),
  });
  snat.run({ containers: [{ name: 'main', image: 'agnhost', args: ['no-snat-test'] }] });
  t.match(await snat.http(`http://${ADDRESS}:8080/checknosnat?ips=${ADDRESS}:8080`), {
    status: 500,
    body: /10\.0\.0\.11/,
  });
});

t.test('guestbook keeps what its front end is told', async (t) => {
  await using cluster = start(['guestbook', '--backend-port', '6379'], {});
  const image = 'agnhost';
  const args = ['guestbook', '--backend-port', '6379'];
  cluster.run({ containers: [{ name: 'a', image, args }] }, { name: 'agnhost-primary' });
  cluster.run(
    { containers: [{ name: 'a', image, args: [...args, '--replicaof', 'agnhost-primary'] }] },
    { name: 'agnhost-replica' },
  );
  for (let round = 0; round < 20; round += 1) await turn();
  await cluster.http(`http://${ADDRESS}/guestbook?cmd=set&key=messages&value=hi`);
  t.same(
    JSON.parse((await cluster.http(`http://${ADDRESS}/guestbook?cmd=get&key=messages`)).body),
    { data: 'hi' },
  );
});

t.test('nettest passes once all have met', async (t) => {
  await using cluster = createPodCluster({ resolve: async () => ['10.244.0.2', '10.244.0.3'] });
  for (const name of ['a', 'b'])
    cluster.run(
      { containers: [{ name, image: 'agnhost', args: ['nettest', '--peers=2'] }] },
      { name },
    );
  t.equal((await cluster.http(`http://${ADDRESS}:8080/status`)).body, 'running');
  cluster.clock.advance(1);
  for (let round = 0; round < 20; round += 1) await turn();
  t.equal((await cluster.http(`http://${ADDRESS}:8080/status`)).body, 'pass');
});

t.test('agnhost pauses by default, and ends with 2', async (t) => {
  await using cluster = createPodCluster();
  cluster.run(
    { containers: [{ name: 'main', image: 'agnhost' }] },
    { finalizers: ['example.org/hold'] },
  );
  cluster.store.delete({ kind: 'Pod', namespace: 'default', name: 'web' });
  t.match(cluster.pod()?.status?.containerStatuses, [{ state: { terminated: { exitCode: 2 } } }]);
});

t.test('agnhost fails for a program that it has not', async (t) => {
  await using cluster = start(['nonsense']);
  t.match(cluster.pod()?.status?.containerStatuses, [
    {
      lastState: {
        terminated: { exitCode: 1, message: 'Error: unknown command "nonsense" for "app"' },
      },
    },
  ]);
});
