import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { anything, array, assert, constantFrom, jsonValue, property, record } from 'fast-check';
import t from 'tap';
import { ApiError } from '../../../src/api/errors.ts';
import { schemaOfKind } from '../../../src/api/openapi-schemas.ts';
import { loadPatches, threeWayMerge, type JsonObject } from '../../../src/api/patch/index.ts';

const { jsonPatch, mergePatch, strategicMergePatch } = await loadPatches();

// The examples of RFC 7386, appendix A.
const merges = [
  { target: { a: 'b' }, patch: { a: 'c' }, result: { a: 'c' } },
  { target: { a: 'b' }, patch: { b: 'c' }, result: { a: 'b', b: 'c' } },
  { target: { a: 'b' }, patch: { a: null }, result: {} },
  { target: { a: 'b', b: 'c' }, patch: { a: null }, result: { b: 'c' } },
  { target: { a: ['b'] }, patch: { a: 'c' }, result: { a: 'c' } },
  { target: { a: 'c' }, patch: { a: ['b'] }, result: { a: ['b'] } },
  { target: { a: { b: 'c' } }, patch: { a: { b: 'd', c: null } }, result: { a: { b: 'd' } } },
  { target: { a: [{ b: 'c' }] }, patch: { a: [1] }, result: { a: [1] } },
  { target: ['a', 'b'], patch: ['c', 'd'], result: ['c', 'd'] },
  { target: { a: 'b' }, patch: ['c'], result: ['c'] },
  { target: { a: 'foo' }, patch: null, result: null },
  { target: { a: 'foo' }, patch: 'bar', result: 'bar' },
  { target: { e: null }, patch: { a: 1 }, result: { e: null, a: 1 } },
  { target: [1, 2], patch: { a: 'b', c: null }, result: { a: 'b' } },
  { target: {}, patch: { a: { bb: { ccc: null } } }, result: { a: { bb: {} } } },
  // As the API server does it, which RFC 7386 leaves alone.
  { target: { a: [] }, patch: { a: [{ b: null, c: 1 }, null] }, result: { a: [{ c: 1 }, null] } },
  { target: { a: {} }, patch: { a: [{ b: null }] }, result: { a: [{ b: null }] } },
];
for (const { target, patch, result } of merges) {
  t.test(`mergePatch() of ${JSON.stringify(target)} with ${JSON.stringify(patch)}`, async (t) => {
    t.strictSame(mergePatch(target, patch), result);
  });
}

