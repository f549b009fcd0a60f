import { once } from 'node:events';
import t from 'tap';
import { createPodCluster, flowTo, type PodCluster } from '../pod-cluster.ts';

const ADDRESS = '10.244.0.2';

function start(container: object, spec = {}): PodCluster {
  const cluster = createPodCluster({
    serveDnsBytes: async (query) => Buffer.from(query).toReversed(),
  });
  cluster.run({ containers: [{ name: 'main', ...container }], ...spec });
  return cluster;
}

const volume = {
  volumes: [{ name: 'pages', configMap: { name: 'pages' } }],
};
const mounted = (mountPath: string) => ({ volumeMounts: [{ name: 'pages', mountPath }] });

const cases = [
  {
    name: 'nginx',
    container: { image: 'nginx:1.27' },
    path: ':80/',
    status: 200,
    body: /Welcome to nginx!.*Pod web/s,
  },
  {
    name: 'nginx, another path',
    container: { image: 'nginx' },
    path: ':80/api',
    status: 404,
    body: /404 Not Found/,
  },
  {
    name: 'nginx with pages',
    container: { image: 'nginx', ...mounted('/usr/share/nginx/html') },
    path: ':80/',
    status: 200,
    body: /^mine$/,
  },
  {
    name: 'nginx with a configuration',
    container: {
      image: 'nginx',
      ports: [{ containerPort: 8081 }],
      ...mounted('/etc/nginx/conf.d'),
    },
    path: ':8081/any',
    status: 200,
    body: /Pod web/,
  },
  {
    name: 'nginx-unprivileged',
    container: { image: 'nginxinc/nginx-unprivileged' },
    path: ':8080/',
    status: 200,
    body: /Pod web/,
  },
  {
    name: 'httpd',
    container: { image: 'docker.io/library/httpd:2.4' },
    path: ':80/',
    status: 200,
    body: /Welcome to httpd!/,
  },
  {
    name: 'http-echo',
    container: {
      image: 'hashicorp/http-echo',
      args: ['-text="quoted"', '-listen=:80', '-status-code=503'],
    },
    path: ':80/x',
    status: 503,
    body: /^quoted\n$/,
  },
  {
    name: 'http-echo by environment',
    container: { image: 'hashicorp/http-echo', env: [{ name: 'ECHO_TEXT', value: 'env' }] },
    path: ':5678/',
    status: 200,
    body: /^env\n$/,
  },
  {
    name: 'hello-app 1.0',
    container: {
      image: 'gcr.io/google-samples/hello-app:1.0',
      env: [{ name: 'PORT', value: '80' }],
    },
    path: ':80/',
    status: 200,
    body: /Version: 1\.0\.0\nHostname: web\n$/,
  },
  {
    name: 'whoami',
    container: { image: 'traefik/whoami', args: ['--port=8000'] },
    path: ':8000/a',
    status: 200,
    body: /^Hostname: web\nIP: 127.0.0.1\n.*RemoteAddr: 10\.244\.9\.9:40000\nGET \/a HTTP\/1\.1\nHost: 10\.244\.0\.2:8000\n/s,
  },
  {
    name: 'whoami in JSON',
    container: { image: 'containous/whoami' },
    path: ':80/api',
    status: 200,
    body: /"hostname":"web".*"url":"\/api"/,
  },
  {
    name: 'whoami with data',
    container: { image: 'traefik/whoami' },
    path: ':80/data?size=5',
    status: 200,
    body: /^\|.{3}\|$/,
  },
  {
    name: 'ealen/echo-server',
    container: { image: 'ealen/echo-server' },
    path: ':80/a?b=c',
    status: 200,
    body: /"originalUrl":"\/a\?b=c".*"query":{"b":"c"}/,
  },
  {
    name: 'ealen/echo-server with a code',
    container: { image: 'ealen/echo-server' },
    path: ':80/?echo_code=404',
    status: 404,
    body: /"echo_code":"404"/,
  },
  {
    name: 'jmalloc/echo-server',
    container: { image: 'jmalloc/echo-server' },
    path: ':8080/a',
    status: 200,
    body: /^Request served by web\n\nGET \/a HTTP\/1\.1\n\nHost: /,
  },
  {
    name: 'echo-basic',
    container: { image: 'echo-basic:v1' },
    path: ':3000//a?x',
    status: 200,
    body: /"path": "\/\/a\?x"/,
  },
  {
    name: 'echo-basic with a status',
    container: { image: 'echo-basic:v1' },
    path: ':3000/status/503',
    status: 503,
    body: /^$/,
  },
  {
    name: 'echo-basic with a wrong status',
    container: { image: 'echo-basic:v1' },
    path: ':3000/status/x',
    status: 400,
    body: /invalid/,
  },
  {
    name: 'coredns',
    container: { image: 'registry.k8s.io/coredns/coredns:v1.12' },
    path: ':8080/health',
    status: 200,
    body: /^OK$/,
  },
] as const;
for (const { name, container, path, status, body } of cases) {
  t.test(`${name} answers ${path}`, async (t) => {
    await using cluster = start(container, volume);
    const data = { 'index.html': 'mine' };
    cluster.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'pages', namespace: 'default' },
      data,
    });
    const answer = await cluster.http(`http://${ADDRESS}${path}`);
    t.equal(answer.status, status);
    t.match(answer.body, body);
  });
}

