import { array, assert, constantFrom, property } from 'fast-check';
import t from 'tap';
import {
  decodeMessage,
  encodeMessage,
  formatRecord,
  type ResourceRecord,
} from '../../../src/dns/index.ts';
import { parseRecord, parseZone, ZoneFileError } from '../../../src/dns/zone-file/index.ts';

const INCLUDED: Readonly<Record<string, string>> = {
  'more.db': 'in.more A 192.0.2.9\n@ A 192.0.2.8\n',
  'loop.db': '$INCLUDE loop.db\n',
};

function parse(text: string): readonly string[] {
  const records = parseZone(text, {
    file: 'db',
    origin: 'example.org.',
    include: (file) => {
      const included = INCLUDED[file];
      if (included === undefined) throw new Error('no such file');
      return { file, text: included };
    },
  });
  return records.map((record) => formatRecord(record).replace(' IN ', ' '));
}

const zones = [
  {
    name: 'relative and absolute names',
    text: '$TTL 60\nwww A 192.0.2.1\nwww.test. A 192.0.2.2\n@ NS ns\n',
    lines: [
      'www.example.org. 60 A 192.0.2.1',
      'www.test. 60 A 192.0.2.2',
      'example.org. 60 NS ns.example.org.',
    ],
  },
  {
    name: 'owners of the line before',
    text: '$TTL 60\na A 192.0.2.1\n\tA 192.0.2.2\n  IN TXT x\n',
    lines: [
      'a.example.org. 60 A 192.0.2.1',
      'a.example.org. 60 A 192.0.2.2',
      'a.example.org. 60 TXT "x"',
    ],
  },
  {
    name: 'TTL and class in any order',
    text: 'a 1h IN A 192.0.2.1\nb IN 2h30m A 192.0.2.1\nc 5 A 192.0.2.1\nd CH A 192.0.2.1\n',
    lines: [
      'a.example.org. 3600 A 192.0.2.1',
      'b.example.org. 9000 A 192.0.2.1',
      'c.example.org. 5 A 192.0.2.1',
      'd.example.org. 5 CH A 192.0.2.1',
    ],
  },
  {
    name: 'parentheses and comments',
    text: '@ 60 SOA ns admin ( 1 ; serial\n 2h 3 4\n 5 ) ; end\n',
    lines: ['example.org. 60 SOA ns.example.org. admin.example.org. 1 7200 3 4 5'],
  },
  {
    name: 'a SOA record without TTL',
    text: '@ SOA ns admin 1 2 3 4 5\nb A 192.0.2.1',
    lines: [
      'example.org. 5 SOA ns.example.org. admin.example.org. 1 2 3 4 5',
      'b.example.org. 5 A 192.0.2.1',
    ],
  },
  {
    name: '$ORIGIN',
    text: '$TTL 1\n$ORIGIN sub\na A 192.0.2.1\n$ORIGIN test.\na A 192.0.2.1\n',
    lines: ['a.sub.example.org. 1 A 192.0.2.1', 'a.test. 1 A 192.0.2.1'],
  },
  {
    name: '$INCLUDE',
    text: '$TTL 1\na A 192.0.2.1\n$INCLUDE more.db sub\n A 192.0.2.2\n',
    lines: [
      'a.example.org. 1 A 192.0.2.1',
      'in.more.sub.example.org. 1 A 192.0.2.9',
      'sub.example.org. 1 A 192.0.2.8',
      'a.example.org. 1 A 192.0.2.2',
    ],
  },
  {
    name: '$GENERATE',
    text: '$TTL 1\n$GENERATE 9-11/2 h${0,3} A 192.0.2.$\n$GENERATE 10-10 x${0,0,x}\\$ TXT ${-3}',
    lines: [
      'h009.example.org. 1 A 192.0.2.9',
      'h011.example.org. 1 A 192.0.2.11',
      'xa$.example.org. 1 TXT "7"',
    ],
  },
  {
    name: 'escapes',
    text: '$TTL 1\na\\.b A 192.0.2.1\n\\065 TXT "q\\"\\\\;" \\009\n',
    lines: ['a\\.b.example.org. 1 A 192.0.2.1', 'A.example.org. 1 TXT "q\\"\\\\;" "\\009"'],
  },
] as const;
for (const { name, text, lines } of zones) {
  t.test(`parseZone() reads ${name}`, async (t) => {
    t.same(parse(text), lines);
  });
}

const wrong = [
  { text: 'a A 192.0.2.1', message: /db:1: no TTL/ },
  { text: '$TTL 1\n A 192.0.2.1', message: /db:2: the first record has no owner/ },
  { text: '$TTL 1\n\na ( A 192.0.2.1\n', message: /db:3: a parenthesis is not closed/ },
  { text: '$TTL 1\na A 192.0.2.1 )', message: /db:2: unexpected ","\)"|db:2: unexpected "\)"/ },
  { text: '$TTL 1\na TXT "x', message: /unexpected/ },
  { text: '$TTL', message: /\$TTL takes one time/ },
  { text: '$ORIGIN', message: /\$ORIGIN takes one name/ },
  { text: '$ORIGIN a..b', message: /empty label/ },
  { text: '$INCLUDE', message: /\$INCLUDE takes/ },
  { text: '$INCLUDE gone.db', message: /\$INCLUDE gone.db: no such file/ },
  { text: '$INCLUDE loop.db', message: /too many files/ },
  { text: '$NOPE', message: /unknown directive \$NOPE/ },
  { text: '$GENERATE 5-1 a A 192.0.2.1', message: /bad range/ },
  { text: '$GENERATE 1-99999999 a A 192.0.2.1', message: /too many records/ },
  { text: '$GENERATE 1-2 a${0,999} A 192.0.2.1', message: /bad modifier/ },
  { text: '$TTL 1\na A 192.0.2.300', message: /bad A address/ },
  { text: '$TTL 1\na IN', message: /no type/ },
  { text: '$TTL 1\na NOPE x', message: /neither TTL, class nor type/ },
] as const;
for (const { text, message } of wrong) {
  t.test(`parseZone() refuses ${JSON.stringify(text)}`, async (t) => {
    t.throws(() => parse(text), { name: 'ZoneFileError', code: 'ERR_ZONE_FILE', message });
  });
}

