import t from 'tap';
import { prepareWrites, type KubeObject, type Pod, type Store } from '../../../src/api/index.ts';
import { createKindsStore, kindObject } from '../kinds/admit.ts';
import { outcome } from '../test-store.ts';

const REFUSED = '403 Forbidden: ';

/** A store with LimitRanges of these items. */
async function limited(...limits: readonly object[]): Promise<Store> {
  const store = createKindsStore();
  const ranges = limits.map((item, index) =>
    kindObject('LimitRange', { spec: { limits: [item] } }, `range-${index}`),
  );
  await prepareWrites(ranges);
  for (const range of ranges) store.create(range);
  return store;
}

/** A Pod whose containers ask for these resources. */
function pod(...resources: readonly object[]): KubeObject {
  const containers = resources.map((own, index) => ({
    name: `c${index}`,
    image: 'x',
    resources: own,
  }));
  return kindObject('Pod', { spec: { containers } }, 'web');
}

function claim(storage: string): KubeObject {
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } };
  return kindObject('PersistentVolumeClaim', { spec }, 'data');
}

const DEFAULTS = { type: 'Container', default: { cpu: '1' }, defaultRequest: { cpu: '500m' } };

t.test('withDefaultLimits() fills in what containers leave out, and tells it', async (t) => {
  const store = await limited(DEFAULTS, { type: 'Container', min: { memory: '64Mi' } });
  const created = store.create(pod({}, { limits: { cpu: '2' } })) as unknown as Pod;
  t.same(
    created.spec?.containers.map(({ resources }) => resources),
    [
      { limits: { cpu: '1' }, requests: { cpu: '500m', memory: '64Mi' } },
      { limits: { cpu: '2' }, requests: { cpu: '2', memory: '64Mi' } },
    ],
  );
  t.equal(
    created.metadata.annotations?.['kubernetes.io/limit-ranger'],
    'LimitRanger plugin set: memory request for container c0; memory request for container c1',
    'the last range that has set something tells what',
  );
});

t.test('withDefaultLimits() leaves Pods alone where there is no LimitRange any more', async (t) => {
  const store = await limited(DEFAULTS);
  store.delete({ kind: 'LimitRange', namespace: 'default', name: 'range-0' });
  const created = store.create(pod({})) as unknown as Pod;
  t.same(created.spec?.containers[0]?.resources, {});
  t.equal(created.metadata.annotations, undefined);
});

const cases: readonly {
  readonly name: string;
  readonly limits: readonly object[];
  readonly object: KubeObject;
  /** What is said after `is forbidden: `; absent where the object may come. */
  readonly says?: string;
}[] = [
  {
    name: 'a request below the minimum',
    limits: [{ type: 'Container', min: { memory: '100Mi' } }],
    object: pod({ requests: { memory: '50Mi' } }),
    says: 'minimum memory usage per Container is 100Mi, but request is 50Mi',
  },
  {
    name: 'several faults, each once',
    limits: [{ type: 'Container', max: { cpu: '1' } }],
    object: pod({ limits: { cpu: '2' } }, { limits: { cpu: '2' } }, { limits: { cpu: '3' } }),
    says: '[maximum cpu usage per Container is 1, but limit is 2, maximum cpu usage per Container is 1, but limit is 3]',
  },
  {
    name: 'no limit where Pods have a greatest one',
    limits: [{ type: 'Pod', max: { memory: '1Gi' } }],
    object: pod({}),
    says: 'maximum memory usage per Pod is 1Gi.  No limit is specified',
  },
  {
    name: 'no request where Pods have a least one',
    limits: [{ type: 'Pod', min: { memory: '1Gi' } }],
    object: pod({}),
    says: 'minimum memory usage per Pod is 1Gi.  No request is specified',
  },
  {
    name: 'containers that are too much together',
    limits: [{ type: 'Pod', max: { cpu: '1' } }],
    object: pod({ limits: { cpu: '600m' } }, { limits: { cpu: '600m' } }),
    says: 'maximum cpu usage per Pod is 1, but limit is 1200m',
  },
  {
    name: 'a ratio that is too great',
    limits: [{ type: 'Container', maxLimitRequestRatio: { cpu: '1500m' } }],
    object: pod({ limits: { cpu: '1' }, requests: { cpu: '400m' } }),
    says: 'cpu max limit to request ratio per Container is 1500m, but provided ratio is 2.500000',
  },
  {
    name: 'a ratio of nothing',
    limits: [{ type: 'Container', maxLimitRequestRatio: { cpu: '2' } }],
    object: pod({}),
    says: 'cpu max limit to request ratio per Container is 2, but no request is specified or request is 0',
  },
  {
    name: 'what is just enough',
    limits: [{ type: 'Container', min: { cpu: '1' }, max: { cpu: '1' } }],
    object: pod({ limits: { cpu: '1000m' } }),
  },
  {
    name: 'more than can be told in thousandths',
    limits: [{ type: 'Pod', max: { 'example.org/bytes': '8Ei' } }],
    object: pod({
      limits: { 'example.org/bytes': '7Ei' },
      requests: { 'example.org/bytes': '7Ei' },
    }),
  },
  {
    name: 'a claim for too much',
    limits: [{ type: 'PersistentVolumeClaim', max: { storage: '1Gi' } }],
    object: claim('2Gi'),
    says: 'maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi',
  },
  {
    name: 'a claim for too little',
    limits: [{ type: 'PersistentVolumeClaim', min: { storage: '1Gi' } }],
    object: claim('1M'),
    says: 'minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 1M',
  },
];

for (const { name, limits, object, says } of cases)
  t.test(`limitProblems() of ${name}`, async (t) => {
    const store = await limited(...limits);
    const { plural } = { plural: object.kind === 'Pod' ? 'pods' : 'persistentvolumeclaims' };
    const refusal = `${REFUSED}${plural} "${object.metadata.name}" is forbidden: ${says}`;
    t.equal(
      outcome(() => store.create(object)),
      says === undefined ? 'ok' : refusal,
    );
  });

t.test(
  'limitProblems() of init containers counts the greatest, and what runs beside it',
  async (t) => {
    const store = await limited({ type: 'Pod', max: { cpu: '1' } });
    const spec = {
      initContainers: [
        {
          name: 'side',
          image: 'x',
          restartPolicy: 'Always',
          resources: { limits: { cpu: '300m' } },
        },
        { name: 'first', image: 'x', resources: { limits: { cpu: '800m' } } },
      ],
      containers: [{ name: 'main', image: 'x', resources: { limits: { cpu: '500m' } } }],
    };
    t.equal(
      outcome(() => store.create(kindObject('Pod', { spec }, 'web'))),
      `${REFUSED}pods "web" is forbidden: maximum cpu usage per Pod is 1, but limit is 1100m`,
    );
  },
);

t.test('limits rule the objects of their own Namespace', async (t) => {
  const store = await limited({ type: 'Container', max: { cpu: '1' } });
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } });
  const object = pod({ limits: { cpu: '2' } });
  const other = { ...object, metadata: { ...object.metadata, namespace: 'other' } };
  t.equal(
    outcome(() => store.create(other)),
    'ok',
  );
});
