/** Plugins that are a rule or two: what a client gets, by Corefile. */
import t from 'tap';
import {
  CLASS,
  EDNS_OPTION,
  formatRdata,
  PLUGINS,
  TYPE,
  typeName,
} from '../../../src/dns/index.ts';
import { createFakeClock } from '../../../src/observe/index.ts';
import { brief, createDns, loadDns, query, WEB, type Asking } from '../corefile-world.ts';

const WEB_ANSWER = `NOERROR ${WEB} 30 A 10.96.0.7`;

/** A block with the plugin in front of the cluster's names. */
const inFront = (lines: string): string =>
  `. {\n${lines}\nkubernetes cluster.local {\nttl 30\n}\n}\n`;

const ACL = `acl cluster.local {
  allow net 10.244.1.0/24
  filter type AAAA
  block net 10.244.2.0/24 10.244.3.1
  drop net 10.244.9.0/24
}`;

interface Case {
  readonly name: string;
  readonly corefile: string;
  readonly qname?: string;
  readonly asking?: Asking;
  readonly reply: string;
}

const cases: readonly Case[] = [
  { name: 'acl: whom nothing fits', corefile: ACL, reply: WEB_ANSWER },
  { name: 'acl: allow', corefile: ACL, asking: { from: '10.244.1.7' }, reply: WEB_ANSWER },
  { name: 'acl: block', corefile: ACL, asking: { from: '10.244.2.7' }, reply: 'REFUSED' },
  {
    name: 'acl: block of an address',
    corefile: ACL,
    asking: { from: '10.244.3.1' },
    reply: 'REFUSED',
  },
  { name: 'acl: its neighbour', corefile: ACL, asking: { from: '10.244.3.2' }, reply: WEB_ANSWER },
  { name: 'acl: filter', corefile: ACL, asking: { type: TYPE.AAAA }, reply: 'NOERROR' },
  {
    name: 'acl: the first that fits',
    corefile: ACL,
    asking: { type: TYPE.AAAA, from: '10.244.2.7' },
    reply: 'NOERROR',
  },
  { name: 'acl: drop', corefile: ACL, asking: { from: '10.244.9.1' }, reply: 'silence' },
  {
    name: 'acl: another zone',
    corefile: ACL,
    asking: { from: '10.244.9.1' },
    qname: 'a.test.',
    reply: 'SERVFAIL',
  },
  {
    name: 'any',
    corefile: 'any',
    asking: { type: 255 },
    reply: `NOERROR ${WEB} 8482 HINFO "ANY obsoleted" "See RFC 8482"`,
  },
  { name: 'any: other types', corefile: 'any', reply: WEB_ANSWER },
  {
    name: 'chaos',
    corefile: 'chaos this-1.0',
    qname: 'version.bind.',
    asking: { type: TYPE.TXT, class: CLASS.CH },
    reply: 'NOERROR version.bind. 0 TXT "this-1.0"',
  },
  {
    name: 'chaos: authors',
    corefile: 'chaos this-1.0 ann',
    qname: 'authors.bind.',
    asking: { type: TYPE.TXT, class: CLASS.CH },
    reply: 'NOERROR authors.bind. 0 TXT "ann"',
  },
  {
    name: 'chaos: class IN',
    corefile: 'chaos this-1.0',
    qname: 'version.bind.',
    asking: { type: TYPE.TXT },
    reply: 'SERVFAIL',
  },
  {
    name: 'class CHAOS without chaos',
    corefile: 'errors',
    qname: 'version.bind.',
    asking: { type: TYPE.TXT, class: CLASS.CH },
    reply: 'REFUSED',
  },
  {
    name: 'local',
    corefile: 'local',
    qname: 'localhost.',
    reply: 'NOERROR localhost. 604800 A 127.0.0.1',
  },
  {
    name: 'local: below localhost',
    corefile: 'local',
    qname: 'a.localhost.',
    reply: 'NOERROR a.localhost. 604800 A 127.0.0.1',
  },
  {
    name: 'local: with a search domain',
    corefile: 'local',
    qname: 'localhost.corp.test.',
    asking: { type: TYPE.AAAA },
    reply: 'NOERROR localhost.corp.test. 604800 AAAA ::1',
  },
  {
    name: 'local: without the prefix',
    corefile: 'local {\ndisable_localhost_prefix\n}',
    qname: 'localhost.corp.test.',
    reply: 'SERVFAIL',
  },
  {
    name: 'local: backwards',
    corefile: 'local',
    qname: '1.0.0.127.in-addr.arpa.',
    asking: { type: TYPE.PTR },
    reply: 'NOERROR 1.0.0.127.in-addr.arpa. 604800 PTR localhost.',
  },
  {
    name: 'local: backwards, none',
    corefile: 'local',
    qname: '2.0.0.127.in-addr.arpa.',
    asking: { type: TYPE.PTR },
    reply: 'NXDOMAIN',
  },
  {
    name: 'local: NS',
    corefile: 'local',
    qname: 'localhost.',
    asking: { type: TYPE.NS },
    reply: 'NOERROR localhost. 604800 NS localhost.',
  },
  {
    name: 'plugins without an effect',
    corefile: 'errors\nroot /\nmetadata\ndebug\ncancel\ntrace',
    reply: WEB_ANSWER,
  },
];

