import t from 'tap';
import { KINDS, statefulSetKind } from '../../../src/api/index.ts';
import {
  createGarbageCollector,
  createPersistentVolumeClaimProtectionController,
  createStatefulSetController,
} from '../../../src/controllers/index.ts';
import { createBench, type Bench } from '../harness.ts';

function statefulSet(image: string, spec: object = {}): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db' },
    spec: {
      replicas: 3,
      serviceName: 'db',
      selector: { matchLabels: { app: 'db' } },
      template: {
        metadata: { labels: { app: 'db' } },
        spec: { terminationGracePeriodSeconds: 30, containers: [{ name: 'db', image }] },
      },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      ...spec,
    },
  };
}

const bench = (): Bench => createBench({ controllers: [createStatefulSetController()] });

const names = (on: Bench): readonly string[] => on.list('Pod').map(({ metadata }) => metadata.name);

/** `name image`, with `-` for Pods that are being deleted. */
const images = (on: Bench): readonly string[] =>
  on
    .list('Pod')
    .map(({ metadata, spec }) =>
      metadata.deletionTimestamp === undefined
        ? `${metadata.name} ${spec?.containers[0]?.image}`
        : `${metadata.name} -`,
    );

t.test(
  'createStatefulSetController() makes Pods one by one, each when those before are ready',
  async (t) => {
    await using on = bench();
    await on.apply(statefulSet('v1'));
    t.same(names(on), ['db-0']);
    await on.runPods();
    t.same(names(on), ['db-0', 'db-1']);
    await on.converge();
    t.same(names(on), ['db-0', 'db-1', 'db-2']);
    const { metadata, spec } = on.get('Pod', 'db-1');
    t.match(metadata.labels, {
      app: 'db',
      'apps.kubernetes.io/pod-index': '1',
      'controller-revision-hash': /^db-[bcdfghjklmnpqrstvwxz2456789]+$/,
      'statefulset.kubernetes.io/pod-name': 'db-1',
    });
    t.match(spec, { hostname: 'db-1', subdomain: 'db' });
    t.match(on.get('StatefulSet', 'db').status, {
      observedGeneration: 1,
      replicas: 3,
      readyReplicas: 3,
      currentReplicas: 3,
      updatedReplicas: 3,
      availableReplicas: 3,
      collisionCount: 0,
    });
    t.equal(on.events()[0], 'SuccessfulCreate: Create Pod db-0 in StatefulSet db successful');
  },
);

t.test('createStatefulSetController() makes all Pods at once when Parallel', async (t) => {
  await using on = bench();
  await on.apply(statefulSet('v1', { podManagementPolicy: 'Parallel' }));
  t.same(names(on), ['db-0', 'db-1', 'db-2']);
  await on.converge();
  await on.apply(statefulSet('v2', { podManagementPolicy: 'Parallel' }));
  t.same(images(on), ['db-0 v1', 'db-1 v1', 'db-2 -'], 'the update is one by one all the same');
});

