import t from 'tap';
import {
  createPersistentVolumeClaimProtectionController,
  createStatefulSetController,
} from '../../../src/controllers/index.ts';
import { createBench, type Bench } from '../harness.ts';

const FINALIZER = 'kubernetes.io/pvc-protection';

const bench = (): Bench =>
  createBench({
    controllers: [createPersistentVolumeClaimProtectionController(), createStatefulSetController()],
  });

const claim = (name: string): object => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
});

const podWith = (volume: object, nodeName?: string): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'a' },
  spec: {
    ...(nodeName !== undefined && { nodeName }),
    containers: [{ name: 'c', image: 'c' }],
    volumes: [{ name: 'data', ...volume }],
  },
});

const USED = { persistentVolumeClaim: { claimName: 'data' } };

t.test('createPersistentVolumeClaimProtectionController() lets an unused claim go', async (t) => {
  await using on = bench();
  await on.apply(claim('data'));
  t.same(on.get('PersistentVolumeClaim', 'data').metadata.finalizers, [FINALIZER]);
  await on.remove('PersistentVolumeClaim', 'data');
  t.same(on.list('PersistentVolumeClaim'), []);
});

const HOLDING = [
  { name: 'a Pod with a Node', volume: USED, node: 'n1', isHeld: true },
  { name: 'a Pod without a Node', volume: USED, node: undefined, isHeld: false },
  {
    name: 'a Pod with another claim',
    volume: { persistentVolumeClaim: { claimName: 'other' } },
    node: 'n1',
    isHeld: false,
  },
];
for (const { name, volume, node, isHeld } of HOLDING) {
  t.test(`createPersistentVolumeClaimProtectionController() and ${name}`, async (t) => {
    await using on = bench();
    await on.apply(claim('data'));
    await on.apply(podWith(volume, node));
    await on.remove('PersistentVolumeClaim', 'data');
    t.equal(on.list('PersistentVolumeClaim').length, isHeld ? 1 : 0);
    on.store.delete({ kind: 'Pod', namespace: 'default', name: 'a' }, { gracePeriodSeconds: 0 });
    await on.settled();
    t.same(on.list('PersistentVolumeClaim'), [], 'it goes with the last Pod');
  });
}

t.test(
  'createPersistentVolumeClaimProtectionController() holds what a Pod made for itself',
  async (t) => {
    await using on = bench();
    const ephemeral = { volumeClaimTemplate: { spec: (claim('x') as { spec: object }).spec } };
    await on.apply(podWith({ ephemeral }, 'n1'));
    const { uid } = on.get('Pod', 'a').metadata;
    const owner = { apiVersion: 'v1', kind: 'Pod', name: 'a', uid, controller: true };
    const { metadata, ...rest } = claim('a-data') as { metadata: object };
    await on.apply({
      ...rest,
      kind: 'PersistentVolumeClaim',
      metadata: { ...metadata, ownerReferences: [owner] },
    });
    await on.remove('PersistentVolumeClaim', 'a-data');
    t.equal(on.list('PersistentVolumeClaim').length, 1);
    on.store.delete({ kind: 'Pod', namespace: 'default', name: 'a' }, { gracePeriodSeconds: 0 });
    await on.settled();
    t.same(on.list('PersistentVolumeClaim'), []);
  },
);

t.test('createStatefulSetController() makes claims that need no second write', async (t) => {
  await using on = bench();
  await on.apply({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db' },
    spec: {
      serviceName: 'db',
      selector: { matchLabels: { app: 'db' } },
      template: {
        metadata: { labels: { app: 'db' } },
        spec: { containers: [{ name: 'c', image: 'c' }] },
      },
      volumeClaimTemplates: [claim('data')],
    },
  });
  const [made] = on.list('PersistentVolumeClaim');
  t.same(made?.metadata.finalizers, [FINALIZER]);
  t.equal(made?.metadata.name, 'data-db-0');
});
