import t from 'tap';
import type { KubeObject } from '../../../src/api/index.ts';
import {
  createPersistentVolumeBinder,
  DEFAULT_STORAGE_CLASS,
} from '../../../src/controllers/index.ts';
import { createBench, type Bench } from '../harness.ts';

const bench = (): Bench => createBench({ controllers: [createPersistentVolumeBinder()] });

const claim = (name: string, spec: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name },
  spec: {
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '1Gi' } },
    storageClassName: 'slow',
    ...spec,
  },
});

const volume = (name: string, storage: string, spec: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name, labels: { disk: name } },
  spec: {
    capacity: { storage },
    accessModes: ['ReadWriteOnce'],
    storageClassName: 'slow',
    hostPath: { path: '/tmp' },
    ...spec,
  },
});

const BOUND = { status: { phase: 'Bound' } };

const CHOICES = [
  { name: 'the smallest that is large enough', spec: {}, chosen: 'middle' },
  {
    name: 'one that its selector selects',
    spec: { selector: { matchLabels: { disk: 'large' } } },
    chosen: 'large',
  },
  { name: 'one that it names', spec: { volumeName: 'large' }, chosen: 'large' },
  { name: 'none of another class', spec: { storageClassName: 'fast' }, chosen: undefined },
  {
    name: 'none of another access mode',
    spec: { accessModes: ['ReadWriteMany'] },
    chosen: undefined,
  },
  {
    name: 'none that is too small',
    spec: { resources: { requests: { storage: '1Ti' } } },
    chosen: undefined,
  },
];
for (const { name, spec, chosen } of CHOICES) {
  t.test(`createPersistentVolumeBinder() binds a claim to ${name}`, async (t) => {
    await using on = bench();
    on.store.create(volume('small', '100Mi'));
    on.store.create(volume('large', '10Gi'));
    on.store.create(volume('middle', '2Gi'));
    await on.apply(claim('data', spec));
    const found = on.get('PersistentVolumeClaim', 'data');
    t.equal(found.spec?.volumeName, chosen);
    t.match(found, { status: { phase: chosen === undefined ? 'Pending' : 'Bound' } });
    if (chosen === undefined) return;
    t.match(on.store.get('PersistentVolume', undefined, chosen), {
      ...BOUND,
      spec: { claimRef: { name: 'data', uid: found.metadata.uid } },
    });
  });
}

t.test('createPersistentVolumeBinder() keeps a volume for the claim that it names', async (t) => {
  await using on = bench();
  on.store.create(volume('kept', '5Gi', { claimRef: { name: 'mine', namespace: 'default' } }));
  await on.apply(claim('other'));
  t.match(on.get('PersistentVolumeClaim', 'other'), { status: { phase: 'Pending' } });
  await on.apply(claim('mine'));
  t.match(on.get('PersistentVolumeClaim', 'mine'), { ...BOUND, spec: { volumeName: 'kept' } });
});

t.test(
  'createPersistentVolumeBinder() makes volumes for who uses a claim, and takes them away',
  async (t) => {
    await using on = bench();
    const { storageClassName: _, ...spec } = { storageClassName: '' };
    await on.apply({
      ...claim('early'),
      spec: {
        ...spec,
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: '1Gi' } },
      },
    });
    on.store.create(DEFAULT_STORAGE_CLASS);
    await on.settled();
    t.match(on.get('PersistentVolumeClaim', 'early'), {
      spec: { storageClassName: 'standard' },
      status: { phase: 'Pending' },
    });
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a' },
      spec: {
        containers: [{ name: 'c', image: 'c' }],
        volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'early' } }],
      },
    };
    await on.apply(pod);
    t.match(on.get('PersistentVolumeClaim', 'early'), { status: { phase: 'Pending' } });
    // As the scheduler does.
    await on.edit('PersistentVolumeClaim', 'early', (claimed) => ({
      ...claimed,
      metadata: {
        ...claimed.metadata,
        annotations: { 'volume.kubernetes.io/selected-node': 'n1' },
      },
    }));
    t.match(on.events(), [
      'FailedBinding: no persistent volumes available for this claim and no storage class is set',
      'WaitForFirstConsumer: waiting for first consumer to be created before binding',
      'WaitForPodScheduled: waiting for pod a to be scheduled',
      `ProvisioningSucceeded: Successfully provisioned volume pvc-${on.get('PersistentVolumeClaim', 'early').metadata.uid}`,
    ]);
    const found = on.get('PersistentVolumeClaim', 'early');
    t.match(found, { status: { phase: 'Bound', capacity: { storage: '1Gi' } } });
    t.match(on.store.list('PersistentVolume'), [
      { metadata: { name: `pvc-${found.metadata.uid}` }, ...BOUND },
    ]);
    await on.remove('PersistentVolumeClaim', 'early');
    t.same(on.store.list('PersistentVolume'), []);
  },
);

t.test('createPersistentVolumeBinder() tells lost claims from those that wait', async (t) => {
  await using on = bench();
  on.store.create(volume('large', '10Gi'));
  await on.apply(claim('bound'));
  await on.apply(claim('waiting', { volumeName: 'none' }));
  t.match(on.get('PersistentVolumeClaim', 'waiting'), { status: { phase: 'Pending' } });
  on.store.delete({ kind: 'PersistentVolume', name: 'large' });
  await on.settled();
  // Whatever makes the controller look at it again leaves it lost.
  on.store.create(volume('other', '100Mi'));
  await on.settled();
  t.match(on.get('PersistentVolumeClaim', 'bound'), { status: { phase: 'Lost' } });
});
