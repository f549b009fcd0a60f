import t from 'tap';
import {
  createDeploymentController,
  createReplicaSetController,
} from '../../../src/controllers/index.ts';
import { startTestCluster, type TestCluster } from '../start.ts';

const DEPLOYMENT = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { serviceAccountName: 'robot', containers: [{ name: 'main', image: 'x' }] },
    },
  },
};
const MESSAGE =
  /^pods "web-\S+" is forbidden: error looking up service account default\/robot: serviceaccount "robot" not found$/;

function conditionsOf(cluster: TestCluster, kind: 'Deployment' | 'ReplicaSet'): readonly object[] {
  return cluster.store
    .list(kind)
    .flatMap(({ status }) => status?.conditions ?? [])
    .filter(({ type }) => type === 'ReplicaFailure');
}

t.test('a Pod that is refused shows in the status of its owners, until it is made', async (t) => {
  await using cluster = startTestCluster({
    controllers: [createDeploymentController(), createReplicaSetController()],
    hasServiceAccounts: true,
  });
  cluster.create(DEPLOYMENT);
  await cluster.settled();
  const failure = {
    type: 'ReplicaFailure',
    status: 'True',
    reason: 'FailedCreate',
    message: MESSAGE,
  };
  for (const kind of ['ReplicaSet', 'Deployment'] as const)
    t.match(conditionsOf(cluster, kind), [failure], kind);
  t.ok(
    cluster.events().some((text) => text.startsWith('FailedCreate: Error creating: pods "web-')),
  );
  t.same(cluster.errors, [], 'a refusal is no defect');
  cluster.create({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'robot', namespace: 'default' },
  });
  cluster.clock.advance(60_000);
  await cluster.settled();
  t.equal(cluster.store.list('Pod').length, 1);
  for (const kind of ['ReplicaSet', 'Deployment'] as const)
    t.same(conditionsOf(cluster, kind), [], kind);
});
