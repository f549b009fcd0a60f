import { assert, oneof, property, string, tuple, constantFrom } from 'fast-check';
import t from 'tap';
import { parseExplainTarget } from '../../src/cluster/explain-target.ts';
import { PodlaneError } from '../../src/net/index.ts';

const TARGETS = [
  {
    text: 'http://api:8080/healthz?a=1',
    target: { scheme: 'http', host: 'api', port: 8080, path: '/healthz?a=1' },
  },
  { text: 'https://api', target: { scheme: 'https', host: 'api', port: 443, path: '/' } },
  { text: 'HTTP://API', target: { scheme: 'http', host: 'API', port: 80 } },
  { text: 'http://api?x', target: { scheme: 'http', host: 'api', port: 80, path: '/?x' } },
  { text: 'api', target: { scheme: 'http', host: 'api', port: 80, path: '/' } },
  { text: 'api/v1', target: { scheme: 'http', host: 'api', port: 80, path: '/v1' } },
  { text: 'redis:6379', target: { scheme: 'tcp', host: 'redis', port: 6379 } },
  { text: 'api:8080/x', target: { scheme: 'http', host: 'api', port: 8080, path: '/x' } },
  { text: 'tcp://redis:6379', target: { scheme: 'tcp', host: 'redis', port: 6379 } },
  { text: 'udp://kube-dns', target: { scheme: 'udp', host: 'kube-dns', port: 53 } },
  { text: 'UDP://10.96.0.10:5353', target: { scheme: 'udp', host: '10.96.0.10', port: 5353 } },
  { text: 'sctp://sig:3868', target: { scheme: 'sctp', host: 'sig', port: 3868 } },
  { text: '10.96.0.10:53', target: { scheme: 'tcp', host: '10.96.0.10', port: 53 } },
  { text: '10.96.0.10', target: { scheme: 'http', host: '10.96.0.10', port: 80 } },
  { text: 'fd00:10:96::a', target: { scheme: 'http', host: 'fd00:10:96::a', port: 80 } },
  { text: '[FD00:10:96:0::A]:53', target: { scheme: 'tcp', host: 'fd00:10:96::a', port: 53 } },
  { text: 'http://[::1]/', target: { scheme: 'http', host: '::1', port: 80 } },
  { text: 'web.default.svc.cluster.local.', target: { host: 'web.default.svc.cluster.local.' } },
] as const;
for (const { text, target } of TARGETS) {
  t.test(`parseExplainTarget() of ${text}`, async (t) => {
    t.match(parseExplainTarget(text), { ...target, text });
  });
}

const BAD = [
  '',
  ' ',
  'ftp://api',
  'http://',
  'api:0',
  'api:65536',
  'api:x',
  'a b',
  ':80',
  '[::1',
  'http://a:b@c/',
];
for (const text of BAD) {
  t.test(`parseExplainTarget() refuses ${JSON.stringify(text)}`, async (t) => {
    t.throws(() => parseExplainTarget(text), { code: 'ERR_OPTION', hint: /http:\/\/api:8080/ });
  });
}

t.test('parseExplainTarget() of anything is understood or refused', async (t) => {
  const part = oneof(
    string(),
    constantFrom('http://', 'a', ':', '80', '/', '[', ']', '::1', '10.0.0.1', '?'),
  );
  assert(
    property(tuple(part, part, part, part), (parts) => {
      try {
        const { host, port, path } = parseExplainTarget(parts.join(''));
        return host !== '' && port > 0 && port < 65_536 && path.startsWith('/');
      } catch (error) {
        return error instanceof PodlaneError && error.code === 'ERR_OPTION';
      }
    }),
  );
  t.pass();
});