const records = [
  'a. 1 IN A 192.0.2.1',
  'a. 1 IN AAAA 2001:db8::1',
  'a. 1 IN MX 10 b.',
  'a. 1 IN SRV 1 2 3 b.',
  'a. 1 IN CAA 0 issue "x.org"',
  'a. 1 IN HINFO "cpu" "os"',
  'a. 1 IN PTR b.',
  'a. 1 IN DNAME b.',
  'a. 1 IN TYPE65280 \\# 2 00ff',
  'a. 1 IN A \\# 4 c0000201',
  'a. 1 IN NAPTR 1 2 "U" "E2U" "!x!" .',
  'a. 1 IN DS 1 8 2 00ff',
  'a. 1 IN DNSKEY 257 3 8 AwEAAQ==',
  'a. 1 IN TLSA 3 1 1 00ff',
  'a. 1 IN SSHFP 1 1 00ff',
  'a. 1 IN RP b. c.',
  'a. 1 IN MINFO b. c.',
  'a. 1 IN URI 1 2 "https://example.org"',
  'a. 1 IN SVCB 0 b.',
  'a. 1 IN HTTPS 1 . mandatory=alpn alpn=h2,h3 no-default-alpn port=443 ipv4hint=192.0.2.1 ipv6hint=2001:db8::1 ech=AAAA key65280=x',
  `a. 1 IN TXT "${'x'.repeat(300)}"`,
] as const;
for (const text of records) {
  t.test(`parseRecord() reads ${text.slice(0, 60)} as the wire does`, async (t) => {
    const record = parseRecord(text);
    t.same(throughWire(record), { ...record, rdata: throughWire(record).rdata });
    t.equal(formatRecord(throughWire(record)), formatRecord(record));
    t.equal(formatRecord(parseRecord(formatRecord(record))), formatRecord(record));
  });
}

function throughWire(record: ResourceRecord): ResourceRecord {
  const bytes = encodeMessage({
    id: 0,
    flags: {
      isResponse: true,
      opcode: 0,
      isAuthoritative: false,
      isTruncated: false,
      isRecursionDesired: false,
      isRecursionAvailable: false,
      isAuthentic: false,
      isCheckingDisabled: false,
      rcode: 0,
    },
    questions: [],
    answers: [record],
    authority: [],
    additional: [],
  });
  const [answer] = decodeMessage(bytes).answers;
  if (answer === undefined) throw new Error('the record is lost');
  return answer;
}

const wrongRecords = [
  '',
  'a.',
  'a. A',
  'a. A 192.0.2.1 x',
  'a. AAAA 192.0.2.1',
  'a. MX 70000 b.',
  'a. LOC 1',
  'a. TYPE65280 \\# 3 00ff',
  'a. DS 1 8 2 xyz',
  'a. HTTPS 1 . port=x',
  'a. HTTPS 1 . nope=1',
  'a. HTTPS 1 . port=1 port=2',
  'a. HTTPS 1 . ipv4hint=::1',
  'a. HTTPS 1 . no-default-alpn=x',
  'a. A 192.0.2.1\nb. A 192.0.2.2',
  `${'x'.repeat(64)}. A 192.0.2.1`,
  `${'x.'.repeat(200)} A 192.0.2.1`,
  'é. A 192.0.2.1\u0100',
  'ā. A 192.0.2.1',
] as const;
for (const text of wrongRecords) {
  t.test(`parseRecord() refuses ${JSON.stringify(text.slice(0, 60))}`, async (t) => {
    t.throws(() => parseRecord(text), { name: 'ZoneFileError' });
  });
}

t.test('parseZone() reads any text, or says where it is wrong', async () => {
  const words = constantFrom(
    'a',
    '@',
    '.',
    ' ',
    '\n',
    '\t',
    '(',
    ')',
    ';',
    '"',
    '\\',
    '\\#',
    '$TTL',
    '$ORIGIN',
    '$GENERATE',
    '$INCLUDE',
    '1-3',
    '1h',
    'IN',
    'CH',
    'A',
    'TXT',
    'SOA',
    'MX',
    'HTTPS',
    '192.0.2.1',
    '10',
    'b.c.',
    '\\300',
    '${0,1,d}',
    'é',
  );
  assert(
    property(array(words, { maxLength: 20 }), (list) => {
      try {
        parse(list.join(' '));
        parse(list.join(''));
      } catch (error) {
        if (!(error instanceof ZoneFileError)) throw error;
      }
    }),
    { numRuns: 5000 },
  );
});
