import * as fc from 'fast-check';
import t from 'tap';
import { SparseBits } from '../../src/ipam/sparse-bits.ts';

const members = (bits: SparseBits): readonly bigint[] =>
  [...bits.members()].toSorted((a, b) => (a < b ? -1 : 1));

t.test('nextFree() climbs over full words of several levels', async (t) => {
  const bits = new SparseBits();
  for (let index = 0n; index < 3000n; index += 1n) bits.add(index);
  t.equal(bits.nextFree(0n), 3000n);
  t.equal(bits.nextFree(2999n), 3000n);
  bits.delete(1024n);
  t.equal(bits.nextFree(0n), 1024n);
  t.equal(bits.nextFree(1025n), 3000n);
  t.equal(bits.size, 2999);
});

t.test('nextFree() works at the end of a 128-bit range', async (t) => {
  const bits = new SparseBits();
  const last = (1n << 128n) - 1n;
  bits.add(last - 1n);
  t.equal(bits.nextFree(last - 1n), last);
});

t.test('add() and delete() say whether anything changed', async (t) => {
  const bits = new SparseBits();
  t.same(
    [bits.add(7n), bits.add(7n), bits.delete(7n), bits.delete(7n)],
    [true, false, true, false],
  );
  t.equal(bits.size, 0);
});

t.test('SparseBits behaves as a plain set under any sequence', async (t) => {
  const operation = fc.record({
    isAdd: fc.boolean(),
    index: fc.oneof(fc.bigInt(0n, 200n), fc.bigInt(1n << 70n, (1n << 70n) + 40n)),
  });
  fc.assert(
    fc.property(
      fc.array(operation, { maxLength: 400 }),
      fc.bigInt(0n, 220n),
      (operations, from) => {
        const bits = new SparseBits();
        const model = new Set<bigint>();
        for (const { isAdd, index } of operations) {
          const hasChanged = isAdd ? bits.add(index) : bits.delete(index);
          if (hasChanged === (isAdd ? model.has(index) : !model.has(index))) return false;
          if (isAdd) model.add(index);
          else model.delete(index);
        }
        let next = from;
        while (model.has(next)) next += 1n;
        const sorted = [...model].toSorted((a, b) => (a < b ? -1 : 1));
        return bits.nextFree(from) === next && members(bits).join() === sorted.join();
      },
    ),
  );
  t.pass('holds');
});