// The examples of RFC 6902, appendix A.
const patches = [
  {
    name: 'adds a member',
    document: { foo: 'bar' },
    patch: [{ op: 'add', path: '/baz', value: 'qux' }],
    result: { baz: 'qux', foo: 'bar' },
  },
  {
    name: 'adds an item',
    document: { foo: ['bar', 'baz'] },
    patch: [{ op: 'add', path: '/foo/1', value: 'qux' }],
    result: { foo: ['bar', 'qux', 'baz'] },
  },
  {
    name: 'removes a member',
    document: { baz: 'qux', foo: 'bar' },
    patch: [{ op: 'remove', path: '/baz' }],
    result: { foo: 'bar' },
  },
  {
    name: 'removes an item',
    document: { foo: ['bar', 'qux', 'baz'] },
    patch: [{ op: 'remove', path: '/foo/1' }],
    result: { foo: ['bar', 'baz'] },
  },
  {
    name: 'replaces a value',
    document: { baz: 'qux', foo: 'bar' },
    patch: [{ op: 'replace', path: '/baz', value: 'boo' }],
    result: { baz: 'boo', foo: 'bar' },
  },
  {
    name: 'moves a value',
    document: { foo: { bar: 'baz', waldo: 'fred' }, qux: { corge: 'grault' } },
    patch: [{ op: 'move', from: '/foo/waldo', path: '/qux/thud' }],
    result: { foo: { bar: 'baz' }, qux: { corge: 'grault', thud: 'fred' } },
  },
  {
    name: 'moves an item',
    document: { foo: ['all', 'grass', 'cows', 'eat'] },
    patch: [{ op: 'move', from: '/foo/1', path: '/foo/3' }],
    result: { foo: ['all', 'cows', 'eat', 'grass'] },
  },
  {
    name: 'tests values',
    document: { baz: 'qux', foo: ['a', 2, 'c'] },
    patch: [
      { op: 'test', path: '/baz', value: 'qux' },
      { op: 'test', path: '/foo/1', value: 2 },
    ],
    result: { baz: 'qux', foo: ['a', 2, 'c'] },
  },
  {
    name: 'adds a nested object',
    document: { foo: 'bar' },
    patch: [{ op: 'add', path: '/child', value: { grandchild: {} } }],
    result: { foo: 'bar', child: { grandchild: {} } },
  },
  {
    name: 'ignores members it does not know',
    document: { foo: 'bar' },
    patch: [{ op: 'add', path: '/baz', value: 'qux', xyz: 123 }],
    result: { foo: 'bar', baz: 'qux' },
  },
  {
    name: 'reads escapes',
    document: { '/': 9, '~1': 10 },
    patch: [{ op: 'test', path: '/~01', value: 10 }],
    result: { '/': 9, '~1': 10 },
  },
  {
    name: 'appends',
    document: { foo: ['bar'] },
    patch: [{ op: 'add', path: '/foo/-', value: ['abc', 'def'] }],
    result: { foo: ['bar', ['abc', 'def']] },
  },
  {
    name: 'replaces the whole',
    document: { a: 1 },
    patch: [{ op: 'replace', path: '', value: { b: 2 } }],
    result: { b: 2 },
  },
  {
    name: 'copies',
    document: { a: { b: 1 } },
    patch: [{ op: 'copy', from: '/a', path: '/c' }],
    result: { a: { b: 1 }, c: { b: 1 } },
  },
  // As the API server does them.
  {
    name: 'replaces a member that is not there',
    document: { a: {} },
    patch: [{ op: 'replace', path: '/a/b', value: 1 }],
    result: { a: { b: 1 } },
  },
  {
    name: 'counts from the end',
    document: { list: [0, 1, 2] },
    patch: [
      { op: 'remove', path: '/list/-3' },
      { op: 'replace', path: '/list/-1', value: 9 },
      { op: 'add', path: '/list/-1', value: 8 },
    ],
    result: { list: [1, 9, 8] },
  },
  {
    name: 'reads indices with zeroes and signs',
    document: { list: [0] },
    patch: [{ op: 'replace', path: '/list/+00', value: 1 }],
    result: { list: [1] },
  },
  {
    name: 'adds null without a value',
    document: {},
    patch: [{ op: 'add', path: '/a' }],
    result: { a: null },
  },
  {
    name: 'copies null from where nothing is',
    document: {},
    patch: [{ op: 'copy', from: '/a', path: '/b' }],
    result: { b: null },
  },
  {
    name: 'finds null where nothing is',
    document: { a: 1 },
    patch: [
      { op: 'test', path: '/b', value: null },
      { op: 'test', path: '/c' },
    ],
    result: { a: 1 },
  },
  {
    name: 'moves a value to where it is, and reads no further than it must',
    document: { a: { b: 1 } },
    patch: [{ op: 'move', from: 'x/a', path: '/a', value: 'no matter' }],
    result: { a: { b: 1 } },
  },
  {
    name: 'sets a member of any name',
    document: {},
    patch: [{ op: 'add', path: '/prototype', value: { x: 1 } }],
    result: { prototype: { x: 1 } },
  },
];
for (const { name, document, patch, result } of patches) {
  t.test(`jsonPatch() ${name}`, async (t) => {
    const before = structuredClone(document);
    t.strictSame(jsonPatch(document, patch), result);
    t.strictSame(document, before, 'the document stays as it was');
  });
}

