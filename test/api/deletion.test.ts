import t from 'tap';
import { planDeletion } from '../../src/api/deletion.ts';
import type { DeleteOptions, KubeObject, ObjectMeta } from '../../src/api/index.ts';
import { createTestStore, object, outcome, START } from './test-store.ts';

/** What a plan does, and the marks that the object then has. */
function show(old: KubeObject, options: DeleteOptions): string {
  const plan = planDeletion(old, options, START);
  if (plan.kind === 'keep') return 'keep';
  const { deletionTimestamp, deletionGracePeriodSeconds, generation, finalizers } =
    plan.object.metadata;
  const marks = [deletionTimestamp?.slice(11, 19), deletionGracePeriodSeconds, generation];
  return [plan.kind, ...marks, ...(finalizers ?? [])].map((mark) => mark ?? '-').join(' ');
}

const running = { spec: { nodeName: 'n1', terminationGracePeriodSeconds: 30 } };
const marked = {
  deletionTimestamp: '2026-01-02T03:04:35Z',
  deletionGracePeriodSeconds: 30,
  generation: 2,
};

const pods: readonly {
  readonly name: string;
  readonly metadata?: Partial<ObjectMeta>;
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly options?: DeleteOptions;
  readonly plan: string;
}[] = [
  { name: 'a Pod that runs nowhere', fields: {}, plan: 'remove 03:04:05 0 2' },
  { name: 'a running Pod', plan: 'mark 03:04:35 30 2' },
  {
    name: 'a running Pod with a period of its own',
    options: { gracePeriodSeconds: 5 },
    plan: 'mark 03:04:10 5 2',
  },
  {
    name: 'a running Pod with a negative period',
    options: { gracePeriodSeconds: -3 },
    plan: 'mark 03:04:06 1 2',
  },
  {
    name: 'a running Pod by force',
    options: { gracePeriodSeconds: 0 },
    plan: 'remove 03:04:05 0 2',
  },
  {
    name: 'a Pod that has failed',
    fields: { ...running, status: { phase: 'Failed' } },
    plan: 'remove 03:04:05 0 2',
  },
  {
    name: 'a Pod that a finalizer holds, by force',
    metadata: { finalizers: ['example.org/hold'] },
    options: { gracePeriodSeconds: 0 },
    plan: 'mark 03:04:05 0 2 example.org/hold',
  },
  { name: 'a Pod that is ending', metadata: marked, plan: 'keep' },
  {
    name: 'a Pod that is ending, with a longer period',
    metadata: marked,
    options: { gracePeriodSeconds: 60 },
    plan: 'keep',
  },
  {
    name: 'a Pod that is ending, with a shorter period',
    metadata: marked,
    options: { gracePeriodSeconds: 10 },
    plan: 'mark 03:04:15 10 2',
  },
  {
    name: 'a Pod that is ending, by force',
    metadata: marked,
    options: { gracePeriodSeconds: 0 },
    plan: 'remove 03:04:05 0 2',
  },
  {
    name: 'a running Pod in the foreground',
    options: { propagationPolicy: 'Foreground' },
    plan: 'mark 03:04:35 30 2 foregroundDeletion',
  },
];
for (const { name, metadata = {}, fields = running, options = {}, plan } of pods) {
  t.test(`planDeletion() of ${name}`, async (t) => {
    t.equal(show(object('Pod', { name: 'p', generation: 1, ...metadata }, fields), options), plan);
  });
}

const held = { deletionTimestamp: '2026-01-02T03:00:00Z', deletionGracePeriodSeconds: 0 };
const others: readonly {
  readonly name: string;
  readonly metadata: Partial<ObjectMeta>;
  readonly options: DeleteOptions;
  readonly plan: string;
}[] = [
  { name: 'nothing that holds it', metadata: {}, options: {}, plan: 'remove - - 1' },
  {
    name: 'a finalizer',
    metadata: { finalizers: ['a/b'] },
    options: {},
    plan: 'mark 03:04:05 0 2 a/b',
  },
  {
    name: 'a finalizer, again',
    metadata: { ...held, finalizers: ['a/b'] },
    options: {},
    plan: 'keep',
  },
  {
    name: 'Foreground',
    metadata: {},
    options: { propagationPolicy: 'Foreground' },
    plan: 'mark 03:04:05 0 2 foregroundDeletion',
  },
  {
    name: 'Orphan',
    metadata: { finalizers: ['a/b'] },
    options: { propagationPolicy: 'Orphan' },
    plan: 'mark 03:04:05 0 2 a/b orphan',
  },
  {
    name: 'Orphan after Foreground',
    metadata: { ...held, finalizers: ['foregroundDeletion'] },
    options: { propagationPolicy: 'Orphan' },
    plan: 'mark 03:00:00 0 1 orphan',
  },
  {
    name: 'Foreground, again',
    metadata: { ...held, finalizers: ['foregroundDeletion'] },
    options: { propagationPolicy: 'Foreground' },
    plan: 'keep',
  },
  {
    name: 'Background after Foreground',
    metadata: { ...held, finalizers: ['foregroundDeletion'] },
    options: { propagationPolicy: 'Background' },
    plan: 'remove 03:00:00 0 1',
  },
  {
    name: 'no policy after Foreground',
    metadata: { ...held, finalizers: ['foregroundDeletion'] },
    options: {},
    plan: 'keep',
  },
];
for (const { name, metadata, options, plan } of others) {
  t.test(`planDeletion() of a Deployment with ${name}`, async (t) => {
    t.equal(show(object('Deployment', { name: 'd', generation: 1, ...metadata }), options), plan);
  });
}