t.test('createStatefulSetController() makes claims that outlive the Pods', async (t) => {
  await using on = bench();
  const claims = [
    {
      metadata: { name: 'data' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    },
  ];
  await on.apply(statefulSet('v1', { replicas: 2, volumeClaimTemplates: claims }));
  await on.converge();
  t.same(on.get('Pod', 'db-1').spec?.volumes, [
    { name: 'data', persistentVolumeClaim: { claimName: 'data-db-1' } },
  ]);
  t.match(on.get('PersistentVolumeClaim', 'data-db-1').metadata.labels, { app: 'db' });
  await on.apply(statefulSet('v1', { replicas: 0, volumeClaimTemplates: claims }));
  await on.converge();
  t.same(names(on), []);
  t.same(
    on.list('PersistentVolumeClaim').map(({ metadata }) => metadata.name),
    ['data-db-0', 'data-db-1'],
  );
  t.same(on.events().slice(0, 2), [
    'SuccessfulCreate: Create Claim data-db-0 Pod db-0 in StatefulSet db success',
    'SuccessfulCreate: Create Pod db-0 in StatefulSet db successful',
  ]);
});

const RETENTIONS = [
  {
    whenDeleted: 'Retain',
    whenScaled: 'Retain',
    scaled: ['data-db-0', 'data-db-1'],
    gone: ['data-db-0', 'data-db-1'],
  },
  { whenDeleted: 'Retain', whenScaled: 'Delete', scaled: ['data-db-0'], gone: ['data-db-0'] },
  { whenDeleted: 'Delete', whenScaled: 'Retain', scaled: ['data-db-0', 'data-db-1'], gone: [] },
  { whenDeleted: 'Delete', whenScaled: 'Delete', scaled: ['data-db-0'], gone: [] },
] as const;
for (const { whenDeleted, whenScaled, scaled, gone } of RETENTIONS) {
  t.test(`claims with whenDeleted ${whenDeleted} and whenScaled ${whenScaled}`, async (t) => {
    await using on = createBench({
      controllers: [
        createStatefulSetController(),
        createPersistentVolumeClaimProtectionController(),
        createGarbageCollector(),
      ],
    });
    const set = (replicas: number, policy: object): object =>
      statefulSet('v1', {
        replicas,
        persistentVolumeClaimRetentionPolicy: policy,
        volumeClaimTemplates: [
          {
            metadata: { name: 'data' },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
          },
        ],
      });
    const claims = (): readonly string[] =>
      on.list('PersistentVolumeClaim').map(({ metadata }) => metadata.name);
    // The policy may come later than the claims.
    await on.apply(set(2, {}));
    await on.converge();
    await on.apply(set(2, { whenDeleted, whenScaled }));
    await on.converge();
    t.same(claims(), ['data-db-0', 'data-db-1']);
    await on.apply(set(1, { whenDeleted, whenScaled }));
    await on.converge();
    t.same(claims(), scaled, 'scaled down');
    await on.remove('StatefulSet', 'db');
    await on.converge();
    t.same(claims(), gone, 'deleted');
  });
}

t.test(
  'createStatefulSetController() deletes from the highest ordinal and waits until it is gone',
  async (t) => {
    await using on = bench();
    await on.apply(statefulSet('v1'));
    await on.converge();
    await on.apply(statefulSet('v1', { replicas: 1 }));
    t.same(images(on), ['db-0 v1', 'db-1 v1', 'db-2 -']);
    await on.reapPods();
    t.same(images(on), ['db-0 v1', 'db-1 -']);
    await on.reapPods();
    t.same(images(on), ['db-0 v1']);
  },
);

t.test(
  'createStatefulSetController() updates from the highest ordinal, one at a time',
  async (t) => {
    await using on = bench();
    await on.apply(statefulSet('v1'));
    await on.converge();
    await on.apply(statefulSet('v2'));
    const course: (readonly string[])[] = [images(on)];
    for (let round = 0; round < 6; round += 1) {
      await on.reapPods();
      await on.runPods();
      course.push(images(on));
    }
    t.same(course.slice(0, 4), [
      ['db-0 v1', 'db-1 v1', 'db-2 -'],
      ['db-0 v1', 'db-1 -', 'db-2 v2'],
      ['db-0 -', 'db-1 v2', 'db-2 v2'],
      ['db-0 v2', 'db-1 v2', 'db-2 v2'],
    ]);
    const { status } = on.get('StatefulSet', 'db');
    t.equal(status?.currentRevision, status?.updateRevision);
  },
);

t.test(
  'createStatefulSetController() keeps Pods below the partition at the old template',
  async (t) => {
    await using on = bench();
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 2 } };
    await on.apply(statefulSet('v1', { updateStrategy }));
    await on.converge();
    await on.apply(statefulSet('v2', { updateStrategy }));
    await on.converge();
    t.same(images(on), ['db-0 v1', 'db-1 v1', 'db-2 v2']);
    t.match(on.get('StatefulSet', 'db').status, { currentReplicas: 2, updatedReplicas: 1 });
    await on.remove('Pod', 'db-0');
    await on.converge();
    t.same(images(on), ['db-0 v1', 'db-1 v1', 'db-2 v2'], 'a deleted Pod comes back old');
  },
);

t.test('createStatefulSetController() replaces as many Pods as may be missing', async (t) => {
  const others = KINDS.filter(({ name }) => name !== 'StatefulSet');
  const kinds = [...others, statefulSetKind({ keepsMaxUnavailable: true })];
  await using on = createBench({ controllers: [createStatefulSetController()], kinds });
  const set = (image: string, maxUnavailable: number | string, partition = 0): object =>
    statefulSet(image, {
      replicas: 5,
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition, maxUnavailable } },
    });
  await on.apply(set('v1', 2));
  await on.converge();
  await on.apply(set('v2', 2));
  t.same(images(on), ['db-0 v1', 'db-1 v1', 'db-2 v1', 'db-3 -', 'db-4 -']);
  await on.reapPods();
  t.same(images(on), ['db-0 v1', 'db-1 v1', 'db-2 v1', 'db-3 v2'], 'the lowest comes back first');
  await on.runPods();
  t.same(images(on), ['db-0 v1', 'db-1 v1', 'db-2 v1', 'db-3 v2', 'db-4 v2']);
  await on.runPods();
  t.same(images(on), ['db-0 v1', 'db-1 -', 'db-2 -', 'db-3 v2', 'db-4 v2']);
  await on.converge();
  await on.apply(set('v3', '79%', 3));
  t.same(
    images(on),
    ['db-0 v2', 'db-1 v2', 'db-2 v2', 'db-3 -', 'db-4 -'],
    'no more than above the partition',
  );
  await on.converge();
  await on.apply(set('v4', '39%'));
  t.same(
    images(on),
    ['db-0 v2', 'db-1 v2', 'db-2 v2', 'db-3 v3', 'db-4 -'],
    'shares round down, to one at least',
  );
});

