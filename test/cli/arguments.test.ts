/** What the command line's own readers make of words. */
import { array, assert, constantFrom, oneof, property, string } from 'fast-check';
import t from 'tap';
import { readEdge } from '../../src/cli/commands/explain.ts';
import { readDigArguments } from '../../src/cli/dig/dig-arguments.ts';
import { instanceName } from '../../src/cli/command.ts';
import { readCurlArguments } from '../../src/cli/curl-arguments.ts';
import { readResourceArguments } from '../../src/cli/resource-arguments.ts';
import { readDomain, readDoor, readForward, readNumber } from '../../src/cli/up-options.ts';
import { didYouMean, UsageError } from '../../src/cli/usage-error.ts';

const DOORS = [
  { text: '127.0.0.1:53', door: { address: '127.0.0.1', port: 53 } },
  { text: '127.0.0.11:80', door: { address: '127.0.0.11', port: 80 } },
  { text: ':8080', door: { address: '127.0.0.1', port: 8080 } },
  { text: '[::1]:65535', door: { address: '::1', port: 65_535 } },
  { text: 'off', door: 'off' },
  { text: undefined, door: undefined },
  { text: '127.0.0.1', door: UsageError },
  { text: '8080', door: UsageError },
  { text: '127.0.0.1:65536', door: UsageError },
  { text: '127.0.0.1:-1', door: UsageError },
  { text: '::1:53', door: UsageError },
  { text: 'localhost:53', door: UsageError },
  { text: '1.2.3:53', door: UsageError },
  { text: '300.0.0.1:53', door: UsageError },
  { text: '[fe80::zz]:53', door: UsageError },
  { text: '', door: UsageError },
] as const;
for (const { text, door } of DOORS) {
  t.test(`readDoor() of ${text}`, async (t) => {
    if (door === UsageError)
      t.throws(() => readDoor('dns', text), { message: /--dns takes ADDRESS:PORT/ });
    else t.same(readDoor('dns', text), door);
  });
}

for (const text of ['0.0.0.0:0', '[::]:53', '192.0.2.7:80', '[::ffff:192.0.2.7]:80']) {
  t.test(`readDoor() takes ${text} where it is exposed on purpose`, async (t) => {
    t.throws(() => readDoor('dns', text), { message: /from other machines/, hint: /--expose/ });
    t.match(readDoor('dns', text, true), { address: /./ });
  });
}

const NUMBERS = [
  { text: '1', value: 1 },
  { text: '200', value: 200 },
  { text: '007', value: 7 },
  { text: undefined, value: undefined },
  { text: '0', value: UsageError },
  { text: '201', value: UsageError },
  { text: '1.5', value: UsageError },
  { text: '1e2', value: UsageError },
  { text: '-1', value: UsageError },
  { text: ' 1', value: UsageError },
  { text: '', value: UsageError },
  { text: '0x10', value: UsageError },
] as const;
for (const { text, value } of NUMBERS) {
  t.test(`readNumber() of ${JSON.stringify(text)}`, async (t) => {
    const read = (): unknown => readNumber('nodes', text, { min: 1, max: 200 });
    if (value === UsageError)
      t.throws(read, { message: /--nodes takes a whole number from 1 to 200/ });
    else t.equal(read(), value);
  });
}

const DOMAINS = [
  { text: 'cluster.local', domain: 'cluster.local' },
  { text: 'Cluster.Local.', domain: 'cluster.local' },
  { text: 'k8s', domain: 'k8s' },
  { text: undefined, domain: undefined },
  { text: 'no domain', domain: UsageError },
  { text: '', domain: UsageError },
  { text: '.', domain: UsageError },
  { text: 'a..b', domain: UsageError },
  { text: '-a.b', domain: UsageError },
  { text: `${'a'.repeat(64)}.b`, domain: UsageError },
  { text: Array.from({ length: 130 }, () => 'a').join('.'), domain: UsageError },
] as const;
for (const { text, domain } of DOMAINS) {
  t.test(`readDomain() of ${text?.slice(0, 40)}`, async (t) => {
    const read = (): unknown => readDomain('cluster-domain', text);
    if (domain === UsageError) t.throws(read, { message: /--cluster-domain takes a domain name/ });
    else t.equal(read(), domain);
  });
}

