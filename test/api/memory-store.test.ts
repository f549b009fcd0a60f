import t from 'tap';
import {
  ApiError,
  createKindRegistry,
  KINDS,
  toApiStatus,
  type Allocator,
  type KubeObject,
  type StoreEvent,
} from '../../src/api/index.ts';
import { createTestStore, object, outcome, showEvent, START } from './test-store.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

t.test('create() sets what the server decides', async (t) => {
  const store = createTestStore();
  const { metadata } = store.create(
    object('Deployment', {
      name: 'web',
      uid: 'mine',
      generation: 7,
      creationTimestamp: '2000-01-01T00:00:00Z',
      deletionTimestamp: '2000-01-01T00:00:00Z',
      labels: {},
    }),
  );
  t.match(metadata.uid, UUID);
  t.same(
    { ...metadata, uid: '' },
    {
      name: 'web',
      namespace: 'default',
      uid: '',
      resourceVersion: '2',
      generation: 1,
      creationTimestamp: '2026-01-02T03:04:05Z',
    },
  );
  t.equal(store.revision, 2);
  t.equal(store.get('Deployment', 'default', 'web')?.metadata, metadata);
});

t.test('create() generates names from letters that make no words', async (t) => {
  const store = createTestStore();
  const long = 'a'.repeat(70);
  for (const generateName of ['web-', long]) {
    const { name } = store.create(object('ConfigMap', { generateName })).metadata;
    t.match(name, new RegExp(`^${generateName.slice(0, 58)}[bcdfghjklmnpqrstvwxz2456789]{5}$`));
  }
});

t.test('create() tries another generated name when one is taken', async (t) => {
  const taken = createTestStore({ random: () => 0 });
  taken.create(object('ConfigMap', { name: 'web-bbbbb' }));
  t.equal(
    outcome(() => taken.create(object('ConfigMap', { generateName: 'web-' }))),
    '409 AlreadyExists: configmaps "web-" already exists, the server was not able to generate a unique name for the object',
  );
});

const refusals = [
  {
    name: 'a name that is taken',
    object: object('Deployment', { name: 'taken' }),
    outcome: '409 AlreadyExists: deployments.apps "taken" already exists',
  },
  {
    name: 'a namespace that is not there',
    object: object('Pod', { name: 'web', namespace: 'nope' }),
    outcome: '404 NotFound: namespaces "nope" not found',
  },
  {
    name: 'a namespace that is being deleted',
    object: object('ConfigMap', { name: 'web', namespace: 'ending' }),
    outcome:
      '403 Forbidden: configmaps "web" is forbidden: unable to create new content in namespace ending because it is being terminated',
  },
  {
    name: 'no name',
    object: object('ConfigMap', {}),
    outcome:
      '422 Invalid: ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
  },
  {
    name: 'no namespace',
    object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'web' } },
    outcome: '422 Invalid: ConfigMap "web" is invalid: metadata.namespace: Required value',
  },
  {
    name: 'a namespace where none may be',
    object: object('Node', { name: 'n1' }),
    outcome:
      '422 Invalid: Node "n1" is invalid: metadata.namespace: Forbidden: not allowed on this type',
  },
  {
    name: 'a resourceVersion',
    object: object('ConfigMap', { name: 'web', resourceVersion: '1' }),
    outcome: '500 resourceVersion should not be set on objects to be created',
  },
  {
    name: 'labels of a wrong type',
    object: object('ConfigMap', { name: 'web', labels: 'x' as never }),
    outcome: /^400 BadRequest: ConfigMap in version "v1" cannot be handled as a ConfigMap: /,
  },
  {
    name: 'metadata of a wrong type in a kind without schema',
    object: { apiVersion: 'example.org/v1', kind: 'Widget', metadata: [] as never },
    outcome: /^400 BadRequest: Widget in version "example.org\/v1" cannot be handled as a Widget: /,
  },
  {
    name: 'no kind',
    object: { apiVersion: 'v1', metadata: { name: 'web' } } as unknown as KubeObject,
    outcome: /^400 BadRequest: Object 'Kind' is missing in /,
  },
] as const;
for (const { name, object: refused, outcome: wanted } of refusals) {
  t.test(`create() refuses ${name}`, async (t) => {
    const store = createTestStore();
    store.create(object('Deployment', { name: 'taken' }));
    store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ending' } });
    store.delete({ kind: 'Namespace', name: 'ending' });
    const { revision } = store;
    const found = outcome(() => store.create(refused));
    if (typeof wanted === 'string') t.equal(found, wanted);
    else t.match(found, wanted);
    t.equal(store.revision, revision, 'nothing was written');
  });
}

