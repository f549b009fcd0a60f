import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import t, { type Test } from 'tap';
import type { Store } from '../../../src/api/index.ts';
import { ADDRESSES, aliasOf, ask, createRig, freePort, type Rig } from '../rig.ts';
import { podObject, put, serviceObject, sliceObject, type EndpointFacts } from '../world.ts';

const CLUSTER_IP = ADDRESSES.service(2);
const SERVER = { address: aliasOf(CLUSTER_IP), port: 5353 };
const OLD = { address: ADDRESSES.pod(1), node: 'node-1' };
const NEW = { address: ADDRESSES.pod(2), node: 'node-1' };
const FAR = { address: ADDRESSES.pod(3), node: 'node-3' };

function putEndpoints(store: Store, endpoints: readonly EndpointFacts[]): void {
  put(store, sliceObject('dns-1', { service: 'dns', port: 53, protocol: 'UDP', endpoints }));
}

function putService(store: Store, spec: object = {}): void {
  put(
    store,
    serviceObject('dns', {
      clusterIP: CLUSTER_IP,
      clusterIPs: [CLUSTER_IP],
      ports: [{ port: 5353, protocol: 'UDP' }],
      ...spec,
    }),
  );
}

function rigWith(endpoints: readonly EndpointFacts[], spec: object = {}): Promise<Rig> {
  return createRig({
    prepare: (store) => {
      for (const { address, node } of [OLD, NEW, FAR])
        put(store, podObject(`pod-${address}`, { address, node }));
      putService(store, spec);
      putEndpoints(store, endpoints);
    },
  });
}

async function change(rig: Rig, write: (store: Store) => void): Promise<void> {
  write(rig.store);
  await rig.settle();
  // Sockets for the clients of a closed listener take a turn to open.
  await new Promise((resolve) => setImmediate(resolve));
}

/** A client that keeps its port. */
function client(t: Test, from?: string): Socket {
  const socket = createSocket('udp4');
  t.teardown(() => socket.close());
  if (from !== undefined) socket.bind(0, from);
  return socket;
}

/** Resolves when a new client of `SERVER` is refused by the OS. */
async function refusal(): Promise<string> {
  const socket = createSocket('udp4');
  socket.connect(SERVER.port, SERVER.address);
  await once(socket, 'connect');
  const failure = once(socket, 'error') as Promise<[NodeJS.ErrnoException]>;
  socket.send('anybody?');
  const [{ code = '' }] = await failure;
  socket.close();
  return code;
}

t.test(
  'a UDP flow goes on when the last endpoint leaves, until another serves; new ones are refused (ct-04)',
  async (t) => {
    await using rig = await rigWith([OLD]);
    const socket = client(t);
    t.equal(await ask(socket, 'one', SERVER), `${OLD.address} one`);
    await change(rig, (store) => putEndpoints(store, []));
    t.equal(await ask(socket, 'two', SERVER), `${OLD.address} two`, 'it keeps the old endpoint');
    t.equal(await refusal(), 'ECONNREFUSED');
    await change(rig, (store) => putEndpoints(store, [NEW]));
    t.equal(await ask(socket, 'three', SERVER), `${NEW.address} three`);
    t.equal(await ask(client(t), 'four', SERVER), `${NEW.address} four`);
  },
);

t.test('a UDP flow outlives its Service until it idles out (ct-05)', async (t) => {
  await using rig = await rigWith([OLD]);
  const [first, second] = [client(t), client(t)];
  for (const socket of [first, second]) await ask(socket, 'one', SERVER);
  await change(rig, (store) =>
    store.delete({ kind: 'Service', namespace: 'default', name: 'dns' }),
  );
  t.equal(await ask(first, 'two', SERVER), `${OLD.address} two`);
  t.equal(await refusal(), 'ECONNREFUSED');
  await change(rig, (store) => putService(store));
  t.equal(await ask(second, 'three', SERVER), `${OLD.address} three`, 'beside the new listener');
  t.equal(rig.seen.length, 2, 'the same two flows all along');
  t.match(await ask(client(t), 'four', SERVER), 'four');
  rig.clock.advance(150_000);
  await ask(first, 'five', SERVER);
  t.equal(rig.seen.length, 4, 'a new flow after the idle time');
});

t.test('a client that was refused before any endpoint existed is served (ct-06)', async (t) => {
  await using rig = await rigWith([]);
  const socket = client(t);
  socket.send('lost', SERVER.port, SERVER.address);
  t.equal(await refusal(), 'ECONNREFUSED');
  await change(rig, (store) => putEndpoints(store, [NEW]));
  t.equal(await ask(socket, 'found', SERVER), `${NEW.address} found`);
});

