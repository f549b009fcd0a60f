import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import t from 'tap';
import type { Store } from '../../src/api/index.ts';
import {
  createDatapath,
  createDatapathView,
  type Datapath,
  type Decision,
} from '../../src/datapath/index.ts';
import {
  ConnectError,
  createAddressPlan,
  createDatagramPair,
  createDuplexPair,
  listenTcp,
  type DatagramChannel,
  type Flow,
} from '../../src/net/index.ts';
import { createFakeClock, type FakeClock } from '../../src/observe/index.ts';
import {
  createLaxStore,
  nodeObject,
  podObject,
  put,
  serviceObject,
  sliceObject,
  type EndpointFacts,
} from '../proxy/world.ts';

interface World {
  readonly store: Store;
  readonly datapath: Datapath;
  readonly clock: FakeClock;
  readonly dialled: Flow[];
  readonly decisions: readonly Decision[];
}

const CLUSTER_IP = '10.96.0.10';
const PODS = ['10.244.1.1', '10.244.2.2', '10.244.3.3'];

function createWorld(random: () => number = () => 0): World {
  const store = createLaxStore();
  put(store, nodeObject('node-1', ['10.0.0.11']));
  for (const [index, address] of PODS.entries()) put(store, podObject(`web-${index}`, { address }));
  const clock = createFakeClock();
  const dialled: Flow[] = [];
  const decisions: Decision[] = [];
  const datapath = createDatapath({
    view: createDatapathView(store, { plan: createAddressPlan() }),
    clock,
    random,
    onDecision: (_flow, decision) => decisions.push(decision),
    dialPod: async (flow) => {
      dialled.push(flow);
      return createDuplexPair()[0];
    },
    associatePod: (flow) => {
      dialled.push(flow);
      return createDatagramPair()[0];
    },
  });
  return { store, datapath, clock, dialled, decisions };
}

function putService(store: Store, endpoints: readonly EndpointFacts[], spec: object = {}): void {
  const protocols = ['TCP', 'UDP'];
  put(
    store,
    serviceObject('web', {
      clusterIP: CLUSTER_IP,
      ports: protocols.map((protocol) => ({ name: protocol, port: 80, protocol })),
      ...spec,
    }),
  );
  for (const protocol of protocols)
    put(
      store,
      sliceObject(`web-${protocol.toLowerCase()}`, {
        service: 'web',
        port: 8080,
        portName: protocol,
        protocol,
        endpoints,
      }),
    );
}

function flowTo(address: string, port: number, protocol: Flow['protocol'] = 'TCP'): Flow {
  return {
    protocol,
    source: { address: '10.244.1.99', port: 40_000 },
    destination: { address, port },
    origin: { kind: 'outside' },
    node: 'node-1',
  };
}

t.test('connect() dials the Pod that the Service chose', async (t) => {
  const { store, datapath, dialled, decisions } = createWorld();
  putService(store, [{ address: PODS[1] ?? '' }]);
  const connection = await datapath.connect(flowTo(CLUSTER_IP, 80));
  t.match(dialled, [{ destination: { address: PODS[1], port: 8080 } }]);
  t.match(decisions, [{ kind: 'deliver', target: 'pod' }]);
  connection.destroy();
});

const refusals = [
  { name: 'no endpoints', to: CLUSTER_IP, port: 80, code: 'ERR_REFUSED' },
  { name: 'an undeclared port', to: CLUSTER_IP, port: 81, code: 'ERR_REFUSED' },
  { name: 'no such Service', to: '10.96.9.9', port: 80, code: 'ERR_DROPPED' },
  { name: 'no such Pod', to: '10.244.9.9', port: 80, code: 'ERR_UNREACHABLE' },
  { name: 'nobody on a Node', to: '10.0.0.11', port: 80, code: 'ERR_REFUSED' },
  { name: 'no such Node', to: '10.0.0.77', port: 80, code: 'ERR_UNREACHABLE' },
] as const;
for (const { name, to, port, code } of refusals) {
  t.test(`connect() and associate() to ${name} fail with ${code}`, async (t) => {
    const { store, datapath } = createWorld();
    putService(store, []);
    await t.rejects(datapath.connect(flowTo(to, port)), {
      code,
      message: new RegExp(`^${to}:${port}: `),
    });
    t.throws(() => datapath.associate(flowTo(to, port, 'UDP')), ConnectError);
  });
}