t.test('toApiStatus() names the resource, and the cause of a terminating namespace', async (t) => {
  const store = createTestStore();
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'gold' } });
  store.delete({ kind: 'Namespace', name: 'gold' });
  const failure = (write: () => unknown): unknown => {
    try {
      return write();
    } catch (error) {
      return toApiStatus(error);
    }
  };
  const terminating = failure(() =>
    store.create(object('ConfigMap', { name: 'late', namespace: 'gold' })),
  );
  t.match(terminating, {
    details: {
      name: 'late',
      kind: 'configmaps',
      causes: [
        {
          reason: 'NamespaceTerminating',
          message: 'namespace gold is being terminated',
          field: 'metadata.namespace',
        },
      ],
    },
  });
  t.same(
    failure(() => store.delete({ kind: 'Deployment', namespace: 'default', name: 'none' })),
    {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'deployments.apps "none" not found',
      reason: 'NotFound',
      details: { name: 'none', group: 'apps', kind: 'deployments' },
      code: 404,
    },
  );
  t.match(toApiStatus(new TypeError('x is not a function')), {
    code: 500,
    reason: 'InternalError',
    message: 'Internal error occurred: x is not a function',
  });
});

t.test('update() of the labels of an EndpointSlice is a new generation', async (t) => {
  const store = createTestStore({ kinds: createKindRegistry(KINDS) });
  const slice = object('EndpointSlice', { name: 'web-1' }, { addressType: 'IPv4', endpoints: [] });
  const old = store.create(slice);
  const labels = { 'kubernetes.io/service-name': 'web' };
  const updated = store.update<KubeObject>({ ...old, metadata: { ...old.metadata, labels } });
  t.equal(updated.metadata.generation, 2);
});

const updates = [
  {
    name: 'spec',
    change: { spec: { replicas: 2 } },
    generation: 2,
    isChanged: true,
  },
  {
    name: 'labels',
    change: { metadata: { name: 'web', namespace: 'default', labels: { a: 'b' } } },
    generation: 1,
    isChanged: true,
  },
  {
    name: 'status, which a plain update keeps',
    change: { status: { replicas: 9 } },
    generation: 1,
  },
  { name: 'nothing', change: {}, generation: 1 },
] as const;
for (const { name, change, generation, ...rest } of updates) {
  t.test(`update() of ${name}`, async (t) => {
    const store = createTestStore();
    const old = store.create(object('Deployment', { name: 'web' }, { spec: { replicas: 1 } }));
    const updated = store.update<KubeObject>({ ...old, ...change });
    const isChanged = 'isChanged' in rest;
    t.equal(updated.metadata.generation, generation);
    t.equal(updated.metadata.uid, old.metadata.uid);
    t.equal(store.revision, isChanged ? 3 : 2);
    t.equal(updated === old, !isChanged, 'what says the same stays the same object');
    t.notOk('status' in updated);
  });
}

