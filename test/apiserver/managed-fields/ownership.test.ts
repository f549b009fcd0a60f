import * as fc from 'fast-check';
import t from 'tap';
import { createKindRegistry, KINDS, type KubeObject } from '../../../src/api/index.ts';
import { compareFields } from '../../../src/apiserver/managed-fields/compare.ts';
import { encodeFields } from '../../../src/apiserver/managed-fields/field-set.ts';
import { withZeroes } from '../../../src/apiserver/managed-fields/go-zeroes.ts';
import {
  blank,
  changesOf,
  ownable,
  typeOf,
  withoutManagers,
} from '../../../src/apiserver/managed-fields/ownership.ts';

const kinds = createKindRegistry(KINDS);
const targetOf = (kind: string) => ({
  definition: kinds.byName(kind),
  version: kinds.byName(kind).version,
  rest: '',
});

/** Names that could be taken for parts of others. */
const NAME = fc.constantFrom('a', '1:a', 'a1:', '{', '}', 'w', 'a":w', '');
const LABELS = fc.dictionary(NAME, fc.constantFrom('', 'w', '{}'));
const VALUE = fc.constantFrom<unknown>(null, '', 0, false, [], {}, 'text', 7);
const SOME = { requiredKeys: [] };
const PORT = fc.record(
  { port: fc.constantFrom(80, 81), protocol: fc.constantFrom('TCP', 'UDP'), name: NAME, x: VALUE },
  SOME,
);
const SPEC = fc.record(
  {
    ports: fc.uniqueArray(PORT, { selector: ({ port, protocol }) => `${port}${protocol}` }),
    selector: LABELS,
    sessionAffinityConfig: fc.record({ clientIP: VALUE }, SOME),
    externalIPs: fc.array(NAME),
    unknown: VALUE,
    type: VALUE,
  },
  SOME,
);
const SERVICE = fc.record(
  {
    metadata: fc.record(
      { name: NAME, labels: LABELS, annotations: VALUE },
      { requiredKeys: ['name'] },
    ),
    spec: SPEC,
    status: fc.record({ loadBalancer: VALUE, conditions: VALUE }, SOME),
    other: VALUE,
  },
  { requiredKeys: ['metadata'] },
);

t.test('changesOf() of a creation is what comparing it with nothing gives', async (t) => {
  const target = targetOf('Service');
  const before = withZeroes(withoutManagers(blank(target)));
  fc.assert(
    fc.property(SERVICE, (fields) => {
      const object = { apiVersion: 'v1', kind: 'Service', ...fields } as unknown as KubeObject;
      const plain = outcomeOf(() => {
        const after = withZeroes(withoutManagers(object));
        return compareFields(before, after, typeOf(target));
      });
      const known = outcomeOf(() => changesOf(undefined, object, target));
      if (plain === undefined || known === undefined) return plain === known;
      t.same(encodeFields(known.changed), encodeFields(ownable(plain.changed, target)));
      t.same(encodeFields(known.removed), encodeFields(plain.removed));
      return true;
    }),
    { numRuns: 2000 },
  );
});

/** Undefined where it throws, as list items without their keys do. */
function outcomeOf<T>(compute: () => T): T | undefined {
  try {
    return compute();
  } catch {
    return undefined;
  }
}

t.test('changesOf() gives creations with the same fields one set', async (t) => {
  const target = targetOf('ConfigMap');
  const map = (data: Readonly<Record<string, string>>): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: Object.values(data).join('') },
    data,
  });
  const first = changesOf(undefined, map({ a: '1', b: '2' }), target);
  t.equal(changesOf(undefined, map({ a: '3', b: '4' }), target), first);
  t.not(changesOf(undefined, map({ a: '1', c: '2' }), target), first);
});
