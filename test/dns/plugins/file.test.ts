import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { serveCorefile, type CorefileServer } from './serve-corefile.ts';

const SOA = 'authority corp.test. 600 SOA ns1.corp.test. admin.corp.test. 1 7200 1800 86400 300';
const NS = [
  'authority corp.test. 600 NS ns1.corp.test.',
  'authority corp.test. 600 NS ns.outside.test.',
];
const zone = (serial: number, more = ''): string => `
$ORIGIN corp.test.
$TTL 600
@ SOA ns1 Admin ${serial} 7200 1800 86400 300
@ NS NS1
@ NS ns.outside.test.
@ MX 10 App
ns1 A 192.0.2.81
App 120 A 192.0.2.82
app AAAA 2001:db8::82
alias CNAME app
alias2 CNAME alias
ring1 CNAME ring2
ring2 CNAME ring1
self CNAME self
out CNAME www.example.org.
gone CNAME gone.example.org.
lost CNAME lost.example.net.
tosub CNAME x.sub
*.wild A 192.0.2.83
*.wild MX 5 app
here.wild TXT x
a.ent.wild TXT y
*.cw CNAME app
deep.ent TXT "below an empty name"
sub NS ns.sub
sub DS 1 8 2 00ff
ns.sub A 192.0.2.84
_http._tcp SRV 0 5 80 app
_http._tcp SRV 1 5 80 App
d DNAME corp.test.
dx DNAME example.org.
${more}
`;

async function serveZone(t: Tap, options = '', more = ''): Promise<CorefileServer> {
  const folder = t.testdir({ db: zone(1, more) });
  return await serveCorefile(
    `file ${folder}/db corp.test ${options}
    template IN A example.org {
      match ^www
      answer "{{ .Name }} 60 IN A 192.0.2.53"
      fallthrough
    }
    template ANY ANY example.org {
      rcode NXDOMAIN
    }
    `,
  );
}
type Tap = Pick<typeof t, 'testdir'>;

const APP = 'app.corp.test. 120 A 192.0.2.82';
const cases = [
  { question: 'app.corp.test.', lines: ['NOERROR', APP, ...NS] },
  { question: 'APP.corp.test. TXT', lines: ['NOERROR', SOA] },
  { question: 'nope.corp.test.', lines: ['NXDOMAIN', SOA] },
  { question: 'corp.test. SOA', lines: ['NOERROR', SOA.replace('authority ', ''), ...NS] },
  {
    question: 'corp.test. NS',
    lines: [
      'NOERROR',
      ...NS.map((line) => line.replace('authority ', '')),
      'additional ns1.corp.test. 600 A 192.0.2.81',
    ],
  },
  {
    question: 'corp.test. MX',
    lines: [
      'NOERROR',
      'corp.test. 600 MX 10 app.corp.test.',
      ...NS,
      `additional ${APP}`,
      'additional app.corp.test. 600 AAAA 2001:db8::82',
    ],
  },
  {
    question: 'alias2.corp.test.',
    lines: [
      'NOERROR',
      'alias2.corp.test. 600 CNAME alias.corp.test.',
      'alias.corp.test. 600 CNAME app.corp.test.',
      APP,
      ...NS,
    ],
  },
  {
    question: 'alias.corp.test. TXT',
    lines: ['NOERROR', 'alias.corp.test. 600 CNAME app.corp.test.', ...NS],
  },
  {
    question: 'alias.corp.test. CNAME',
    lines: ['NOERROR', 'alias.corp.test. 600 CNAME app.corp.test.', ...NS],
  },
  { question: 'self.corp.test.', lines: ['SERVFAIL'] },
  {
    question: 'out.corp.test.',
    lines: [
      'NOERROR',
      'out.corp.test. 600 CNAME www.example.org.',
      'www.example.org. 60 A 192.0.2.53',
      ...NS,
    ],
  },
  {
    question: 'gone.corp.test.',
    lines: ['NXDOMAIN', 'gone.corp.test. 600 CNAME gone.example.org.', SOA],
  },
  {
    question: 'lost.corp.test.',
    lines: ['NOERROR', 'lost.corp.test. 600 CNAME lost.example.net.', ...NS],
  },
  {
    question: 'tosub.corp.test.',
    lines: [
      'NOERROR',
      'tosub.corp.test. 600 CNAME x.sub.corp.test.',
      'authority sub.corp.test. 600 NS ns.sub.corp.test.',
      'additional ns.sub.corp.test. 600 A 192.0.2.84',
    ],
  },
  {
    question: 'a.b.wild.corp.test.',
    lines: ['NOERROR', 'a.b.wild.corp.test. 600 A 192.0.2.83', ...NS],
  },
  {
    question: 'a.wild.corp.test. MX',
    lines: [
      'NOERROR',
      'a.wild.corp.test. 600 MX 5 app.corp.test.',
      ...NS,
      `additional ${APP}`,
      'additional app.corp.test. 600 AAAA 2001:db8::82',
    ],
  },
  { question: 'a.wild.corp.test. TXT', lines: ['NOERROR', SOA] },
  { question: 'here.wild.corp.test.', lines: ['NOERROR', SOA] },
  { question: 'b.ent.wild.corp.test.', lines: ['NXDOMAIN', SOA] },
  {
    question: 'ent.wild.corp.test.',
    lines: ['NOERROR', 'ent.wild.corp.test. 600 A 192.0.2.83', ...NS],
  },
  {
    question: 'x.cw.corp.test.',
    lines: ['NOERROR', 'x.cw.corp.test. 600 CNAME app.corp.test.', APP, ...NS],
  },
  { question: 'ent.corp.test.', lines: ['NOERROR', SOA] },
  {
    question: 'x.sub.corp.test.',
    lines: [
      'NOERROR',
      'authority sub.corp.test. 600 NS ns.sub.corp.test.',
      'additional ns.sub.corp.test. 600 A 192.0.2.84',
    ],
  },
  {
    question: 'sub.corp.test. DS',
    lines: ['NOERROR', 'sub.corp.test. 600 DS \\# 6 0001080200ff', ...NS],
  },
  {
    question: '_http._tcp.corp.test. SRV',
    lines: [
      'NOERROR',
      '_http._tcp.corp.test. 600 SRV 0 5 80 app.corp.test.',
      '_http._tcp.corp.test. 600 SRV 1 5 80 App.corp.test.',
      ...NS,
      `additional ${APP}`,
      'additional app.corp.test. 600 AAAA 2001:db8::82',
    ],
  },
  {
    question: 'app.d.corp.test.',
    lines: [
      'NOERROR',
      'd.corp.test. 600 DNAME corp.test.',
      'app.d.corp.test. 600 CNAME app.corp.test.',
      APP,
      ...NS,
    ],
  },
  {
    question: 'www.dx.corp.test.',
    lines: [
      'NOERROR',
      'dx.corp.test. 600 DNAME example.org.',
      'www.dx.corp.test. 600 CNAME www.example.org.',
      'www.example.org. 60 A 192.0.2.53',
      ...NS,
    ],
  },
  {
    question: 'www.dx.corp.test. CNAME',
    lines: [
      'NOERROR',
      'dx.corp.test. 600 DNAME example.org.',
      'www.dx.corp.test. 600 CNAME www.example.org.',
      ...NS,
    ],
  },
  { question: 'corp.test. AXFR', lines: ['REFUSED'] },
  { question: 'other.test.', lines: ['REFUSED'] },
] as const;
for (const { question, lines } of cases) {
  t.test(`file answers ${question}`, async (t) => {
    await using server = await serveZone(t);
    t.same(await server.ask(question), lines);
  });
}