t.test('update() of the status changes nothing else', async (t) => {
  const store = createTestStore();
  const old = store.create(object('Deployment', { name: 'web' }, { spec: { replicas: 1 } }));
  const updated = store.update<KubeObject>(
    {
      ...old,
      metadata: { ...old.metadata, labels: { a: 'b' } },
      spec: { replicas: 5 },
      status: { readyReplicas: 1 },
    },
    { subresource: 'status' },
  );
  t.match(updated, { spec: { replicas: 1 }, status: { readyReplicas: 1 } });
  t.equal(updated.metadata.generation, 1);
  t.equal(updated.metadata.labels, undefined);
  t.equal(store.update(updated, { subresource: 'status' }), updated, 'the same again is nothing');
});

t.test('update() shares what did not change with the old object', async (t) => {
  const store = createTestStore();
  const old = store.create<KubeObject>(
    object('Deployment', { name: 'web' }, { spec: { replicas: 1 } }),
  );
  const copy = structuredClone(old);
  const updated = store.update<KubeObject>(
    { ...copy, status: { replicas: 1 } },
    { subresource: 'status' },
  );
  t.equal(updated['spec'], old['spec']);
  const labelled = { ...copy.metadata, resourceVersion: '', labels: { a: 'b' } };
  t.equal(store.update<KubeObject>({ ...copy, metadata: labelled })['spec'], old['spec']);
});

