/** One policy at every door: NodePort, LoadBalancer, ingress, the entry, the Pods themselves and their aliases. */
import t from 'tap';
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
