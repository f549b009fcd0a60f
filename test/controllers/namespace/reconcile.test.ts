import t from 'tap';
import type { KubeObject, Store } from '../../../src/api/index.ts';
import { runControllers, type RunningControllers } from '../../../src/controllers/index.ts';
import { createNamespaceController } from '../../../src/controllers/namespace/reconcile.ts';
import { createFakeClock, SILENT } from '../../../src/observe/index.ts';
import { createTestStore, object, showEvent } from '../../api/test-store.ts';

const SHOP = { kind: 'Namespace', name: 'shop' } as const;

function run(store: Store): RunningControllers {
  return runControllers({
    store,
    controllers: [createNamespaceController()],
    clock: createFakeClock(),
    log: SILENT,
  });
}

function createShop(): Store {
  const store = createTestStore();
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  return store;
}

t.test('createNamespaceController() lets an empty namespace go', async (t) => {
  const store = createShop();
  await using controllers = run(store);
  const heard: string[] = [];
  using _ = store.watchAll((event) => heard.push(showEvent(event)));
  store.delete(SHOP);
  await controllers.settled();
  t.same(heard, ['MODIFIED Namespace /shop 3', 'DELETED Namespace /shop 4']);
  t.same(store.get('Namespace', undefined, 'default')?.status?.phase, 'Active');
});

t.test('createNamespaceController() deletes Pods before anything else', async (t) => {
  const store = createShop();
  await using controllers = run(store);
  const inShop = (kind: string, name: string, fields = {}): KubeObject =>
    store.create(object(kind, { name, namespace: 'shop' }, fields));
  inShop('ConfigMap', 'c');
  inShop('Deployment', 'web');
  inShop('Pod', 'p', { spec: { nodeName: 'n', terminationGracePeriodSeconds: 5, containers: [] } });
  store.create(object('ConfigMap', { name: 'elsewhere' }));
  const heard: string[] = [];
  using _ = store.watchAll((event) => heard.push(showEvent(event).replace(/ \d+$/, '')));
  store.delete(SHOP);
  await controllers.settled();
  t.same(heard.splice(0), [
    'MODIFIED Namespace /shop',
    'MODIFIED Pod shop/p',
    'MODIFIED Namespace /shop',
  ]);
  t.match(store.get('Namespace', undefined, 'shop')?.status, {
    phase: 'Terminating',
    conditions: [
      { type: 'NamespaceDeletionDiscoveryFailure', status: 'False', reason: 'ResourcesDiscovered' },
      {
        type: 'NamespaceDeletionGroupVersionParsingFailure',
        status: 'False',
        reason: 'ParsedGroupVersions',
      },
      { type: 'NamespaceDeletionContentFailure', status: 'False', reason: 'ContentDeleted' },
      {
        type: 'NamespaceContentRemaining',
        status: 'True',
        lastTransitionTime: '2026-01-01T00:00:00Z',
        reason: 'SomeResourcesRemain',
        message:
          'Some resources are remaining: configmaps. has 1 resource instances, deployments.apps has 1 resource instances, pods. has 1 resource instances',
      },
      { type: 'NamespaceFinalizersRemaining', status: 'False', reason: 'ContentHasNoFinalizers' },
    ],
  });
  store.delete({ kind: 'Pod', namespace: 'shop', name: 'p' }, { gracePeriodSeconds: 0 });
  await controllers.settled();
  t.same(heard, [
    'DELETED Pod shop/p',
    'DELETED ConfigMap shop/c',
    'DELETED Deployment shop/web',
    'DELETED Namespace /shop',
  ]);
  t.equal(store.list('ConfigMap').length, 1);
});

t.test('createNamespaceController() tells which finalizers it waits for', async (t) => {
  const store = createShop();
  await using controllers = run(store);
  const held = store.create(
    object('ConfigMap', { name: 'c', namespace: 'shop', finalizers: ['example.org/hold'] }),
  );
  store.delete(SHOP);
  await controllers.settled();
  const conditions = store.get('Namespace', undefined, 'shop')?.status?.conditions ?? [];
  t.match(
    conditions.filter(({ status }) => status === 'True').map(({ message }) => message),
    [
      'Some resources are remaining: configmaps. has 1 resource instances',
      'Some content in the namespace has finalizers remaining: example.org/hold in 1 resource instances',
    ],
  );
  const { finalizers: _, resourceVersion: __, ...metadata } = held.metadata;
  store.update({ ...held, metadata });
  await controllers.settled();
  t.equal(store.get('Namespace', undefined, 'shop'), undefined);
});

t.test('a plain update leaves the finalizer of a namespace alone', async (t) => {
  const store = createShop();
  const shop = store.list<string>('Namespace')[1];
  if (shop === undefined) return;
  t.match(shop, {
    metadata: { labels: { 'kubernetes.io/metadata.name': 'shop' } },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  });
  t.equal(store.update({ ...shop, spec: { finalizers: [] } }), shop);
  const marked = store.delete(SHOP);
  t.match(marked, { status: { phase: 'Terminating' } });
  t.equal(marked.metadata.deletionGracePeriodSeconds, undefined);
  t.equal(store.delete(SHOP), marked, 'a second delete changes nothing');
  store.update<KubeObject>({ ...marked, spec: { finalizers: [] } }, { subresource: 'finalize' });
  t.equal(store.get('Namespace', undefined, 'shop'), undefined);
});

t.test('the namespaces that a cluster needs cannot be deleted', async (t) => {
  const store = createTestStore();
  t.throws(() => store.delete({ kind: 'Namespace', name: 'default' }), {
    message: 'namespaces "default" is forbidden: this namespace may not be deleted',
    reason: 'Forbidden',
  });
});