const target = (kind: string, name: string, namespace = 'default'): object => ({
  kind,
  namespace,
  name,
});
const FORWARDS = [
  {
    text: 'deploy/web=127.0.0.1:3000',
    forward: { target: target('Deployment', 'web'), address: '127.0.0.1', port: 3000 },
  },
  {
    text: 'Deployment/web=localhost:3000',
    forward: { target: target('Deployment', 'web'), address: '127.0.0.1', port: 3000 },
  },
  {
    text: 'shop/sts/db=5432',
    forward: { target: target('StatefulSet', 'db', 'shop'), address: '127.0.0.1', port: 5432 },
  },
  {
    text: 'pod/web-0=10.0.0.7:1',
    forward: { target: target('Pod', 'web-0'), address: '10.0.0.7', port: 1 },
  },
  { text: 'ds/a=1', forward: { target: target('DaemonSet', 'a') } },
  { text: 'rs/a.b=1', forward: { target: target('ReplicaSet', 'a.b') } },
  { text: 'job/a=1', forward: { target: target('Job', 'a') } },
  { text: 'web=3000', forward: UsageError },
  { text: 'svc/web=3000', forward: UsageError },
  { text: 'deploy/web', forward: UsageError },
  { text: 'deploy/web=', forward: UsageError },
  { text: 'deploy/web=0', forward: UsageError },
  { text: 'deploy/web=70000', forward: UsageError },
  { text: 'deploy/web=example.org:80', forward: UsageError },
  { text: 'deploy/web=300.1.1.1:80', forward: UsageError },
  { text: 'a/b/deploy/web=80', forward: UsageError },
  { text: '', forward: UsageError },
] as const;
for (const { text, forward } of FORWARDS) {
  t.test(`readForward() of ${text}`, async (t) => {
    if (forward === UsageError) t.throws(() => readForward(text), { message: /--pod takes/ });
    else t.match(readForward(text), forward);
  });
}

const EDGES = [
  { words: ['http://api'], edge: { to: 'http://api' } },
  { words: ['default/web -> http://api'], edge: { from: 'default/web', to: 'http://api' } },
  { words: ['default/web', '->', 'http://api'], edge: { from: 'default/web', to: 'http://api' } },
  { words: ['default/web->http://api'], edge: { from: 'default/web', to: 'http://api' } },
  { words: ['deploy/web → redis:6379'], edge: { from: 'deploy/web', to: 'redis:6379' } },
  { words: ['deploy/web', 'to', 'redis'], edge: { from: 'deploy/web', to: 'redis' } },
  { words: [' -> http://api'], edge: { to: 'http://api' } },
  { words: ['to'], edge: { to: 'to' } },
  { words: [], edge: UsageError },
  { words: [''], edge: UsageError },
  { words: ['a', 'b'], edge: UsageError },
  { words: ['a -> b -> c'], edge: UsageError },
  { words: ['a -> b c'], edge: UsageError },
  { words: ['a ->'], edge: UsageError },
  { words: ['->'], edge: UsageError },
] as const;
for (const { words, edge } of EDGES) {
  t.test(`readEdge() of ${JSON.stringify(words)}`, async (t) => {
    if (edge === UsageError) t.throws(() => readEdge(words), { code: 'ERR_USAGE' });
    else t.same(readEdge(words), edge);
  });
}

const RESOURCES = [
  { words: ['svc'], read: { resource: 'svc', names: [] } },
  { words: ['svc', 'web', 'api'], read: { resource: 'svc', names: ['web', 'api'] } },
  { words: ['svc/web', 'svc/api'], read: { resource: 'svc', names: ['web', 'api'] } },
  { words: ['pods,svc'], read: { resource: 'pods,svc', names: [] } },
  { words: [], read: UsageError },
  { words: ['svc/web', 'deploy/web'], read: UsageError },
  { words: ['svc/web', 'api'], read: UsageError },
  { words: ['svc/'], read: UsageError },
  { words: ['a/b/c'], read: UsageError },
] as const;
for (const { words, read } of RESOURCES) {
  t.test(`readResourceArguments() of ${words.join(' ')}`, async (t) => {
    if (read === UsageError)
      t.throws(() => readResourceArguments(words, 'get'), { message: /^podlane get: / });
    else t.same(readResourceArguments(words, 'get'), read);
  });
}

