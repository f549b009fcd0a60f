import t from 'tap';
import { readDigArguments } from '../../../src/cli/dig/dig-arguments.ts';
import { requestOf } from '../../../src/cli/dig/lookup.ts';

const CASES = [
  { line: 'web', asks: [{ name: 'web', type: 'A', class: 'IN', transport: 'udp', tries: 3 }] },
  { line: 'web AAAA', asks: [{ name: 'web', type: 'AAAA' }] },
  { line: 'srv _http._tcp.web', asks: [{ name: '_http._tcp.web', type: 'SRV' }] },
  { line: 'in txt web', asks: [{ name: 'web', type: 'TXT', class: 'IN' }] },
  { line: 'version.bind txt ch', asks: [{ type: 'TXT', class: 'CH' }] },
  { line: '-c CH -tTXT version.bind', asks: [{ type: 'TXT', class: 'CH' }] },
  { line: '-q web type65', asks: [{ name: 'web', type: 'TYPE65' }] },
  { line: '-q a -t MX', asks: [{ name: 'a', type: 'MX' }] },
  {
    line: '@10.96.0.10 -p 5353 -4 web',
    asks: [{ server: '10.96.0.10', port: 5353, family: 'IPv4' }],
  },
  { line: '-p5353 -6 web', asks: [{ port: 5353, family: 'IPv6' }] },
  { line: '-x 10.96.0.10', asks: [{ name: '10.0.96.10.in-addr.arpa.', type: 'PTR' }] },
  { line: '-x 10.96', asks: [{ name: '96.10.in-addr.arpa.', type: 'PTR' }] },
  { line: '-t ANY -x 10.96.0.10', asks: [{ type: 'ANY', transport: 'tcp' }] },
  { line: '-x 2001:db8::1', asks: [{ name: `1.${'0.'.repeat(23)}8.b.d.0.1.0.0.2.ip6.arpa.` }] },
  {
    line: 'MX x y TXT @192.0.2.1 z',
    asks: [
      { name: 'x', type: 'MX' },
      { name: 'y', type: 'TXT', server: '192.0.2.1' },
      { name: 'z', type: 'MX' },
    ],
  },
  { line: 'any web', asks: [{ type: 'ANY', transport: 'tcp' }] },
  { line: 'any web +notcp', asks: [{ transport: 'udp' }] },
  { line: 'axfr cluster.local', asks: [{ transport: 'tcp' }] },
  { line: 'web +vc', asks: [{ transport: 'tcp' }] },
  { line: 'web +time=1 +tries=2', asks: [{ timeoutMs: 1000, tries: 2 }] },
  { line: 'web +retry=4 +ignore', asks: [{ tries: 5, isKeepingTruncated: true }] },
  { line: 'web +time=0 +tries=0', asks: [{ timeoutMs: 1000, tries: 1 }] },
  { line: 'web +norec +noadf +cdflag', asks: [{ flags: ['cd'] }] },
  { line: 'web +noedns', asks: [{ edns: undefined }] },
  { line: 'web +edns=1 +dnssec', asks: [{ edns: { version: 1, isDnssecOk: true, options: [] } }] },
  { line: 'web +bufsize=512 +nsid', asks: [{ edns: { udpSize: 512, options: [{ code: 3 }] } }] },
  {
    line: 'web +cookie=0102030405060708',
    asks: [{ edns: { options: [{ code: 10, hex: '0102030405060708' }] } }],
  },
  { line: 'web +cookie +nocookie', asks: [{ edns: { options: [] } }] },
  {
    line: 'web +subnet=192.0.2.77/20',
    asks: [{ edns: { options: [{ code: 8, hex: '00011400c00000' }] } }],
  },
  {
    line: 'web +subnet=2001:db8::1',
    asks: [{ edns: { options: [{ code: 8, hex: `0002800020010db8${'0'.repeat(23)}1` }] } }],
  },
  { line: 'web +subnet=0', asks: [{ edns: { options: [{ code: 8, hex: '00010000' }] } }] },
  { line: 'web', asks: [{ search: undefined, resolver: undefined }] },
  { line: 'web +search', asks: [{ search: {} }] },
  { line: 'web +search +nosearch', asks: [{ search: undefined }] },
  { line: 'web +domain=example.org', asks: [{ search: { domains: ['example.org'] } }] },
  { line: 'web +search +ndots=3', asks: [{ search: { ndots: 3 } }] },
  { line: 'web +trace-search', asks: [{ type: '', resolver: 'glibc', search: {} }] },
  { line: '--libc=musl web A +trace-search', asks: [{ type: 'A', resolver: 'musl' }] },
  { line: '--as shop/web web', asks: [{ as: 'shop/web' }] },
] as const;
for (const { line, asks } of CASES) {
  t.test(`readDigArguments() of "${line}"`, async (t) => {
    const given = readDigArguments(line.split(' '));
    const requests = given.lookups.map((lookup) => requestOf(lookup, given));
    t.match(requests, asks);
    t.equal(requests.length, asks.length);
  });
}