t.test('connect() reaches a process of the host at 10.0.0.1, through a Service too', async (t) => {
  const { store, datapath } = createWorld();
  const { promise, resolve } = Promise.withResolvers<Socket>();
  await using listener = await listenTcp({ address: '127.0.0.1', port: 0, onConnection: resolve });
  putService(store, []);
  put(
    store,
    sliceObject('web-tcp', {
      service: 'web',
      port: listener.port,
      portName: 'TCP',
      endpoints: [{ address: '10.0.0.1' }],
    }),
  );
  const connection = await datapath.connect(flowTo(CLUSTER_IP, 80));
  const accepted = await promise;
  accepted.write('hello from the host');
  t.equal(String((await once(connection, 'data'))[0]), 'hello from the host');
  connection.destroy();
  accepted.destroy();
  await listener.close();
  await t.rejects(datapath.connect(flowTo('10.0.0.1', listener.port)), { code: 'ERR_REFUSED' });
});

t.test('connect() stops when its signal aborts', async (t) => {
  const { datapath } = createWorld();
  const signal = AbortSignal.abort(new Error('enough'));
  await t.rejects(datapath.connect(flowTo('10.0.0.1', 1), { signal }), { message: 'enough' });
});

t.test('associate() reaches a UDP process of the host', async (t) => {
  const { datapath } = createWorld();
  const server = createSocket('udp4');
  server.on('message', (datagram, client) => server.send(datagram, client.port, client.address));
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  const channel = datapath.associate(flowTo('10.0.0.1', server.address().port, 'UDP'));
  const { promise, resolve } = Promise.withResolvers<string>();
  channel.onDatagram((datagram) => resolve(Buffer.from(datagram).toString()));
  channel.send(Buffer.from('echo me'));
  t.equal(await promise, 'echo me');
  channel.close();
  server.close();
});

t.test('connect() keeps a client at its endpoint; decide() alone leaves no trace', async (t) => {
  let random = 0.9;
  const { store, datapath, clock, dialled } = createWorld(() => random);
  const affine = {
    sessionAffinity: 'ClientIP',
    sessionAffinityConfig: { clientIP: { timeoutSeconds: 10 } },
  };
  const endpoints = PODS.map((address) => ({ address }));
  putService(store, endpoints, affine);
  const flow = flowTo(CLUSTER_IP, 80);
  const connect = async (): Promise<string | undefined> => {
    (await datapath.connect(flow)).destroy();
    return dialled.at(-1)?.destination.address;
  };
  datapath.decide(flow);
  random = 0;
  t.equal(await connect(), PODS[0], 'asking remembers nothing');
  random = 0.9;
  clock.advance(9000);
  t.equal(await connect(), PODS[0], 'connecting does');
  clock.advance(9000);
  t.equal(await connect(), PODS[0], 'and again from then on');
  putService(store, endpoints.slice(1), affine);
  await Promise.resolve();
  putService(store, endpoints, affine);
  await Promise.resolve();
  t.equal(await connect(), PODS[2], 'an endpoint that left has forgotten its clients');
  putService(store, endpoints);
  random = 0;
  t.equal(await connect(), PODS[0], 'without affinity the choice is free at once');
});

/** Whether the channel is closed, and what it leads to. */
function watch(channel: DatagramChannel): { isClosed: boolean } {
  const state = { isClosed: false };
  channel.onClose(() => {
    state.isClosed = true;
  });
  return state;
}