const rejected = [
  {
    name: 'a test that fails',
    patch: [{ op: 'test', path: '/baz', value: 'bar' }],
    reason: 'Invalid',
  },
  {
    name: 'a target whose parent is missing',
    patch: [{ op: 'add', path: '/x/bat', value: 'qux' }],
    reason: 'Invalid',
  },
  {
    name: 'removing what is not there',
    patch: [{ op: 'remove', path: '/nope' }],
    reason: 'Invalid',
  },
  {
    name: 'an index beyond the end',
    patch: [{ op: 'add', path: '/list/5', value: 1 }],
    reason: 'Invalid',
  },
  {
    name: 'replacing behind the last item',
    patch: [{ op: 'replace', path: '/list/-', value: 1 }],
    reason: 'Invalid',
  },
  {
    name: 'an index before the beginning',
    patch: [{ op: 'replace', path: '/list/-2', value: 1 }],
    reason: 'Invalid',
  },
  {
    name: 'a scalar as the parent',
    patch: [{ op: 'add', path: '/baz/x', value: 1 }],
    reason: 'Invalid',
  },
  {
    name: 'a prototype',
    patch: [{ op: 'add', path: '/__proto__/x', value: 1 }],
    reason: 'Invalid',
  },
  { name: 'an unknown operation', patch: [{ op: 'spam', path: '/baz' }], reason: 'Invalid' },
  {
    name: 'too many operations',
    patch: Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/baz', value: 'qux' })),
    reason: 'RequestEntityTooLarge',
  },
  {
    name: 'a pointer without its slash',
    patch: [{ op: 'add', path: 'baz', value: 1 }],
    reason: 'Invalid',
  },
  {
    name: 'copies that double the document over and over',
    patch: Array.from({ length: 40 }, () => ({ op: 'copy', from: '/list', path: '/list/-' })),
    reason: 'Invalid',
  },
  { name: 'what is no list', patch: { op: 'add', path: '/baz', value: 1 }, reason: 'BadRequest' },
];
for (const { name, patch, reason } of rejected) {
  t.test(`jsonPatch() rejects ${name}`, async (t) => {
    t.throws(() => jsonPatch({ baz: 'qux', list: [0] }, patch), { name: 'ApiError', reason });
  });
}

const POD = schemaOfKind('v1', 'Pod');
const DEPLOYMENT = schemaOfKind('apps/v1', 'Deployment');
const SERVICE = schemaOfKind('v1', 'Service');
const pod = (spec: JsonObject): JsonObject => ({ spec });
const names = (object: unknown): unknown =>
  (object as { spec: { containers: { name: string }[] } }).spec.containers.map(({ name }) => name);

