import { join } from 'node:path';
import { array, assert, constantFrom, property, record } from 'fast-check';
import t from 'tap';
import {
  createKindRegistry,
  createStore,
  KINDS,
  type KubeObject,
  type Store,
} from '../../../src/api/index.ts';
import { applyManifests, type ApplyTarget } from '../../../src/api/manifests/index.ts';
import { checkManifests } from '../../../src/api/manifests/check.ts';
import { loadManifests } from '../../../src/api/manifests/load.ts';
import { parseManifests, type ManifestDocument } from '../../../src/api/manifests/parse.ts';
import { createServiceAllocator } from '../../../src/ipam/index.ts';

const START = Date.UTC(2026, 0, 1);

function target(): ApplyTarget {
  const kinds = createKindRegistry(KINDS);
  const allocators = [createServiceAllocator({ serviceCIDRs: ['10.96.0.0/12'] })];
  let seed = 0;
  const random = (): number => (seed = (seed + 0.137) % 1);
  const store = createStore({ kinds, allocators, now: () => START, random });
  for (const name of ['default', 'kube-system'])
    store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  return { store, kinds };
}

function documents(text: string): readonly ManifestDocument[] {
  const parsed = parseManifests(text, 'm.yaml');
  const checked = checkManifests(parsed.documents);
  const wrong = [...parsed.problems, ...checked.problems];
  if (wrong.length > 0) throw new Error(JSON.stringify(wrong));
  return checked.documents;
}

/** Everything in the store but what it counts up. */
function contents(store: Store): unknown {
  const kinds = ['Namespace', 'Service', 'ConfigMap', 'Deployment', 'Secret', 'Pod'] as const;
  return kinds.flatMap((kind) =>
    store.list(kind).map((object: object) => {
      const { metadata, ...rest } = object as KubeObject;
      const { resourceVersion: _, uid: __, generation: ___, ...meta } = metadata;
      return { metadata: meta, ...rest };
    }),
  );
}

const config = (name: string, value = 'x', namespace = 'default'): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: ${namespace}}\ndata: {key: ${value}}\n---\n`;
const nodePort = (name: string, port: number, more = ''): string =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec:\n  type: NodePort\n  selector: {app: ${name}}\n  ports:\n  - port: 80\n    nodePort: ${port}\n${more}---\n`;

t.test('applyManifests() creates, changes, keeps and deletes', async (t) => {
  const to = target();
  const first = documents(config('a') + config('b') + config('c'));
  t.match(applyManifests(to, first, []), {
    isApplied: true,
    changes: [{ kind: 'created' }, { kind: 'created' }, { kind: 'created' }],
  });
  const second = documents(config('a') + config('b', 'z') + config('d'));
  const result = applyManifests(to, second, first);
  t.strictSame(
    result.changes.map(({ kind, ref }) => `${ref.kind} ${ref.namespace}/${ref.name} ${kind}`),
    [
      'ConfigMap default/a unchanged',
      'ConfigMap default/b configured',
      'ConfigMap default/d created',
      'ConfigMap default/c deleted',
    ],
  );
  t.strictSame(
    to.store.list('ConfigMap').map(({ metadata: { name }, data }) => [name, data?.['key']]),
    [
      ['a', 'x'],
      ['b', 'z'],
      ['d', 'x'],
    ],
  );
});

t.test('applyManifests() changes nothing when nothing changed', async (t) => {
  const to = target();
  const set = documents(config('a') + nodePort('web', 30080));
  applyManifests(to, set, []);
  const { revision } = to.store;
  t.match(applyManifests(to, set, set), {
    isApplied: true,
    changes: [{ kind: 'unchanged' }, { kind: 'unchanged' }],
  });
  t.equal(to.store.revision, revision);
});

t.test('applyManifests() leaves alone what others have set and made', async (t) => {
  const to = target();
  const first = documents(config('a'));
  applyManifests(to, first, []);
  const live = to.store.get('ConfigMap', 'default', 'a');
  to.store.update({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    ...live,
    metadata: { name: 'a', namespace: 'default', labels: { by: 'hand' } },
  });
  to.store.create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'other', namespace: 'default' },
  });
  applyManifests(to, documents(config('a', 'z')), first);
  t.match(to.store.get('ConfigMap', 'default', 'a'), {
    metadata: { labels: { by: 'hand' } },
    data: { key: 'z' },
  });
  applyManifests(to, [], documents(config('a', 'z')));
  t.strictSame(
    to.store.list('ConfigMap').map(({ metadata }) => metadata.name),
    ['other'],
  );
});

t.test('applyManifests() creates the namespaces that nobody makes', async (t) => {
  const to = target();
  t.match(applyManifests(to, documents(config('a', 'x', 'shop')), []), {
    isApplied: true,
    problems: [],
  });
  t.ok(to.store.get('Namespace', undefined, 'shop'));
  t.ok(to.store.get('ConfigMap', 'shop', 'a'));
});