const [FIRST = '', SECOND = ''] = PODS;
const udpRows = [
  {
    name: 'its endpoint is removed while others serve (ct-01)',
    after: [{ address: SECOND }],
    closes: true,
  },
  {
    name: 'its endpoint terminates but serves (ct-02)',
    after: [
      { address: FIRST, ready: false, serving: true, terminating: true },
      { address: SECOND },
    ],
    closes: false,
  },
  { name: 'all endpoints are gone (ct-04)', after: [], closes: false },
  {
    name: 'its endpoint serves no more and another one does',
    after: [{ address: FIRST, ready: false, serving: false }, { address: SECOND }],
    closes: true,
  },
] as const;
for (const { name, after, closes } of udpRows) {
  t.test(`associate() ${closes ? 'ends' : 'keeps'} a flow when ${name}`, async (t) => {
    const { store, datapath } = createWorld();
    putService(store, [{ address: FIRST }]);
    const state = watch(datapath.associate(flowTo(CLUSTER_IP, 80, 'UDP')));
    putService(store, after);
    await Promise.resolve();
    t.equal(state.isClosed, closes);
  });
}

t.test(
  'associate() keeps a flow of a deleted Service (ct-05), and ends one once anybody serves again (ct-04)',
  async (t) => {
    const { store, datapath } = createWorld();
    putService(store, [{ address: FIRST }]);
    const state = watch(datapath.associate(flowTo(CLUSTER_IP, 80, 'UDP')));
    store.delete({ kind: 'Service', namespace: 'default', name: 'web' });
    await Promise.resolve();
    t.notOk(state.isClosed);
    putService(store, []);
    await Promise.resolve();
    t.notOk(state.isClosed);
    putService(store, [{ address: SECOND }]);
    await Promise.resolve();
    t.ok(state.isClosed);
  },
);

t.test('connect() sends all clients behind one address to one endpoint (aff-10)', async (t) => {
  const { store, datapath, dialled } = createWorld(Math.random);
  putService(
    store,
    PODS.map((address) => ({ address })),
    { sessionAffinity: 'ClientIP' },
  );
  const nat = flowTo(CLUSTER_IP, 80);
  for (let port = 1; port <= 30; port += 1)
    (await datapath.connect({ ...nat, source: { address: '192.0.2.7', port } })).destroy();
  t.equal(new Set(dialled.map(({ destination }) => destination.address)).size, 1);
});

t.test(
  'connect() with Local policy and affinity stays at one local endpoint (aff-11)',
  async (t) => {
    const { store, datapath, dialled } = createWorld(Math.random);
    const [far = '', ...near] = PODS;
    const endpoints = [
      { address: far, node: 'node-2' },
      ...near.map((address) => ({ address, node: 'node-1' })),
    ];
    putService(store, endpoints, { sessionAffinity: 'ClientIP', internalTrafficPolicy: 'Local' });
    for (let client = 1; client <= 20; client += 1) {
      const source = { address: `192.0.2.${client}`, port: 4000 };
      for (let turn = 0; turn < 5; turn += 1)
        (await datapath.connect({ ...flowTo(CLUSTER_IP, 80), source })).destroy();
      const reached = new Set(dialled.splice(0).map(({ destination }) => destination.address));
      t.equal(reached.size, 1, 'sticky');
      t.notOk(reached.has(far), 'local');
    }
  },
);

t.test('connect() goes by the scheduler of the annotation, and counts what is open', async (t) => {
  const { store, datapath, dialled } = createWorld();
  const schedule = (scheduler: string): void => {
    putService(
      store,
      PODS.map((address) => ({ address })),
    );
    const service = store.get('Service', 'default', 'web');
    if (service === undefined) throw new Error('there is no Service');
    const annotations = { 'podlane.dev/proxy-scheduler': scheduler };
    store.update({ ...service, metadata: { ...service.metadata, annotations } });
  };
  const connect = async (): Promise<string | undefined> => {
    const connection = await datapath.connect(flowTo(CLUSTER_IP, 80));
    open.push(connection);
    return dialled.at(-1)?.destination.address;
  };
  const open: { destroy(): unknown; once(event: 'close', listener: () => void): unknown }[] = [];
  schedule('rr');
  datapath.decide(flowTo(CLUSTER_IP, 80));
  t.same([await connect(), await connect(), await connect()], PODS, 'asking is no turn');
  schedule('lc');
  const second = open[1];
  await new Promise<void>((resolve) => {
    second?.once('close', resolve);
    second?.destroy();
  });
  t.equal(await connect(), PODS[1], 'the one that has a connection less');
  for (const connection of open) connection.destroy();
});
