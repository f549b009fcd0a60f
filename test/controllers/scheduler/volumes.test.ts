import t from 'tap';
import type { KubeObject, Pod } from '../../../src/api/index.ts';
import {
  createEphemeralVolumeController,
  createPersistentVolumeBinder,
  createSchedulerController,
  type Controller,
} from '../../../src/controllers/index.ts';
import { node, pod } from '../cluster.ts';
import { createBench } from '../harness.ts';
import { startTestCluster, type TestCluster } from '../start.ts';

const ZONE = 'topology.kubernetes.io/zone';
const NODES = ['a', 'b', 'c'].map((name) =>
  node(name, { metadata: { name, labels: { [ZONE]: `z${name}` } } }),
);
const NOT_FOUND = '. not found';

const storageClass = (
  name: string,
  provisioner: string,
  volumeBindingMode: string,
): KubeObject => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name },
  provisioner,
  volumeBindingMode,
});

const CLASSES = [
  storageClass('waits', 'example.org/disk', 'WaitForFirstConsumer'),
  storageClass('at-once', 'example.org/disk', 'Immediate'),
  storageClass('local', 'kubernetes.io/no-provisioner', 'WaitForFirstConsumer'),
];

const claim = (storageClassName: string, spec: object = {}, metadata: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'data', namespace: 'default', ...metadata },
  spec: {
    storageClassName,
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '1Gi' } },
    ...spec,
  },
});

const volume = (name: string, nodes: readonly string[], more: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name, ...more },
  spec: {
    storageClassName: 'local',
    accessModes: ['ReadWriteOnce'],
    capacity: { storage: '1Gi' },
    local: { path: '/mnt' },
    nodeAffinity: {
      required: {
        nodeSelectorTerms: [
          { matchFields: [{ key: 'metadata.name', operator: 'In', values: nodes }] },
        ],
      },
    },
  },
});

const USES: Partial<Pod['spec']> = {
  volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }],
};
const EPHEMERAL = {
  volumes: [
    {
      name: 'v',
      ephemeral: {
        volumeClaimTemplate: { metadata: { labels: { a: 'b' } }, spec: claim('waits')['spec'] },
      },
    },
  ],
} as unknown as Partial<Pod['spec']>;

function start(objects: readonly KubeObject[]): TestCluster {
  const cluster = startTestCluster({
    controllers: [
      createEphemeralVolumeController(),
      createSchedulerController(),
      createPersistentVolumeBinder(),
    ],
  });
  for (const object of [...NODES, ...CLASSES, ...objects]) cluster.create(object);
  return cluster;
}

const nodeOf = ({ store }: TestCluster, name = 'p'): string | undefined =>
  store.get('Pod', 'default', name)?.spec?.nodeName;

const waiting = [
  { name: 'no claim', objects: [], because: `persistentvolumeclaim "data" not found${NOT_FOUND}` },
  {
    name: 'a claim of no class, and no volume',
    objects: [claim('')],
    because: `pod has unbound immediate PersistentVolumeClaims${NOT_FOUND}`,
  },
  {
    name: 'a claim of a class that is not there',
    objects: [claim('gp3')],
    because: `pod has unbound immediate PersistentVolumeClaims${NOT_FOUND}`,
  },
  {
    name: 'a claim of a volume that is not there',
    objects: [claim('waits', { volumeName: 'none' })],
    because: `pod has unbound immediate PersistentVolumeClaims${NOT_FOUND}`,
  },
  {
    name: 'a claim that has lost its volume',
    objects: [
      claim(
        'waits',
        { volumeName: 'gone' },
        { annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } },
      ),
    ],
    because: `persistentvolumeclaim "data" bound to non-existent persistentvolume "gone"${NOT_FOUND}`,
  },
  {
    name: 'a claim that waits for a local volume',
    objects: [claim('local')],
    because: "3 node(s) didn't find available persistent volumes to bind.",
  },
  {
    name: 'a claim whose volume is nowhere',
    objects: [claim('local', { volumeName: 'v1' }), volume('v1', ['x'])],
    because: "3 node(s) didn't match PersistentVolume's node affinity.",
  },
  {
    name: 'a claim whose volume is in no zone',
    objects: [
      claim('local', { volumeName: 'v1' }),
      volume('v1', ['a', 'b', 'c'], { labels: { [ZONE]: 'zx__zy' } }),
    ],
    because: '3 node(s) had no available volume zone.',
  },
];
for (const { name, objects, because } of waiting) {
  t.test(`createSchedulerController() leaves a Pod pending with ${name}`, async (t) => {
    await using cluster = start(objects);
    await cluster.settled();
    cluster.create(pod('p', USES));
    await cluster.settled();
    t.equal(nodeOf(cluster), undefined);
    const found = cluster.store.get('Pod', 'default', 'p');
    const condition = found?.status?.conditions?.find(({ type }) => type === 'PodScheduled');
    t.match(condition, { status: 'False', reason: 'Unschedulable' });
    const message = condition?.message ?? '';
    t.ok(message.startsWith(`0/3 nodes are available: ${because}`), message);
    t.ok(cluster.events().includes(`FailedScheduling: ${message}`));
    t.same(cluster.errors, []);
  });
}

