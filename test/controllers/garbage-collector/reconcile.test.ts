import t from 'tap';
import { type KubeObject, type ObjectMeta, type Store } from '../../../src/api/index.ts';
import { runControllers, type RunningControllers } from '../../../src/controllers/index.ts';
import { createGarbageCollector } from '../../../src/controllers/garbage-collector/reconcile.ts';
import { createFakeClock, SILENT } from '../../../src/observe/index.ts';
import { createTestStore, object, showEvent } from '../../api/test-store.ts';

function run(store: Store): RunningControllers {
  return runControllers({
    store,
    controllers: [createGarbageCollector()],
    clock: createFakeClock(),
    log: SILENT,
  });
}

function ownedBy(owner: KubeObject, blockOwnerDeletion = true): Partial<ObjectMeta> {
  const { apiVersion, kind, metadata } = owner;
  const { name, uid = '' } = metadata;
  return {
    ownerReferences: [{ apiVersion, kind, name, uid, controller: true, blockOwnerDeletion }],
  };
}

/** Deployment web, its ReplicaSet web-1, and that one's Pod web-1-a, which runs on a Node. */
function family(store: Store): KubeObject {
  const deployment = store.create(object('Deployment', { name: 'web' }));
  const replicaSet = store.create(object('ReplicaSet', { name: 'web-1', ...ownedBy(deployment) }));
  store.create(
    object(
      'Pod',
      { name: 'web-1-a', ...ownedBy(replicaSet) },
      { spec: { nodeName: 'n1', terminationGracePeriodSeconds: 30, containers: [] } },
    ),
  );
  return deployment;
}

const WEB = { kind: 'Deployment', namespace: 'default', name: 'web' } as const;
const POD = { kind: 'Pod', namespace: 'default', name: 'web-1-a' } as const;

function record(store: Store): string[] {
  const heard: string[] = [];
  store.watchAll((event) => heard.push(showEvent(event).replace(/ \d+$/, '')));
  return heard;
}

t.test('createGarbageCollector() deletes the dependents of what is gone', async (t) => {
  const store = createTestStore();
  await using controllers = run(store);
  family(store);
  await controllers.settled();
  const heard = record(store);
  store.delete(WEB, { propagationPolicy: 'Background' });
  await controllers.settled();
  t.same(heard, [
    'DELETED Deployment default/web',
    'DELETED ReplicaSet default/web-1',
    'MODIFIED Pod default/web-1-a',
  ]);
  store.delete(POD, { gracePeriodSeconds: 0 });
  await controllers.settled();
  t.same(store.list('Pod'), []);
});

t.test('createGarbageCollector() deletes in the foreground from the leaves up', async (t) => {
  const store = createTestStore();
  await using controllers = run(store);
  family(store);
  const heard = record(store);
  store.delete(WEB, { propagationPolicy: 'Foreground' });
  await controllers.settled();
  t.same(
    heard.splice(0),
    [
      'MODIFIED Deployment default/web',
      'MODIFIED ReplicaSet default/web-1',
      'MODIFIED Pod default/web-1-a',
    ],
    'the owners wait while the Pod ends',
  );
  store.delete(POD, { gracePeriodSeconds: 0 });
  await controllers.settled();
  t.same(heard, [
    'DELETED Pod default/web-1-a',
    'DELETED ReplicaSet default/web-1',
    'DELETED Deployment default/web',
  ]);
});

t.test('createGarbageCollector() waits in the foreground only for those that block', async (t) => {
  const store = createTestStore();
  await using controllers = run(store);
  const owner = store.create(object('Deployment', { name: 'web' }));
  store.create(
    object('ConfigMap', {
      name: 'slow',
      finalizers: ['example.org/slow'],
      ...ownedBy(owner, false),
    }),
  );
  store.delete(WEB, { propagationPolicy: 'Foreground' });
  await controllers.settled();
  t.same(store.list('Deployment'), []);
  t.type(
    store.get('ConfigMap', 'default', 'slow')?.metadata.deletionTimestamp,
    'string',
    'and it goes too, when its own finalizer lets it',
  );
});