t.test('http-echo ends without a text', async (t) => {
  await using cluster = start({ image: 'hashicorp/http-echo' });
  t.match(cluster.pod()?.status?.containerStatuses, [
    { lastState: { terminated: { exitCode: 127 } } },
  ]);
});

t.test('whoami answers with the health that it was told', async (t) => {
  await using cluster = start({ image: 'traefik/whoami' });
  const url = `http://${ADDRESS}/health`;
  await cluster.http(url, { method: 'POST', body: '503' });
  t.equal((await cluster.http(url)).status, 503);
});

t.test('ealen/echo-server obeys headers', async (t) => {
  await using cluster = start({ image: 'ealen/echo-server' });
  const headers = { 'X-ECHO-BODY': 'amazing', 'X-ECHO-HEADER': 'One:1, Two:2' };
  const answer = await cluster.http(`http://${ADDRESS}/`, { headers });
  t.equal(answer.body, '"amazing"');
  t.match(answer.headers, { one: '1', two: '2' });
});

t.test('echo-basic sets headers, and keeps what it is told in its answer', async (t) => {
  const env = [{ name: 'SERVICE_NAME', value: 'backend' }];
  await using cluster = start({ image: 'echo-basic', env });
  const headers = { 'X-Echo-Set-Header': 'X-One:1,X-Two:2,X-One:3', 'x-many': ['a', 'b'] };
  const answer = await cluster.http(`http://${ADDRESS}:3000/x`, { headers });
  t.match(answer.headers, {
    'content-type': 'application/json',
    'x-content-type-options': 'nosniff',
    'x-one': '1, 3',
    'x-two': '2',
  });
  t.match(JSON.parse(answer.body), {
    headers: { 'X-Many': ['a', 'b'] },
    service: 'backend',
    pod: 'web',
    namespace: 'default',
    httpPort: '3000',
  });
});

t.test('echo-basic fails the first tries', async (t) => {
  await using cluster = start({ image: 'echo-basic' });
  const url = `http://${ADDRESS}:3000/retry?uuid=1&succeedAfter=1`;
  t.equal((await cluster.http(`${url}&responseCode=502`)).status, 502);
  t.equal((await cluster.http(url)).status, 200);
  await t.rejects(cluster.http(url.replace('uuid=1', 'uuid=2')), { code: 'ECONNRESET' });
});

t.test('echo-basic speaks lines and datagrams in its other modes', async (t) => {
  await using tcp = start({ image: 'echo-basic', env: [{ name: 'TCP_ECHO_SERVER', value: '1' }] });
  const socket = await tcp.dial(ADDRESS, 3000);
  t.match(String(await once(socket, 'data')), 'Gateway API Test TCP Server\n');
  for (const [line, answer] of [
    ['PING', 'PONG\n'],
    ['IS_TLS', 'false\n'],
    ['TEST', /"pod":"web","tcpport":"3000"/],
  ] as const) {
    socket.write(`${line}\n`);
    t.match(String(await once(socket, 'data')), answer);
  }
  socket.destroy();
  await using udp = start({ image: 'echo-basic', env: [{ name: 'UDP_ECHO_SERVER', value: '1' }] });
  const channel = udp.kubelets.associate(flowTo(ADDRESS, 8080, 'UDP'));
  const answer = new Promise<Uint8Array>((resolve) => channel.onDatagram(resolve));
  channel.send(Buffer.from('hi'));
  t.match(JSON.parse(Buffer.from(await answer).toString()), { request: 'hi', pod: 'web' });
});

t.test('coredns hands queries to the cluster’s server', async (t) => {
  await using cluster = start({ image: 'coredns/coredns' });
  const channel = cluster.kubelets.associate(flowTo(ADDRESS, 53, 'UDP'));
  const answer = new Promise<Uint8Array>((resolve) => channel.onDatagram(resolve));
  channel.send(Buffer.from([1, 2, 3]));
  t.same(Buffer.from(await answer), Buffer.from([3, 2, 1]));
  const socket = await cluster.dial(ADDRESS, 53);
  socket.write(Buffer.from([0, 2, 1]));
  socket.write(Buffer.from([2, 0, 1, 9]));
  const received: number[] = [];
  for await (const chunk of socket) {
    received.push(...chunk);
    if (received.length >= 7) break;
  }
  t.same(received, [0, 2, 2, 1, 0, 1, 9]);
});

t.test('coredns listens on no DNS port without a server', async (t) => {
  await using cluster = createPodCluster();
  cluster.run({ containers: [{ name: 'main', image: 'coredns' }] });
  await t.rejects(cluster.dial(ADDRESS, 53), { code: 'ERR_REFUSED' });
});

t.test('nginx serves what an init container has written', async (t) => {
  await using cluster = createPodCluster();
  cluster.run({
    volumes: [{ name: 'pages', emptyDir: {} }],
    initContainers: [
      {
        name: 'write',
        image: 'busybox',
        command: ['sh', '-c', 'echo written > /work/index.html'],
        ...mounted('/work'),
      },
    ],
    containers: [{ name: 'main', image: 'nginx', ...mounted('/usr/share/nginx/html') }],
  });
  while (cluster.pod()?.status?.containerStatuses?.[0]?.ready !== true)
    await new Promise((resolve) => setImmediate(resolve));
  const { body } = await cluster.http(`http://${cluster.pod()?.status?.podIP}/`);
  t.equal(body, 'written\n');
});
