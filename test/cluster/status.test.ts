/** What `up` and `status` count. */
import t from 'tap';
import { createFolder, startInProcess } from '../harness/instance.ts';
import { app, deployment, manifest, service } from '../harness/manifests.ts';

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
  });
  await using instance = await startInProcess({ paths: [folder.path] });
  const { services, pods } = instance.status();
  const { store } = instance.cluster;
  t.equal(store.get('Pod', 'default', 'done')?.status?.phase, 'Succeeded');
  const active = store.list('Pod').length - 1;
  t.same(pods, { ready: active, total: active }, 'a Pod that has ended is not waited for');
  const endpointsOf = (wanted: string) => services.find(({ name }) => name === wanted)?.endpoints;
  t.same(endpointsOf('web'), { ready: 2, total: 2 });
  t.same(endpointsOf('portless'), { ready: 0, total: 1 }, 'no Pod has the port');
});
