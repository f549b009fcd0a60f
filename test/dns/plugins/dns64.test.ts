import t from 'tap';
import { parseCidr } from '../../../src/net/index.ts';
import type { Query } from '../../../src/dns/index.ts';
import { embed } from '../../../src/dns/plugins/dns64/index.ts';
import { serveCorefile } from './serve-corefile.ts';

const NAMES = `
template IN A v4.test {
  answer "{{ .Name }} 900 IN A 192.0.2.33" "{{ .Name }} 10 IN TXT kept"
}
template IN AAAA v4.test {
  authority "v4.test. 300 IN SOA ns.v4.test. a.v4.test. 1 2 3 4 5"
}
template IN A nosoa.test {
  answer "{{ .Name }} 900 IN A 192.0.2.33"
}
template IN AAAA nosoa.test
template IN A both.test {
  answer "{{ .Name }} 60 IN A 192.0.2.33"
}
template IN AAAA both.test {
  answer "{{ .Name }} 60 IN AAAA 2001:db8::1"
}
template ANY ANY nx.test {
  rcode NXDOMAIN
}
`;

const v6: Partial<Query> = { client: { address: '2001:db8::9', port: 53, transport: 'udp' } };

const cases = [
  {
    options: '',
    question: 'a.v4.test. AAAA',
    fields: v6,
    lines: ['NOERROR', 'a.v4.test. 300 AAAA 64:ff9b::c000:221', 'a.v4.test. 10 TXT "kept"'],
  },
  {
    options: '',
    question: 'a.nosoa.test. AAAA',
    fields: v6,
    lines: ['NOERROR', 'a.nosoa.test. 600 AAAA 64:ff9b::c000:221'],
  },
  {
    options: '',
    question: 'a.both.test. AAAA',
    fields: v6,
    lines: ['NOERROR', 'a.both.test. 60 AAAA 2001:db8::1'],
  },
  {
    options: '{\n translate_all\n}',
    question: 'a.both.test. AAAA',
    fields: v6,
    lines: ['NOERROR', 'a.both.test. 60 AAAA 64:ff9b::c000:221'],
  },
  { options: '', question: 'a.nx.test. AAAA', fields: v6, lines: ['NXDOMAIN'] },
  {
    options: '',
    question: 'a.v4.test. A',
    fields: v6,
    lines: ['NOERROR', 'a.v4.test. 900 A 192.0.2.33', 'a.v4.test. 10 TXT "kept"'],
  },
  { options: '', question: 'a.nosoa.test. AAAA', fields: {}, lines: ['NOERROR'] },
  {
    options: '{\n allow_ipv4\n}',
    question: 'a.nosoa.test. AAAA',
    fields: {},
    lines: ['NOERROR', 'a.nosoa.test. 600 AAAA 64:ff9b::c000:221'],
  },
  {
    options: '2001:db8::/32',
    question: 'a.nosoa.test. AAAA',
    fields: v6,
    lines: ['NOERROR', 'a.nosoa.test. 600 AAAA 2001:db8:c000:221::'],
  },
  { options: '', question: 'a.gone.test. AAAA', fields: v6, lines: ['SERVFAIL'] },
] as const;
for (const { options, question, fields, lines } of cases) {
  t.test(`dns64 ${options.replaceAll('\n', ' ')} of ${question}`, async (t) => {
    await using server = await serveCorefile(`dns64 ${options}\n${NAMES}`);
    t.same(await server.ask(question, fields), lines);
  });
}

/** @see RFC 6052 §2.4 */
const embedded = [
  { prefix: '2001:db8::/32', address: '2001:db8:c000:221::' },
  { prefix: '2001:db8:100::/40', address: '2001:db8:1c0:2:21::' },
  { prefix: '2001:db8:122::/48', address: '2001:db8:122:c000:2:2100::' },
  { prefix: '2001:db8:122:300::/56', address: '2001:db8:122:3c0:0:221::' },
  { prefix: '2001:db8:122:344::/64', address: '2001:db8:122:344:c0:2:2100:0' },
  { prefix: '2001:db8:122:344::/96', address: '2001:db8:122:344::c000:221' },
] as const;
for (const { prefix, address } of embedded) {
  t.test(`embed() writes an address into ${prefix}`, async (t) => {
    const cidr = parseCidr(prefix);
    t.equal(cidr && embed('192.0.2.33', cidr), address);
  });
}

const refused = [
  { corefile: 'dns64 nonsense', message: /invalid CIDR/ },
  { corefile: 'dns64 10.0.0.0/8', message: /IPv6 address/ },
  { corefile: 'dns64 2001:db8::/44', message: /invalid prefix length/ },
  { corefile: 'dns64 a b', message: /Wrong argument count/ },
  { corefile: 'dns64 {\n nope\n}', message: /unknown property/ },
] as const;
for (const { corefile, message } of refused) {
  t.test(`dns64 refuses ${corefile.replaceAll('\n', ' ')}`, async (t) => {
    await t.rejects(serveCorefile(corefile), { name: 'CorefileError', message });
  });
}
