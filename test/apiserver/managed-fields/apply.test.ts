import {
  array,
  assert,
  constantFrom,
  integer,
  option,
  property,
  record,
  uniqueArray,
  type Arbitrary,
} from 'fast-check';
import t from 'tap';
import { createKindRegistry, KINDS, type KubeObject } from '../../../src/api/index.ts';
import type { Target } from '../../../src/apiserver/index.ts';
import { applyConfiguration } from '../../../src/apiserver/managed-fields/apply.ts';

const kinds = createKindRegistry(KINDS);
const target: Target = {
  definition: kinds.byName('Service'),
  version: 'v1',
  namespace: 'default',
  name: 'web',
  rest: '',
};

const words = constantFrom('a', 'b', 'c');
const ports = uniqueArray(
  record({
    port: integer({ min: 1, max: 4 }),
    name: words,
    targetPort: integer({ min: 1, max: 9 }),
  }),
  { selector: ({ port }) => port, maxLength: 3 },
).map((list) => list.map((port) => ({ ...port, protocol: 'TCP' })));
const configs: Arbitrary<KubeObject> = record(
  {
    selector: option(record({ app: words, tier: words }, { requiredKeys: [] }), { nil: undefined }),
    ports: option(ports, { nil: undefined }),
    externalIPs: option(array(constantFrom('192.0.2.1', '192.0.2.2'), { maxLength: 2 }), {
      nil: undefined,
    }),
  },
  { requiredKeys: [] },
).map((fields) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'default' },
  // As JSON has it: without what is undefined.
  spec: JSON.parse(JSON.stringify(fields)) as object,
}));

function apply(live: KubeObject | undefined, object: KubeObject, manager: string): KubeObject {
  return applyConfiguration(live, { object, isForced: true }, { target, manager, now: 0 });
}

const specOf = (object: KubeObject): Readonly<Record<string, unknown>> =>
  (object['spec'] ?? {}) as Readonly<Record<string, unknown>>; // a Service's spec is an object

t.test('applyConfiguration() twice is once', async (t) => {
  assert(
    property(configs, configs, (first, second) => {
      const live = apply(undefined, first, 'one');
      const once = apply(live, second, 'two');
      t.strictSame(apply(once, second, 'two'), once);
    }),
  );
});

t.test(
  'applyConfiguration() leaves what the last configuration of the only applier says',
  async (t) => {
    assert(
      property(configs, configs, (first, second) => {
        const changed = apply(apply(undefined, first, 'one'), second, 'one');
        const fresh = apply(undefined, second, 'one');
        const byPort = (list: unknown): unknown =>
          Array.isArray(list)
            ? list.toSorted((a: { port: number }, b: { port: number }) => a.port - b.port)
            : list;
        for (const field of ['selector', 'externalIPs'])
          t.strictSame(specOf(changed)[field] ?? {}, specOf(fresh)[field] ?? {}, field);
        t.strictSame(byPort(specOf(changed)['ports'] ?? []), byPort(specOf(fresh)['ports'] ?? []));
      }),
    );
  },
);

t.test('applyConfiguration() keeps what another applier says and this one does not', async (t) => {
  assert(
    property(configs, configs, (first, second) => {
      const live = apply(apply(undefined, first, 'one'), second, 'two');
      const gone = apply(live, { ...second, spec: {} }, 'two');
      const theirs = (specOf(first)['ports'] ?? []) as readonly { readonly port: number }[];
      const left = (specOf(gone)['ports'] ?? []) as readonly { readonly port: number }[];
      const shown = new Set(left.map(({ port }) => port));
      t.ok(theirs.every(({ port }) => shown.has(port)));
    }),
  );
});
