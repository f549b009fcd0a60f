import t from 'tap';
import * as fc from 'fast-check';
import { jsonWithManagers } from '../../../src/apiserver/managed-fields/index.ts';
import { encodeShared } from '../../../src/apiserver/managed-fields/shared-fields.ts';
import { decodeFields } from '../../../src/apiserver/managed-fields/field-set.ts';

const shared = encodeShared(decodeFields({ 'f:spec': { 'f:"managedFields":0': {}, 'f:x': {} } }));
const manager = { manager: 'a', operation: 'Update', time: 't', fieldsV1: shared };
const cases = [
  { name: 'without managers', object: { kind: 'Pod', metadata: { name: 'a' } } },
  {
    name: 'with managers of shared and of own fields',
    object: {
      kind: 'Pod',
      metadata: {
        labels: { managedFields: '0', '"managedFields":0': '"managedFields":0' },
        managedFields: [
          { ...manager, subresource: 'status' },
          { ...manager, manager: '"fieldsV1":0', fieldsV1: { 'f:metadata': {} } },
          { manager: 'b' },
          null,
        ],
        name: 'a',
      },
      spec: { managedFields: 0 },
    },
  },
  {
    name: 'whose spec comes first',
    object: { spec: { managedFields: 0 }, metadata: { name: 'a', managedFields: [manager] } },
  },
  {
    name: 'with a number of that name before',
    object: { kind: 'Pod', managedFields: 0, metadata: { name: 'a', managedFields: [manager] } },
  },
  {
    name: 'whose manager has its fields late',
    object: { metadata: { managedFields: [{ own: { fieldsV1: 0 }, fieldsV1: shared }] } },
  },
  { name: 'without metadata', object: { kind: 'Status', managedFields: 0 } },
] as const;

for (const { name, object } of cases) {
  t.test(`jsonWithManagers() of an object ${name}`, async (t) => {
    t.equal(jsonWithManagers(object), JSON.stringify(object));
  });
}

t.test('jsonWithManagers() writes any object as JSON.stringify() does', async () => {
  const text = fc.oneof(fc.string(), fc.constantFrom('managedFields', '"managedFields":0'));
  const managers = fc.array(fc.record({ manager: text, fieldsV1: fc.constant(shared) }));
  const metadata = fc.record({
    name: text,
    labels: fc.dictionary(text, text),
    managedFields: managers,
  });
  const spec = fc.dictionary(text, fc.jsonValue());
  fc.assert(
    fc.property(fc.record({ kind: text, metadata, spec }), (object) => {
      if (jsonWithManagers(object) !== JSON.stringify(object)) throw new Error('another text');
    }),
  );
});
