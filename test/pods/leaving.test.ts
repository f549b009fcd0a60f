/** How a container with a preStop hook takes leave of its clients, and one without does not. */
import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { createPodCluster, type PodCluster } from './pod-cluster.ts';

const ADDRESS = '10.244.0.2';
const PORT = 8080;
const preStop = { sleep: { seconds: 1 } };
const WEB = { name: 'web', image: 'example.org/web', ports: [{ containerPort: PORT }] };
const CAREFUL = { ...WEB, lifecycle: { preStop } };

async function settle(cluster: PodCluster): Promise<void> {
  for (let round = 0; round < 4; round += 1) {
    await cluster.kubelets.settled();
    await turn();
  }
}

/** A Pod that has been told to end, after its hook. */
async function endAfterHook(cluster: PodCluster): Promise<void> {
  cluster.store.delete({ kind: 'Pod', namespace: 'default', name: 'web' });
  await settle(cluster);
  cluster.clock.advance(1000);
  await settle(cluster);
}

/** A client that stays on one connection for as long as the server lets it. */
function createClient(socket: Duplex): {
  readonly get: (path?: string) => Promise<IncomingMessage>;
} {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const none = (): Duplex => socket;
  // What an agent asks of a socket that it keeps.
  const kept = { setKeepAlive: none, setNoDelay: none, setTimeout: none, ref: none, unref: none };
  agent.createConnection = () => Object.assign(socket, kept);
  return {
    get: async (path = '/') => {
      const sent = request({ agent, path, host: ADDRESS }).end();
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      await text(response);
      return response;
    },
  };
}

const IMAGES = [
  { name: 'echo', container: CAREFUL },
  { name: 'nginx', container: { ...CAREFUL, image: 'nginx', ports: [] }, port: 80 },
  {
    name: 'netexec',
    container: { ...CAREFUL, image: 'agnhost:2.53', args: ['netexec'] },
  },
] as const;
for (const { name, container, ...place } of IMAGES) {
  const port = 'port' in place ? place.port : PORT;
  t.test(`createKubelets() answers the next request on a connection last, ${name}`, async (t) => {
    await using cluster = createPodCluster();
    cluster.run({ containers: [container] });
    const socket = await cluster.dial(ADDRESS, port);
    const client = createClient(socket);
    t.not((await client.get()).headers.connection, 'close');
    await endAfterHook(cluster);
    await t.rejects(cluster.dial(ADDRESS, port), { code: 'ERR_REFUSED' }, 'nobody new');
    t.ok(cluster.pod(), 'the Pod waits for its client');
    const last = await client.get();
    t.equal(last.statusCode, 200);
    t.equal(last.headers.connection, 'close');
    await settle(cluster);
    t.ok(socket.destroyed);
    t.equal(cluster.pod(), undefined, 'nobody is left');
  });
}

t.test('createKubelets() closes connections that stay idle, before the grace ends', async (t) => {
  await using cluster = createPodCluster();
  cluster.run({ containers: [CAREFUL] });
  const used = await cluster.dial(ADDRESS, PORT);
  await createClient(used).get();
  await cluster.dial(ADDRESS, PORT);
  await endAfterHook(cluster);
  cluster.clock.advance(4999);
  await settle(cluster);
  t.notOk(used.destroyed);
  cluster.clock.advance(1);
  await settle(cluster);
  t.ok(used.destroyed);
  t.equal(cluster.pod(), undefined);
});

t.test('createKubelets() lets raw connections go on until the grace ends', async (t) => {
  await using cluster = createPodCluster();
  cluster.run({ terminationGracePeriodSeconds: 20, containers: [CAREFUL] });
  const socket = await cluster.dial(ADDRESS, PORT);
  socket.write('one');
  t.equal(String((await once(socket, 'data'))[0]), 'one');
  await endAfterHook(cluster);
  cluster.clock.advance(10_000);
  await settle(cluster);
  socket.write('two');
  t.equal(String((await once(socket, 'data'))[0]), 'two');
  cluster.clock.advance(9000);
  await settle(cluster);
  t.equal(cluster.pod(), undefined);
});

t.test('createKubelets() tells HTTP/2 clients to go elsewhere', async (t) => {
  await using cluster = createPodCluster();
  cluster.run({ containers: [CAREFUL] });
  const socket = await cluster.dial(ADDRESS, PORT);
  const session: ClientHttp2Session = connectHttp2('http://web', {
    createConnection: () => socket,
  });
  const stream = session.request({ ':path': '/' });
  await once(stream, 'response');
  stream.resume();
  await once(stream, 'close');
  const told = once(session, 'goaway');
  const closed = once(session, 'close');
  await endAfterHook(cluster);
  t.equal((await told)[0], 0, 'NO_ERROR');
  await closed;
});

t.test('createKubelets() ends a container without a hook at once, with its clients', async (t) => {
  await using cluster = createPodCluster();
  cluster.run({ containers: [WEB] });
  const socket = await cluster.dial(ADDRESS, PORT);
  await createClient(socket).get();
  cluster.store.delete({ kind: 'Pod', namespace: 'default', name: 'web' });
  await settle(cluster);
  t.equal(cluster.pod(), undefined);
  t.ok(socket.destroyed);
});
