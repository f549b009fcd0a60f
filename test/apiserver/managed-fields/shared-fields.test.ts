import t from 'tap';
import { decodeFields, encodeFields } from '../../../src/apiserver/managed-fields/field-set.ts';
import { decodeShared, encodeShared } from '../../../src/apiserver/managed-fields/shared-fields.ts';

const fields = (...names: readonly string[]) =>
  decodeFields({ 'f:spec': Object.fromEntries(names.map((name) => [`f:${name}`, {}])) });

t.test('encodeShared() gives equal sets one object', async (t) => {
  const first = encodeShared(fields('replicas', 'paused'));
  t.equal(encodeShared(fields('paused', 'replicas')), first);
  t.same(first, encodeFields(fields('replicas', 'paused')));
  t.not(encodeShared(fields('replicas')), first);
});

t.test('decodeShared() reads what encodeShared() gave, and what anybody sent', async (t) => {
  const set = fields('replicas');
  t.equal(decodeShared(encodeShared(set)), decodeShared(encodeShared(fields('replicas'))));
  const sent = { 'f:spec': { 'f:replicas': {} }, 'no path': {} };
  t.same(encodeFields(decodeShared(sent)), { 'f:spec': { 'f:replicas': {} } });
  for (const nothing of [undefined, null, 'text', []])
    t.same(encodeFields(decodeShared(nothing)), {});
});

t.test('encodeShared() is right for more sets than it keeps', async (t) => {
  for (let index = 0; index < 5000; index += 1) encodeShared(fields(`field${index}`));
  t.same(encodeShared(fields('field1')), { 'f:spec': { 'f:field1': {} } });
});
