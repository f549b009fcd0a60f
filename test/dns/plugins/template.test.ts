import t from 'tap';
import { serveCorefile } from './serve-corefile.ts';

const COREFILE = `
template IN A ip.test {
  match ^ip-(?P<a>[0-9]+)-(?P<b>[0-9]+)[.] ^never$
  answer "{{ .Name }} 60 IN A 10.0.{{ .Group.a }}.{{ .Group.b }}"
  fallthrough
}
template IN A strict.test {
  match ^only[.]
  answer "{{ .Name }} 60 IN A 192.0.2.1" "{{ .Name }} 60 IN A 192.0.2.2"
}
template IN A expr.test {
  match ^(?P<n>.*)[.]expr[.]test[.]$
  expr group('n') == 'yes' && type() == 'A'
  answer "{{ .Name }} 60 IN A 192.0.2.3"
  fallthrough
}
template IN A alias.test {
  answer "{{ .Name }} 60 IN CNAME only.strict.test." "other.test. 60 IN TXT kept"
}
template IN A loop.test {
  answer "{{ .Name }} 60 IN CNAME {{ .Name }}"
}
template ANY ANY nx.test {
  rcode NXDOMAIN
  authority "nx.test. 60 IN SOA ns.nx.test. admin.nx.test. 1 2 3 4 5"
  additional "{{ .Zone }} 60 IN TXT \\"{{ .Class }} {{ .Type }} {{ .Remote }} {{ index .Match 0 }} {{ .Question.Name }}\\""
}
template IN A broken.test {
  answer "{{ .Name }} 60 IN A {{ .Match }}"
}
template IN A wrong.test {
  answer "{{ index .Match 5 }} 60 IN A 192.0.2.1"
}
template IN ANY sf.test {
  rcode SERVFAIL
}
template IN TXT ede.test {
  rcode REFUSED
  ederror 15 blocked
}
`;

const cases = [
  { question: 'IP-1-2.ip.test.', lines: ['NOERROR', 'ip-1-2.ip.test. 60 A 10.0.1.2'] },
  { question: 'other.ip.test.', lines: ['SERVFAIL'] },
  {
    question: 'only.strict.test.',
    lines: ['NOERROR', 'only.strict.test. 60 A 192.0.2.1', 'only.strict.test. 60 A 192.0.2.2'],
  },
  { question: 'x.strict.test.', lines: ['SERVFAIL'] },
  { question: 'yes.expr.test.', lines: ['NOERROR', 'yes.expr.test. 60 A 192.0.2.3'] },
  { question: 'no.expr.test.', lines: ['SERVFAIL'] },
  {
    question: 'a.alias.test.',
    lines: [
      'NOERROR',
      'a.alias.test. 60 CNAME only.strict.test.',
      'only.strict.test. 60 A 192.0.2.1',
      'only.strict.test. 60 A 192.0.2.2',
      'other.test. 60 TXT "kept"',
    ],
  },
  {
    question: 'a.nx.test. MX',
    lines: [
      'NXDOMAIN',
      'authority nx.test. 60 SOA ns.nx.test. admin.nx.test. 1 2 3 4 5',
      'additional nx.test. 60 TXT "IN MX 127.0.0.1 a.nx.test. a.nx.test."',
    ],
  },
  { question: 'a.broken.test.', lines: ['SERVFAIL'] },
  { question: 'a.wrong.test.', lines: ['SERVFAIL'] },
  { question: 'a.sf.test. TXT', lines: ['SERVFAIL'] },
  { question: 'a.ede.test. TXT', lines: ['REFUSED'] },
] as const;
for (const { question, lines } of cases) {
  t.test(`template answers ${question}`, async (t) => {
    await using server = await serveCorefile(COREFILE);
    t.same(await server.ask(question), lines);
  });
}

t.test('template follows an alias in a circle only so far', async (t) => {
  await using server = await serveCorefile(COREFILE);
  const answer = await server.answer('a.loop.test.');
  t.ok((answer?.answers.length ?? 0) < 20);
});

t.test('template says what went wrong, and counts it', async (t) => {
  await using server = await serveCorefile(COREFILE);
  t.match((await server.answer('a.broken.test.'))?.error, /bad A address/);
  t.match((await server.answer('a.wrong.test.'))?.error, /index out of range/);
  t.match((await server.answer('a.ede.test. TXT'))?.ednsOptions, [
    { code: 15, data: Buffer.from('\0\x0fblocked') },
  ]);
  t.equal(server.metric('coredns_template_rr_failures_total', { zone: 'broken.test.' }), 1);
  t.equal(server.metric('coredns_template_template_failures_total', { section: 'answer' }), 1);
  t.equal(
    server.metric('coredns_template_matches_total', {
      zone: 'ede.test.',
      class: 'IN',
      type: 'TXT',
    }),
    1,
  );
});

const refused = [
  { corefile: 'template', message: /Wrong argument count/ },
  { corefile: 'template INTERNET A', message: 'invalid query class INTERNET' },
  { corefile: 'template IN a', message: 'invalid RR class a' },
  { corefile: 'template IN A {\n match (\n}', message: /missing closing/ },
  {
    corefile: 'template IN A {\n answer "{{ .Nope }}"\n}',
    message: /could not compile template.*no field .Nope/,
  },
  {
    corefile: 'template IN A {\n answer "{{ template \\"x\\" }}"\n}',
    message: /not supported here/,
  },
  { corefile: 'template IN A {\n rcode MAYBE\n}', message: 'unknown rcode MAYBE' },
  { corefile: 'template IN A {\n ederror x\n}', message: /extended DNS error code/ },
  { corefile: 'template IN A {\n expr (\n}', message: /could not compile expression/ },
  { corefile: 'template IN A {\n var x 1\n}', message: /not supported here/ },
  { corefile: 'template IN A {\n answers x\n}', message: /unknown property/ },
] as const;
for (const { corefile, message } of refused) {
  t.test(`template refuses ${corefile.replaceAll('\n', ' ')}`, async (t) => {
    await t.rejects(serveCorefile(corefile), { name: 'CorefileError', message });
  });
}