t.test('flows of a UDP node port are known by its number alone (ct-07)', async (t) => {
  const nodePort = await freePort();
  const spec = { type: 'NodePort', ports: [{ port: 5353, protocol: 'UDP', nodePort }] };
  await using rig = await rigWith([OLD], spec);
  const closed: string[] = [];
  const open = (address: string, port: number): void => {
    const channel = rig.datapath.associate({
      protocol: 'UDP',
      source: { address: '192.0.2.1', port: 4000 },
      destination: { address, port },
      origin: { kind: 'outside' },
      node: 'node-2',
    });
    channel.onClose(() => closed.push(address));
  };
  open(ADDRESSES.nodes[1] ?? '', nodePort);
  open(ADDRESSES.nodes[2] ?? '', nodePort);
  open(FAR.address, nodePort);
  open(FAR.address, nodePort + 1);
  await change(rig, (store) => putEndpoints(store, [NEW]));
  t.same(
    closed.toSorted(),
    [ADDRESSES.nodes[1] ?? '', ADDRESSES.nodes[2] ?? '', FAR.address].toSorted(),
    'whatever the destination, and forwarded ones too; other numbers stay',
  );
});

t.test(
  'a Service that comes after its endpoints ends no flow; their next change does (ct-07)',
  async (t) => {
    await using rig = await rigWith([OLD]);
    const socket = client(t);
    await ask(socket, 'one', SERVER);
    await change(rig, (store) =>
      store.delete({ kind: 'Service', namespace: 'default', name: 'dns' }),
    );
    await change(rig, (store) => putEndpoints(store, [NEW]));
    await change(rig, (store) => putService(store));
    t.equal(await ask(socket, 'two', SERVER), `${OLD.address} two`);
    await change(rig, (store) => putEndpoints(store, [NEW, FAR]));
    t.not(await ask(socket, 'three', SERVER), `${OLD.address} three`);
  },
);

t.test('it ends with the next change of any UDP endpoints, too (R12)', async (t) => {
  await using rig = await rigWith([OLD]);
  const other = { service: 'ntp', port: 123, protocol: 'UDP' } as const;
  const otherIP = ADDRESSES.service(3);
  put(
    rig.store,
    serviceObject('ntp', {
      clusterIP: otherIP,
      clusterIPs: [otherIP],
      ports: [{ port: 1123, protocol: 'UDP' }],
    }),
  );
  put(rig.store, sliceObject('ntp-1', { ...other, endpoints: [FAR] }));
  await rig.settle();
  const socket = client(t);
  await ask(socket, 'one', SERVER);
  await change(rig, (store) =>
    store.delete({ kind: 'Service', namespace: 'default', name: 'dns' }),
  );
  await change(rig, (store) => putEndpoints(store, [NEW]));
  await change(rig, (store) => putService(store));
  t.equal(await ask(socket, 'two', SERVER), `${OLD.address} two`);
  await change(rig, (store) =>
    put(store, sliceObject('ntp-1', { ...other, endpoints: [NEW, FAR] })),
  );
  t.equal(await ask(socket, 'three', SERVER), `${NEW.address} three`);
});

const harmless = [
  {
    name: 'its traffic policy changes',
    write: (store: Store) => putService(store, { internalTrafficPolicy: 'Local' }),
  },
  {
    name: 'its endpoint is not ready but serves',
    write: (store: Store) =>
      putEndpoints(store, [{ ...OLD, ready: false, serving: true, terminating: true }, NEW]),
  },
  { name: 'another endpoint comes', write: (store: Store) => putEndpoints(store, [OLD, FAR]) },
  {
    name: 'all is written again as it was ',
    write: (store: Store) => putEndpoints(store, [OLD]),
  },
] as const;
for (const { name, write } of harmless) {
  t.test(`a UDP flow stays when ${name} (ct-08, ct-10)`, async (t) => {
    await using rig = await rigWith([OLD]);
    const socket = client(t);
    await ask(socket, 'one', SERVER);
    await change(rig, write);
    t.equal(await ask(socket, 'two', SERVER), `${OLD.address} two`);
    t.equal(rig.seen.length, 1);
  });
}

t.test(
  'internalTrafficPolicy Local: a client with one port reaches the Pod that replaces the only local one (ct-09)',
  async (t) => {
    await using rig = await rigWith([OLD, FAR], { internalTrafficPolicy: 'Local' });
    const socket = client(t, aliasOf(ADDRESSES.nodes[0]));
    t.equal(await ask(socket, 'one', SERVER), `${OLD.address} one`);
    await change(rig, (store) => putEndpoints(store, [FAR]));
    const dropped = Promise.withResolvers<void>();
    socket.send('dropped', SERVER.port, SERVER.address, () => dropped.resolve());
    await dropped.promise;
    await new Promise((resolve) => setImmediate(resolve));
    t.equal(rig.seen.length, 1, 'no local endpoint: silence');
    await change(rig, (store) => putEndpoints(store, [NEW, FAR]));
    t.equal(await ask(socket, 'two', SERVER), `${NEW.address} two`);
  },
);
