import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import t from 'tap';
import type { Store } from '../../../src/api/index.ts';
import { listenTcp } from '../../../src/net/index.ts';
import {
  ADDRESSES,
  aliasOf,
  ask,
  createRig,
  dial,
  failureOf,
  freePort,
  whoAnswers,
} from '../rig.ts';
import { podObject, put, serviceObject, sliceObject, type EndpointFacts } from '../world.ts';

const CLUSTER_IP = ADDRESSES.service(1);
const ALIAS = aliasOf(CLUSTER_IP);
const POD_1 = ADDRESSES.pod(1);
const POD_2 = ADDRESSES.pod(2);

function putService(store: Store, endpoints: readonly EndpointFacts[], spec: object = {}): void {
  put(store, sliceObject('web-1', { service: 'web', port: 8080, endpoints }));
  put(
    store,
    serviceObject('web', {
      type: 'ClusterIP',
      clusterIP: CLUSTER_IP,
      clusterIPs: [CLUSTER_IP],
      ports: [{ port: 8080, protocol: 'TCP', targetPort: 8080 }],
      ...spec,
    }),
  );
}

function putPods(store: Store): void {
  put(
    store,
    podObject('web-1', { address: POD_1, node: 'node-1', ports: [{ containerPort: 8080 }] }),
  );
  put(
    store,
    podObject('web-2', { address: POD_2, node: 'node-2', ports: [{ containerPort: 8080 }] }),
  );
}

const BOTH = [
  { address: POD_1, node: 'node-1' },
  { address: POD_2, node: 'node-2' },
];

t.test(
  'createUserspaceBackend() serves a cluster IP on its alias by every ready endpoint',
  async (t) => {
    await using rig = await createRig({
      prepare: (store) => {
        putPods(store);
        putService(store, BOTH);
      },
    });
    const answers = new Set<string>();
    for (let attempt = 0; attempt < 60 && answers.size < 2; attempt += 1)
      answers.add(await whoAnswers(ALIAS, 8080));
    t.same([...answers].toSorted(), [POD_1, POD_2].toSorted());
    t.same(rig.backend.reachOf('default', 'web'), [
      { servicePort: 8080, protocol: 'TCP', via: 'clusterIP', address: ALIAS, port: 8080 },
    ]);
  },
);

t.test(
  'createUserspaceBackend() closes a Service without endpoints and opens it again',
  async (t) => {
    await using rig = await createRig({
      prepare: (store) => {
        putPods(store);
        putService(store, []);
      },
    });
    t.equal(await failureOf(dial(ALIAS, 8080)), 'ECONNREFUSED');
    t.match(rig.backend.reachOf('default', 'web'), [
      { port: 8080, reason: /no endpoint is ready/ },
    ]);
    putService(rig.store, [{ address: POD_1 }]);
    await rig.settle();
    t.equal(await whoAnswers(ALIAS, 8080), POD_1);
    putService(rig.store, [{ address: POD_1, ready: false }]);
    await rig.settle();
    t.equal(await failureOf(dial(ALIAS, 8080)), 'ECONNREFUSED');
    rig.store.delete({ kind: 'Service', namespace: 'default', name: 'web' });
    await rig.settle();
    t.same(rig.backend.reachOf('default', 'web'), []);
  },
);

t.test('createUserspaceBackend() uses a changed endpoint for the next connection', async (t) => {
  await using rig = await createRig({
    prepare: (store) => {
      putPods(store);
      putService(store, [{ address: POD_1 }]);
    },
  });
  const kept = await dial(ALIAS, 8080);
  t.equal(String((await once(kept, 'data'))[0]), `${POD_1}\n`);
  putService(rig.store, [{ address: POD_2 }]);
  t.equal(await whoAnswers(ALIAS, 8080), POD_2);
  kept.write('still there');
  t.equal(String((await once(kept, 'data'))[0]), 'still there', 'the old connection lives on');
  kept.destroy();
});

t.test('createUserspaceBackend() serves a NodePort on every Node, 127.0.0.1 and ::1', async (t) => {
  const nodePort = await freePort();
  await using rig = await createRig({
    prepare: (store) => {
      putPods(store);
      putService(store, BOTH, {
        type: 'NodePort',
        externalTrafficPolicy: 'Local',
        ports: [{ port: 8080, protocol: 'TCP', nodePort }],
      });
    },
  });
  const [first, second, third] = ADDRESSES.nodes.map(aliasOf);
  t.equal(await whoAnswers('127.0.0.1', nodePort), POD_1, '127.0.0.1 is the first Node');
  t.equal(await whoAnswers(first ?? '', nodePort), POD_1);
  t.equal(await whoAnswers(second ?? '', nodePort), POD_2);
  const reach = rig.backend.reachOf('default', 'web');
  if (reach.some(({ address, reason }) => address === '::1' && reason === undefined))
    t.equal(await whoAnswers('::1', nodePort), POD_1, '::1 too');
  const silent = await dial(third ?? '', nodePort);
  silent.write('hello?');
  silent.end();
  await once(silent.resume(), 'end');
  t.equal(silent.bytesRead, 0, 'no local endpoint: silence');
  silent.destroy();
});

