import t from 'tap';
import type { KubeObject } from '../../../src/api/index.ts';
import {
  createIngressStatusController,
  defaultIngressClasses,
  INGRESS_CONTROLLER,
} from '../../../src/controllers/index.ts';
import { startTestCluster, type TestCluster } from '../start.ts';

const start = (addresses?: readonly string[]): TestCluster =>
  startTestCluster({
    controllers: [
      createIngressStatusController({
        ...(addresses !== undefined && { addresses }),
        isOurs: ({ spec }, reader) => {
          const found = reader.get('IngressClass', undefined, spec?.ingressClassName ?? '');
          return found?.spec?.controller === INGRESS_CONTROLLER;
        },
      }),
    ],
  });

const ingress = (name: string, ingressClassName: string): KubeObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { namespace: 'default', name },
  spec: { ingressClassName, defaultBackend: { service: { name: 'web', port: { number: 80 } } } },
});

const statusOf = ({ store }: TestCluster, name: string): unknown =>
  store.get('Ingress', 'default', name)?.status?.loadBalancer?.ingress;

const addClasses = (cluster: TestCluster): void => {
  for (const one of defaultIngressClasses()) cluster.create(one as unknown as KubeObject);
};

t.test('createIngressStatusController() says where Ingresses are served', async (t) => {
  await using cluster = start();
  addClasses(cluster);
  cluster.create(ingress('ours', 'podlane'));
  cluster.create(ingress('other', 'nginx'));
  await cluster.settled();
  t.same(statusOf(cluster, 'ours'), [{ ip: '127.0.0.1' }]);
  t.equal(statusOf(cluster, 'other'), undefined);
});

t.test('createIngressStatusController() writes host names as such', async (t) => {
  await using cluster = start(['127.0.0.1', 'ingress.example.org']);
  addClasses(cluster);
  cluster.create(ingress('ours', 'podlane'));
  await cluster.settled();
  t.same(statusOf(cluster, 'ours'), [{ ip: '127.0.0.1' }, { hostname: 'ingress.example.org' }]);
});

t.test('createIngressStatusController() follows the class', async (t) => {
  await using cluster = start();
  cluster.create(ingress('web', 'podlane'));
  await cluster.settled();
  t.equal(statusOf(cluster, 'web'), undefined);
  addClasses(cluster);
  await cluster.settled();
  t.same(statusOf(cluster, 'web'), [{ ip: '127.0.0.1' }]);
  cluster.store.delete({ kind: 'IngressClass', name: 'podlane' });
  await cluster.settled();
  t.equal(statusOf(cluster, 'web'), undefined);
});

t.test("createIngressStatusController() leaves another controller's status", async (t) => {
  await using cluster = start();
  const status = { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } };
  cluster.create({ ...ingress('web', 'nginx'), status });
  await cluster.settled();
  t.same(statusOf(cluster, 'web'), [{ ip: '192.0.2.1' }]);
});

t.test('defaultIngressClasses() have one default', async (t) => {
  const isDefault = defaultIngressClasses().filter(
    ({ metadata }) =>
      metadata.annotations?.['ingressclass.kubernetes.io/is-default-class'] === 'true',
  );
  t.same(
    isDefault.map(({ metadata }) => metadata.name),
    ['podlane'],
  );
});

t.test(
  'createIngressStatusController() writes and takes back what the ingress publishes',
  async (t) => {
    await using cluster = startTestCluster({
      controllers: [
        createIngressStatusController({
          isOurs: (_, reader) => reader.get('IngressClass', undefined, 'nginx') !== undefined,
          addressesOf: () => ['203.0.113.5', 'lb.example'],
        }),
      ],
    });
    addClasses(cluster);
    cluster.create(ingress('web', 'nginx'));
    await cluster.settled();
    t.same(statusOf(cluster, 'web'), [{ ip: '203.0.113.5' }, { hostname: 'lb.example' }]);
    cluster.store.delete({ kind: 'IngressClass', name: 'nginx' });
    await cluster.settled();
    t.equal(statusOf(cluster, 'web'), undefined);
  },
);

t.test(
  'createIngressStatusController() records what was written, once for each change',
  async (t) => {
    await using cluster = startTestCluster({
      controllers: [
        createIngressStatusController({
          isOurs: () => true,
          problemsOf: ({ metadata }) => (metadata.name === 'bad' ? ['"x" is no value of y'] : []),
        }),
      ],
    });
    const told: unknown[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    using _watch = cluster.store.watch('Event', ({ type, object: { reason, message, count } }) => {
      if (type === 'ADDED') told.push([reason, message, count]);
      if (reason === 'AnnotationParsingFailed') resolve();
    });
    cluster.create(ingress('good', 'nginx'));
    cluster.create(ingress('bad', 'nginx'));
    await cluster.settled();
    await promise;
    const said = ['Sync', 'Scheduled for sync', 1];
    const problem = [
      'AnnotationParsingFailed',
      'Error parsing annotations: "x" is no value of y',
      1,
    ];
    t.same(told, [said, said, problem]);
  },
);
