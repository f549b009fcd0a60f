import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { array, assert, constantFrom, property } from 'fast-check';
import t from 'tap';
import { parseHosts } from '../../../src/dns/plugins/hosts/hosts-table.ts';
import { serveCorefile } from './serve-corefile.ts';

const HOSTS = `
192.0.2.70 legacy.example.org Printer.example.org # a comment
192.0.2.71 legacy.example.org
2001:db8::70%eth0 legacy.example.org
::ffff:192.0.2.74 mapped.example.org
not-an-address name.example.org
192.0.2.72 *.wild.example.org
192.0.2.73 elsewhere.test
`;

const answers = [
  {
    question: 'legacy.example.org.',
    lines: [
      'NOERROR',
      'legacy.example.org. 3600 A 192.0.2.70',
      'legacy.example.org. 3600 A 192.0.2.71',
    ],
  },
  {
    question: 'LEGACY.example.org. AAAA',
    lines: ['NOERROR', 'legacy.example.org. 3600 AAAA 2001:db8::70'],
  },
  { question: 'mapped.example.org.', lines: ['NOERROR', 'mapped.example.org. 3600 A 192.0.2.74'] },
  { question: 'printer.example.org. AAAA', lines: ['NOERROR'] },
  { question: 'printer.example.org. TXT', lines: ['NOERROR'] },
  { question: 'a.wild.example.org.', lines: ['NOERROR', 'a.wild.example.org. 3600 A 192.0.2.72'] },
  { question: 'a.b.wild.example.org.', lines: ['SERVFAIL'] },
  { question: 'name.example.org.', lines: ['SERVFAIL'] },
  {
    question: '70.2.0.192.in-addr.arpa. PTR',
    lines: [
      'NOERROR',
      '70.2.0.192.in-addr.arpa. 3600 PTR legacy.example.org.',
      '70.2.0.192.in-addr.arpa. 3600 PTR printer.example.org.',
    ],
  },
  {
    question: '0.7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. PTR',
    lines: [
      'NOERROR',
      '0.7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. 3600 PTR legacy.example.org.',
    ],
  },
] as const;
for (const { question, lines } of answers) {
  t.test(`hosts answers ${question}`, async (t) => {
    const folder = t.testdir({ hosts: HOSTS });
    await using server = await serveCorefile(`hosts ${folder}/hosts example.org`);
    t.same(await server.ask(question), lines);
  });
}

t.test('hosts hands on what it does not know', async (t) => {
  const folder = t.testdir({ hosts: HOSTS });
  await using strict = await serveCorefile(
    `hosts ${folder}/hosts example.org {\n no_reverse\n ttl 7\n}\nwhoami`,
  );
  t.same(await strict.ask('legacy.example.org. AAAA'), [
    'NOERROR',
    'legacy.example.org. 7 AAAA 2001:db8::70',
  ]);
  for (const question of ['elsewhere.test.', '70.2.0.192.in-addr.arpa. PTR'])
    t.equal((await strict.answer(question))?.answers.length, 0, question);
  await using open = await serveCorefile(
    `hosts ${folder}/hosts example.org {\n fallthrough\n fallthrough_unsupported\n}\nwhoami`,
  );
  t.equal((await open.answer('gone.example.org.'))?.additional.length, 2);
  t.equal((await open.answer('legacy.example.org. TXT'))?.additional.length, 2);
});

t.test('hosts reads a changed file again', async (t) => {
  const folder = t.testdir({ hosts: '192.0.2.1 a.example.org' });
  await using server = await serveCorefile(
    `hosts ${folder}/hosts {\n reload 2s\n 192.0.2.9 inline.example.org\n}`,
  );
  t.equal(server.metric('coredns_hosts_entries'), 4);
  const path = join(folder, 'hosts');
  writeFileSync(path, '192.0.2.2 a.example.org');
  utimesSync(path, 1, 1);
  server.clock.advance(1999);
  t.same(await server.ask('a.example.org.'), ['NOERROR', 'a.example.org. 3600 A 192.0.2.1']);
  server.clock.advance(1);
  t.same(await server.ask('a.example.org.'), ['NOERROR', 'a.example.org. 3600 A 192.0.2.2']);
  t.same(await server.ask('inline.example.org.'), [
    'NOERROR',
    'inline.example.org. 3600 A 192.0.2.9',
  ]);
});

const refused = [
  {
    corefile: 'hosts {\n fallthrough\n 192.0.2.1 a.test\n}',
    message: "unknown property '192.0.2.1'",
  },
  { corefile: 'hosts {\n ttl 0\n}', message: 'ttl provided is invalid' },
  { corefile: 'hosts {\n ttl 65536\n}', message: 'ttl provided is invalid' },
  { corefile: 'hosts {\n ttl 1m\n}', message: 'ttl needs a number of second' },
  { corefile: 'hosts {\n reload -1s\n}', message: /negative duration/ },
  { corefile: 'hosts {\n reload 5\n}', message: /invalid duration/ },
  {
    corefile: 'hosts {\n fallthrough_unsupported\n}',
    message: 'fallthrough_unsupported requires fallthrough',
  },
  { corefile: 'hosts\nhosts', message: /can only be used once/ },
] as const;
for (const { corefile, message } of refused) {
  t.test(`hosts refuses ${corefile.replaceAll('\n', ' ')}`, async (t) => {
    await t.rejects(serveCorefile(corefile), { name: 'CorefileError', message });
  });
}

t.test('parseHosts() reads any text', async (t) => {
  const parts = constantFrom(
    '192.0.2.1',
    '::1',
    ' ',
    '\t',
    '\n',
    '#',
    'a.test',
    '*.test',
    '%',
    '\\',
    '.',
    'ä',
    'x'.repeat(1025),
  );
  const options = { zones: ['.'], hasReverse: true };
  assert(
    property(array(parts, { maxLength: 30 }), (words) => {
      const table = parseHosts(words.join(''), options);
      return table.addresses('a.test.', 'IPv4').every((address) => address === '192.0.2.1');
    }),
    { numRuns: 2000 },
  );
  t.equal(parseHosts('', options).size, 0);
});
