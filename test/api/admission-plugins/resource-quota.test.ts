import t from 'tap';
import {
  prepareWrites,
  type KubeObject,
  type ResourceQuota,
  type Store,
} from '../../../src/api/index.ts';
import { createKindsStore, kindObject } from '../kinds/admit.ts';
import { outcome } from '../test-store.ts';

const REFUSED = '403 Forbidden: ';

/** A store with a quota of this spec, called `q`. */
async function quoted(spec: object): Promise<Store> {
  const store = createKindsStore();
  const quota = kindObject('ResourceQuota', { spec }, 'q');
  await prepareWrites([quota]);
  store.create(quota);
  return store;
}

function usedOf(store: Store): unknown {
  const quota: ResourceQuota | undefined = store.get<string>('ResourceQuota', 'default', 'q');
  return quota?.status?.used;
}

function pod(name: string, resources: object = {}, spec: object = {}): KubeObject {
  const containers = [{ name: 'main', image: 'x', resources }];
  return kindObject('Pod', { spec: { containers, ...spec } }, name);
}

t.test('checkQuotas() lets in what there is room for, and writes it down', async (t) => {
  const store = await quoted({ hard: { pods: '2', 'requests.cpu': '1' } });
  t.equal(
    outcome(() => store.create(pod('a', { requests: { cpu: '600m' } }))),
    'ok',
  );
  t.same(usedOf(store), { pods: '1', 'requests.cpu': '600m' });
  t.equal(
    outcome(() => store.create(pod('b', { requests: { cpu: '0.5' } }))),
    `${REFUSED}pods "b" is forbidden: exceeded quota: q, requested: requests.cpu=500m, used: requests.cpu=600m, limited: requests.cpu=1`,
  );
  t.equal(
    outcome(() => store.create(pod('b'))),
    `${REFUSED}pods "b" is forbidden: failed quota: q: must specify requests.cpu for: main`,
  );
  t.same(usedOf(store), { pods: '1', 'requests.cpu': '600m' }, 'what is refused takes nothing');
});

t.test('checkQuotas() counts what was there before the quota', async (t) => {
  const store = createKindsStore();
  store.create(kindObject('ConfigMap', {}, 'a'));
  const quota = kindObject('ResourceQuota', { spec: { hard: { configmaps: '2' } } }, 'q');
  await prepareWrites([quota]);
  store.create(quota);
  store.create(kindObject('ConfigMap', {}, 'b'));
  t.same(usedOf(store), { configmaps: '2' });
  t.match(
    outcome(() => store.create(kindObject('ConfigMap', {}, 'c'))),
    /exceeded quota: q/,
  );
});

t.test('checkQuotas() takes nothing for a dry run, nor for a name that is taken', async (t) => {
  const store = await quoted({ hard: { 'count/configmaps': '2' } });
  store.create(kindObject('ConfigMap', {}, 'a'));
  store.create(kindObject('ConfigMap', {}, 'b'), { isDryRun: true });
  t.match(
    outcome(() => store.create(kindObject('ConfigMap', {}, 'a'))),
    /already exists/,
  );
  t.same(usedOf(store), { 'count/configmaps': '1' });
});

t.test('checkQuotas() is never overrun by those who write at once', async (t) => {
  const store = await quoted({ hard: { pods: '7' } });
  const names = Array.from({ length: 50 }, (_, index) => `p${index}`);
  const outcomes = await Promise.all(
    names.map(async (name) => outcome(() => store.create(pod(name)))),
  );
  t.equal(outcomes.filter((text) => text === 'ok').length, 7);
  t.equal(store.list('Pod').length, 7);
});

t.test(
  'checkQuotas() charges a Service that changes its type for what it takes more',
  async (t) => {
    const store = await quoted({ hard: { 'services.nodeports': '1', services: '5' } });
    const service = (type: string, ports: readonly number[]): KubeObject =>
      kindObject(
        'Service',
        { spec: { type, ports: ports.map((port) => ({ port, name: `p${port}` })) } },
        's',
      );
    store.create(service('ClusterIP', [1, 2]));
    t.same(usedOf(store), { services: '1', 'services.nodeports': '0' });
    t.match(
      outcome(() => store.update(service('NodePort', [1, 2]))),
      /requested: services.nodeports=2, used: services.nodeports=0, limited: services.nodeports=1/,
    );
    t.equal(
      outcome(() => store.update(service('NodePort', [1]))),
      'ok',
    );
    t.same(usedOf(store), { services: '1', 'services.nodeports': '1' });
  },
);

const scopes: readonly {
  readonly name: string;
  readonly spec: object;
  readonly object: KubeObject;
  readonly isCounted: boolean;
}[] = [
  {
    name: 'BestEffort and a Pod that asks for nothing',
    spec: { scopes: ['BestEffort'] },
    object: pod('a'),
    isCounted: true,
  },
  {
    name: 'BestEffort and a Pod that asks for something',
    spec: { scopes: ['BestEffort'] },
    object: pod('a', { requests: { cpu: '1m' } }),
    isCounted: false,
  },
  {
    name: 'Terminating and a Pod that ends',
    spec: { scopes: ['Terminating'] },
    object: pod('a', {}, { activeDeadlineSeconds: 1 }),
    isCounted: true,
  },
  {
    name: 'NotTerminating and a Pod that ends',
    spec: { scopes: ['NotTerminating'] },
    object: pod('a', {}, { activeDeadlineSeconds: 1 }),
    isCounted: false,
  },
  {
    name: 'another class and a Pod without one',
    spec: {
      scopeSelector: {
        matchExpressions: [{ scopeName: 'PriorityClass', operator: 'NotIn', values: ['high'] }],
      },
    },
    object: pod('a'),
    isCounted: true,
  },
  {
    name: 'affinity to other Namespaces',
    spec: { scopes: ['CrossNamespacePodAffinity'] },
    object: pod(
      'a',
      {},
      {
        affinity: {
          podAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
              { topologyKey: 'kubernetes.io/hostname', namespaces: ['other'], labelSelector: {} },
            ],
          },
        },
      },
    ),
    isCounted: true,
  },
];

for (const { name, spec, object, isCounted } of scopes)
  t.test(`checkQuotas() of the scope ${name}`, async (t) => {
    const store = await quoted({ hard: { pods: '0' }, ...spec });
    const expected = isCounted ? /exceeded quota: q/ : /^ok$/;
    t.match(
      outcome(() => store.create(object)),
      expected,
    );
  });

t.test('checkQuotas() counts storage of its class, in whole bytes', async (t) => {
  const name = 'gold.storageclass.storage.k8s.io/requests.storage';
  const store = await quoted({ hard: { [name]: '1Gi', 'requests.storage': '5Gi' } });
  const claim = (storageClassName: string, storage: string): KubeObject => {
    const spec = {
      storageClassName,
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage } },
    };
    return kindObject('PersistentVolumeClaim', { spec }, storageClassName);
  };
  store.create(claim('silver', '2000000000500m'));
  t.same(usedOf(store), { 'requests.storage': '2000000001', [name]: '0' });
  t.match(
    outcome(() => store.create(claim('gold', '2Gi'))),
    /used: gold\.\S+=0, limited: gold\.\S+=1Gi/,
  );
});
