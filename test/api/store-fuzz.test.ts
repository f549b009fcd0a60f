/** Whatever a client sends, a write is done or refused: nothing else is ever thrown, and the store stays whole. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import t from 'tap';
import {
  ApiError,
  createKindRegistry,
  KINDS,
  type KindDefinition,
  type KubeObject,
  type Store,
} from '../../src/api/index.ts';
import { createServiceAllocator } from '../../src/ipam/index.ts';
import { SHAPES } from '../../src/api/shapes.ts';
import { createTestStore } from './test-store.ts';

const kinds = createKindRegistry(KINDS);

const TEXTS = ['', 'a', 'A.b', '10.0.0.1', '10.96.0.0/16', 'None', 'TCP', 'x'.repeat(300), '1Gi'];
const OTHERS = [0, -1, 1, 80, 70_000, 1.5, 2 ** 40, true, false, null];
const scalar: fc.Arbitrary<unknown> = fc.constantFrom<unknown[]>(...TEXTS, ...OTHERS);

/** Values of a type in `SHAPES`, now and then of another one. */
function valueOf(type: string, depth: number): fc.Arbitrary<unknown> {
  const right = typedValue(type, depth);
  return fc.oneof({ weight: 12, arbitrary: right }, { weight: 1, arbitrary: scalar });
}

function typedValue(type: string, depth: number): fc.Arbitrary<unknown> {
  if (type.startsWith('[')) return fc.array(valueOf(type.slice(1, -1), depth), { maxLength: 3 });
  if (type.startsWith('{'))
    return fc.dictionary(fc.constantFrom('a', 'a/b', 'A b'), valueOf(type.slice(1, -1), depth), {
      maxKeys: 2,
    });
  const shape = SHAPES[type];
  if (shape === undefined || depth === 0) return scalar;
  const fields = shape
    .split(' ')
    .filter((text) => text !== '')
    .map((text) => text.split(/!?:/) as [string, string]);
  // Few of the many fields, so that those that are there are deep.
  return fc
    .shuffledSubarray(fields, { maxLength: Math.min(4, fields.length) })
    .chain((chosen) =>
      fc.record(Object.fromEntries(chosen.map(([field, of]) => [field, valueOf(of, depth - 1)]))),
    );
}

function anyObject(definition: KindDefinition): fc.Arbitrary<KubeObject> {
  const { group, version, kind } = definition;
  const apiVersion = group === '' ? version : `${group}/${version}`;
  const place = definition.isNamespaced ? { namespace: 'default' } : {};
  const metadata = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom({ ...place, name: 'a' }, { ...place, name: 'b' }) },
    { weight: 1, arbitrary: valueOf('ObjectMeta', 3) },
  );
  return fc
    .tuple(typedValue(definition.name, 6), metadata)
    .map(
      ([fields, meta]) =>
        ({ ...(fields as object), apiVersion, kind, metadata: meta }) as KubeObject,
    );
}

function attempt(write: () => unknown): void {
  try {
    write();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
}

function createFuzzStore(): Store {
  return createTestStore({
    kinds,
    allocators: [createServiceAllocator({ serviceCIDRs: ['10.96.0.0/16'] })],
  });
}

for (const { name } of KINDS.filter((row) => Object.hasOwn(SHAPES, row.name))) {
  const definition = kinds.byName(name);
  t.test(`writes of any ${name} are done or refused`, async () => {
    fc.assert(
      fc.property(fc.array(anyObject(definition), { maxLength: 4 }), (objects) => {
        const store = createFuzzStore();
        for (const object of objects) {
          attempt(() => store.create(object));
          attempt(() => store.update(object));
          attempt(() => store.update(object, { subresource: 'status' }));
        }
        // What was taken in reads back, and is valid as it stands.
        for (const stored of store.list<string>(definition.name)) {
          if (stored.metadata.deletionTimestamp === undefined && store.update(stored) !== stored)
            throw new Error('writing what is there changed it');
          attempt(() => store.delete({ kind: definition.name, ...stored.metadata }));
        }
      }),
      { numRuns: 60 },
    );
  });
}

const recorded = readFileSync(
  join(import.meta.dirname, '../../fixtures/conformance/api/kube-apiserver-1.36.jsonl'),
  'utf8',
)
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as { res: { status: number; body?: KubeObject } })
  .filter(({ res }) => res.status === 201 && res.body !== undefined && res.body.kind !== 'Status')
  .flatMap(({ res }) => (res.body === undefined ? [] : [res.body]));

type Step = readonly [at: number, value: unknown];

/** `value` with one place in it, which `path` leads to, put to something else. */
function mutate(value: unknown, [step, ...path]: readonly Step[]): unknown {
  if (step === undefined) return value;
  const [at, replacement] = step;
  if (typeof value !== 'object' || value === null || path.length === 0) return replacement;
  const keys = Object.keys(value);
  const key = keys[at % Math.max(1, keys.length)];
  if (key === undefined) return replacement;
  const changed = mutate((value as Record<string, unknown>)[key], path);
  if (Array.isArray(value)) return value.with(Number(key), changed);
  return { ...value, [key]: changed };
}

t.test('writes of recorded objects with places changed are done or refused', async (t) => {
  t.ok(recorded.length > 20);
  const step = fc.tuple(fc.nat(30), scalar);
  const path = fc.array(step, { minLength: 2, maxLength: 8 });
  const changed = fc
    .tuple(fc.constantFrom(...recorded), path, path)
    .map(([object, first, second]) => {
      const { kind, apiVersion, metadata, ...fields } = object;
      const namespace = metadata.namespace === undefined ? {} : { namespace: 'default' };
      const spec = mutate(mutate(fields, first), second) as Record<string, unknown>;
      return { ...spec, kind, apiVersion, metadata: { ...namespace, name: 'a' } };
    });
  fc.assert(
    fc.property(changed, changed, (object, next) => {
      const store = createFuzzStore();
      attempt(() => store.create(object));
      attempt(() => store.update(object));
      const { kind, apiVersion, metadata } = object;
      attempt(() => store.update({ ...next, kind, apiVersion, metadata }));
      attempt(() =>
        store.update({ ...next, kind, apiVersion, metadata }, { subresource: 'status' }),
      );
      const { name } = kinds.byApiVersion(apiVersion, kind);
      for (const stored of store.list<string>(name))
        if (store.update(stored) !== stored) throw new Error('writing what is there changed it');
    }),
    { numRuns: 500 },
  );
});