// After "Update API Objects in Place Using kubectl patch" and the strategic merge patch document of the API conventions.
const strategic = [
  {
    name: 'adds a container and keeps the others',
    original: pod({ containers: [{ name: 'a', image: 'x' }] }),
    patch: pod({ containers: [{ name: 'b', image: 'y' }] }),
    result: pod({
      containers: [
        { name: 'b', image: 'y' },
        { name: 'a', image: 'x' },
      ],
    }),
  },
  {
    name: 'merges a container by its name',
    original: pod({ containers: [{ name: 'a', image: 'x', env: [{ name: 'E', value: '1' }] }] }),
    patch: pod({ containers: [{ name: 'a', image: 'y', env: [{ name: 'F', value: '2' }] }] }),
    result: pod({
      containers: [
        {
          name: 'a',
          image: 'y',
          env: [
            { name: 'F', value: '2' },
            { name: 'E', value: '1' },
          ],
        },
      ],
    }),
  },
  {
    name: 'replaces a list that has no merge key',
    original: pod({ tolerations: [{ key: 'a' }] }),
    patch: pod({ tolerations: [{ key: 'b' }] }),
    result: pod({ tolerations: [{ key: 'b' }] }),
  },
  {
    name: 'deletes an item with $patch',
    original: pod({ containers: [{ name: 'a' }, { name: 'b' }] }),
    patch: pod({ containers: [{ $patch: 'delete', name: 'a' }] }),
    result: pod({ containers: [{ name: 'b' }] }),
  },
  {
    name: 'replaces a list with $patch',
    original: pod({ containers: [{ name: 'a' }, { name: 'b' }] }),
    patch: pod({ containers: [{ $patch: 'replace' }, { name: 'c' }] }),
    result: pod({ containers: [{ name: 'c' }] }),
  },
  {
    name: 'replaces a map with $patch',
    original: pod({ securityContext: { runAsUser: 1, fsGroup: 2 } }),
    patch: pod({ securityContext: { $patch: 'replace', runAsUser: 3 } }),
    result: pod({ securityContext: { runAsUser: 3 } }),
  },
  {
    name: 'orders with $setElementOrder',
    original: pod({ containers: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] }),
    patch: pod({
      '$setElementOrder/containers': [{ name: 'd' }, { name: 'a' }, { name: 'c' }],
      containers: [{ name: 'd' }],
    }),
    result: pod({ containers: [{ name: 'd' }, { name: 'a' }, { name: 'b' }, { name: 'c' }] }),
  },
  {
    name: 'orders without a patch of the list',
    original: pod({ containers: [{ name: 'a' }, { name: 'b' }] }),
    patch: pod({ '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] }),
    result: pod({ containers: [{ name: 'b' }, { name: 'a' }] }),
  },
  {
    name: 'drops what $retainKeys leaves out',
    original: pod({ volumes: [{ name: 'v', emptyDir: {} }] }),
    patch: pod({
      volumes: [{ $retainKeys: ['name', 'hostPath'], name: 'v', hostPath: { path: '/x' } }],
    }),
    result: pod({ volumes: [{ name: 'v', hostPath: { path: '/x' } }] }),
  },
  {
    name: 'merges and deletes scalars',
    original: { metadata: { finalizers: ['a', 'b'] } },
    patch: { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'], finalizers: ['c'] } },
    result: { metadata: { finalizers: ['c', 'b'] } },
  },
  {
    name: 'deletes with null, and sets no nulls',
    original: { metadata: { labels: { a: '1', b: '2' } } },
    patch: { metadata: { labels: { a: null }, annotations: { x: null, y: '1' } } },
    result: { metadata: { labels: { b: '2' }, annotations: { y: '1' } } },
  },
  {
    name: 'deletes of scalars with null the whole list',
    original: { metadata: { finalizers: ['a', 'b'] } },
    patch: { metadata: { '$deleteFromPrimitiveList/finalizers': null } },
    result: { metadata: {} },
  },
  {
    name: 'takes new items as they are, and drops directives where nothing is',
    original: pod({ containers: [{ name: 'a' }] }),
    patch: pod({
      containers: [{ name: 'b', image: null }],
      volumes: [{ name: 'v', $patch: 'delete' }],
      securityContext: { $patch: 'delete' },
    }),
    result: pod({ containers: [{ name: 'b', image: null }, { name: 'a' }], volumes: [] }),
  },
];
for (const { name, original, patch, result } of strategic) {
  t.test(`strategicMergePatch() ${name}`, async (t) => {
    const before = structuredClone(original);
    t.strictSame(strategicMergePatch(original, patch, POD), result);
    t.strictSame(original, before, 'the original stays as it was');
  });
}

t.test('strategicMergePatch() wants the merge key, in the API server’s words', async (t) => {
  t.throws(
    () =>
      strategicMergePatch(
        pod({ containers: [{ name: 'a' }] }),
        pod({ containers: [{ image: 'x' }] }),
        POD,
      ),
    { message: 'map: map[image:x] does not contain declared merge key: name', status: 500 },
  );
});

const brokenPatches = [
  {
    name: 'an unknown directive',
    patch: { $patch: 'spam' },
    says: 'unknown patch type: spam in map: map[$patch:spam]',
  },
  { name: 'a directive that is none here', patch: { $patch: 'merge' } },
  { name: 'a directive that is no text', patch: { $patch: 5 }, says: /%!s\(int64=5\) in map/ },
  {
    name: '$retainKeys that misses a field',
    patch: pod({ volumes: [{ $retainKeys: ['name'], name: 'v', hostPath: {} }] }),
    reason: 'BadRequest',
  },
  {
    name: 'an order that is no list',
    patch: pod({ '$setElementOrder/containers': 'x' }),
    says: 'expected a []interface {}, but received a string',
  },
  {
    name: 'an order of nothing',
    patch: pod({ '$setElementOrder/tolerations': [], tolerations: [] }),
    says: 'no elements in any of the given slices',
  },
  {
    name: 'an order of a field that is not there',
    patch: pod({ '$setElementOrder/x': [] }),
    says: 'unable to find api field in struct PodSpec for the json field "x"',
  },
  {
    name: 'lists of different things',
    patch: pod({ containers: ['x'] }),
    says: /^list element types are not identical/,
  },
  {
    name: 'lists of lists',
    patch: pod({ tolerations: [[]], '$setElementOrder/tolerations': [] }),
    reason: 'Invalid',
  },
  {
    name: 'a list that is out of its order',
    patch: pod({
      '$setElementOrder/containers': [{ name: 'a' }, { name: 'b' }],
      containers: [{ name: 'b' }, { name: 'a' }],
    }),
    says: /^The order in patch list:/,
  },
];
for (const { name, patch, reason = 'InternalError', says = /./ } of brokenPatches) {
  t.test(`strategicMergePatch() rejects ${name}`, async (t) => {
    const original = pod({ volumes: [{ name: 'v' }], containers: [{ name: 'a' }, { name: 'b' }] });
    t.throws(() => strategicMergePatch(original, patch, POD), {
      name: 'ApiError',
      reason,
      message: says,
    });
  });
}

interface Recorded {
  readonly name: string;
  readonly req: { readonly ct: string; readonly body: unknown };
  readonly res: { readonly status: number; readonly body: JsonObject };
}
const recorded = readFileSync(
  join(import.meta.dirname, '../../../fixtures/conformance/api/kube-apiserver-1.36.jsonl'),
  'utf8',
)
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Recorded);

/** What an API server made of the patch, without what it counts up itself. */
function comparable(object: JsonObject): JsonObject {
  const {
    managedFields: _,
    resourceVersion: __,
    generation: ___,
    ...metadata
  } = object['metadata'] as JsonObject;
  const { finalizers, ...rest } = metadata;
  // Go writes no empty lists.
  return { ...object, metadata: isDeepStrictEqual(finalizers, []) ? rest : metadata };
}

// Each of these was sent after the one before it, to one Deployment of a real server.
const SEQUENCE = [
  'update after ssa',
  'smp delete container',
  'smp retainKeys',
  'smp replace list',
  'smp finalizers',
  'smp deleteFromPrimitive',
];
for (const name of ['smp retainKeys', 'smp finalizers', 'smp deleteFromPrimitive']) {
  t.test(`strategicMergePatch() gives what a kube-apiserver gave: ${name}`, async (t) => {
    const find = (wanted: string | undefined): Recorded => {
      const found = recorded.find((pair) => pair.name === wanted);
      if (found === undefined) throw new Error(`no recording ${String(wanted)}`);
      return found;
    };
    const pair = find(name);
    const before = find(SEQUENCE[SEQUENCE.indexOf(name) - 1]).res.body;
    const patched = strategicMergePatch(before, pair.req.body as JsonObject, DEPLOYMENT);
    t.strictSame(comparable(patched), comparable(pair.res.body));
  });
}

t.test(
  'strategicMergePatch() puts recorded containers where a kube-apiserver put them',
  async (t) => {
    const before = recorded.find(({ name }) => name === 'smp retainKeys')?.res.body ?? {};
    const pair = recorded.find(({ name }) => name === 'smp replace list');
    const template = (object: JsonObject): unknown =>
      (object['spec'] as { template: JsonObject }).template;
    t.strictSame(
      names(template(strategicMergePatch(before, pair?.req.body as JsonObject, DEPLOYMENT))),
      names(template(pair?.res.body ?? {})),
    );
  },
);

const applies = [
  {
    name: 'sets, removes and keeps',
    lastApplied: { metadata: { labels: { a: '1', b: '2' } }, spec: { replicas: 1 } },
    modified: { metadata: { labels: { a: '9' } }, spec: {} },
    live: {
      metadata: { uid: 'u', labels: { a: '1', b: '2', other: 'x' } },
      spec: { replicas: 3, paused: true },
    },
    result: { metadata: { uid: 'u', labels: { a: '9', other: 'x' } }, spec: { paused: true } },
  },
  {
    name: 'removes nothing that was never applied',
    lastApplied: undefined,
    modified: { metadata: { labels: { a: '1' } } },
    live: { metadata: { labels: { b: '2' } } },
    result: { metadata: { labels: { a: '1', b: '2' } } },
  },
  {
    name: 'matches containers by name and keeps injected ones',
    lastApplied: {
      spec: {
        template: {
          spec: {
            containers: [
              { name: 'a', image: '1' },
              { name: 'b', image: '1' },
            ],
          },
        },
      },
    },
    modified: { spec: { template: { spec: { containers: [{ name: 'a', image: '2' }] } } } },
    live: {
      spec: {
        template: {
          spec: {
            containers: [
              { name: 'a', image: '1', imagePullPolicy: 'Always' },
              { name: 'b', image: '1' },
              { name: 'sidecar' },
            ],
          },
        },
      },
    },
    result: {
      spec: {
        template: {
          spec: {
            containers: [{ name: 'a', image: '2', imagePullPolicy: 'Always' }, { name: 'sidecar' }],
          },
        },
      },
    },
  },
  {
    name: 'drops the other member of a union',
    lastApplied: { spec: { strategy: { type: 'RollingUpdate' } } },
    modified: { spec: { strategy: { type: 'Recreate' } } },
    live: { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%' } } } },
    result: { spec: { strategy: { type: 'Recreate' } } },
  },
  {
    name: 'keeps the defaults of an unchanged union',
    lastApplied: { spec: { strategy: { type: 'RollingUpdate' } } },
    modified: { spec: { strategy: { type: 'RollingUpdate' } } },
    live: { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%' } } } },
    result: { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%' } } } },
  },
  {
    name: 'removes a list that is no longer applied',
    lastApplied: { metadata: { finalizers: ['a.b/c'] } },
    modified: { metadata: {} },
    live: { metadata: { finalizers: ['a.b/c'] } },
    result: { metadata: {} },
  },
];
for (const { name, lastApplied, modified, live, result } of applies) {
  t.test(`threeWayMerge() ${name}`, async (t) => {
    t.strictSame(threeWayMerge({ lastApplied, modified, live, schema: DEPLOYMENT }), result);
  });
}

t.test('threeWayMerge() tells two ports of one number apart by their protocol', async (t) => {
  const spec = (target: number): JsonObject => ({
    spec: {
      ports: [
        { port: 53, protocol: 'UDP', targetPort: 53 },
        { port: 53, targetPort: target },
      ],
    },
  });
  const live = {
    spec: {
      ports: [
        { port: 53, protocol: 'UDP', targetPort: 53, nodePort: 1 },
        { port: 53, protocol: 'TCP', targetPort: 53, nodePort: 2 },
      ],
    },
  };
  t.strictSame(
    threeWayMerge({ lastApplied: spec(53), modified: spec(54), live, schema: SERVICE }),
    {
      spec: {
        ports: [
          { port: 53, protocol: 'UDP', targetPort: 53, nodePort: 1 },
          { port: 53, protocol: 'TCP', targetPort: 54, nodePort: 2 },
        ],
      },
    },
  );
});

t.test('threeWayMerge() replaces the lists of kinds without a schema', async (t) => {
  const result = threeWayMerge({
    lastApplied: { spec: { items: [{ name: 'a' }] } },
    modified: { spec: { items: [{ name: 'b' }] } },
    live: { spec: { items: [{ name: 'a' }, { name: 'c' }], more: 1 } },
    schema: undefined,
  });
  t.strictSame(result, { spec: { items: [{ name: 'b' }], more: 1 } });
});

t.test('threeWayMerge() gives back what is live when nothing changes', async (t) => {
  const live = { metadata: { name: 'a', uid: 'u' }, spec: { replicas: 1 } };
  const modified = { metadata: { name: 'a' }, spec: { replicas: 1 } };
  t.equal(threeWayMerge({ lastApplied: modified, modified, live, schema: DEPLOYMENT }), live);
});

const field = constantFrom(
  'spec',
  'containers',
  'name',
  'env',
  '$patch',
  '$retainKeys',
  '$setElementOrder/containers',
  '$deleteFromPrimitiveList/finalizers',
  'metadata',
  'finalizers',
  '__proto__',
);
const fuzzed = record(
  {
    spec: record(
      {
        containers: array(
          record(
            {
              name: constantFrom('a', 'b', null),
              env: jsonValue({ maxDepth: 2 }),
              $patch: constantFrom('delete', 'replace', 'merge', 'x'),
            },
            { requiredKeys: [] },
          ),
        ),
        $patch: constantFrom('replace', 'merge'),
      },
      { requiredKeys: [] },
    ),
    metadata: anything({
      key: field,
      withNullPrototype: false,
      maxDepth: 3,
      values: [constantFrom('a', 1, null, true)],
    }),
  },
  { requiredKeys: [] },
);
const json = fuzzed.map((value) => JSON.parse(JSON.stringify(value) ?? 'null') as JsonObject);

/** Whether the call returns or throws an ApiError. */
function answers(call: () => unknown): boolean {
  try {
    call();
    return true;
  } catch (error) {
    if (error instanceof ApiError) return true;
    throw error;
  }
}

t.test('patches of anything are applied or refused', async () => {
  assert(
    property(json, json, jsonValue(), (a, b, c) => {
      const operations = [
        { op: 'add', path: '/spec', value: c },
        { op: 'copy', from: '/spec', path: '/x' },
        c,
      ];
      return (
        answers(() => strategicMergePatch(a, b, POD)) &&
        answers(() => threeWayMerge({ lastApplied: a, modified: b, live: a, schema: POD })) &&
        answers(() => mergePatch(a, c)) &&
        answers(() => jsonPatch(a, operations)) &&
        answers(() => jsonPatch(a, c))
      );
    }),
    { numRuns: Number(process.env['FUZZ_RUNS'] ?? 500) },
  );
});
