import { array, assert, constantFrom, property } from 'fast-check';
import t from 'tap';
import { downstreamHead, isPassedWhole, upstreamHead } from '../../src/ingress/head.ts';
import {
  closeCuts,
  parseRequestHead,
  parseResponseHead,
  type RequestHead,
} from '../../src/ingress/http1/index.ts';
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
  { name: 'passes a plain length on', lines: 'content-length: 5\r\n', has: ['content-length: 5'] },
  {
    name: 'writes chunking anew',
    lines: 'Transfer-Encoding: Chunked\r\n',
    has: ['Transfer-Encoding: chunked'],
    lacks: ['Transfer-Encoding: Chunked'],
  },
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

const NEVER_PASSED = ['Connection: keep-alive', 'connection: close', 'Keep-Alive: 5', 'TE: gzip'];
const PASSED = ['A: 1', 'Content-Type: text/plain', 'Connections: 2', 'X: '];
const FRAMING = [
  'Content-Length: 4',
  'content-length: 4',
  'Content-Length:4',
  'Content-Length: 4 ',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: Chunked',
];

t.test('closeCuts() leaves the head that would be written anew', async () => {
  const lines = array(constantFrom(...NEVER_PASSED, ...PASSED), { maxLength: 8 });
  assert(
    property(lines, constantFrom(...FRAMING), lines, (before, framing, after) => {
      const text = ['HTTP/1.1 200 OK', ...before, framing, ...after, '', ''].join('\r\n');
      const bytes = Buffer.from(`${text}body`);
      const head = parseResponseHead(bytes, 'GET');
      if (head.kind !== 'head') throw new Error(head.kind);
      const facts = {
        isPersistent: true,
        isOldClient: false,
        isChunked: head.framing.kind === 'chunked',
        cookies: [],
      };
      const anew = downstreamHead(head, facts);
      if (!isPassedWhole(head, facts)) return !head.isFramingPassed;
      const passed = bytes.toString('latin1', closeCuts(bytes, head.cuts));
      return passed.endsWith('\r\n\r\nbody') && `${anew}body` === passed;
    }),
  );
});

const WRITTEN_ANEW: Readonly<Record<string, { readonly head?: string; readonly facts?: object }>> =
  {
    'of another version': { head: 'HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\n' },
    'without a space behind the status': { head: 'HTTP/1.1 200\r\nContent-Length: 4\r\n\r\n' },
    'behind empty lines': { head: '\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n' },
    'that names fields of the connection': {
      head: 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: a\r\nA: 1\r\n\r\n',
    },
    'with a space too many at its length': {
      head: 'HTTP/1.1 200 OK\r\nContent-Length:  4\r\n\r\n',
    },
    'that ends with the connection': {
      head: 'HTTP/1.1 200 OK\r\n\r\n',
      facts: { isChunked: true },
    },
    'of chunks where no body comes': {
      head: 'HTTP/1.1 204 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
    },
    'of chunks for HTTP/1.0': {
      head: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
      facts: { isOldClient: true },
    },
    'for the last on a connection': { facts: { isPersistent: false } },
    'with cookies': { facts: { cookies: ['a=b'] } },
    'that a policy edits': { facts: { policy: { cookiePath: [] } } },
  };

for (const [name, { head: text, facts }] of Object.entries(WRITTEN_ANEW)) {
  t.test(`isPassedWhole() does not pass on a head ${name}`, async (t) => {
    const bytes = Buffer.from(text ?? 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n');
    const head = parseResponseHead(bytes, 'GET');
    if (head.kind !== 'head') throw new Error(head.kind);
    const plain = { isPersistent: true, isOldClient: false, isChunked: false, cookies: [] };
    t.equal(isPassedWhole(head, { ...plain, ...facts }), false);
  });
}