for (const { name, corefile, qname = WEB, asking, reply } of cases)
  t.test(`plugins: ${name}`, async (t) => {
    await using dns = await loadDns(inFront(corefile));
    t.equal(brief(await query(dns, qname, asking)), reply);
    t.equal(brief(await query(dns, qname, asking)), reply, 'the same again');
  });

const refused: readonly (readonly [corefile: string, message: RegExp])[] = [
  ['acl {\nrefuse\n}', /unexpected token 'refuse'/],
  ['acl {\nblock net 1.2.3\n}', /illegal CIDR notation '1.2.3'/],
  ['acl {\nblock type BOGUS\n}', /expect legal QTYPE/],
  ['acl {\nblock type\n}', /no token specified in 'type' section/],
  ['acl {\nblock net 10.0.0.0/8 type\n}', /no token specified in 'type' section/],
  ['acl {\nblock file nowhere\n}', /unable to load networks/],
  ['any x', /Wrong argument count/],
  ['any\nany', /can only be used once/],
  ['bind', /at least one address/],
  ['bind nowhere0', /not a valid IP address/],
  ['bufsize 511', /511/],
  ['cancel 5', /invalid duration/],
  ['header', /Wrong argument count/],
  ['header {\nset xx\n}', /unsupported flag=xx/],
  ['header {\nresponse flip aa\n}', /unknown flag action=flip/],
  ['header {\nreply set aa\n}', /invalid selector=reply/],
  ['health x', /not \[HOST\]:PORT/],
  ['health {\nlameduck x\n}', /invalid duration/],
  ['health {\nlamduck 5s\n}', /unknown property 'lamduck'/],
  ['loadbalance round_robin x', /unknown property for round_robin/],
  ['loadbalance weighted', /missing weight file/],
  ['loadbalance {\nprefer x\n}', /invalid CIDR/],
  ['log {\nclass good\n}', /invalid Class: good/],
  ['errors {\nconsolidate 5s\n}', /Wrong argument count/],
  ['errors {\nconsolidate 5s ( \n}', /invalid regular expression/],
  ['errors {\nconsolidate 5s .* loud\n}', /unknown log level/],
  ['ready {\nmonitor often\n}', /invalid monitor type 'often'/],
  ['reload 10s 500ms', /jitter/],
  ['route53 a.test', /CoreDNS has this plugin, this server does not/],
  ['timeouts {\nidle 500ms\n}', /between 1 second and 24 hours/],
  ['timeouts {\n}', /no timeouts/],
  ['tls cert', /Wrong argument count/],
  ['tls nowhere nowhere', /could not load nowhere/],
  ['view v {\nexpr nam() == 1\n}', /unknown name nam/],
];

for (const [corefile, message] of refused)
  t.test(`plugins: refuse ${JSON.stringify(corefile)}`, async (t) => {
    await using dns = createDns();
    await t.rejects(dns.load({ file: 'Corefile', text: inFront(corefile) }), {
      message,
      position: { file: 'Corefile' },
    });
  });

t.test('acl says why, to those who read extended errors', async (t) => {
  await using dns = await loadDns(inFront(ACL));
  for (const [from, code] of [
    ['10.244.2.7', 15],
    ['10.244.7.7', 17],
  ] as const) {
    const reply = await query(dns, WEB, { from, type: TYPE.AAAA, edns: {} });
    const blocked = await query(dns, WEB, { from, edns: {} });
    const found = code === 15 ? blocked : reply;
    const option = found?.edns?.options.find((each) => each.code === EDNS_OPTION.EDE);
    t.equal(Buffer.from(option?.data ?? []).readUInt16BE(), code);
  }
});

t.test('bufsize holds replies to its size', async (t) => {
  await using dns = await loadDns(inFront('bufsize 600'));
  const reply = await query(dns, WEB, { edns: { udpSize: 4096 } });
  t.equal(reply?.edns?.udpSize, 600);
  const small = await query(dns, WEB, { edns: { udpSize: 512 } });
  t.equal(small?.edns?.udpSize, 512, 'who takes less is left alone');
});

t.test('header changes bits of queries and replies', async (t) => {
  const rules = 'header {\nresponse set ra\nclear aa\nquery clear rd\n}';
  await using dns = await loadDns(inFront(rules));
  const reply = await query(dns, WEB);
  t.match(reply?.flags, {
    isRecursionAvailable: true,
    isAuthoritative: false,
    isRecursionDesired: false,
  });
});

