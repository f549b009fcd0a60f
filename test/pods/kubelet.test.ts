import t from 'tap';
import { createPodCluster } from './pod-cluster.ts';

const WEB = {
  containers: [{ name: 'web', image: 'example.org/shop/web:1', ports: [{ containerPort: 8080 }] }],
};

t.test('createKubelets() has a Pod without probes ready at once', async (t) => {
  await using cluster = createPodCluster();
  const { status } = cluster.run(WEB);
  t.match(status, {
    phase: 'Running',
    podIP: '10.244.0.2',
    podIPs: [{ ip: '10.244.0.2' }, { ip: 'fd00:10:244::2' }],
    hostIP: '10.0.0.11',
    containerStatuses: [{ name: 'web', ready: true, started: true, restartCount: 0 }],
  });
  t.same(
    status?.conditions?.map(({ type, status: value }) => `${type}=${value}`),
    [
      'PodReadyToStartContainers=True',
      'Initialized=True',
      'Ready=True',
      'ContainersReady=True',
      'PodScheduled=True',
    ],
  );
});

t.test('createKubelets() serves a Pod on its addresses', async (t) => {
  await using cluster = createPodCluster();
  cluster.run(WEB);
  for (const host of ['10.244.0.2', '[fd00:10:244::2]']) {
    const { status, body } = await cluster.http(`http://${host}:8080/cart?x=1`);
    t.equal(status, 200);
    t.match(JSON.parse(body), {
      pod: 'web',
      namespace: 'default',
      node: 'n1',
      podIP: '10.244.0.2',
      clientIP: '10.244.9.9',
      method: 'GET',
      path: '/cart?x=1',
      host: `${host}:8080`,
    });
  }
  await t.rejects(cluster.dial('10.244.0.2', 9), { code: 'ERR_REFUSED' });
  await t.rejects(cluster.dial('10.244.0.77', 8080), { code: 'ERR_UNREACHABLE' });
});

t.test('createKubelets() removes a deleted Pod and frees its address', async (t) => {
  await using cluster = createPodCluster();
  cluster.run(WEB);
  t.equal(cluster.kubelets.podOf('10.244.0.2')?.metadata.name, 'web');
  cluster.store.delete({ kind: 'Pod', namespace: 'default', name: 'web' });
  t.equal(cluster.pod(), undefined);
  t.equal(cluster.kubelets.podOf('10.244.0.2'), undefined);
  await t.rejects(cluster.dial('10.244.0.2', 8080), { code: 'ERR_UNREACHABLE' });
});