const FORM = ['content-type', 'application/x-www-form-urlencoded'];
const CURLS = [
  { words: ['http://web'], asks: { method: 'GET', headers: [], timeoutMs: 30_000, as: undefined } },
  { words: ['web:8080/a?b=1'], asks: { url: { href: 'http://web:8080/a?b=1' } } },
  { words: ['-I', 'web'], asks: { method: 'HEAD', hasHead: true } },
  {
    words: ['-XPUT', '-d', 'a=1', '-d', 'b=2', 'web'],
    asks: { method: 'PUT', body: 'a=1&b=2', headers: [FORM] },
  },
  {
    words: ['--data', '{}', '-H', 'Content-Type: x/y', 'web'],
    asks: { method: 'POST', headers: [['Content-Type', 'x/y']] },
  },
  {
    words: ['-sSkfi', 'web'],
    asks: { isSilent: true, showsErrors: true, isInsecure: true, failing: 'silent', hasHead: true },
  },
  { words: ['-L', 'web'], asks: { maxRedirects: 50 } },
  { words: ['--max-redirs', '2', 'web'], asks: { maxRedirects: undefined } },
  { words: ['-L', '--max-redirs', '2', 'web'], asks: { maxRedirects: 2 } },
  { words: ['-L', '--max-redirs', '-1', 'web'], asks: { maxRedirects: Infinity } },
  { words: ['-sLw', '%{http_code}', 'web'], asks: { format: '%{http_code}', maxRedirects: 50 } },
  { words: ['--fail-with-body', 'web'], asks: { failing: 'body' } },
  { words: ['-XPUT', 'web'], asks: { hasOwnMethod: true } },
  {
    words: ['--json', '{}', 'web'],
    asks: {
      method: 'POST',
      body: '{}',
      headers: [
        ['content-type', 'application/json'],
        ['accept', 'application/json'],
      ],
    },
  },
  { words: ['-v', 'web'], asks: { isVerbose: true, hasHead: false } },
  { words: ['-so', 'out', 'web'], asks: { isSilent: true, output: 'out' } },
  { words: ['-m', '2.5', '--url', 'web'], asks: { timeoutMs: 2500, url: { hostname: 'web' } } },
  { words: ['-u', 'a:b', 'web'], asks: { headers: [['authorization', 'Basic YTpi']] } },
  { words: ['-A', 'me', 'web'], asks: { headers: [['user-agent', 'me']] } },
  {
    words: ['--as', 'shop/web', '--name', 'ci', 'https://web'],
    asks: { as: 'shop/web', instance: 'ci', url: { protocol: 'https:' } },
  },
  { words: ['-H', 'X-A:', 'web'], asks: { headers: [['X-A', '']] } },
  { words: ['http://[fd00::1]:81/'], asks: { url: { host: '[fd00::1]:81' } } },
  { words: [], asks: UsageError },
  { words: ['-X'], asks: UsageError },
  { words: ['-H', 'nocolon', 'web'], asks: UsageError },
  { words: ['-m', '0', 'web'], asks: UsageError },
  { words: ['-m', 'soon', 'web'], asks: UsageError },
  { words: ['--max-redirs', '-2', 'web'], asks: UsageError },
  { words: ['web', '-w'], asks: UsageError },
  { words: ['-sz', 'web'], asks: UsageError },
  { words: ['--http2', 'web'], asks: UsageError },
  { words: ['http://'], asks: UsageError },
  { words: ['file:///etc/passwd'], asks: UsageError },
] as const;
for (const { words, asks } of CURLS) {
  t.test(`readCurlArguments() of ${words.join(' ')}`, async (t) => {
    if (asks === UsageError) t.throws(() => readCurlArguments(words), { code: 'ERR_USAGE' });
    else t.match(readCurlArguments(words), asks);
  });
}

const READERS = {
  readDigArguments,
  readCurlArguments,
  readEdge,
  readResourceArguments: (words: readonly string[]) => readResourceArguments(words, 'get'),
  readForward: ([word = '']: readonly string[]) => readForward(word),
  readDoor: ([word = '']: readonly string[]) => readDoor('dns', word),
  readDomain: ([word = '']: readonly string[]) => readDomain('cluster-domain', word),
} as const;
for (const [name, read] of Object.entries(READERS)) {
  t.test(`${name}() of anything is understood or a usage error`, async (t) => {
    const words = array(
      oneof(
        string(),
        constantFrom('-x', '-t', '-H', '-d', '-sX', '--as', '->', '+short', 'a/b', ':1', '-m'),
      ),
      { maxLength: 6 },
    );
    assert(
      property(words, (line) => {
        try {
          read(line);
        } catch (error) {
          if (!(error instanceof UsageError)) throw error;
        }
      }),
    );
    t.pass();
  });
}

const NEAR = [
  { word: 'staus', known: ['status', 'scale'], says: 'Did you mean "status"?' },
  { word: 'upp', known: ['up', 'apply'], says: 'Did you mean "up"?' },
  { word: 'xyzzy', known: ['status', 'scale'], says: undefined },
  { word: 'x', known: [], says: undefined },
] as const;
for (const { word, known, says } of NEAR)
  t.test(`didYouMean() of ${word}`, async (t) => void t.equal(didYouMean(word, known), says));

const INSTANCES = [
  { given: 'a', env: { PODLANE_NAME: 'b' }, name: 'a' },
  { given: undefined, env: { PODLANE_NAME: 'b' }, name: 'b' },
  { given: undefined, env: { PODLANE_NAME: '' }, name: 'podlane' },
  { given: undefined, env: {}, name: 'podlane' },
] as const;
for (const { given, env, name } of INSTANCES)
  t.test(`instanceName() is ${name} for ${given} and ${JSON.stringify(env)}`, async (t) => {
    t.equal(instanceName(given, env), name);
  });
