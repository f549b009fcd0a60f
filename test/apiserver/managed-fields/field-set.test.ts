import { assert, constant, constantFrom, dictionary, property, type Arbitrary } from 'fast-check';
import t from 'tap';
import {
  decodeFields,
  difference,
  encodeFields,
  intersection,
  isEmptySet,
  NO_FIELDS,
  pathsOf,
  union,
  type FieldSet,
} from '../../../src/apiserver/managed-fields/field-set.ts';

const elements = constantFrom(
  '.',
  'f:a',
  'f:b',
  'f:',
  'k:{"name":"x"}',
  'k:{"name":"y","port":1}',
  'v:"a"',
  'v:1',
  'i:0',
);
/** FieldsV1 of at most this depth. */
function fieldsOf(depth: number): Arbitrary<object> {
  return dictionary(elements, depth === 0 ? constant({}) : fieldsOf(depth - 1), { maxKeys: 4 });
}

const sets = fieldsOf(3).map((value) => decodeFields(value));

const texts = (set: FieldSet): ReadonlySet<string> =>
  new Set([...pathsOf(set)].map((path) => path.join(' ')));
const sorted = (set: Iterable<string>): readonly string[] => [...set].toSorted();

t.test('union(), difference() and intersection() are those of the sets of paths', async (t) => {
  assert(
    property(sets, sets, (left, right) => {
      const [a, b] = [texts(left), texts(right)];
      t.strictSame(sorted(texts(union(left, right))), sorted(new Set([...a, ...b])));
      const without = [...a].filter((path) => !b.has(path));
      t.strictSame(sorted(texts(difference(left, right))), sorted(without));
      const both = [...a].filter((path) => b.has(path));
      t.strictSame(sorted(texts(intersection(left, right))), sorted(both));
    }),
  );
});

t.test('decodeFields() reads what encodeFields() writes', async (t) => {
  assert(
    property(sets, (set) => {
      t.strictSame(encodeFields(decodeFields(encodeFields(set))), encodeFields(set));
      t.ok(isEmptySet(difference(set, set)));
      t.strictSame(encodeFields(union(set, NO_FIELDS)), encodeFields(set));
    }),
  );
});

for (const odd of ['k:{"a"', 'k:1', 'k:null', 'x:a', '', 'f'])
  t.test(`decodeFields() leaves out ${JSON.stringify(odd)}`, async (t) => {
    t.strictSame(encodeFields(decodeFields({ [odd]: {}, 'f:a': {} })), { 'f:a': {} });
  });
