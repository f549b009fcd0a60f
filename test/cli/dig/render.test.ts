import t from 'tap';
import type { DigExchange, DigMessage } from '../../../src/control/index.ts';
import { questionLine, recordLine } from '../../../src/cli/dig/columns.ts';
import { newLookup } from '../../../src/cli/dig/lookup.ts';
import { renderExchange } from '../../../src/cli/dig/render-exchange.ts';
import { renderWalk } from '../../../src/cli/dig/render-walk.ts';

const { display: DISPLAY } = newLookup();
const record = { name: 'm.example.org.', ttl: 60, class: 'IN', type: 'MX', data: '10 mail.' };
const LONG = 'averyveryverylongnameindeed.example.org.';
const SOA = 'ns.example.org. host.example.org. 1 7200 3661 86400 0';

/** As dig 9.18 prints them. */
const LINES = [
  { record, style: {}, line: 'm.example.org.\t\t60\tIN\tMX\t10 mail.' },
  { record: { ...record, name: LONG }, style: {}, line: `${LONG} 60 IN MX 10 mail.` },
  {
    record: { ...record, name: LONG, ttl: 3_600_000, type: 'CAA' },
    style: {},
    line: `${LONG} 3600000 IN CAA\t10 mail.`,
  },
  { record, style: { ttl: false }, line: 'm.example.org.\t\tIN\tMX\t10 mail.' },
  { record, style: { ttl: false, class: false }, line: 'm.example.org.\t\tMX\t10 mail.' },
  { record, style: { multiline: true }, line: 'm.example.org.\t\t60 IN MX 10 mail.' },
  {
    record: { ...record, type: 'SOA', data: SOA },
    style: { multiline: true },
    line: [
      'm.example.org.\t\t60 IN SOA ns.example.org. host.example.org. (',
      '\t\t\t\t1          ; serial',
      '\t\t\t\t7200       ; refresh (2 hours)',
      '\t\t\t\t3661       ; retry (1 hour 1 minute 1 second)',
      '\t\t\t\t86400      ; expire (1 day)',
      '\t\t\t\t0          ; minimum (0 seconds)',
      '\t\t\t\t)',
    ].join('\n'),
  },
] as const;
for (const [index, { record: given, style, line }] of LINES.entries()) {
  t.test(`recordLine() ${index}: ${JSON.stringify(style)}`, async (t) => {
    t.equal(recordLine(given, { ...DISPLAY, ...style }), line);
  });
}

t.test('questionLine() has the columns of dig', async (t) => {
  t.equal(questionLine(record, DISPLAY), ';m.example.org.\t\t\tIN\tMX');
  t.equal(questionLine({ ...record, name: LONG }, DISPLAY), `;${LONG} IN MX`);
  t.equal(questionLine(record, { ...DISPLAY, multiline: true }), ';m.example.org.\t\tIN MX');
});

const MESSAGE: DigMessage = {
  id: 7,
  opcode: 'QUERY',
  status: 'NOERROR',
  flags: ['qr', 'aa', 'rd', 'ra'],
  question: [{ name: 'web.', class: 'IN', type: 'A' }],
  answer: [{ name: 'web.', ttl: 5, class: 'IN', type: 'A', data: '10.96.1.1' }],
  authority: [],
  additional: [],
  sizeBytes: 81,
  edns: {
    version: 0,
    udpSize: 1232,
    isDnssecOk: true,
    options: [
      { code: 3, hex: '706f64' },
      { code: 8, hex: '000208002a' },
      { code: 10, hex: '0102' },
      { code: 15, hex: '000f6e6f' },
      { code: 65_001, hex: '00ff' },
    ],
  },
};
const EXCHANGE: DigExchange = {
  name: 'web.',
  type: 'A',
  server: { text: 'dns', address: '10.96.0.10', port: 53 },
  serverCount: 1,
  transport: 'udp',
  elapsedMs: 1.6,
  atMs: Date.UTC(2026, 10, 21, 12, 29, 44),
  messages: [MESSAGE],
  failures: [],
};

