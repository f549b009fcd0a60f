/** What 127.0.0.1 and ::1 stand for: the first Node, with aliases and without. */
import t from 'tap';
import { listenTcp } from '../../../src/net/index.ts';
import { ADDRESSES, aliasOf, createRig, dial, failureOf, freePort, whoAnswers } from '../rig.ts';
import { podObject, put, serviceObject, sliceObject } from '../world.ts';

const CLUSTER_IP = ADDRESSES.service(1);
const POD = ADDRESSES.pod(1);
const [NODE_1 = '', NODE_2 = ''] = ADDRESSES.nodes;

for (const hasAliases of [true, false]) {
  const how = hasAliases ? 'with aliases' : 'without aliases';
  t.test(`a Pod on the network of the first Node answers on 127.0.0.1, ${how}`, async (t) => {
    const [first, second, hostPort] = [await freePort(), await freePort(), await freePort()];
    await using rig = await createRig({
      hasAliases,
      prepare: (store) => {
        const onHost = (node: string, address: string, containerPort: number) =>
          podObject(`on-${node}`, { node, address, hostNetwork: true, ports: [{ containerPort }] });
        put(store, onHost('node-1', NODE_1, first));
        put(store, onHost('node-2', NODE_2, second));
        const ports = [{ containerPort: 8080, hostPort }];
        put(store, podObject('host-port', { node: 'node-1', address: POD, ports }));
      },
    });
    t.equal(await whoAnswers('127.0.0.1', first), NODE_1);
    t.match(rig.seen.at(-1), { origin: { kind: 'outside' }, node: 'node-1' });
    t.equal(await whoAnswers('127.0.0.1', hostPort), POD, 'its host ports too');
    t.equal(
      await failureOf(dial('127.0.0.1', second)),
      'ECONNREFUSED',
      'the second Node is elsewhere',
    );
    if (hasAliases) {
      t.equal(await whoAnswers(aliasOf(NODE_1), first), NODE_1);
      t.equal(await whoAnswers(aliasOf(NODE_2), second), NODE_2);
      t.equal(await whoAnswers(aliasOf(NODE_1), hostPort), POD);
    } else
      for (const port of [first, hostPort])
        t.equal(await failureOf(dial(aliasOf(NODE_1), port)), 'ECONNREFUSED');
  });
}

t.test(
  'a port of 127.0.0.1 that another program has does not keep Pods from starting',
  async (t) => {
    const port = await freePort();
    await using _other = await listenTcp({ address: '127.0.0.1', port, onConnection: () => {} });
    await using _rig = await createRig({
      prepare: (store) => {
        const ports = [{ containerPort: 8080, hostPort: port }];
        put(store, podObject('a', { node: 'node-1', address: POD, ports }));
      },
    });
    t.equal(await whoAnswers(aliasOf(NODE_1), port), POD);
  },
);

const service = (nodePort: number) =>
  serviceObject('web', {
    type: 'NodePort',
    clusterIP: CLUSTER_IP,
    clusterIPs: [CLUSTER_IP],
    ports: [{ port: 8080, protocol: 'TCP', nodePort }],
  });

t.test('without aliases NodePorts are on 127.0.0.1, and only there', async (t) => {
  const nodePort = await freePort();
  await using rig = await createRig({
    hasAliases: false,
    prepare: (store) => {
      put(store, podObject('web-1', { address: POD, ports: [{ containerPort: 8080 }] }));
      put(
        store,
        sliceObject('web-1', { service: 'web', port: 8080, endpoints: [{ address: POD }] }),
      );
      put(store, service(nodePort));
    },
  });
  t.equal(await whoAnswers('127.0.0.1', nodePort), POD);
  t.match(rig.seen.at(-1), { origin: { kind: 'outside' }, node: 'node-1' });
  for (const [address, port] of [
    [aliasOf(CLUSTER_IP), 8080],
    [aliasOf(POD), 8080],
    [aliasOf(NODE_1), nodePort],
    [aliasOf(NODE_2), nodePort],
  ] as const)
    t.equal(await failureOf(dial(address, port)), 'ECONNREFUSED', `${address}:${port}`);
  const ways = rig.backend.reachOf('default', 'web');
  t.same(
    ways.map(({ via, address }) => ({ via, address })),
    [
      { via: 'nodePort', address: '127.0.0.1' },
      { via: 'nodePort', address: '::1' },
    ],
  );
});

t.test('without aliases a NodePort that is taken is told and stops nothing', async (t) => {
  const nodePort = await freePort();
  await using _other = await listenTcp({
    address: '127.0.0.1',
    port: nodePort,
    onConnection: () => {},
  });
  await using rig = await createRig({
    hasAliases: false,
    prepare: (store) => {
      put(
        store,
        sliceObject('web-1', { service: 'web', port: 8080, endpoints: [{ address: POD }] }),
      );
      put(store, service(nodePort));
    },
  });
  const [way] = rig.backend.reachOf('default', 'web');
  t.match(way, { address: '127.0.0.1', reason: /is held by/ });
});
