import t from 'tap';
import { NodePorts, parsePortRange } from '../../src/ipam/index.ts';

const ranges = [
  { text: '30000-32767', range: { first: 30000, last: 32767 } },
  { text: '30000+100', range: { first: 30000, last: 30100 } },
  { text: ' 30000 - 30001 ', range: { first: 30000, last: 30001 } },
  { text: '30000', range: { first: 30000, last: 30000 } },
] as const;

for (const { text, range } of ranges)
  t.test(`parsePortRange() of ${text}`, async (t) => {
    t.same(parsePortRange(text), range);
  });

for (const text of ['', 'a-b', '30001-30000', '1-70000', '-1', '1-2-3'])
  t.test(`parsePortRange() refuses ${JSON.stringify(text)}`, async (t) => {
    t.throws(() => parsePortRange(text), { code: 'ERR_IPAM_CONFIG' });
  });

t.test('NodePorts gives every port once, the static band last', async (t) => {
  const ports = new NodePorts(parsePortRange('30000-30099'));
  const given = Array.from({ length: 100 }, (_, index) => ports.allocateNext(BigInt(index * 31)));
  t.equal(new Set(given).size, 100);
  t.ok(given.slice(0, 84).every((port) => port >= 30016));
  t.ok(given.slice(84).every((port) => port < 30016));
  t.throws(() => ports.allocateNext(0n), { code: 'ERR_IPAM_FULL' });
  ports.release(30050);
  t.equal(ports.allocateNext(0n), 30050);
});

t.test('allocate() of a number that is no port', async (t) => {
  const ports = new NodePorts(parsePortRange('30000-32767'));
  t.throws(() => ports.allocate(Number.NaN), { code: 'ERR_IPAM_OUT_OF_RANGE' });
});