t.test('readDigArguments() takes the instance', async (t) => {
  t.equal(readDigArguments(['--name', 'ci', 'web']).instance, 'ci');
  t.equal(readDigArguments(['--name=ci', 'web']).instance, 'ci');
});

const ALL = { question: true, answer: true, authority: true, additional: true, comments: true };
const NONE = { question: false, answer: false, authority: false, additional: false };
const SHOWN = [
  { line: 'web', shows: { ...ALL, command: true, statistics: true, short: false, ttl: true } },
  { line: 'web +noall +answer', shows: { ...NONE, answer: true, comments: false } },
  { line: 'web +short +identify', shows: { short: true, identify: true } },
  { line: 'web +nottl +nocl +multi', shows: { ttl: false, class: false, multiline: true } },
  {
    line: 'web +noqu +noau +noadd',
    shows: { question: false, authority: false, additional: false },
  },
  { line: 'web +nocmd +nocomments +nostats', shows: { command: false, statistics: false } },
  {
    line: 'web -u +json +showsearch',
    shows: { microseconds: true, json: true, searchSteps: true },
  },
] as const;
for (const { line, shows } of SHOWN) {
  t.test(`readDigArguments() shows by "${line}"`, async (t) => {
    t.match(readDigArguments(line.split(' ')).lookups[0]?.display, shows);
  });
}

const WRONG = [
  { line: '', says: /no name/ },
  { line: '+short', says: /no name/ },
  { line: '-x web', says: /"web" is no IP address/ },
  { line: '-t', says: /-t needs a value/ },
  { line: '-z web', says: /unknown option -z/ },
  { line: '--ass shop/web web', says: /unknown option --ass/, hint: /"--as"/ },
  { line: '-p 0 web', says: /not a port/ },
  { line: '-p x web', says: /not a port/ },
  { line: '-b 10.0.0.1 web', says: /-b is not here.*--as/ },
  { line: '-c XX web', says: /"XX" is no class/ },
  { line: '--libc bionic web', says: /not glibc or musl/ },
  { line: 'web +shrot', says: /unknown option \+shrot/, hint: /"\+short"/ },
  { line: 'web +noanswr', says: /unknown option \+noanswr/, hint: /"\+answer"/ },
  { line: 'web +a', says: /\+a is ambiguous/, hint: /\+answer/ },
  { line: 'web +', says: /unknown option/ },
  { line: 'web +time', says: /\+time needs a value/ },
  { line: 'web +time=x', says: /not a number/ },
  { line: 'web +bufsize=65536', says: /not a number from 0 to 65535/ },
  { line: 'web +subnet', says: /needs a value/ },
  { line: 'web +subnet=x', says: /not an address or prefix/ },
  { line: 'web +cookie=xyz', says: /octets in hexadecimal/ },
  { line: 'web +trace', says: /\+trace is not here.*\+trace-search/ },
] as const;
for (const wrong of WRONG) {
  t.test(`readDigArguments() refuses "${wrong.line}"`, async (t) => {
    const words = wrong.line.split(' ').filter((word) => word !== '');
    const hint = 'hint' in wrong ? { hint: wrong.hint } : {};
    t.throws(() => readDigArguments(words), { code: 'ERR_USAGE', message: wrong.says, ...hint });
  });
}
