/** One policy at every door: NodePort, LoadBalancer, ingress, the entry, the Pods themselves and their aliases. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import t from 'tap';
import { createDnsMessages } from '../../src/cluster/dns-messages.ts';
import type { Endpoint } from '../../src/net/index.ts';
import { aliasOf, client, doorOf, get, lacks, reachOf } from '../harness/clients.ts';
import { createFolder, startInProcess, type InProcess } from '../harness/instance.ts';
import { app, manifest } from '../harness/manifests.ts';
import { claimRanges } from '../harness/ranges.ts';

const ranges = await claimRanges();

/** The server's Node is not the one that the outside enters at: probes of its own Node are exempt. */
const WORLD = manifest(
  app('web', { pod: { nodeName: 'node-2' }, service: { type: 'LoadBalancer' } }),
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'client', namespace: 'default', labels: { app: 'client' } },
    spec: {
      nodeName: 'node-3',
      containers: [{ name: 'main', image: 'busybox', command: ['sleep', 'infinity'] }],
    },
  },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'web', namespace: 'default' },
    spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } } },
  },
);

const policy = (ingress: readonly unknown[]): object => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'web', namespace: 'default' },
  spec: { podSelector: { matchLabels: { app: 'web' } }, ingress },
});

/** Both ends as this host has them. */
interface Place {
  readonly instance: InProcess;
  readonly status: ReturnType<InProcess['status']>;
  /** The server's address in the cluster. */
  readonly address: string;
  /** The client's alias. */
  readonly from: string;
}

/** Whether a request gets through, at each door. */
const OUTSIDE: Readonly<Record<string, (place: Place) => Promise<boolean>>> = {
  NodePort: ({ status }) => answers(get(reachOf(status, 'web', { via: 'nodePort' }))),
  LoadBalancer: ({ status }) => answers(get(reachOf(status, 'web', { via: 'loadBalancer' }))),
  ingress: ({ status }) => answers(get(doorOf(status, 'http'))),
  'entry as nobody': ({ instance, address }) => curls(instance, `http://${address}:8080/`),
};
const INSIDE: typeof OUTSIDE = {
  exec: ({ instance, address }) => execs(instance, `http://${address}:8080/`),
  'entry as the client': ({ instance, address }) =>
    curls(instance, `http://${address}:8080/`, 'default/client'),
  'alias to Service': ({ status, from }) => answers(get(reachOf(status, 'web'), { from })),
  'alias to Pod': ({ address, from }) =>
    answers(get({ address: aliasOf(address), port: 8080 }, { from })),
};

/** Refused at once, so that nobody has to wait: that silence is silence is what the tables are for. */
const cases = [
  { name: 'no policy', objects: [], allowed: [OUTSIDE, INSIDE] },
  { name: 'nobody', objects: [policy([])], allowed: [] },
  {
    name: 'the client',
    objects: [policy([{ from: [{ podSelector: { matchLabels: { app: 'client' } } }] }])],
    allowed: [INSIDE],
  },
  {
    name: 'the Node at which the outside enters',
    objects: [policy([{ from: [{ ipBlock: { cidr: '10.0.0.11/32' } }] }])],
    allowed: [OUTSIDE],
  },
  {
    name: "the Service's port, which no Pod has",
    objects: [policy([{ ports: [{ port: 80 }] }])],
    allowed: [],
  },
  {
    name: "the Pod's port by its name",
    objects: [policy([{ ports: [{ port: 'http' }] }])],
    allowed: [OUTSIDE, INSIDE],
  },
] as const;

for (const { name, objects, allowed } of cases) {
  t.test(
    `a policy that lets in ${name} holds at every door`,
    { skip: lacks('curl') },
    async (t) => {
      using folder = createFolder({ 'world.yaml': WORLD, 'policy.yaml': manifest(...objects) });
      await using instance = await startInProcess({ ranges, paths: [folder.path], deny: 'reject' });
      const place = placeIn(instance);
      for (const doors of [OUTSIDE, INSIDE])
        for (const [door, isLetIn] of Object.entries(doors))
          t.equal(
            await isLetIn(place),
            allowed.some((own) => own === doors),
            `${door} with ${name}`,
          );
    },
  );
}

