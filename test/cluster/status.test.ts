/** What `up` and `status` count. */
import t from 'tap';
import type { KubeObject } from '../../src/api/index.ts';
import { createFolder, startInProcess } from '../harness/instance.ts';
import { app, deployment, manifest, service } from '../harness/manifests.ts';

const lonely = (name: string, spec: object) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [{ name: 'main', image: 'echo' }], ...spec },
});

const UNREADY = [
  {
    pod: lonely('initializing', {
      initContainers: [{ name: 'wait', image: 'busybox', command: ['sleep', 'infinity'] }],
    }),
    reason: 'containers with incomplete status: [wait]',
  },
  {
    pod: lonely('keyless', {
      containers: [{ name: 'main', image: 'echo', envFrom: [{ secretRef: { name: 'keys' } }] }],
    }),
    reason: 'secret "keys" not found',
  },
  {
    pod: lonely('nowhere', { nodeSelector: { disk: 'ssd' } }),
    reason:
      "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
  },
];

t.test('status() counts who can serve and who is meant to be ready', async (t) => {
  const portless = service('portless', {
    service: { ports: [{ port: 80, targetPort: 'no-such-port' }] },
  });
  using folder = createFolder({
    'all.yaml': manifest(app('web', { replicas: 2 }), deployment('portless'), portless, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'done' },
      spec: {
        restartPolicy: 'Never',
        containers: [{ name: 'main', image: 'busybox', command: ['true'] }],
      },
    }),
    'job.yaml': manifest({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'failing' },
      spec: {
        backoffLimit: 0,
        template: {
          spec: {
            restartPolicy: 'Never',
            containers: [{ name: 'main', image: 'busybox', command: ['false'] }],
          },
        },
      },
    }),
    'unready.yaml': manifest(...UNREADY.map(({ pod }) => pod)),
  });
  await using instance = await startInProcess({ paths: [folder.path] });
  const { services, pods } = instance.status();
  const { store } = instance.cluster;
  t.equal(store.get('Pod', 'default', 'done')?.status?.phase, 'Succeeded');
  const ended = store
    .list('Pod')
    .filter(({ status }) => ['Succeeded', 'Failed'].includes(status?.phase ?? ''));
  t.equal(ended.length, 2, 'one has done its work, and the try of a Job has failed');
  const active = store.list('Pod').length - ended.length;
  t.match(
    pods,
    { ready: active - UNREADY.length, total: active },
    'a Pod that has ended is not waited for',
  );
  t.same(
    pods.unready.map(({ name, reason }) => `${name}: ${reason}`),
    UNREADY.map(({ pod, reason }) => `${pod.metadata.name}: ${reason}`),
  );
  const endpointsOf = (wanted: string) => services.find(({ name }) => name === wanted)?.endpoints;
  t.same(endpointsOf('web'), { ready: 2, total: 2 });
  t.same(endpointsOf('portless'), { ready: 0, total: 1 }, 'no Pod has the port');
});

t.test('status() warns only of what is wrong now', async (t) => {
  const path = (name: string): object => ({
    path: `/${name}`,
    pathType: 'Prefix',
    backend: { service: { name, port: { number: 80 } } },
  });
  using folder = createFolder({
    'all.yaml': manifest(
      app('web'),
      service('idle'),
      service('portless', {
        service: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'htpt' }] },
      }),
      {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        metadata: { name: 'web' },
        spec: { rules: [{ host: 'web.example.org', http: { paths: [path('missing')] } }] },
      },
    ),
  });
  await using instance = await startInProcess({ paths: [folder.path] });
  const { cluster } = instance;
  const { store } = cluster;
  const warned = async (): Promise<readonly string[]> => {
    await cluster.settled();
    return instance
      .status()
      .warnings.flatMap(({ object }) => object ?? [])
      .toSorted((one, other) => one.localeCompare(other));
  };
  const idle = 'Service default/idle';
  const portless = 'Service default/portless';
  t.same(await warned(), ['Ingress web', idle, portless]);
  const added = service('missing', { service: { selector: {} } });
  const missing = store.create(added as KubeObject);
  t.same(await warned(), [idle, portless], 'what was missing has come');
  store.create({
    ...lonely('late', {}),
    metadata: { name: 'late', namespace: 'default', labels: { app: 'idle' } },
    spec: {
      containers: [{ name: 'main', image: 'echo', ports: [{ name: 'http', containerPort: 80 }] }],
    },
  });
  t.same(await warned(), [portless], 'a Pod has come that it selects');
  const live = store.get('Service', 'default', 'portless');
  store.update({
    ...live,
    spec: { ...live?.spec, ports: [{ port: 80, targetPort: 'http' }] },
  } as unknown as KubeObject);
  t.same(await warned(), [], 'it was changed');
  store.delete({ kind: 'Service', namespace: 'default', name: missing.metadata.name });
  t.same(await warned(), ['Ingress web'], 'what is missing again');
  store.delete({ kind: 'Ingress.networking.k8s.io', namespace: 'default', name: 'web' });
  t.same(await warned(), [], 'it was deleted');
});