t.test('applyManifests() creates in the order that objects need', async (t) => {
  const to = target();
  const order: string[] = [];
  to.store.watchAll(({ type, object }) => {
    if (type === 'ADDED') order.push(`${object.kind} ${object.metadata.name}`);
  });
  const set = documents(
    `apiVersion: example.org/v1\nkind: Widget\nmetadata: {name: w}\n---\n` +
      nodePort('any', 30001).replace('    nodePort: 30001\n', '') +
      nodePort('fixed', 30000) +
      config('a', 'x', 'shop') +
      `apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\n` +
      `apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: widgets.example.org}\nspec: {group: example.org, scope: Cluster, names: {kind: Widget, plural: widgets}, versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]}\n`,
  );
  t.match(applyManifests(to, set, []), { isApplied: true });
  t.strictSame(order, [
    'Namespace shop',
    'CustomResourceDefinition widgets.example.org',
    'ConfigMap a',
    'Service fixed',
    'Service any',
    'Widget w',
  ]);
  t.ok(
    to.store.get('Widget.example.org', undefined, 'w'),
    'which is cluster-scoped, as its definition says',
  );
});

const invalid = [
  {
    name: 'an invalid field',
    text: nodePort('bad', 80),
    found: 'm.yaml:19:5 Service default/bad spec.ports[0].nodePort',
  },
  {
    name: 'a field that is missing',
    text: nodePort('bad', 30000).replace('port: 80', 'name: x'),
    found: 'm.yaml:18:5 Service default/bad spec.ports[0].port',
  },
  {
    name: 'an address that cannot be had',
    text: nodePort('bad', 30000, '  clusterIP: 192.0.2.1\n'),
    found: 'm.yaml:20:3 Service default/bad spec.clusterIPs',
  },
] as const;
for (const { name, text, found } of invalid) {
  for (const isRunning of [false, true]) {
    t.test(
      `applyManifests() applies nothing ${isRunning ? 'over what runs ' : ''}with ${name}`,
      async (t) => {
        const to = target();
        const first = documents(config('a') + config('gone'));
        if (isRunning) applyManifests(to, first, []);
        const before = contents(to.store);
        const { revision } = to.store;
        const result = applyManifests(
          to,
          documents(config('a', 'z') + config('new') + text),
          isRunning ? first : [],
        );
        const { isApplied, changes, problems } = result;
        t.equal(isApplied, false);
        t.strictSame(changes, []);
        t.ok(problems.every((problem) => problem.object === 'Service default/bad'));
        t.match(
          problems.map(
            ({ position: { file, line, column }, object, message }) =>
              `${file}:${line}:${column} ${object} ${message}`,
          )[0],
          found,
        );
        t.strictSame(contents(to.store), before);
        if (isRunning) t.equal(to.store.revision, revision, 'dry runs found it');
      },
    );
  }
}

t.test(
  'applyManifests() tries a first set out too where its objects are there already',
  async (t) => {
    const to = target();
    applyManifests(to, documents(config('a')), []);
    const { revision } = to.store;
    const bad = documents(config('a', 'z') + nodePort('bad', 80));
    t.match(applyManifests(to, bad, []), { isApplied: false });
    t.equal(to.store.revision, revision);
  },
);

t.test('applyManifests() finds all errors at once', async (t) => {
  const to = target();
  const { problems } = applyManifests(
    to,
    documents(nodePort('a', 80) + nodePort('b', 81) + config('Bad_Name')),
    [],
  );
  t.strictSame(
    problems.map(({ object }) => object),
    ['ConfigMap default/Bad_Name', 'Service default/a', 'Service default/b'],
  );
});

t.test('applyManifests() takes back what only the writes could find', async (t) => {
  const to = target();
  const first = documents(config('a') + nodePort('web', 30080) + config('gone'));
  applyManifests(to, first, []);
  const before = contents(to.store);
  // Each of the two may have the port, but not both.
  const next = documents(config('a', 'z') + nodePort('one', 30100) + nodePort('two', 30100));
  const result = applyManifests(to, next, first);
  t.match(result, {
    isApplied: false,
    changes: [],
    problems: [{ object: 'Service default/two', message: /provided port is already allocated/ }],
  });
  t.equal(result.problems.length, 1);
  t.strictSame(contents(to.store), before);
});

