import t from 'tap';
import { upstreamHead } from '../../src/ingress/head.ts';
import { parseRequestHead, type RequestHead } from '../../src/ingress/http1/index.ts';
import type { RoutePolicy } from '../../src/ingress/route-policy.ts';

const forwarding = {
  isTrusted: false,
  isAppended: false,
  isUnderscoreAllowed: false,
  isRequestIdGenerated: true,
  isOriginalUriSent: false,
} as const;
const nginx: RoutePolicy = { isNginx: true, forwarding };

function headOf(lines: string): RequestHead {
  const head = parseRequestHead(Buffer.from(`GET /a HTTP/1.1\r\nHost: a.example\r\n${lines}\r\n`));
  if (head.kind !== 'head') throw new Error(head.kind);
  return head;
}

function told(lines: string, policy: RoutePolicy = {}): string[] {
  const client = { clientAddress: '192.0.2.1', scheme: 'http', port: 80, requestId: 'id' } as const;
  return upstreamHead(headOf(lines), { ...client, policy })
    .split('\r\n')
    .slice(1, -2);
}

const cases: readonly {
  readonly name: string;
  readonly lines: string;
  readonly policy?: RoutePolicy;
  readonly has?: readonly string[];
  readonly lacks?: readonly string[];
}[] = [
  { name: 'passes lines on as they came', lines: 'x-A:  1 \r\n', has: ['x-A:  1 '] },
  { name: 'writes a length anew', lines: 'content-length:\t5 \r\n', has: ['Content-Length: 5'] },
  { name: 'drops fields of the connection', lines: 'TE: trailers\r\nB: 2\r\n', lacks: ['TE'] },
  {
    name: 'drops what Connection names',
    lines: 'Connection: x-b\r\nX-B: 2\r\nX-C: 3\r\n',
    has: ['X-C: 3'],
    lacks: ['X-B', 'Connection'],
  },
  {
    name: 'replaces what clients say of themselves',
    lines: 'X-Forwarded-For: 203.0.113.9\r\nX-Scheme: gopher\r\n',
    has: ['X-Forwarded-For: 192.0.2.1', 'X-Scheme: http'],
    lacks: ['X-Forwarded-For: 203.0.113.9'],
  },
  {
    name: 'keeps the ID of a request',
    lines: 'x-request-id: mine\r\n',
    has: ['X-Request-ID: mine'],
  },
  {
    name: 'tells ingress-nginx backends what the client said',
    lines: 'X-Forwarded-For: 203.0.113.9\r\n',
    policy: nginx,
    has: ['X-Original-Forwarded-For: 203.0.113.9', 'X-Forwarded-For: 192.0.2.1'],
  },
  {
    name: 'drops names with underscores for ingress-nginx',
    lines: 'a_b: 1\r\nc: _\r\n',
    policy: nginx,
    has: ['c: _'],
    lacks: ['a_b'],
  },
  {
    name: 'believes trusted proxies in a field of any name',
    lines: 'CF-Connecting-IP: 203.0.113.9\r\n',
    policy: {
      isNginx: true,
      forwarding: { ...forwarding, isTrusted: true, forwardedFor: 'cf-connecting-ip' },
    },
    has: ['X-Forwarded-For: 203.0.113.9', 'X-Real-IP: 203.0.113.9'],
  },
];

for (const { name, lines, policy, has = [], lacks = [] } of cases) {
  t.test(`upstreamHead() ${name}`, async (t) => {
    const got = told(lines, policy);
    for (const line of has) t.ok(got.includes(line), `${line} in ${got.join(' | ')}`);
    for (const start of lacks)
      t.notOk(
        got.some((line) => line.startsWith(start)),
        start,
      );
  });
}