t.test('update() cannot mark as being deleted', async (t) => {
  const store = createTestStore();
  const old = store.create(object('ConfigMap', { name: 'c' }));
  const metadata = { ...old.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
  t.equal(
    outcome(() => store.update({ ...old, metadata })),
    '422 Invalid: ConfigMap "c" is invalid: metadata.deletionTimestamp: Invalid value: "2026-01-01T00:00:00Z": field is immutable',
  );
});

t.test('generation counts a status that is no subresource', async (t) => {
  const store = createTestStore();
  const widget = {
    apiVersion: 'example.org/v1',
    kind: 'Widget',
    metadata: { name: 'w', namespace: 'default' },
  };
  const old = store.create<KubeObject>(widget);
  t.equal(store.update<KubeObject>({ ...old, status: { a: 1 } }).metadata.generation, 2);
  t.equal(
    store.create(object('ConfigMap', { name: 'c' })).metadata.generation,
    undefined,
    'ConfigMaps have none',
  );
});

const conflicts = [
  {
    name: 'an old resourceVersion',
    metadata: { resourceVersion: '2' },
    outcome:
      '409 Conflict: Operation cannot be fulfilled on configmaps "c": the object has been modified; please apply your changes to the latest version and try again',
  },
  {
    name: 'the uid of another life',
    metadata: { uid: 'x' },
    outcome:
      /^409 Conflict: Operation cannot be fulfilled on configmaps "c": StorageError: invalid object, Code: 4, Key: \/configmaps\/default\/c, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: x, UID in object meta: /,
  },
  { name: 'no resourceVersion', metadata: {}, outcome: 'ok' },
  { name: 'the present resourceVersion', metadata: { resourceVersion: '3' }, outcome: 'ok' },
  {
    name: 'a name that is not there',
    metadata: { name: 'd' },
    outcome: '404 NotFound: configmaps "d" not found',
  },
] as const;
for (const { name, metadata, outcome: wanted } of conflicts) {
  t.test(`update() with ${name}`, async (t) => {
    const store = createTestStore();
    store.create(object('ConfigMap', { name: 'c' }));
    store.update(object('ConfigMap', { name: 'c' }, { data: { a: '1' } }));
    const found = outcome(() =>
      store.update(object('ConfigMap', { name: 'c', ...metadata }, { data: { a: '2' } })),
    );
    if (typeof wanted === 'string') t.equal(found, wanted);
    else t.match(found, wanted);
  });
}

t.test('dry runs answer as if they were written, and write nothing', async (t) => {
  const store = createTestStore();
  const heard: string[] = [];
  using _ = store.watchAll((event) => heard.push(showEvent(event)));
  const created = store.create(object('ConfigMap', { name: 'c' }), { isDryRun: true });
  t.match(created.metadata.uid, UUID);
  t.equal(created.metadata.resourceVersion, undefined);
  t.equal(store.get('ConfigMap', 'default', 'c'), undefined);
  const stored = store.create(object('ConfigMap', { name: 'c' }));
  t.match(store.update<KubeObject>({ ...stored, data: { a: '1' } }, { isDryRun: true }), {
    data: { a: '1' },
  });
  store.delete({ kind: 'ConfigMap', namespace: 'default', name: 'c' }, { isDryRun: true });
  t.equal(store.get('ConfigMap', 'default', 'c')?.metadata, stored.metadata);
  t.same(heard, ['ADDED ConfigMap default/c 2']);
});

interface Call {
  readonly what: string;
  readonly name: string;
}

/** Gives every ConfigMap a number in its data; refuses one that asks for 13. */
function numbering(calls: Call[]): Allocator {
  return {
    kinds: ['ConfigMap'],
    reserve: (reserved, old, options) => {
      const { name } = reserved.metadata;
      const note = (what: string) => calls.push({ what, name });
      const data = reserved['data'] as Record<string, string> | undefined;
      if (data?.['number'] === '13') throw new ApiError('Forbidden', 'thirteen is taken');
      note(options?.isDryRun === true ? 'dry' : old === undefined ? 'reserve' : 'again');
      return {
        object: { ...reserved, data: { number: '7', ...data } },
        commit: () => note('commit'),
        rollback: () => note('rollback'),
      };
    },
    release: ({ metadata }) => calls.push({ what: 'release', name: metadata.name }),
  };
}

t.test('allocators reserve, and keep what is written only', async (t) => {
  const calls: Call[] = [];
  const store = createTestStore({ allocators: [numbering(calls), numbering(calls)] });
  const taken = (): string[] => calls.splice(0).map(({ what, name }) => `${what} ${name}`);
  const created = store.create<KubeObject>(object('ConfigMap', { name: 'a' }));
  t.same(created['data'], { number: '7' });
  t.same(taken(), ['reserve a', 'reserve a', 'commit a', 'commit a']);
  t.throws(() => store.create(object('ConfigMap', { name: 'b', labels: { '!': '' } })));
  t.same(taken(), ['reserve b', 'reserve b', 'rollback b', 'rollback b'], 'invalid afterwards');
  t.throws(() => store.create(object('ConfigMap', { name: 'a' })), {
    message: 'configmaps "a" already exists',
  });
  t.same(taken(), ['reserve a', 'reserve a', 'rollback a', 'rollback a'], 'name taken');
  store.create(object('ConfigMap', { name: 'c' }), { isDryRun: true });
  t.same(taken(), ['dry c', 'dry c', 'rollback c', 'rollback c']);
  t.throws(() => store.create(object('ConfigMap', { name: '_' }, { data: { number: '13' } })), {
    message: 'thirteen is taken',
  });
  t.same(taken(), [], 'the allocator comes before validation');
  store.update(created);
  t.same(taken(), ['again a', 'again a', 'rollback a', 'rollback a'], 'no change');
  store.delete({ kind: 'ConfigMap', namespace: 'default', name: 'a' });
  t.same(taken(), ['release a', 'release a']);
  store.create(object('Secret', { name: 'a' }));
  t.same(taken(), [], 'kinds it does not want to see');
});

t.test('a second allocator that refuses gives back what the first reserved', async (t) => {
  const calls: Call[] = [];
  const refusing: Allocator = {
    kinds: ['ConfigMap'],
    reserve: () => {
      throw new ApiError('InternalError', 'range is full');
    },
    release: () => undefined,
  };
  const store = createTestStore({ allocators: [numbering(calls), refusing] });
  t.throws(() => store.create(object('ConfigMap', { name: 'a' })), { message: 'range is full' });
  t.same(
    calls.map(({ what }) => what),
    ['reserve', 'rollback'],
  );
});

t.test('list() is in order of namespace and name', async (t) => {
  const store = createTestStore();
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a' } });
  for (const [namespace, name] of [
    ['default', 'c'],
    ['a', 'z'],
    ['default', 'b'],
  ] as const)
    store.create(object('ConfigMap', { namespace, name }));
  const names = (namespace?: string): string[] =>
    store
      .list('ConfigMap', namespace === undefined ? {} : { namespace })
      .map(({ metadata }) => metadata.name);
  t.same(names(), ['z', 'b', 'c']);
  t.same(names('default'), ['b', 'c']);
  t.same(names('nope'), []);
  store.delete({ kind: 'ConfigMap', namespace: 'default', name: 'b' });
  t.same(names('default'), ['c']);
});

t.test('list() selects by labels and fields', async (t) => {
  const store = createTestStore();
  for (const [name, app] of [
    ['a', 'web'],
    ['b', 'db'],
    ['c', 'web'],
  ] as const)
    store.create(object('ConfigMap', { name, labels: { app } }));
  const names = (labelSelector?: string, fieldSelector?: string): string[] =>
    store
      .list('ConfigMap', {
        ...(labelSelector !== undefined && { labelSelector }),
        ...(fieldSelector !== undefined && { fieldSelector }),
      })
      .map(({ metadata }) => metadata.name);
  t.same(names('app=web'), ['a', 'c']);
  t.same(names('app=web', 'metadata.name!=a'), ['c']);
  t.same(names('', 'metadata.name=b'), ['b']);
  t.equal(
    outcome(() => names('a b')),
    "400 BadRequest: unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
  );
});

t.test('ownedBy() follows ownerReferences as they change', async (t) => {
  const store = createTestStore();
  const reference = (uid: string) => ({ apiVersion: 'v1', kind: 'Pod', name: 'o', uid });
  const owned = (uid: string): string[] =>
    store.ownedBy('ConfigMap', uid).map(({ metadata }) => metadata.name);
  const a = store.create(object('ConfigMap', { name: 'a', ownerReferences: [reference('1')] }));
  store.create(
    object('ConfigMap', { name: 'b', ownerReferences: [reference('1'), reference('2')] }),
  );
  t.same(owned('1'), ['a', 'b']);
  t.same(owned('2'), ['b']);
  store.update({ ...a, metadata: { ...a.metadata, ownerReferences: [reference('2')] } });
  t.same(owned('1'), ['b']);
  t.same(owned('2').toSorted(), ['a', 'b']);
  store.delete({ kind: 'ConfigMap', namespace: 'default', name: 'b' });
  t.same(owned('1'), []);
  t.same(store.ownedBy('Secret', '2'), []);
});

t.test('watch() sees what enters a selector as added and what leaves as deleted', async (t) => {
  const store = createTestStore();
  const heard: string[] = [];
  let last: StoreEvent | undefined;
  using _ = store.watch(
    'ConfigMap',
    (event) => {
      last = event;
      heard.push(showEvent(event));
    },
    { labelSelector: 'app=web', namespace: 'default' },
  );
  const labelled = (app: string, data: string): KubeObject =>
    object('ConfigMap', { name: 'a', labels: { app } }, { data: { data } });
  store.create(labelled('db', '1'));
  store.update(labelled('web', '1'));
  t.equal(last?.old, undefined);
  store.update(labelled('web', '2'));
  store.update(labelled('db', '2'));
  t.match(last?.object, { metadata: { labels: { app: 'web' }, resourceVersion: '5' } });
  store.update(labelled('db', '3'));
  store.update(labelled('web', '3'));
  store.delete({ kind: 'ConfigMap', namespace: 'default', name: 'a' });
  t.equal(last?.object.metadata.resourceVersion, '8', 'the revision of the deletion');
  t.same(heard, [
    'ADDED ConfigMap default/a 3',
    'MODIFIED ConfigMap default/a 4',
    'DELETED ConfigMap default/a 5',
    'ADDED ConfigMap default/a 7',
    'DELETED ConfigMap default/a 8',
  ]);
});

t.test(
  'watch() of a name hears of that object alone, in whatever form it is asked for',
  async (t) => {
    const store = createTestStore();
    const configMap = (name: string, extra: object = {}): KubeObject =>
      object('ConfigMap', { name }, { data: {}, ...extra });
    const heard: Record<string, string[]> = {};
    const SELECTORS = [
      'metadata.name=a',
      'metadata.name==a',
      'metadata.namespace=default,metadata.name=a',
      'metadata.name!=b',
      'metadata.name=a,metadata.name=b',
      '',
    ];
    for (const fieldSelector of SELECTORS) {
      const names: string[] = (heard[fieldSelector] = []);
      store.watch(
        'ConfigMap',
        ({ type, object: { metadata } }) => names.push(`${type} ${metadata.name}`),
        {
          fieldSelector,
        },
      );
    }
    for (const name of ['a', 'b']) store.create(configMap(name));
    store.update(configMap('a', { data: { x: '1' } }));
    store.delete({ kind: 'ConfigMap', namespace: 'default', name: 'a' });
    const ofA = ['ADDED a', 'MODIFIED a', 'DELETED a'];
    t.same(heard, {
      'metadata.name=a': ofA,
      'metadata.name==a': ofA,
      'metadata.namespace=default,metadata.name=a': ofA,
      'metadata.name!=b': ofA,
      'metadata.name=a,metadata.name=b': [],
      '': ['ADDED a', 'ADDED b', 'MODIFIED a', 'DELETED a'],
    });
  },
);

t.test('watch() begins with the present objects, or where somebody left off', async (t) => {
  const store = createTestStore();
  store.create(object('ConfigMap', { name: 'b' }));
  store.create(object('ConfigMap', { name: 'a' }));
  store.create(object('Secret', { name: 's' }));
  store.update(object('ConfigMap', { name: 'b' }, { data: { x: '1' } }));
  const hear = (options: object): string[] => {
    const heard: string[] = [];
    using _ = store.watch('ConfigMap', (event) => heard.push(showEvent(event)), options);
    return heard;
  };
  t.same(hear({}), []);
  t.same(hear({ sendInitialEvents: true }), [
    'ADDED ConfigMap default/a 3',
    'ADDED ConfigMap default/b 5',
  ]);
  t.same(hear({ sinceRevision: 2 }), [
    'ADDED ConfigMap default/a 3',
    'MODIFIED ConfigMap default/b 5',
  ]);
  t.same(hear({ sinceRevision: 5 }), []);
  t.same(hear({ sinceRevision: 0 }), [
    'ADDED ConfigMap default/b 2',
    'ADDED ConfigMap default/a 3',
    'MODIFIED ConfigMap default/b 5',
  ]);
});

t.test('watch() expires when history is shorter than what is asked for', async (t) => {
  const store = createTestStore({ historySize: 2 });
  for (const name of ['a', 'b', 'c']) store.create(object('ConfigMap', { name }));
  const heard: string[] = [];
  const watch = (sinceRevision: number) => () =>
    store.watch('ConfigMap', (event) => heard.push(event.object.metadata.name), { sinceRevision });
  t.equal(outcome(watch(1)), '410 Expired: too old resource version: 1 (2)');
  t.equal(outcome(watch(2)), 'ok');
  t.same(heard, ['b', 'c']);
});

t.test('events of writes inside a watcher come after those under way', async (t) => {
  const store = createTestStore();
  const first: string[] = [];
  const second: string[] = [];
  using _first = store.watchAll((event) => {
    first.push(showEvent(event));
    const { name } = event.object.metadata;
    if (name === 'a') store.create(object('ConfigMap', { name: 'b' }));
    if (name === 'b') store.create(object('ConfigMap', { name: 'c' }));
  });
  using _second = store.watchAll((event) => second.push(showEvent(event)));
  store.create(object('ConfigMap', { name: 'a' }));
  t.same(second, [
    'ADDED ConfigMap default/a 2',
    'ADDED ConfigMap default/b 3',
    'ADDED ConfigMap default/c 4',
  ]);
  t.same(first, second);
});

t.test('a watcher that comes while events are told hears of each state once', async (t) => {
  const store = createTestStore();
  const late: string[] = [];
  let watch: Disposable | undefined;
  using _early = store.watch('ConfigMap', ({ object: { metadata } }) => {
    if (metadata.name !== 'a' || watch !== undefined) return;
    store.create(object('ConfigMap', { name: 'b' }));
    watch = store.watch('ConfigMap', (event) => late.push(showEvent(event)), {
      sendInitialEvents: true,
    });
  });
  store.create(object('ConfigMap', { name: 'a' }));
  t.same(late, ['ADDED ConfigMap default/a 2', 'ADDED ConfigMap default/b 3']);
  watch?.[Symbol.dispose]();
  store.create(object('ConfigMap', { name: 'c' }));
  t.equal(late.length, 2, 'a disposed watch is silent');
});

t.test('writes while a watcher hears of the present objects come after those', async (t) => {
  const store = createTestStore();
  for (const name of ['a', 'b']) store.create(object('ConfigMap', { name }));
  const heard: string[] = [];
  using _ = store.watch(
    'ConfigMap',
    (event) => {
      heard.push(showEvent(event));
      if (event.type === 'ADDED')
        store.update(object('ConfigMap', { name: 'b' }, { data: { x: '1' } }));
    },
    { sendInitialEvents: true },
  );
  t.same(heard, [
    'ADDED ConfigMap default/a 2',
    'ADDED ConfigMap default/b 3',
    'MODIFIED ConfigMap default/b 4',
  ]);
});

t.test('a watcher that throws keeps nobody else from hearing', async (t) => {
  const errors: unknown[] = [];
  const store = createTestStore({ onListenerError: (error) => errors.push(error) });
  const heard: string[] = [];
  using _bad = store.watchAll(() => {
    throw new TypeError('mine');
  });
  using _good = store.watchAll((event) => heard.push(showEvent(event)));
  store.create(object('ConfigMap', { name: 'a' }));
  store.create(object('ConfigMap', { name: 'b' }));
  t.same(heard, ['ADDED ConfigMap default/a 2', 'ADDED ConfigMap default/b 3']);
  t.same(errors.map(String), ['TypeError: mine', 'TypeError: mine']);
});

t.test('a CustomResourceDefinition says what its objects are', async (t) => {
  const store = createTestStore();
  const crd = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'zones.example.org' },
    spec: {
      group: 'example.org',
      scope: 'Cluster',
      names: { kind: 'Zone', plural: 'zones', shortNames: ['zo'] },
      versions: [{ name: 'v1', served: true, storage: true, subresources: { status: {} } }],
    },
  };
  const zone = { apiVersion: 'example.org/v1', kind: 'Zone', metadata: { name: 'z' } };
  const early = { ...zone, metadata: { name: 'early', namespace: 'default' } };
  t.equal(
    outcome(() => store.create(early)),
    'ok',
    'of a kind that nobody defined an object says itself whether it has a namespace',
  );
  store.create(crd);
  const created = store.create<KubeObject>({ ...zone, spec: { a: 1 }, status: { b: 1 } });
  t.notOk('status' in created, 'its status is a subresource');
  t.equal(store.get('Zone.example.org', undefined, 'z'), created);
  t.equal(
    outcome(() => store.create({ ...zone, metadata: { name: 'y', namespace: 'default' } })),
    '422 Invalid: Zone.example.org "y" is invalid: metadata.namespace: Forbidden: not allowed on this type',
  );
});

t.test('objects carry the time of their creation', async (t) => {
  let now = START;
  const store = createTestStore({ now: () => now });
  now += 90_500;
  t.equal(
    store.create(object('ConfigMap', { name: 'a' })).metadata.creationTimestamp,
    '2026-01-02T03:05:35Z',
  );
});
