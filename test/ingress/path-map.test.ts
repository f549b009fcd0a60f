import t from 'tap';
import { PathMap } from '../../src/ingress/path-map.ts';

t.test('PathMap finds what a Map finds, whatever the lengths', async (t) => {
  const paths = new PathMap<number>();
  const plain = new Map<string, number>();
  const long = 'x'.repeat(300);
  for (const length of [0, 1, 7, 30, 31, 32, 33, 63, 64, 255]) {
    paths.set(long.slice(0, length), length);
    plain.set(long.slice(0, length), length);
  }
  for (let length = 0; length < 300; length += 1) {
    t.equal(paths.get(long.slice(0, length)), plain.get(long.slice(0, length)));
    t.equal(paths.getPrefix(long, length), plain.get(long.slice(0, length)));
  }
  t.equal(paths.get('y'), undefined);
});
