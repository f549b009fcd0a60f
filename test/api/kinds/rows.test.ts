import t from 'tap';
import { KINDS } from '../../../src/api/index.ts';

t.test('KINDS has one row a kind, so that none hides another', async (t) => {
  const names = KINDS.map(({ name }) => name);
  t.same(
    names.filter((name, index) => names.indexOf(name) !== index),
    [],
  );
});