t.test('createUserspaceBackend() tells Pods who the client is', async (t) => {
  const nodePort = await freePort();
  await using rig = await createRig({
    prepare: (store) => {
      putPods(store);
      putService(store, [{ address: POD_1, node: 'node-1' }], {
        type: 'NodePort',
        ports: [{ port: 8080, protocol: 'TCP', nodePort }],
      });
    },
  });
  const last = (): unknown => {
    const flow = rig.seen.at(-1);
    return { source: flow?.source.address, origin: flow?.origin, node: flow?.node };
  };
  await whoAnswers(ALIAS, 8080, { from: aliasOf(POD_2) });
  const pod = { kind: 'pod', namespace: 'default', name: 'web-2' };
  t.same(last(), { source: POD_2, origin: pod, node: 'node-2' });
  await whoAnswers(ALIAS, 8080, { from: aliasOf(ADDRESSES.nodes[2]) });
  const node3 = { kind: 'node', name: 'node-3' };
  t.same(last(), { source: ADDRESSES.nodes[2], origin: node3, node: 'node-3' });
  await whoAnswers(ALIAS, 8080);
  const node1 = { kind: 'node', name: 'node-1' };
  t.same(last(), { source: ADDRESSES.nodes[0], origin: node1, node: 'node-1' });
  await whoAnswers(aliasOf(ADDRESSES.nodes[1]), nodePort);
  t.same(
    last(),
    { source: ADDRESSES.nodes[1], origin: { kind: 'outside' }, node: 'node-2' },
    'from outside through the second Node, masqueraded',
  );
});

t.test('createUserspaceBackend() serves Pods and host ports on their own addresses', async (t) => {
  const hostPort = await freePort();
  await using rig = await createRig({
    prepare: (store) => {
      put(
        store,
        podObject('a', {
          address: POD_1,
          node: 'node-2',
          ports: [{ containerPort: 8080, hostPort }],
        }),
      );
      put(
        store,
        podObject('b', { address: POD_2, phase: 'Pending', ports: [{ containerPort: 8080 }] }),
      );
    },
  });
  t.equal(await whoAnswers(aliasOf(POD_1), 8080), POD_1);
  t.equal(await whoAnswers(aliasOf(ADDRESSES.nodes[1]), hostPort), POD_1);
  t.equal(await failureOf(dial(aliasOf(POD_2), 8080)), 'ECONNREFUSED', 'it does not run yet');
  t.equal(await failureOf(dial(aliasOf(ADDRESSES.nodes[0]), hostPort)), 'ECONNREFUSED');
  put(rig.store, podObject('b', { address: POD_2, ports: [{ containerPort: 8080 }] }));
  await rig.settle();
  t.equal(await whoAnswers(aliasOf(POD_2), 8080), POD_2);
  rig.store.delete({ kind: 'Pod', namespace: 'default', name: 'a' }, { gracePeriodSeconds: 0 });
  await rig.settle();
  t.equal(await failureOf(dial(aliasOf(POD_1), 8080)), 'ECONNREFUSED');
});

t.test('createUserspaceBackend() resets what a Pod refuses', async (t) => {
  await using _rig = await createRig({
    prepare: (store) =>
      put(store, podObject('a', { address: POD_1, ports: [{ containerPort: 9 }] })),
  });
  const port = process.getuid?.() === 0 ? 9 : 20_009;
  t.equal(await failureOf(whoAnswers(aliasOf(POD_1), port)), 'ECONNRESET');
});

t.test('createUserspaceBackend() serves LoadBalancer addresses as they stand', async (t) => {
  const { loadBalancer } = ADDRESSES;
  await using rig = await createRig({
    prepare: (store) => {
      putPods(store);
      put(store, sliceObject('web-1', { service: 'web', port: 8080, endpoints: BOTH }));
      const spec = {
        type: 'LoadBalancer',
        clusterIP: CLUSTER_IP,
        clusterIPs: [CLUSTER_IP],
        externalTrafficPolicy: 'Local',
        externalIPs: ['198.51.100.7'],
        ports: [{ port: 8080, protocol: 'TCP' }],
      };
      const status = { loadBalancer: { ingress: [{ ip: loadBalancer, ipMode: 'VIP' }] } };
      put(store, serviceObject('web', spec, { status }));
    },
  });
  for (let attempt = 0; attempt < 10; attempt += 1)
    t.match(await whoAnswers(loadBalancer, 8080), /^10\.22[12]\./, 'a healthy Node takes it');
  t.match(
    rig.backend.reachOf('default', 'web').find(({ via }) => via === 'externalIP'),
    { address: '198.51.100.7', reason: /no range that has loopback aliases/ },
  );
});

