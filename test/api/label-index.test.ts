import t from 'tap';
import { LabelIndex } from '../../src/api/label-index.ts';
import type { KubeObject } from '../../src/api/index.ts';

const object = (
  name: string,
  labels: Readonly<Record<string, string>>,
  namespace = 'a',
): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace, name, labels },
});

const OBJECTS = [
  object('w2', { app: 'web', tier: 'front' }),
  object('w1', { app: 'web', tier: 'back' }),
  object('d1', { app: 'db' }),
  object('w1', { app: 'web', tier: 'front' }, 'b'),
];

const names = (found: readonly KubeObject[]): readonly string[] =>
  found.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);

const cases = [
  {
    name: 'one label',
    namespace: undefined,
    labels: { app: 'web' },
    found: ['a/w1', 'a/w2', 'b/w1'],
  },
  { name: 'one namespace', namespace: 'a', labels: { app: 'web' }, found: ['a/w1', 'a/w2'] },
  {
    name: 'two labels',
    namespace: undefined,
    labels: { app: 'web', tier: 'front' },
    found: ['a/w2', 'b/w1'],
  },
  {
    name: 'a value that nothing has',
    namespace: undefined,
    labels: { app: 'web', tier: 'none' },
    found: [],
  },
] as const;
for (const { name, namespace, labels, found } of cases) {
  t.test(`find() by ${name}`, async (t) => {
    t.same(names(new LabelIndex(() => OBJECTS).find(namespace, labels)), found);
  });
}

t.test('replace() keeps up with objects that come, change and go', async (t) => {
  const index = new LabelIndex(() => []);
  t.same(names(index.find('a', { app: 'web' })), []);
  const first = object('w', { app: 'web' });
  const second = object('w', { app: 'db' });
  index.replace(undefined, first);
  t.same(names(index.find('a', { app: 'web' })), ['a/w']);
  index.replace(first, second);
  t.same(names(index.find('a', { app: 'web' })), []);
  t.same(index.find('a', { app: 'db' }), [second]);
  index.replace(second, undefined);
  t.same(names(index.find('a', { app: 'db' })), []);
});
