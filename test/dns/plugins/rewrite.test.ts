import { array, assert, constantFrom, property } from 'fast-check';
import t from 'tap';
import { CorefileError, type Directive } from '../../../src/dns/corefile/index.ts';
import { createQuery, type Query } from '../../../src/dns/index.ts';
import { createPlugin } from '../../../src/dns/plugins/rewrite/index.ts';
import { readRule } from '../../../src/dns/plugins/rewrite/read-rule.ts';
import type { Rule } from '../../../src/dns/plugins/rewrite/rule.ts';
import { serveCorefile } from './serve-corefile.ts';

const CONTEXT = { resolve: () => undefined, supported: new Set<number>() };

function directiveOf(args: readonly string[]): Directive {
  return { name: 'rewrite', args, block: [], position: { file: 'Corefile', line: 1, column: 1 } };
}

function readOne(text: string): Rule {
  return readRule(directiveOf(text.split(' ')));
}

/** A query with these options, `CODE=HEX`; without an OPT record for none. */
function asked(options: readonly string[]): Query {
  const client = { address: '192.0.2.9', port: 5001, transport: 'udp' } as const;
  const query = createQuery('a.test.', 1, { client });
  if (options.length === 0) return query;
  const parsed = options.map((text) => {
    const [code, hex = ''] = text.split('=');
    return { code: Number(code), data: Buffer.from(hex, 'hex') };
  });
  return { ...query, edns: { udpSize: 1232, version: 0, isDnssecOk: false, options: parsed } };
}

/** What stands behind: the name asked for in lower case, as address, alias, service and text. */
const BEHIND = `
template IN A example.org {
  answer "{{ .Name }} 60 IN A 192.0.2.1"
}
template IN AAAA example.org {
  rcode NXDOMAIN
  authority "example.org. 60 IN SOA ns.example.org. admin.example.org. 1 2 3 4 5"
}
template IN SRV example.org {
  answer "{{ .Name }} 60 IN SRV 0 1 80 {{ .Name }}"
  additional "{{ .Name }} 60 IN A 192.0.2.1"
}
template IN MX example.org {
  answer "{{ .Name }} 60 IN MX 10 mail.{{ .Name }}"
}
template IN TXT example.org {
  answer "{{ .Name }} 60 IN TXT {{ .Name }}"
}
template IN A alias.test {
  answer "{{ .Name }} 60 IN CNAME old.example.org."
}
`;