t.test('createGarbageCollector() orphans the direct dependents', async (t) => {
  const store = createTestStore();
  await using controllers = run(store);
  family(store);
  store.delete(WEB, { propagationPolicy: 'Orphan' });
  await controllers.settled();
  t.same(store.list('Deployment'), []);
  t.equal(store.get('ReplicaSet', 'default', 'web-1')?.metadata.ownerReferences, undefined);
  t.equal(store.get('Pod', 'default', 'web-1-a')?.metadata.ownerReferences?.[0]?.name, 'web-1');
});

t.test('createGarbageCollector() keeps what one of its owners still holds', async (t) => {
  const store = createTestStore();
  await using controllers = run(store);
  const [a, b] = ['a', 'b'].map((name) => store.create(object('ConfigMap', { name })));
  if (a === undefined || b === undefined) return;
  const references = [a, b].flatMap((owner) => ownedBy(owner).ownerReferences ?? []);
  store.create(
    object('Secret', {
      name: 's',
      ownerReferences: references.map((reference) => ({ ...reference, controller: false })),
    }),
  );
  store.delete({ kind: 'ConfigMap', namespace: 'default', name: 'a' });
  await controllers.settled();
  t.same(
    store.get('Secret', 'default', 's')?.metadata.ownerReferences?.map(({ name }) => name),
    ['b'],
  );
  store.delete({ kind: 'ConfigMap', namespace: 'default', name: 'b' });
  await controllers.settled();
  t.equal(store.get('Secret', 'default', 's'), undefined);
});

t.test('createGarbageCollector() deletes what names an owner of another life', async (t) => {
  const store = createTestStore();
  await using controllers = run(store);
  const first = store.create(object('Deployment', { name: 'web' }));
  store.delete(WEB);
  store.create(object('Deployment', { name: 'web' }));
  store.create(object('ReplicaSet', { name: 'late', ...ownedBy(first) }));
  await controllers.settled();
  t.same(store.list('ReplicaSet'), []);
});

t.test('createGarbageCollector() finds owners without a namespace', async (t) => {
  const store = createTestStore();
  await using controllers = run(store);
  const node = store.create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } });
  const cluster = store.create({
    apiVersion: 'example.org/v1',
    kind: 'ClusterThing',
    metadata: { name: 'thing' },
  });
  store.create(object('ConfigMap', { name: 'a', ...ownedBy(node) }));
  store.create(object('ConfigMap', { name: 'b', ...ownedBy(cluster) }));
  await controllers.settled();
  t.equal(store.list('ConfigMap').length, 2);
  store.delete({ kind: 'ClusterThing.example.org', name: 'thing' });
  await controllers.settled();
  t.same(
    store.list('ConfigMap').map(({ metadata }) => metadata.name),
    ['a'],
  );
});

t.test('createGarbageCollector() breaks circles of owners', async (t) => {
  const store = createTestStore();
  await using controllers = run(store);
  const a = store.create(object('ConfigMap', { name: 'a' }));
  const b = store.create(object('ConfigMap', { name: 'b', ...ownedBy(a) }));
  store.update({ ...a, metadata: { ...a.metadata, ...ownedBy(b) } });
  store.delete(
    { kind: 'ConfigMap', namespace: 'default', name: 'a' },
    { propagationPolicy: 'Foreground' },
  );
  await controllers.settled();
  t.same(store.list('ConfigMap'), []);
});

t.test('createGarbageCollector() deletes what does not block an owner that stays', async (t) => {
  const store = createTestStore();
  await using controllers = run(store);
  const owner = store.create(
    object('ConfigMap', { name: 'owner', finalizers: ['example.org/held'] }),
  );
  store.create(object('Secret', { name: 'child', ...ownedBy(owner, false) }));
  await controllers.settled();
  store.delete(
    { kind: 'ConfigMap', namespace: 'default', name: 'owner' },
    { propagationPolicy: 'Foreground' },
  );
  await controllers.settled();
  t.equal(store.get('Secret', 'default', 'child'), undefined);
  t.same(store.get('ConfigMap', 'default', 'owner')?.metadata.finalizers, ['example.org/held']);
});