t.test('renderExchange() prints a whole answer', async (t) => {
  t.equal(
    renderExchange(EXCHANGE, DISPLAY),
    [
      ';; Got answer:',
      ';; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 7',
      ';; flags: qr aa rd ra; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 1',
      '',
      ';; OPT PSEUDOSECTION:',
      '; EDNS: version: 0, flags: do; udp: 1232',
      '; NSID: 70 6f 64 ("pod")',
      '; CLIENT-SUBNET: 2a00:0:0:0:0:0:0:0/8/0',
      '; COOKIE: 0102',
      '; EDE: 15 (Blocked): (no)',
      '; OPT=65001: 00 ff ("..")',
      ';; QUESTION SECTION:',
      ';web.\t\t\t\tIN\tA',
      '',
      ';; ANSWER SECTION:',
      'web.\t\t\t5\tIN\tA\t10.96.1.1',
      '',
      ';; Query time: 2 msec',
      ';; SERVER: 10.96.0.10#53(dns) (UDP)',
      ';; WHEN: Sat Nov 21 12:29:44 UTC 2026',
      ';; MSG SIZE  rcvd: 81',
      '',
    ].join('\n'),
  );
});

t.test('renderExchange() tells silence, and that TCP was taken', async (t) => {
  const failures = [{ what: 'timed out' }, { what: 'connection refused' }];
  t.equal(
    renderExchange({ ...EXCHANGE, messages: [], failures }, DISPLAY),
    [
      ';; communications error to 10.96.0.10#53: timed out',
      ';; communications error to 10.96.0.10#53: connection refused',
      ';; no servers could be reached',
    ].join('\n'),
  );
  t.match(
    renderExchange({ ...EXCHANGE, isRepeatedOverTcp: true }, DISPLAY),
    /^;; Truncated, retrying in TCP mode\.\n/,
  );
});

t.test('renderExchange() has a short form', async (t) => {
  t.equal(renderExchange(EXCHANGE, { ...DISPLAY, short: true }), '10.96.1.1');
  t.equal(
    renderExchange(EXCHANGE, { ...DISPLAY, short: true, identify: true }),
    '10.96.1.1 from server 10.96.0.10 in 2 ms.',
  );
});

t.test('renderWalk() tells each query, their sum and the advice', async (t) => {
  const nothing = {
    ...EXCHANGE,
    name: 'web.a.',
    messages: [{ ...MESSAGE, status: 'NXDOMAIN', answer: [] }],
  };
  const silence = {
    ...EXCHANGE,
    messages: [],
    failures: [{ what: 'timed out', because: 'policy' }],
  };
  t.equal(
    renderWalk('web', 'glibc', {
      exchanges: [nothing, EXCHANGE, silence],
      walk: { who: 'shop/web', domains: ['a', 'b'], ndots: 5, found: 'web.', advice: ['do'] },
    }),
    [
      ';; shop/web looks for "web" as a program with glibc does',
      ';; search a b, ndots:5: with 0 dots the path comes first',
      '',
      '#   NAME     TYPE   STATUS      TIME     ANSWER',
      '1   web.a.   A      NXDOMAIN    1.6 ms',
      '2   web.     A      NOERROR     1.6 ms   10.96.1.1',
      '3   web.     A      timed out   1.6 ms   policy',
      '',
      ';; 3 queries, 1 of them in vain, 4.8 ms in all: found as web.',
      ';; fewer queries:',
      ';;   do',
      '',
    ].join('\n'),
  );
  const failed = { who: 'node-1', domains: [], ndots: 1, error: 'HOST_NOT_FOUND', advice: [] };
  t.match(
    renderWalk('web.a', 'musl', { exchanges: [nothing], walk: failed }),
    /1 query, 1 of them.*no name/,
  );
  t.match(
    renderWalk('me', 'musl', { exchanges: [], walk: { ...failed, hosts: ['10.0.0.9'] } }),
    /stands in \/etc\/hosts of the Pod: 10\.0\.0\.9/,
  );
});