const cases = [
  { rule: 'name a.test web.example.org', question: 'A.test.', lines: ['a.test. 60 A 192.0.2.1'] },
  {
    rule: 'name exact a.test web.example.org',
    question: 'a.test. SRV',
    lines: ['a.test. 60 SRV 0 1 80 a.test.', 'additional a.test. 60 A 192.0.2.1'],
  },
  {
    rule: 'name exact a.test web.example.org',
    question: 'a.test. MX',
    lines: ['a.test. 60 MX 10 mail.a.test.'],
  },
  {
    rule: 'name suffix .test .example.org',
    question: 'web.test.',
    lines: ['web.example.org. 60 A 192.0.2.1'],
  },
  {
    rule: 'name suffix .test .example.org answer auto',
    question: 'web.test. MX',
    lines: ['web.test. 60 MX 10 mail.web.test.'],
  },
  {
    rule: 'name prefix web. db. ',
    question: 'web.example.org.',
    lines: ['db.example.org. 60 A 192.0.2.1'],
  },
  {
    rule: 'name substring example.net. example.org.',
    question: 'a.example.net.',
    lines: ['a.example.org. 60 A 192.0.2.1'],
  },
  {
    rule: 'name regex (.*)-(.*)\\.test {2}.{1}.example.org',
    question: 'a-b.test. TXT',
    lines: ['b.a.example.org. 60 TXT "b.a.example.org."'],
  },
  {
    rule: 'name regex (.*)\\.test {1}.example.org answer auto',
    question: 'a.test.',
    lines: ['a.test. 60 A 192.0.2.1'],
  },
  {
    rule: 'name regex (.*)\\.test {1}.example.org answer name (.*)\\.example\\.org {1}.test answer value (.*)\\.example\\.org {1}.test',
    question: 'a.test. SRV',
    lines: ['a.test. 60 SRV 0 1 80 a.test.', 'additional a.test. 60 A 192.0.2.1'],
  },
  {
    rule: 'ttl web.example.org 5',
    question: 'web.example.org.',
    lines: ['web.example.org. 5 A 192.0.2.1'],
  },
  {
    rule: 'ttl suffix .example.org 100-',
    question: 'web.example.org.',
    lines: ['web.example.org. 100 A 192.0.2.1'],
  },
  {
    rule: 'ttl prefix web. -10',
    question: 'web.example.org.',
    lines: ['web.example.org. 10 A 192.0.2.1'],
  },
  {
    rule: 'ttl regex ^w.b -10',
    question: 'web.example.org.',
    lines: ['web.example.org. 10 A 192.0.2.1'],
  },
  {
    rule: 'ttl substring ample.org 20-30',
    question: 'web.example.org. AAAA',
    lines: ['authority example.org. 30 SOA ns.example.org. admin.example.org. 1 2 3 4 5'],
    rcode: 'NXDOMAIN',
  },
  {
    rule: 'rcode web.example.org NXDOMAIN NOERROR',
    question: 'web.example.org. AAAA',
    lines: ['authority example.org. 60 SOA ns.example.org. admin.example.org. 1 2 3 4 5'],
  },
  {
    rule: 'rcode regex .* SERVFAIL NXDOMAIN',
    question: 'other.test.',
    lines: [],
    rcode: 'NXDOMAIN',
  },
  {
    rule: 'type AAAA A',
    question: 'web.example.org. AAAA',
    lines: ['web.example.org. 60 A 192.0.2.1'],
  },
  {
    rule: 'cname exact old.example.org. new.example.org.',
    question: 'alias.test.',
    lines: ['alias.test. 60 CNAME new.example.org.', 'new.example.org. 60 A 192.0.2.1'],
  },
  {
    rule: 'name regex ^(.*)\\.test$ {1}..example.org',
    question: 'a.test.',
    lines: ['a.test. 60 A 192.0.2.1'],
    isMissed: true,
  },
  { rule: 'name exact a.test a..example.org', question: 'a.test.', lines: [], rcode: 'SERVFAIL' },
] as const;
for (const { rule, question, lines, ...more } of cases) {
  t.test(`rewrite ${rule} of ${question}`, async (t) => {
    await using server = await serveCorefile(`rewrite ${rule}\n${BEHIND}`);
    const expected =
      'isMissed' in more ? ['SERVFAIL'] : ['rcode' in more ? more.rcode : 'NOERROR', ...lines];
    t.same(await server.ask(question), expected);
  });
}

t.test('rewrite stops at the first rule that takes effect, unless it says continue', async (t) => {
  const rules = (mode: string): string =>
    `rewrite ${mode} name suffix .test .example.org\nrewrite ttl suffix .example.org 7\n${BEHIND}`;
  await using stopping = await serveCorefile(rules('stop'));
  t.same(await stopping.ask('a.test.'), ['NOERROR', 'a.example.org. 60 A 192.0.2.1']);
  await using going = await serveCorefile(rules('continue'));
  t.same(await going.ask('a.test.'), ['NOERROR', 'a.example.org. 7 A 192.0.2.1']);
});

t.test('rewrite reads a rule from the lines of braces', async (t) => {
  await using server = await serveCorefile(
    `rewrite stop {\n name regex (.*)\\.test {1}.example.org\n answer auto\n}\n${BEHIND}`,
  );
  t.same(await server.ask('a.test.'), ['NOERROR', 'a.test. 60 A 192.0.2.1']);
});

