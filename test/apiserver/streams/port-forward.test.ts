import { once } from 'node:events';
import t from 'tap';
import { openSpdy } from './spdy-client.ts';
import { openSocket } from './web-socket-client.ts';
import { POD_PATH, startPodServer } from './pod-server.ts';

const FORWARD = `${POD_PATH}/portforward`;

t.test('servePortForward() carries several connections over SPDY', async (t) => {
  await using server = await startPodServer();
  await using client = await openSpdy(server, FORWARD, 'portforward.k8s.io');
  for (const [id, requestid] of [
    [1, '0'],
    [5, '1'],
  ] as const) {
    await client.open(id, { streamtype: 'error', port: '80', requestid }, true);
    await client.open(id + 2, { streamtype: 'data', port: '80', requestid });
    client.send(id + 2, `hello ${requestid}`, true);
  }
  t.equal(await client.ended(3), 'hello 0');
  t.equal(await client.ended(7), 'hello 1');
  t.equal(await client.ended(1), '');
});

t.test('servePortForward() says why a port cannot be reached', async (t) => {
  await using server = await startPodServer();
  await using client = await openSpdy(server, FORWARD, 'portforward.k8s.io');
  await client.open(1, { streamtype: 'error', port: '81', requestid: '0' }, true);
  await client.open(3, { streamtype: 'data', port: '81', requestid: '0' });
  t.match(
    await client.ended(1),
    /^error forwarding port 81 to pod web, uid \S+: connection refused$/,
  );
});

t.test('servePortForward() refuses what is no port', async (t) => {
  await using server = await startPodServer();
  await using client = await openSpdy(server, FORWARD, 'portforward.k8s.io');
  await client.open(1, { streamtype: 'error', port: 'http', requestid: '0' }, true);
  await client.open(3, { streamtype: 'data', port: 'http', requestid: '0' });
  t.match(await client.ended(1), /^error forwarding port http to pod web/);
});

for (const protocol of ['v4.channel.k8s.io', 'portforward.k8s.io']) {
  t.test(`serveChannels() carries a port over ${protocol}`, async (t) => {
    await using server = await startPodServer();
    await using client = await openSocket(server, `${FORWARD}?ports=80`, protocol);
    const [data, errors] = await client.messages(2);
    t.same([...(data ?? [])], [0, 80, 0]);
    t.same([...(errors ?? [])], [1, 80, 0]);
    client.socket.send(Buffer.from('\0hello'));
    const [, , echoed] = await client.messages(3);
    t.equal(echoed?.toString(), '\0hello');
  });
}

t.test('serveChannels() refuses what is no port', async (t) => {
  await using server = await startPodServer();
  await t.rejects(openSocket(server, `${FORWARD}?ports=x`, 'v4.channel.k8s.io'));
});

t.test('servePortForward() ends with its client', async (t) => {
  const { echo } = await import('./pod-server.ts');
  const connection = echo();
  await using server = await startPodServer({ connect: async () => connection });
  const client = await openSocket(server, `${FORWARD}?ports=80`, 'v4.channel.k8s.io');
  await client.messages(2);
  const closed = once(connection, 'close');
  await client[Symbol.asyncDispose]();
  await closed;
  t.ok(connection.destroyed);
});