t.test('minimal keeps what denials say', async (t) => {
  await using dns = await loadDns(inFront('minimal'));
  const found = await query(dns, `_http._tcp.${WEB}`, { type: TYPE.SRV });
  t.equal(found?.answers.length, 1);
  t.equal(found?.additional.length, 0);
  const missing = await query(dns, `no.${WEB}`);
  t.equal(missing?.authority.length, 1);
});

t.test('nsid answers those who ask', async (t) => {
  await using dns = await loadDns(inFront('nsid desk 7'));
  const options = [{ code: EDNS_OPTION.NSID, data: Buffer.alloc(0) }];
  const reply = await query(dns, WEB, { edns: { options } });
  t.same(
    reply?.edns?.options.map(({ code, data }) => [code, Buffer.from(data).toString()]),
    [[EDNS_OPTION.NSID, 'desk 7']],
  );
  t.same((await query(dns, WEB, { edns: {} }))?.edns?.options, []);
});

t.test('whoami tells address, port and transport', async (t) => {
  await using dns = await loadDns('. {\nwhoami\n}');
  for (const { from, transport, records } of [
    {
      from: '10.244.1.7',
      transport: 'udp',
      records: ['a. A 10.244.1.7', '_udp.a. SRV 0 0 5353 .'],
    },
    {
      from: '2001:db8::1',
      transport: 'tcp',
      records: ['a. AAAA 2001:db8::1', '_tcp.a. SRV 0 0 5353 .'],
    },
  ] as const) {
    const reply = await query(dns, 'a.', { from, transport });
    t.same(
      reply?.additional.map(
        (each) => `${each.name} ${typeName(each.type)} ${formatRdata(each.rdata)}`,
      ),
      records,
    );
  }
});

t.test('cancel answers for an upstream that is silent', async (t) => {
  const clock = createFakeClock();
  const corefile = '. {\ncancel 1s\nforward . 127.0.0.1:1 {\n prefer_udp\n}\n}';
  await using dns = await loadDns(corefile, {
    clock,
    resolvConf: () => ({ nameservers: [], search: [], options: [] }),
  });
  const reply = query(dns, 'www.example.org.');
  clock.advance(1001);
  t.equal(brief(await reply), 'SERVFAIL');
});

t.test('log prints a line for each query, kept answers included', async (t) => {
  const lines: string[] = [];
  const corefile = inFront(
    'log . "{remote}:{port} {>id} {type} {class} {name} {proto} {rcode} {>rflags} {>do} {>bufsize} {/no/fact} {odd}" {\nclass success\n}',
  );
  await using dns = await loadDns(corefile, { print: (line) => lines.push(line) });
  await query(dns, WEB);
  await query(dns, WEB, { from: '::1', transport: 'tcp' });
  await query(dns, `no.${WEB}`);
  await query(dns, WEB.toUpperCase(), { edns: { isDnssecOk: true } });
  const rest = `4711 A IN ${WEB}`;
  t.same(lines, [
    `[INFO] 127.0.0.1:5353 ${rest} udp NOERROR qr,aa,rd false 512 - {odd}`,
    `[INFO] [::1]:5353 ${rest} tcp NOERROR qr,aa,rd false 65535 - {odd}`,
    `[INFO] 127.0.0.1:5353 ${rest} udp NOERROR qr,aa,rd true 1232 - {odd}`,
  ]);
});

t.test('errors prints what failed, and counts what is alike', async (t) => {
  const lines: string[] = [];
  const clock = createFakeClock();
  const silent = {
    name: 'failing',
    setup: () => ({
      plugin: () => ({
        rcode: 2,
        answers: [],
        authority: [],
        additional: [],
        error: 'upstream is away',
      }),
    }),
  };
  const plugins = PLUGINS.map((entry) =>
    entry.name === 'whoami' ? { name: 'whoami', load: async () => silent } : entry,
  );
  const options = { clock, plugins, print: (line: string) => lines.push(line) };
  await using plain = await loadDns('. {\nerrors\nwhoami\n}', options);
  await query(plain, 'a.test.');
  t.same(lines.splice(0), ['[ERROR] plugin/errors: 2 a.test. A: upstream is away']);
  const consolidating =
    '. {\nerrors {\nconsolidate 5s "^upstream" warning show_first\n}\nwhoami\n}';
  await using counted = await loadDns(consolidating, options);
  for (let count = 0; count < 3; count += 1) await query(counted, 'a.test.');
  t.same(lines.splice(0), ['[WARNING] plugin/errors: 2 a.test. A: upstream is away']);
  clock.advance(5000);
  t.same(lines, ["[WARNING] plugin/errors: 3 errors like '^upstream' occurred in last 5s"]);
});
