import t from 'tap';
import { createSeededRandom } from '../../src/cluster/seeded-random.ts';

const take = (seed: number, count: number): readonly number[] => {
  const random = createSeededRandom(seed);
  return Array.from({ length: count }, () => random());
};

t.test('createSeededRandom() repeats for a seed, and not for another one', async (t) => {
  t.same(take(7, 100), take(7, 100));
  t.notSame(take(7, 100), take(8, 100));
  t.same(
    take(0, 3),
    [0.26642920868471265, 0.0003297457005828619, 0.2232720274478197],
    'mulberry32',
  );
});

t.test('createSeededRandom() spreads evenly over [0, 1)', async (t) => {
  for (const seed of [0, 1, 2 ** 32 - 1]) {
    const numbers = take(seed, 10_000);
    t.ok(numbers.every((number) => number >= 0 && number < 1));
    const tenths = Array.from(
      { length: 10 },
      (_, index) => numbers.filter((number) => Math.floor(number * 10) === index).length,
    );
    // Five standard deviations of a fair draw.
    t.ok(
      tenths.every((count) => Math.abs(count - 1000) < 150),
      tenths.join(' '),
    );
  }
});
