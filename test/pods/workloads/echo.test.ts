import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { assert, property, uint8Array } from 'fast-check';
import t from 'tap';
import { WebSocket } from 'ws';
import { protocolOf } from '../../../src/pods/workloads/echo/sniff-protocol.ts';
import { ask, createPodCluster, flowTo } from '../pod-cluster.ts';

const WEB = {
  containers: [
    {
      name: 'web',
      image: 'example.org/web',
      ports: [{ containerPort: 8080 }, { containerPort: 9999, protocol: 'UDP' }],
      readinessProbe: { tcpSocket: { port: 7070 } },
    },
  ],
};
const ADDRESS = '10.244.0.2';

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
for (const method of methods) {
  t.test(`echo answers ${method}`, async (t) => {
    await using cluster = createPodCluster();
    cluster.run(WEB);
    const body = method === 'POST' ? 'x'.repeat(200_000) : '';
    const answer = await cluster.http(`http://${ADDRESS}:8080/a`, { method, body });
    t.equal(answer.status, 200);
    t.equal(answer.headers['content-type'], 'application/json');
    t.match(JSON.parse(answer.body), { method, path: '/a' });
  });
}

t.test('echo answers HEAD without a body', async (t) => {
  await using cluster = createPodCluster();
  cluster.run(WEB);
  const { status, body, headers } = await cluster.http(`http://${ADDRESS}:8080/`, {
    method: 'HEAD',
  });
  t.equal(status, 200);
  t.equal(body, '');
  t.ok(Number(headers['content-length']) > 0);
});

t.test('echo waits for a body that expects 100-continue, in chunks', async (t) => {
  await using cluster = createPodCluster();
  cluster.run(WEB);
  const socket = await cluster.dial(ADDRESS, 8080);
  socket.write(
    'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n',
  );
  const [interim] = await once(socket, 'data');
  t.match(interim.toString(), /^HTTP\/1.1 100/);
  socket.write('3\r\nabc\r\n0\r\n\r\n');
  const [final] = await once(socket, 'data');
  t.match(final.toString(), /^HTTP\/1.1 200/);
  socket.destroy();
});

t.test('echo keeps a connection for the next request', async (t) => {
  await using cluster = createPodCluster();
  cluster.run(WEB);
  const socket = await cluster.dial(ADDRESS, 8080);
  for (const path of ['/1', '/2']) {
    socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    const [answer] = await once(socket, 'data');
    t.match(answer.toString(), `"path": "${path}"`);
  }
  socket.destroy();
});

t.test('echo sends WebSocket messages back', async (t) => {
  await using cluster = createPodCluster();
  cluster.run(WEB);
  const socket = await cluster.dial(ADDRESS, 8080);
  // What `net.connect` gives is a socket; any duplex does.
  const client = new WebSocket('ws://web/chat', { createConnection: () => socket as never });
  await once(client, 'open');
  client.send('hello');
  const [text, isBinary] = await once(client, 'message');
  t.equal(text.toString(), 'hello');
  t.notOk(isBinary);
  client.send(Buffer.from([1, 2]));
  t.same(await once(client, 'message'), [Buffer.from([1, 2]), true]);
  client.close();
  await once(client, 'close');
});

t.test('echo answers HTTP/2 with prior knowledge', async (t) => {
  await using cluster = createPodCluster();
  cluster.run(WEB);
  const socket = await cluster.dial(ADDRESS, 8080);
  const session = connectHttp2('http://web', { createConnection: () => socket });
  const stream = session.request({ ':path': '/x' });
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(stream, 'end');
  t.match(JSON.parse(Buffer.concat(chunks).toString()), { path: '/x', host: 'web', method: 'GET' });
  session.destroy();
});

t.test('echo serves gRPC probes', async (t) => {
  await using cluster = createPodCluster();
  cluster.run({
    containers: [
      { name: 'web', image: 'example.org/grpc', readinessProbe: { grpc: { port: 50_051 } } },
    ],
  });
  await cluster.kubelets.settled();
  t.ok(cluster.pod()?.status?.conditions?.every(({ status }) => status === 'True'));
});

t.test('echo sends other bytes back, and listens where probes expect it', async (t) => {
  await using cluster = createPodCluster();
  cluster.run(WEB);
  for (const [port, bytes] of [
    [8080, 'PING\r\n'],
    [7070, '\u0000\u0001'],
  ] as const) {
    const socket = await cluster.dial(ADDRESS, port);
    socket.write(bytes);
    const [answer] = await once(socket, 'data');
    t.equal(answer.toString(), bytes);
    socket.end();
    await once(socket, 'close');
  }
});

t.test('echo sends datagrams back', async (t) => {
  await using cluster = createPodCluster();
  cluster.run(WEB);
  const channel = cluster.kubelets.associate(flowTo(ADDRESS, 9999, 'UDP'));
  const answer = new Promise<Uint8Array>((resolve) => channel.onDatagram(resolve));
  channel.send(Buffer.alloc(2000, 'x'));
  t.equal((await answer).length, 2000);
  channel.close();
});

t.test('echo tells each Pod of many apart', async (t) => {
  await using cluster = createPodCluster();
  const names = Array.from({ length: 20 }, (_, index) => `web-${index}`);
  for (const name of names) cluster.run(WEB, { name });
  const told = await Promise.all(
    names.map(async (name) => {
      const { podIP = '' } = cluster.pod(name)?.status ?? {};
      const socket = await cluster.dial(podIP, 8080);
      return JSON.parse((await ask(socket, { path: '/' })).body).pod;
    }),
  );
  t.same(told, names);
});

const protocols = [
  ['GET / HTTP/1.1\r\nHost: a\r\n', 'http1'],
  ['PURGE /x HTTP/1.0\n', 'http1'],
  ['POST /a/very/long/path', 'http1'],
  ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'http2'],
  ['SET key value\r\n', 'other'],
  ['GET key\r\n', 'other'],
  ['*1\r\n$4\r\nPING\r\n', 'other'],
  ['\u0016\u0003\u0001', 'other'],
  ['', 'other'],
] as const;
for (const [bytes, protocol] of protocols) {
  t.test(`protocolOf() of ${JSON.stringify(bytes)}`, async (t) => {
    t.equal(protocolOf(Buffer.from(bytes, 'latin1')), protocol);
  });
}

t.test('protocolOf() takes any bytes', async () => {
  assert(
    property(uint8Array(), (bytes) => ['http1', 'http2', 'other'].includes(protocolOf(bytes))),
  );
});
