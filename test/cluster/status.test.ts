/** What `up` and `status` count. */
import t from 'tap';
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