const edns = [
  { rule: 'local set 0xffee 0x0102', before: [], after: ['65518=0102'] },
  { rule: 'local set 65518 text', before: ['65518=00'], after: ['65518=74657874'] },
  { rule: 'local append 65518 text', before: ['65518=00'], after: ['65518=00', '65518=74657874'] },
  { rule: 'local replace 65518 text', before: [], after: [] },
  { rule: 'local unset 65518', before: ['65518=00', '3='], after: ['3='] },
  { rule: 'local set 65518 {qtype}', before: [], after: ['65518=0001'] },
  { rule: 'local set 65518 {client_ip}', before: [], after: ['65518=c0000209'] },
  { rule: 'local set 65518 {client_port}', before: [], after: ['65518=1389'] },
  { rule: 'local set 65518 {some/fact}', before: [], after: [] },
  { rule: 'nsid set', before: [], after: ['3='] },
  { rule: 'subnet set 20 56', before: [], after: ['8=00011400c00000'] },
] as const;
for (const { rule, before, after } of edns) {
  t.test(`rewrite edns0 ${rule} after ${before.join(' ')}`, async (t) => {
    const seen: Query[] = [];
    const plugin = createPlugin([readOne(`edns0 ${rule}`)], CONTEXT);
    await plugin(asked(before), (query) => {
      seen.push(query);
      return undefined;
    });
    t.same(
      seen[0]?.edns?.options.map(
        ({ code, data }) => `${code}=${Buffer.from(data).toString('hex')}`,
      ) ?? [],
      after,
    );
  });
}

const refused = [
  { rule: 'name a.test', message: 'too few arguments for a name rule' },
  { rule: 'name nearly a.test b.test', message: /supports only exact, prefix/ },
  { rule: 'name regex (.* b.test', message: /missing closing/ },
  { rule: 'name regex (.*) {1}.{2}.test', message: /more subexpressions/ },
  { rule: 'name suffix a b answer', message: /invalid arguments/ },
  { rule: 'name suffix a b answer auto answer name x y', message: /cannot be combined/ },
  { rule: 'name suffix a b answer name x', message: /2 arguments required/ },
  { rule: 'name exact a b metadata', message: /only supported for regex/ },
  { rule: 'name regex (.*) {2}.test metadata', message: /capture group 2 does not exist/ },
  { rule: 'answer name a b', message: /must begin with a name rule/ },
  { rule: 'type A', message: /exactly two arguments/ },
  { rule: 'type A NOPE', message: 'invalid type "NOPE"' },
  { rule: 'class IN NOPE', message: 'invalid class "NOPE"' },
  { rule: 'ttl a.test', message: /too few/ },
  { rule: 'ttl a.test -', message: "invalid TTL '-' for a ttl rule" },
  { rule: 'ttl a.test 9-3', message: /invalid TTL/ },
  { rule: 'rcode a.test NXDOMAIN', message: /too few/ },
  { rule: 'rcode a.test NXDOMAIN MAYBE', message: /invalid replacement RCODE 'MAYBE'/ },
  { rule: 'cname a.test', message: /too few/ },
  { rule: 'edns0 local', message: /too few/ },
  { rule: 'edns0 local add 1 2', message: 'invalid action: "add"' },
  { rule: 'edns0 local set 70000 x', message: /no option code/ },
  { rule: 'edns0 local set 1 0xabc', message: /not hexadecimal/ },
  { rule: 'edns0 local set 1 {nonsense}', message: /unsupported variable/ },
  { rule: 'edns0 subnet set 33 56', message: /invalid bit mask/ },
  { rule: 'edns0 nsid set more', message: /arguments/ },
  { rule: 'port 53 54', message: 'invalid rule type "port"' },
  { rule: 'stop', message: 'stop rule must begin with a rule type' },
] as const;
for (const { rule, message } of refused) {
  t.test(`rewrite refuses ${rule}`, async (t) => {
    t.throws(() => readOne(rule), { name: 'CorefileError', message });
  });
}

t.test('rewrite reads any rule, or says what is wrong', async () => {
  const words = constantFrom(
    'name',
    'exact',
    'regex',
    'answer',
    'auto',
    'value',
    'ttl',
    '5-',
    'rcode',
    'NXDOMAIN',
    'edns0',
    'local',
    'set',
    '{1}',
    '(.*)',
    '(',
    'cname',
    'type',
    'A',
    'continue',
    'metadata',
    '{a/b}',
    '\\',
    '',
  );
  assert(
    property(array(words, { maxLength: 8 }), (list) => {
      try {
        const plugin = createPlugin([readRule(directiveOf(list))], CONTEXT);
        void plugin(asked([]), () => undefined);
      } catch (error) {
        if (!(error instanceof CorefileError)) throw error;
      }
    }),
    { numRuns: 3000 },
  );
});