t.test('createStatefulSetController() leaves Pods alone with OnDelete', async (t) => {
  await using on = bench();
  const updateStrategy = { type: 'OnDelete' };
  await on.apply(statefulSet('v1', { updateStrategy }));
  await on.converge();
  await on.apply(statefulSet('v2', { updateStrategy }));
  await on.converge();
  t.same(images(on), ['db-0 v1', 'db-1 v1', 'db-2 v1']);
  await on.remove('Pod', 'db-1');
  await on.converge();
  t.same(images(on), ['db-0 v1', 'db-1 v2', 'db-2 v1']);
});

t.test(
  'createStatefulSetController() gives a template that comes back its old revision',
  async (t) => {
    await using on = bench();
    for (const image of ['v1', 'v2', 'v1']) {
      await on.apply(statefulSet(image));
      await on.converge();
    }
    t.same(
      on
        .list('ControllerRevision')
        .map(({ revision }) => revision)
        .toSorted((a, b) => a - b),
      [2, 3],
    );
  },
);

t.test('createStatefulSetController() replaces a failed Pod under its name', async (t) => {
  await using on = bench();
  await on.apply(statefulSet('v1', { replicas: 1 }));
  await on.converge();
  const before = on.get('Pod', 'db-0');
  on.store.update({ ...before, status: { ...before.status, phase: 'Failed' } } as never, {
    subresource: 'status',
  });
  await on.settled();
  await on.converge();
  t.not(on.get('Pod', 'db-0').metadata.uid, before.metadata.uid);
  t.same(
    on.events().filter((event) => /Delet|Recreat/.test(event)),
    ['SuccessfulDelete: Delete Pod db-0 in StatefulSet db successful'],
  );
});

t.test('createStatefulSetController() starts from spec.ordinals.start', async (t) => {
  await using on = bench();
  await on.apply(statefulSet('v1', { replicas: 2, ordinals: { start: 5 } }));
  await on.converge();
  t.same(names(on), ['db-5', 'db-6']);
});

t.test('createStatefulSetController() counts no Pod that was taken from it', async (t) => {
  await using on = bench();
  await on.apply(statefulSet('v1', { replicas: 1 }));
  await on.converge();
  const before = on.events();
  await on.edit('Pod', 'db-0', (pod) => ({ ...pod, metadata: { ...pod.metadata, labels: {} } }));
  t.match(on.get('StatefulSet', 'db').status, { replicas: 0 });
  t.same(on.events(), before, 'that the name is taken is not told');
});

const TEMPLATES = [
  {
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  },
];

/** The kind and name of who owns a claim. */
const ownerOf = (on: Bench, claim: string): readonly string[] =>
  (on.get('PersistentVolumeClaim', claim).metadata.ownerReferences ?? []).map(
    ({ kind, name }) => `${kind} ${name}`,
  );

t.test(
  'createStatefulSetController() says that it gave the claims of a Pod to its set',
  async (t) => {
    await using on = bench();
    const spec = { replicas: 1, volumeClaimTemplates: TEMPLATES };
    await on.apply(statefulSet('v1', spec));
    await on.converge();
    const whenDeleted = { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete' } };
    await on.apply(statefulSet('v1', { ...spec, ...whenDeleted }));
    await on.settled();
    t.same(ownerOf(on, 'data-db-0'), ['StatefulSet db']);
    t.ok(on.events().includes('SuccessfulUpdate: Update Pod db-0 in StatefulSet db successful'));
  },
);

t.test(
  'createStatefulSetController() gives claims to surplus Pods once the others are there',
  async (t) => {
    await using on = bench();
    const whenScaled = { persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete' } };
    const spec = { replicas: 1, volumeClaimTemplates: TEMPLATES, ...whenScaled };
    await on.apply(statefulSet('v1', spec));
    await on.converge();
    await on.apply(statefulSet('v1', { ...spec, ordinals: { start: 1 } }));
    t.same(names(on), ['db-0', 'db-1']);
    t.same(ownerOf(on, 'data-db-0'), []);
    await on.runPods();
    t.same(ownerOf(on, 'data-db-0'), ['Pod db-0']);
  },
);

t.test(
  'createStatefulSetController() makes the claim of a Pod that waits for it again',
  async (t) => {
    await using on = bench();
    await on.apply(statefulSet('v1', { replicas: 1, volumeClaimTemplates: TEMPLATES }));
    const claim = on.get('PersistentVolumeClaim', 'data-db-0');
    const { finalizers: _, ...metadata } = claim.metadata;
    on.store.update({ ...claim, metadata } as never);
    on.store.delete({ kind: 'PersistentVolumeClaim', namespace: 'default', name: 'data-db-0' });
    await on.apply(statefulSet('v1', { replicas: 2, volumeClaimTemplates: TEMPLATES }));
    t.not(on.get('PersistentVolumeClaim', 'data-db-0').metadata.uid, claim.metadata.uid);
  },
);