t.test('createUserspaceBackend() leaves reserved ports alone', async (t) => {
  const key = `TCP/${ALIAS}/8080`;
  await using rig = await createRig({
    reserved: new Map([[key, 18_080]]),
    prepare: (store) => {
      putPods(store);
      putService(store, BOTH);
    },
  });
  t.equal(await failureOf(dial(ALIAS, 8080)), 'ECONNREFUSED');
  t.match(rig.backend.reachOf('default', 'web'), [{ address: ALIAS, port: 18_080 }]);
});

t.test('createUserspaceBackend() is not ready when a Service port is taken', async (t) => {
  await using _other = await listenTcp({
    address: ALIAS,
    port: 8080,
    onConnection: () => undefined,
  });
  const attempt = createRig({
    prepare: (store) => {
      putPods(store);
      putService(store, BOTH);
    },
  });
  await t.rejects(attempt, {
    code: 'ERR_ADDRESS_IN_USE',
    message: new RegExp(`${ALIAS}:8080 is held by`),
  });
});

t.test('createUserspaceBackend() declares what it does not carry', async (t) => {
  await using rig = await createRig({
    prepare: (store) =>
      put(
        store,
        serviceObject('web', {
          clusterIP: CLUSTER_IP,
          clusterIPs: [CLUSTER_IP, 'fd00:10:96::7'],
          ports: [
            { name: 'a', port: 8080, protocol: 'SCTP' },
            { name: 'b', port: 8081, protocol: 'TCP' },
          ],
        }),
      ),
  });
  const reasons = rig.backend.reachOf('default', 'web').map(({ reason }) => reason ?? '');
  t.match(reasons, [
    /no endpoint/,
    /SCTP is not carried/,
    /SCTP is not carried/,
    /IPv6 has one loopback/,
  ]);
});

t.test('createUserspaceBackend() relays datagrams, each client to one endpoint', async (t) => {
  await using rig = await createRig({
    prepare: (store) => {
      putPods(store);
      put(
        store,
        sliceObject('dns-1', { service: 'dns', port: 53, protocol: 'UDP', endpoints: BOTH }),
      );
      put(
        store,
        serviceObject('dns', {
          clusterIP: CLUSTER_IP,
          clusterIPs: [CLUSTER_IP],
          ports: [{ port: 5353, protocol: 'UDP' }],
        }),
      );
    },
  });
  const server = { address: ALIAS, port: 5353 };
  const client = createSocket('udp4');
  const first = await ask(client, 'one', server);
  const [endpoint = ''] = first.split(' ');
  for (const word of ['two', 'three', 'four'])
    t.equal(await ask(client, word, server), `${endpoint} ${word}`, 'the same endpoint');
  t.equal(rig.seen.length, 1, 'one association');
  rig.clock.advance(60_000);
  await ask(client, 'five', server);
  t.equal(rig.seen.length, 2, 'a new one after the idle time');
  const other = rig.seen[1]?.destination.address === POD_1 ? POD_2 : POD_1;
  put(
    rig.store,
    sliceObject('dns-1', {
      service: 'dns',
      port: 53,
      protocol: 'UDP',
      endpoints: [{ address: other }],
    }),
  );
  await rig.settle();
  t.equal(await ask(client, 'six', server), `${other} six`, 'its endpoint left, another serves');
  client.close();
});

t.test(
  'createUserspaceBackend() answers UDP with a refusal where there are no endpoints',
  async (t) => {
    await using _rig = await createRig({
      prepare: (store) =>
        put(
          store,
          serviceObject('dns', {
            clusterIP: CLUSTER_IP,
            clusterIPs: [CLUSTER_IP],
            ports: [{ port: 5353, protocol: 'UDP' }],
          }),
        ),
    });
    const client = createSocket('udp4');
    client.connect(5353, ALIAS);
    await once(client, 'connect');
    client.send('anybody?');
    const [error] = (await once(client, 'error').catch((reason: unknown) => [reason])) as [
      NodeJS.ErrnoException,
    ];
    t.equal(error.code, 'ECONNREFUSED');
    client.close();
  },
);