t.test('the last finalizer that goes takes the object with it', async (t) => {
  const store = createTestStore();
  const created = store.create(object('Deployment', { name: 'd', finalizers: ['a.b/c', 'd.e/f'] }));
  store.delete({ kind: 'Deployment', namespace: 'default', name: 'd' });
  const release = (finalizers: readonly string[]): KubeObject => {
    const { resourceVersion: _, ...metadata } = created.metadata;
    return store.update<KubeObject>({ ...created, metadata: { ...metadata, finalizers } });
  };
  t.match(release(['d.e/f']).metadata, { deletionGracePeriodSeconds: 0, generation: 2 });
  t.equal(
    outcome(() => release(['d.e/f', 'new.one/x'])),
    '422 Invalid: Deployment.apps "d" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"new.one/x"}',
  );
  const seen: unknown[] = [];
  using _watch = store.watch('Deployment', ({ type, object: { metadata } }) => {
    seen.push([type, metadata.finalizers, metadata.resourceVersion]);
  });
  const last = release([]);
  t.equal(last.metadata.resourceVersion, String(store.revision));
  t.equal(last.metadata.finalizers?.length ?? 0, 0);
  t.same(seen, [['DELETED', ['d.e/f'], String(store.revision)]], 'watchers see it as it was');
  t.equal(store.get('Deployment', 'default', 'd'), undefined);
});

t.test('a Pod within its grace period outlives its last finalizer', async (t) => {
  const store = createTestStore();
  const pod = store.create(object('Pod', { name: 'p', finalizers: ['a.b/c'] }, running));
  const marks = store.delete({ kind: 'Pod', namespace: 'default', name: 'p' });
  const { finalizers: _, ...metadata } = marks.metadata;
  store.update({ ...pod, ...marks, metadata });
  t.type(store.get('Pod', 'default', 'p')?.metadata.deletionTimestamp, 'string');
  store.delete({ kind: 'Pod', namespace: 'default', name: 'p' }, { gracePeriodSeconds: 0 });
  t.equal(store.get('Pod', 'default', 'p'), undefined);
});

const preconditions = [
  {
    name: 'another uid',
    preconditions: { uid: 'x' },
    outcome:
      /^409 Conflict: .*the UID in the precondition \(x\) does not match the UID in record \(.*\)\. The object might have been deleted and then recreated$/,
  },
  {
    name: 'an old resourceVersion',
    preconditions: { resourceVersion: '1' },
    outcome:
      /^409 Conflict: .*the ResourceVersion in the precondition \(1\) does not match the ResourceVersion in record \(2\)\. The object might have been modified$/,
  },
  { name: 'the present resourceVersion', preconditions: { resourceVersion: '2' }, outcome: /^ok$/ },
] as const;
for (const { name, preconditions: wanted, outcome: expected } of preconditions) {
  t.test(`delete() on condition of ${name}`, async (t) => {
    const store = createTestStore();
    store.create(object('ConfigMap', { name: 'c' }));
    const ref = { kind: 'ConfigMap', namespace: 'default', name: 'c' };
    t.match(
      outcome(() => store.delete(ref, { preconditions: wanted })),
      expected,
    );
  });
}

t.test('delete() refuses a policy that is none', async (t) => {
  const store = createTestStore();
  const ref = { kind: 'ConfigMap', namespace: 'default', name: 'c' };
  t.equal(
    outcome(() => store.delete(ref, { propagationPolicy: 'X' as never })),
    '422 Invalid: DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "X": supported values: "Foreground", "Background", "Orphan", "nil"',
  );
});