function placeIn(instance: InProcess): Place {
  const { store } = instance.cluster;
  const [web] = store.list('Pod', { labelSelector: 'app=web' });
  const [address, own] = [web, store.get('Pod', 'default', 'client')].map(
    (pod) => pod?.status?.podIP ?? '',
  );
  return { instance, status: instance.status(), address: address ?? '', from: aliasOf(own ?? '') };
}

async function answers(asked: ReturnType<typeof get>): Promise<boolean> {
  return asked.then(
    ({ status }) => status === 200,
    () => false,
  );
}

async function curls(instance: InProcess, url: string, user?: string): Promise<boolean> {
  const { address, port } = doorOf(instance.status(), 'entry');
  const as = user === undefined ? '' : `${user.replace('/', '%2F')}:@`;
  const proxy = `socks5h://${as}${address}:${port}`;
  const { code } = await client('curl', ['-sf', '--max-time', '20', '-x', proxy, url]);
  return code === 0;
}

async function execs({ cluster }: InProcess, url: string): Promise<boolean> {
  const pod = { namespace: 'default', name: 'client' };
  const result = await cluster.kubelets.exec(pod, ['wget', '-qO-', url]);
  return result?.exitCode === 0;
}

const noEgress = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'client', namespace: 'default' },
  spec: { podSelector: { matchLabels: { app: 'client' } }, policyTypes: ['Egress'] },
};

for (const dnsWorkers of [1, 2]) {
  t.test(
    `a Pod that may not ask DNS is not answered over its alias, with ${dnsWorkers} threads`,
    async (t) => {
      using folder = createFolder({ 'world.yaml': WORLD });
      await using instance = await startInProcess({ ranges, paths: [folder.path], dnsWorkers });
      const { from, status } = placeIn(instance);
      const places = [{ address: ranges.dnsAlias, port: 53 }, doorOf(status, 'dns')];
      const asked = async (): Promise<readonly boolean[]> =>
        Promise.all(
          places.flatMap((place) => [isAnsweredUdp(place, from), isAnsweredTcp(place, from)]),
        );
      t.same(await asked(), [true, true, true, true], 'no policy');
      instance.cluster.store.create(noEgress);
      t.same(await asked(), [false, false, false, false], 'no egress');
      const dns = { ...noEgress.spec, egress: [{ ports: [{ port: 53, protocol: 'UDP' }] }] };
      const [written] = instance.cluster.store.list<string>('NetworkPolicy');
      if (written === undefined) throw new Error('no policy');
      instance.cluster.store.update({ ...written, spec: dns });
      t.same(await asked(), [true, false, true, false], 'UDP alone');
    },
  );
}

const QUERY = createDnsMessages(() => 0.5).encode('web.default.svc.cluster.local.', 'A');
/** How often the host is answered before silence is believed. */
const CONTROLS = 20;

async function isAnsweredUdp(place: Endpoint, from: string): Promise<boolean> {
  const socket = createSocket('udp4');
  socket.bind(0, from);
  await once(socket, 'listening');
  const answer = once(socket, 'message').then(() => true);
  socket.send(QUERY, place.port, place.address);
  const isAnswered = await Promise.race([answer, silence(place)]);
  socket.close();
  return isAnswered;
}

async function isAnsweredTcp(place: Endpoint, from: string): Promise<boolean> {
  const socket = connect({ host: place.address, port: place.port, localAddress: from });
  const answer = once(socket, 'data').then(() => true);
  socket.write(Buffer.concat([Buffer.from([0, QUERY.length]), QUERY]));
  const isAnswered = await Promise.race([answer, silence(place)]);
  socket.destroy();
  return isAnswered;
}

async function silence(place: Endpoint): Promise<boolean> {
  for (let round = 0; round < CONTROLS; round += 1) {
    const socket = createSocket('udp4');
    socket.send(QUERY, place.port, place.address);
    await once(socket, 'message');
    socket.close();
  }
  return false;
}
