/** Header bits and OPT records of replies, as CoreDNS 1.15 sets them. */
import t from 'tap';
import { decodeMessage, encodeMessage, OPCODE, rcodeName, type Edns } from '../../src/dns/index.ts';
import { loadDns } from './corefile-world.ts';
import { FLAGS, messageWith } from './wire/messages.ts';

const FLAGS_SET = {
  isResponse: false,
  isAuthoritative: true,
  isTruncated: true,
  isRecursionAvailable: true,
  isAuthentic: true,
  isCheckingDisabled: true,
};
const EDNS: Edns = { udpSize: 1232, version: 0, isDnssecOk: false, options: [] };
const LOCAL = { code: 0xffee, data: Buffer.from('hi') };
const EDE = `. {
  template IN A {
    answer "{{ .Name }} 60 IN A 192.0.2.1"
    ederror 21 "no"
  }
}`;
const FORCED = '. {\n  rewrite edns0 local set 0xffee hi\n  whoami\n}';

const cases = [
  {
    name: 'an opcode that nobody knows: the flags that came',
    corefile: '. {\n}',
    opcode: 6,
    flags: FLAGS_SET,
    reply: 'NOTIMP tc rd ra ad cd',
  },
  {
    name: 'NOTIFY: no flag of the query',
    corefile: '. {\n}',
    opcode: OPCODE.NOTIFY,
    flags: FLAGS_SET,
    reply: 'REFUSED',
  },
  {
    name: 'NOTIFY: nor one that header set',
    corefile: '. {\n  header {\n    query set rd\n  }\n  whoami\n}',
    opcode: OPCODE.NOTIFY,
    reply: 'NOERROR aa',
  },
  {
    name: 'a version of EDNS that nobody knows',
    corefile: '. {\n}',
    edns: { ...EDNS, version: 7, isDnssecOk: true },
    reply: 'BADVERS rd; size 0',
  },
  {
    name: 'such a version in a class that is refused',
    corefile: '. {\n}',
    class: 255,
    edns: { ...EDNS, version: 7 },
    reply: 'REFUSED rd; size 1232',
  },
  { name: 'an extended error', corefile: EDE, edns: EDNS, reply: 'NOERROR aa rd; size 1232 do 15' },
  { name: 'one that nobody asked for', corefile: EDE, reply: 'NOERROR aa rd; size 4096 do 15' },
  {
    name: 'one that cache leaves out',
    corefile: EDE.replace('{', '{\n  cache'),
    edns: EDNS,
    reply: 'NOERROR aa rd; size 1232',
  },
  {
    name: 'one that minimal leaves out',
    corefile: EDE.replace('{', '{\n  minimal'),
    edns: EDNS,
    reply: 'NOERROR aa rd; size 1232',
  },
  {
    name: 'an OPT record that a rule made',
    corefile: FORCED,
    reply: 'NOERROR aa rd; size 4096 65518',
  },
  {
    name: 'an option that a rule knows',
    corefile: FORCED.replace('set 0xffee hi', 'unset 0xffef'),
    edns: { ...EDNS, options: [LOCAL, { ...LOCAL, code: 0xffef }] },
    reply: 'NOERROR aa rd; size 1232',
  },
  {
    name: 'its name to those who ask, with DO',
    corefile: '. {\n  nsid ns1\n  whoami\n}',
    edns: { ...EDNS, options: [{ code: 3, data: Buffer.alloc(0) }] },
    reply: 'NOERROR aa rd; size 1232 do 3',
  },
  {
    name: 'no name where nobody answers',
    corefile: '. {\n  nsid ns1\n}',
    edns: { ...EDNS, options: [{ code: 3, data: Buffer.alloc(0) }] },
    reply: 'SERVFAIL rd; size 1232',
  },
  {
    name: 'more than 512 octets to a query whose OPT record a rule made',
    corefile: FORCED.replace(
      'whoami',
      `template IN A {\n${'answer "{{ .Name }} 60 IN A 192.0.2.1"\n'.repeat(40)}}`,
    ),
    reply: 'NOERROR aa rd; size 4096 65518',
  },
  {
    name: 'a rule that finds nothing to replace',
    corefile: FORCED.replace('set', 'replace'),
    reply: 'NOERROR aa rd; size 4096',
  },
] as const;
for (const { name, corefile, reply, ...query } of cases) {
  t.test(`createClusterDns() answers ${name}`, async (t) => {
    await using dns = await loadDns(corefile);
    const found = await dns.answerBytes(bytesOf(query), {
      address: '192.0.2.9',
      port: 5001,
      transport: 'udp',
    });
    t.equal(describe(found ?? Buffer.alloc(0)), reply);
  });
}

interface Asked {
  readonly opcode?: number;
  readonly class?: number;
  readonly flags?: object;
  readonly edns?: Edns;
}

function bytesOf({ opcode = OPCODE.QUERY, class: class_ = 1, flags, edns }: Asked): Buffer {
  const questions = [{ name: 'a.test.', type: 1, class: class_ }];
  const header = { ...FLAGS, isResponse: false, isAuthoritative: false, ...flags, opcode };
  return encodeMessage(messageWith([], { flags: header, questions, ...(edns && { edns }) }));
}

const BITS = [
  ['isAuthoritative', 'aa'],
  ['isTruncated', 'tc'],
  ['isRecursionDesired', 'rd'],
  ['isRecursionAvailable', 'ra'],
  ['isAuthentic', 'ad'],
  ['isCheckingDisabled', 'cd'],
] as const;

function describe(reply: Buffer): string {
  const { flags, edns } = decodeMessage(reply);
  const bits = BITS.flatMap(([bit, name]) => (flags[bit] ? [name] : []));
  const header = [rcodeName(flags.rcode), ...bits].join(' ');
  if (edns === undefined) return header;
  const { udpSize, isDnssecOk, options } = edns;
  const facts = [...(isDnssecOk ? ['do'] : []), ...options.map(({ code }) => code)];
  return [`${header}; size ${udpSize}`, ...facts].join(' ');
}
