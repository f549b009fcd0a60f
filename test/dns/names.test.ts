import t from 'tap';
import { MessageReader } from '../../src/dns/message-reader.ts';
import { absolute, below, isInZone, labelsOf, zoneOf } from '../../src/dns/names.ts';
import { zonesOf } from '../../src/dns/zones.ts';
import { framed } from './sockets.ts';

t.test('labelsOf() keeps escaped dots', async (t) => {
  t.same(labelsOf('a.b.c.'), ['a', 'b', 'c']);
  t.same(labelsOf('a\\.b.c.'), ['a\\.b', 'c']);
  t.same(labelsOf('.'), []);
});

t.test('isInZone() looks at labels', async (t) => {
  t.ok(isInZone('a.cluster.local.', 'cluster.local.'));
  t.ok(isInZone('cluster.local.', 'cluster.local.'));
  t.ok(isInZone('a.', '.'));
  t.notOk(isInZone('mycluster.local.', 'cluster.local.'));
  t.notOk(isInZone('a\\.cluster.local.', 'cluster.local.'), 'a dot within a label');
  t.ok(isInZone('a\\\\.cluster.local.', 'cluster.local.'), 'a backslash, then a dot');
});

t.test('zoneOf() takes the longest', async (t) => {
  t.equal(zoneOf('a.sub.test.', ['test.', 'sub.test.', '.']), 'sub.test.');
  t.equal(zoneOf('a.test.', ['sub.test.']), undefined);
});

t.test('absolute() and below() end in a dot', async (t) => {
  t.equal(absolute('a'), 'a.');
  t.equal(absolute('a.'), 'a.');
  t.equal(absolute('a\\.'), 'a\\..');
  t.equal(below('ns.dns', '.'), 'ns.dns.');
});

const zones = [
  ['Cluster.Local', ['cluster.local.']],
  ['10.96.0.0/16', ['96.10.in-addr.arpa.']],
  [
    '10.0.0.0/22',
    [
      '0.0.10.in-addr.arpa.',
      '1.0.10.in-addr.arpa.',
      '2.0.10.in-addr.arpa.',
      '3.0.10.in-addr.arpa.',
    ],
  ],
  ['fd00:10::/31', ['0.1.0.0.0.0.d.f.ip6.arpa.', '1.1.0.0.0.0.d.f.ip6.arpa.'].map((zone) => zone)],
] as const;
for (const [text, expected] of zones)
  t.test(`zonesOf() of ${text}`, async (t) => {
    t.same(zonesOf(text), expected);
  });

t.test('MessageReader.read() gives messages whole, however the stream is cut', async (t) => {
  const messages = ['one', '', 'three', 'x'.repeat(70)].map((text) => Buffer.from(text));
  const stream = Buffer.concat(messages.map(framed));
  for (const size of [1, 2, 3, 7, 50, stream.length]) {
    const reader = new MessageReader();
    const read: Buffer[] = [];
    for (let at = 0; at < stream.length; at += size)
      read.push(...reader.read(stream.subarray(at, at + size)));
    t.same(read.map(String), messages.map(String), `pieces of ${size}`);
    t.equal(reader.pendingOctets, 0);
  }
});