const placed = [
  { name: 'a claim whose class makes volumes at once', objects: [claim('at-once')] },
  { name: 'a claim whose class waits', objects: [claim('waits')] },
  {
    name: 'a claim for which there is a volume',
    objects: [claim('local'), volume('v1', ['b'])],
    on: 'b',
  },
  {
    name: 'a claim that names its volume',
    objects: [claim('local', { volumeName: 'v2' }), volume('v1', ['b']), volume('v2', ['c'])],
    on: 'c',
  },
  {
    name: 'a claim whose volume is in one zone',
    objects: [
      claim('local', { volumeName: 'v1' }),
      volume('v1', ['a', 'b', 'c'], { labels: { [ZONE]: 'zx__zb' } }),
    ],
    on: 'b',
  },
  { name: 'an ephemeral volume', objects: [], spec: EPHEMERAL },
];
for (const { name, objects, on, spec = USES } of placed) {
  t.test(`createSchedulerController() places a Pod with ${name}, once it is bound`, async (t) => {
    await using cluster = start(objects);
    await cluster.settled();
    cluster.create(pod('p', spec));
    await cluster.settled();
    t.match(nodeOf(cluster), on ?? /^[abc]$/);
    const [bound] = cluster.store.list('PersistentVolumeClaim');
    t.match(bound, { status: { phase: 'Bound' } });
    t.match(cluster.store.get('PersistentVolume', undefined, bound?.spec?.volumeName ?? ''), {
      status: { phase: 'Bound' },
      spec: { claimRef: { uid: bound?.metadata.uid } },
    });
    t.same(cluster.errors, []);
  });
}

t.test('createSchedulerController() places a Pod once its claim comes', async (t) => {
  await using cluster = start([]);
  cluster.create(pod('p', USES));
  await cluster.settled();
  t.equal(nodeOf(cluster), undefined);
  cluster.create(claim('waits'));
  await cluster.settled();
  t.match(nodeOf(cluster), /^[abc]$/);
  const selected = 'volume.kubernetes.io/selected-node';
  const { annotations } =
    cluster.store.get('PersistentVolumeClaim', 'default', 'data')?.metadata ?? {};
  t.equal(annotations?.[selected], nodeOf(cluster));
});

t.test('createSchedulerController() spreads Pods that wait for their volumes', async (t) => {
  const names = ['one', 'two', 'three'];
  await using bench = createBench({
    controllers: [createSchedulerController(), createPersistentVolumeBinder()],
  });
  for (const object of [...CLASSES, ...names.map((name) => claim('waits', {}, { name }))])
    bench.store.create(object);
  for (const name of names) {
    const volumes = [{ name: 'v', persistentVolumeClaim: { claimName: name } }];
    bench.store.create(pod(name, { volumes }));
  }
  await bench.settled();
  t.same(
    bench
      .list('Pod')
      .map(({ spec }) => spec?.nodeName ?? '')
      .toSorted((one, other) => one.localeCompare(other)),
    ['n1', 'n2', 'n3'],
  );
});

t.test('createSchedulerController() gives a claim of one Pod to one Pod', async (t) => {
  await using cluster = start([claim('at-once', { accessModes: ['ReadWriteOncePod'] })]);
  cluster.create(pod('p', USES));
  await cluster.settled();
  cluster.create(pod('second', USES));
  await cluster.settled();
  t.match(nodeOf(cluster), /^[abc]$/);
  t.equal(nodeOf(cluster, 'second'), undefined);
  t.match(cluster.events().join('\n'), /3 node has pod using PersistentVolumeClaim with the same/);
  cluster.store.delete({ kind: 'Pod', namespace: 'default', name: 'p' }, { gracePeriodSeconds: 0 });
  await cluster.settled();
  t.match(nodeOf(cluster, 'second'), /^[abc]$/);
});

t.test(
  'createSchedulerController() lets claims wake those Pods alone that name some',
  async (t) => {
    const scheduler = createSchedulerController();
    const tried: string[] = [];
    const reconcile: Controller['reconcile'] = (key, snapshot) => {
      tried.push(key);
      return scheduler.reconcile(key, snapshot);
    };
    await using bench = createBench({ controllers: [{ ...scheduler, reconcile }] });
    bench.store.create(pod('plain', { nodeSelector: { no: 'such' } }));
    bench.store.create(pod('claiming', USES));
    await bench.settled();
    tried.length = 0;
    bench.store.create(claim('none', {}, { name: 'other' }));
    await bench.settled();
    t.same(tried, ['default/claiming']);
    bench.store.create(storageClass('none', 'example.org/disk', 'Immediate'));
    await bench.settled();
    t.same(tried, ['default/claiming', 'default/claiming']);
  },
);

t.test('createEphemeralVolumeController() makes a claim that goes with its Pod', async (t) => {
  await using cluster = start([]);
  cluster.create(pod('p', EPHEMERAL));
  await cluster.settled();
  t.match(cluster.store.get('PersistentVolumeClaim', 'default', 'p-v'), {
    metadata: {
      labels: { a: 'b' },
      ownerReferences: [{ kind: 'Pod', name: 'p', controller: true, blockOwnerDeletion: true }],
    },
    spec: { storageClassName: 'waits' },
  });
});

t.test("createEphemeralVolumeController() leaves somebody else's claim alone", async (t) => {
  await using cluster = start([claim('waits', {}, { name: 'p-v' })]);
  cluster.create(pod('p', EPHEMERAL));
  await cluster.settled();
  t.equal(nodeOf(cluster), undefined);
  const why = 'PVC default/p-v was not created for pod default/p (pod is not owner)';
  const events = cluster.events();
  t.ok(events.includes(`FailedBinding: ephemeral volume v: ${why}`), events.join('\n'));
  t.ok(events.includes(`FailedScheduling: 0/3 nodes are available: ${why}${NOT_FOUND}`));
});