t.test('applyManifests() takes back what it created in new namespaces', async (t) => {
  const to = target();
  const first = documents(config('a'));
  applyManifests(to, first, []);
  const next = documents(
    config('a', 'z') + config('b', 'x', 'shop') + config('Bad_Name', 'x', 'shop'),
  );
  t.match(applyManifests(to, next, first), {
    isApplied: false,
    problems: [{ object: 'ConfigMap shop/Bad_Name' }],
  });
  t.strictSame(
    to.store.list('ConfigMap').map(({ metadata, data }) => [metadata.name, data?.['key']]),
    [['a', 'x']],
  );
  t.ok(to.store.get('Namespace', undefined, 'shop')?.metadata.deletionTimestamp, 'on its way out');
  t.match(applyManifests(to, documents(config('b', 'x', 'shop')), first).problems, [
    { message: 'namespace "shop" is being deleted', position: { line: 3 } },
  ]);
});

t.test('applyManifests() lets a renamed Service keep its node port and address', async (t) => {
  const to = target();
  const first = documents(nodePort('old', 30080, '  clusterIP: 10.96.0.77\n'));
  applyManifests(to, first, []);
  const next = documents(nodePort('new', 30080, '  clusterIP: 10.96.0.77\n'));
  t.match(applyManifests(to, next, first), { isApplied: true, problems: [] });
  t.strictSame(
    to.store.list('Service').map(({ metadata }) => metadata.name),
    ['new'],
  );
});

t.test('applyManifests() takes the later of two documents for one object', async (t) => {
  const to = target();
  t.equal(
    applyManifests(to, documents(config('a', 'one') + config('a', 'two')), []).changes.length,
    1,
  );
  t.match(to.store.get('ConfigMap', 'default', 'a'), { data: { key: 'two' } });
});

t.test('applyManifests() says what to do about what cannot change', async (t) => {
  const to = target();
  const deployment = (app: string): string =>
    `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: ${app}}}\n  template:\n    metadata: {labels: {app: ${app}}}\n    spec: {containers: [{name: c, image: x}]}\n`;
  const first = documents(deployment('a'));
  applyManifests(to, first, []);
  t.match(applyManifests(to, documents(deployment('b')), first).problems, [
    {
      message: /^spec.selector: .*immutable/,
      position: { line: 5, column: 3 },
      hint: /Delete the object first/,
    },
  ]);
});

t.test('applyManifests() takes manifests that were got from a cluster', async (t) => {
  const to = target();
  const set = documents(
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, uid: x, resourceVersion: "5", generation: 3, creationTimestamp: "2020-01-01T00:00:00Z", managedFields: []}\n',
  );
  t.match(applyManifests(to, set, []), { isApplied: true, problems: [] });
  t.match(applyManifests(to, set, set), { isApplied: true, changes: [{ kind: 'unchanged' }] });
});

for (const name of ['guestbook', 'shop']) {
  t.test(`applyManifests() applies fixtures/${name} and takes it away`, async (t) => {
    const to = target();
    const folder = join(import.meta.dirname, '../../../fixtures', name);
    const loaded = await loadManifests([folder]);
    t.match(applyManifests(to, loaded.documents, []), { isApplied: true, problems: [] });
    const { revision } = to.store;
    t.match(applyManifests(to, loaded.documents, loaded.documents), {
      isApplied: true,
      problems: [],
    });
    t.equal(to.store.revision, revision, 'applying it again changes nothing');
    t.match(applyManifests(to, [], loaded.documents), { isApplied: true, problems: [] });
    t.strictSame(to.store.list('Service'), []);
  });
}

t.test('applyManifests() applies a set whole or not at all', async () => {
  const service = record({
    name: constantFrom('a', 'b', 'c'),
    port: constantFrom(30080, 30081, 30082, 80),
    isPlain: constantFrom(true, false, false),
  });
  const sets = array(array(service, { maxLength: 4 }), { maxLength: 5 });
  const written = (set: readonly { name: string; port: number; isPlain: boolean }[]): string =>
    set
      .map(({ name, port, isPlain }) => (isPlain ? config(name, `v${port}`) : nodePort(name, port)))
      .join('');
  assert(
    property(sets, (all) => {
      const to = target();
      let previous: readonly ManifestDocument[] = [];
      for (const set of all) {
        const next = documents(written(set));
        const before = JSON.stringify(contents(to.store));
        const { isApplied, problems } = applyManifests(to, next, previous);
        if (isApplied !== (problems.length === 0)) return false;
        if (!isApplied && JSON.stringify(contents(to.store)) !== before) return false;
        if (isApplied) {
          previous = next;
          const wanted = new Set(
            next.map(({ object: { kind, metadata } }) => `${kind} ${metadata.name}`),
          );
          const there = [...to.store.list('Service'), ...to.store.list('ConfigMap')].length;
          if (there !== wanted.size) return false;
        }
      }
      return true;
    }),
    { numRuns: Number(process.env['FUZZ_RUNS'] ?? 100) },
  );
});