t.test('file is authoritative but for what it hands over', async (t) => {
  await using server = await serveZone(t);
  const isAuthoritative = async (name: string): Promise<boolean | undefined> =>
    (await server.answer(name))?.isAuthoritative;
  t.equal(await isAuthoritative('app.corp.test.'), true);
  t.equal(await isAuthoritative('x.sub.corp.test.'), false);
  t.equal(await isAuthoritative('tosub.corp.test.'), true);
});

t.test('file follows aliases in a circle only so far', async (t) => {
  await using server = await serveZone(t);
  t.equal((await server.answer('ring1.corp.test.'))?.answers.length, 10);
});

t.test('file hands names that do not exist on', async (t) => {
  await using server = await serveZone(t, '{\n fallthrough\n}\nwhoami');
  for (const name of ['nope', 'ent'])
    t.equal((await server.answer(`${name}.corp.test.`))?.additional.length, 2, name);
  t.equal((await server.answer('app.corp.test. TXT'))?.additional.length, 0);
});

t.test('file reads a changed zone again when its serial has changed', async (t) => {
  const folder = t.testdir({ db: zone(1) });
  const path = join(folder, 'db');
  const warnings: string[] = [];
  const log = {
    debug() {},
    info() {},
    error() {},
    warn: (text: string) => void warnings.push(text),
  };
  await using server = await serveCorefile(`file ${path} corp.test {\n reload 10s\n}`, { log });
  const change = (text: string, at: number): void => {
    writeFileSync(path, text);
    utimesSync(path, at, at);
    server.clock.advance(10_000);
  };
  change(zone(1, 'new A 192.0.2.99'), 1);
  t.same(await server.ask('new.corp.test.'), ['NXDOMAIN', SOA]);
  change(zone(2, 'new A 192.0.2.99'), 2);
  t.equal((await server.ask('new.corp.test.'))[0], 'NOERROR');
  change('nonsense', 3);
  t.same(warnings, ['zone file cannot be read']);
  t.equal((await server.ask('new.corp.test.'))[0], 'NOERROR');
});

const refused = [
  { text: 'a A 192.0.2.1', options: '', message: /no TTL/ },
  { text: '$TTL 1\na A 192.0.2.1', options: '', message: /no SOA record for origin corp.test./ },
  {
    text: zone(1).replaceAll('corp.test.', 'other.test.'),
    options: '',
    message: /does not match origin/,
  },
  { text: zone(1), options: '{\n reload\n}', message: /reload duration value is expected/ },
  { text: zone(1), options: '{\n nope\n}', message: /unknown property 'nope'/ },
] as const;
for (const { text, options, message } of refused) {
  t.test(`file refuses ${text.slice(0, 20).trim()} ${options.replaceAll('\n', ' ')}`, async (t) => {
    const folder = t.testdir({ db: text });
    await t.rejects(serveCorefile(`file ${folder}/db corp.test ${options}`), {
      name: 'CorefileError',
      message,
    });
  });
}

t.test('file starts without its file, and SERVFAIL, unless it never looks again', async (t) => {
  const folder = t.testdir({});
  await using server = await serveCorefile(`file ${folder}/db corp.test`);
  t.same(await server.ask('app.corp.test.'), ['SERVFAIL']);
  await t.rejects(serveCorefile(`file ${folder}/db corp.test {\n reload 0\n}`), {
    message: /no such file/,
  });
});

t.test('file refuses names of other zones where nobody comes after it', async (t) => {
  await using alone = await serveZone(t, '');
  t.same(await alone.ask('www.example.net.'), ['REFUSED']);
  await using followed = await serveZone(t, '\nloop');
  t.same(await followed.ask('www.example.net.'), ['SERVFAIL']);
});
