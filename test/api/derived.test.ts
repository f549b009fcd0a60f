import t from 'tap';
import { DerivedTable, type DerivedOptions, type Store } from '../../src/api/index.ts';
import { createTestStore, object } from './test-store.ts';

/** How many ConfigMaps an app has, by the label `app`. */
function countApps(
  store: Store,
  options: Partial<DerivedOptions<number>> = {},
): DerivedTable<number> {
  return new DerivedTable<number>({
    store,
    inputs: [
      {
        kind: 'ConfigMap',
        keys: ({ metadata }) => [metadata.labels?.['app'] ?? 'none'],
      },
    ],
    compute: (app, reader) => {
      const count = reader.list('ConfigMap', { labelSelector: `app=${app}` }).length;
      return count === 0 ? undefined : count;
    },
    ...options,
  });
}

const labelled = (name: string, app: string) => object('ConfigMap', { name, labels: { app } });

/** Lets the microtask after a change run. */
const announced = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

t.test('DerivedTable reads what is there and what comes, at once', async (t) => {
  const store = createTestStore();
  store.create(labelled('a', 'web'));
  using table = countApps(store);
  t.equal(table.get('web'), 1);
  store.create(labelled('b', 'web'));
  t.equal(table.get('web'), 2);
  store.update(labelled('b', 'db'));
  t.strictSame(Object.fromEntries(table.entries()), { web: 1, db: 1 });
  store.delete({ kind: 'ConfigMap', namespace: 'default', name: 'a' });
  t.equal(table.get('web'), undefined);
});

t.test('DerivedTable computes only what a change touches', async (t) => {
  const store = createTestStore();
  const computed: string[] = [];
  for (const app of ['a', 'b', 'c']) store.create(labelled(app, app));
  using table = countApps(store, {
    compute: (key) => {
      computed.push(key);
      return 1;
    },
  });
  t.same(computed.splice(0), ['a', 'b', 'c']);
  store.create(labelled('d', 'b'));
  store.create(object('Secret', { name: 's' }));
  t.equal(table.get('a'), 1);
  t.same(computed, ['b']);
});

t.test('DerivedTable announces each batch once', async (t) => {
  const store = createTestStore();
  using table = countApps(store);
  const batches: string[] = [];
  using _ = table.onChange((changes) =>
    batches.push(changes.map(({ key, old, value }) => `${key} ${old}->${value}`).join(', ')),
  );
  store.create(labelled('a', 'web'));
  store.create(labelled('b', 'web'));
  store.create(labelled('c', 'db'));
  t.same(batches, [], 'not while the writer goes on');
  await announced();
  t.same(batches.splice(0), ['web undefined->2, db undefined->1']);
  store.create(labelled('d', 'web'));
  t.equal(table.get('web'), 3, 'read before it is announced');
  store.delete({ kind: 'ConfigMap', namespace: 'default', name: 'c' });
  await announced();
  t.same(batches.splice(0), ['web 2->3, db 1->undefined']);
  await announced();
  t.same(batches, []);
});

t.test('DerivedTable does not announce what was there from the start', async (t) => {
  const store = createTestStore();
  store.create(labelled('a', 'web'));
  using table = countApps(store);
  const batches: unknown[] = [];
  using _ = table.onChange((changes) => batches.push(changes));
  await announced();
  t.same(batches, []);
});

t.test('DerivedTable rises its revision with each entry that changes', async (t) => {
  const store = createTestStore();
  using table = countApps(store);
  const { revision } = table;
  store.create(labelled('a', 'web'));
  t.equal(table.revision, revision + 1);
  store.create(object('Secret', { name: 's' }));
  store.update(object('ConfigMap', { name: 'a', labels: { app: 'web' } }, { data: { x: '1' } }));
  t.equal(table.revision, revision + 1, 'an entry that came out the same did not change');
});

t.test('DerivedTable tells the others when a listener throws', async (t) => {
  const store = createTestStore();
  const errors: unknown[] = [];
  using table = countApps(store, { onError: (error) => errors.push(error) });
  const heard: number[] = [];
  using _bad = table.onChange(() => {
    throw new TypeError('mine');
  });
  using _good = table.onChange((changes) => heard.push(changes.length));
  store.create(labelled('a', 'web'));
  await announced();
  t.same(heard, [1]);
  t.same(errors.map(String), ['TypeError: mine']);
});

t.test('DerivedTable follows a change that a listener makes', async (t) => {
  const store = createTestStore();
  using table = countApps(store);
  const heard: string[] = [];
  using _ = table.onChange((changes) => {
    for (const { key } of changes) heard.push(key);
    if (heard.length === 1) store.create(labelled('b', 'db'));
  });
  store.create(labelled('a', 'web'));
  await announced();
  t.same(heard, ['web', 'db']);
});

t.test('DerivedTable is silent once disposed', async (t) => {
  const store = createTestStore();
  const table = countApps(store);
  const heard: unknown[] = [];
  table.onChange((changes) => heard.push(changes));
  store.create(labelled('a', 'web'));
  table[Symbol.dispose]();
  store.create(labelled('b', 'web'));
  await announced();
  t.same(heard, []);
});

t.test('DerivedTable survives an entry that cannot be computed', async (t) => {
  const store = createTestStore();
  const errors: unknown[] = [];
  using table = countApps(store, {
    onError: (error) => errors.push(error),
    compute: (key) => {
      if (key === 'bad') throw new TypeError('cannot');
      return 1;
    },
  });
  store.create(labelled('a', 'bad'));
  store.create(labelled('b', 'good'));
  t.equal(table.get('good'), 1);
  t.equal(table.get('bad'), undefined);
  t.same(errors.map(String), ['TypeError: cannot']);
});
