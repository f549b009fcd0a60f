import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import t from 'tap';
import type { DatagramChannel } from '../../src/net/index.ts';
import { createPodNetwork } from '../../src/pods/pod-network.ts';
import { createPodCluster, flowTo } from './pod-cluster.ts';

const WEB = { name: 'web', image: 'example.org/web', ports: [{ containerPort: 8080 }] };
const FORWARD = 'podlane.dev/forward';

function received(channel: DatagramChannel): Promise<string> {
  return new Promise((resolve) =>
    channel.onDatagram((datagram) => resolve(Buffer.from(datagram).toString())),
  );
}

t.test('createPodNetwork() connects to who listens', async (t) => {
  const network = createPodNetwork();
  using pod = network.attach(['10.244.0.2', 'fd00::2'], 'pod default/web');
  const accepted: string[] = [];
  const listener = pod.listenTcp({
    port: 80,
    accept: (socket, flow) => {
      accepted.push(flow.source.address);
      socket.end('hello');
    },
  });
  for (const address of pod.addresses)
    t.equal(await text(await network.dial(flowTo(address, 80))), 'hello');
  t.same(accepted, ['10.244.9.9', '10.244.9.9']);
  t.equal(pod.listenTcp({ port: 80, accept: () => undefined }), undefined, 'the port is taken');
  listener?.[Symbol.dispose]();
  const refused = {
    code: 'ERR_REFUSED',
    message: 'pod default/web: nothing listens on port 80/TCP',
  };
  await t.rejects(network.dial(flowTo('10.244.0.2', 80)), refused);
  await t.rejects(network.dial(flowTo('10.244.0.3', 80)), { code: 'ERR_UNREACHABLE' });
});

t.test('createPodNetwork() keeps TCP and UDP apart', async (t) => {
  const network = createPodNetwork();
  using pod = network.attach(['10.244.0.2'], 'pod default/web');
  pod.listenUdp({
    port: 53,
    open: (channel) => channel.onDatagram((query) => channel.send(query)),
  });
  t.ok(pod.listenTcp({ port: 53, accept: () => undefined }));
  const channel = network.associate(flowTo('10.244.0.2', 53, 'UDP'));
  channel.send(Buffer.from('ping'));
  t.equal(await received(channel), 'ping');
  t.throws(() => network.associate(flowTo('10.244.0.2', 54, 'UDP')), { code: 'ERR_REFUSED' });
});

t.test(
  'createPodNetwork() shares a Node’s address among those on the host’s network',
  async (t) => {
    const network = createPodNetwork();
    const node = network.attach(['10.0.0.11'], 'node n1');
    const pod = network.attach(['10.0.0.11'], 'pod default/agent');
    pod.listenTcp({ port: 80, accept: (socket) => socket.end('agent') });
    t.equal(node.listenTcp({ port: 80, accept: () => undefined }), undefined);
    t.equal(await text(await network.dial(flowTo('10.0.0.11', 80))), 'agent');
    pod[Symbol.dispose]();
    node[Symbol.dispose]();
    await t.rejects(network.dial(flowTo('10.0.0.11', 80)), { code: 'ERR_UNREACHABLE' });
  },
);

t.test('createKubelets() hands a Pod’s ports to a process of this host', async (t) => {
  const server = createServer((socket) => socket.end('local')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  await using cluster = createPodCluster();
  cluster.run({ containers: [WEB] }, { annotations: { [FORWARD]: `8080=127.0.0.1:${port}` } });
  t.equal(await text(await cluster.dial('10.244.0.2', 8080)), 'local');
  await t.rejects(
    cluster.dial('10.244.0.2', 80),
    { code: 'ERR_REFUSED' },
    'other ports are the Pod’s',
  );
  server.close();
  await once(server, 'close');
  await t.rejects(cluster.dial('10.244.0.2', 8080), { code: 'ERR_REFUSED' });
  t.equal(cluster.pod()?.status?.phase, 'Running');
});

t.test('createKubelets() hands datagrams to a process of this host', async (t) => {
  const server = createSocket('udp4');
  server.on('message', (message, peer) =>
    server.send(`local ${message.toString()}`, peer.port, peer.address),
  );
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  await using cluster = createPodCluster({
    forwards: [
      {
        target: { kind: 'Pod', namespace: 'default', name: 'web' },
        address: '127.0.0.1',
        port: server.address().port,
      },
    ],
  });
  cluster.run({ containers: [WEB] });
  const channel = cluster.kubelets.associate(flowTo('10.244.0.2', 53, 'UDP'));
  channel.send(Buffer.from('ping'));
  t.equal(await received(channel), 'local ping');
  const closed = new Promise<void>((resolve) => channel.onClose(resolve));
  channel.close();
  await closed;
  server.close();
});

t.test('createKubelets() closes forwarded connections with the Pod', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  await using cluster = createPodCluster();
  cluster.run({ containers: [WEB] }, { annotations: { [FORWARD]: `${port}` } });
  const accepted = once(server, 'connection');
  const socket = await cluster.dial('10.244.0.2', 1);
  const [peer] = await accepted;
  const closed = once(peer.resume(), 'close');
  cluster.store.delete({ kind: 'Pod', namespace: 'default', name: 'web' });
  await closed;
  t.ok(socket.destroyed);
  server.close();
});

t.test('createKubelets() gives up a forwarded connection when it is told to', async (t) => {
  await using cluster = createPodCluster();
  cluster.run({ containers: [WEB] }, { annotations: { [FORWARD]: '1' } });
  const reason = new Error('enough');
  const controller = new AbortController();
  const dialled = cluster.kubelets.dial(flowTo('10.244.0.2', 80), { signal: controller.signal });
  controller.abort(reason);
  await t.rejects(dialled, reason);
});
