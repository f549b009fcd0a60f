/** What the class of ingress-nginx does with requests, and how the two classes live side by side. */
import t from 'tap';
import {
  configMap,
  object,
  route,
  told,
  type AskFacts,
  type IngressFacts,
  type Routing,
} from './routing.ts';

interface Case extends AskFacts {
  readonly name: string;
  readonly ingresses: readonly IngressFacts[];
  readonly ask: string;
  readonly to: string;
}

const web = { paths: ['Prefix / web'] } as const;

const locations: readonly Case[] = [
  {
    name: 'whole elements of a Prefix',
    ingresses: [{ paths: ['Prefix /foo web'] }],
    ask: 'http://a.example/foobar',
    to: '404',
  },
  {
    name: 'an escaped path, and passes it on as it came',
    ingresses: [{ paths: ['Prefix /foo web'] }],
    ask: 'http://a.example/%66oo/x?y',
    to: 'web /%66oo/x?y',
  },
  {
    name: 'dot segments',
    ingresses: [{ paths: ['Exact /b web'] }],
    ask: 'http://a.example//a/.././b',
    to: 'web //a/.././b',
  },
  {
    name: 'nothing above the root',
    ingresses: [web],
    ask: 'http://a.example/../x',
    to: '400',
  },
  {
    name: 'the path without its slash by a redirect',
    ingresses: [{ paths: ['Prefix /foo/ web'] }],
    ask: 'http://a.example/foo?a=1',
    to: '301 http://a.example/foo/?a=1',
  },
  {
    name: 'the path without its slash where another rule has it',
    ingresses: [{ paths: ['Prefix /foo/ slash', 'Prefix /foo plain'] }],
    ask: 'http://a.example/foo',
    to: 'plain /foo',
  },
  {
    name: 'the longest prefix of several',
    ingresses: [{ paths: ['Prefix / root', 'Prefix /a/b deep', 'Prefix /a top'] }],
    ask: 'http://a.example/a/b/c',
    to: 'deep /a/b/c',
  },
  {
    name: 'no rules without a host for a host that is known',
    ingresses: [{ paths: ['Prefix /a web'] }, { name: 'any', host: '', paths: ['Prefix / any'] }],
    ask: 'http://a.example/b',
    to: '404',
  },
  {
    name: 'the default backend of the Ingress that names the host first',
    ingresses: [{ paths: ['Prefix /a web'], default: 'rest' }],
    ask: 'http://a.example/b',
    to: 'rest /b',
  },
  {
    name: 'every other host by a default backend alone',
    ingresses: [{ default: 'rest' }, { name: 'later', default: 'later' }],
    ask: 'http://b.example/x',
    to: 'rest /x',
  },
];

const regexes: readonly Case[] = [
  {
    name: 'the longer text first, not the better match',
    ingresses: [
      {
        annotations: { 'use-regex': 'true' },
        paths: ['Prefix /foo/bar/bar plain', 'ImplementationSpecific /foo/bar/[A-Z0-9]{3} regex'],
      },
    ],
    ask: 'http://a.example/foo/bar/bar',
    to: 'regex /foo/bar/bar',
  },
  {
    name: 'paths of another Ingress of the host as regular expressions too',
    ingresses: [
      { annotations: { 'rewrite-target': '/x' }, paths: ['Exact /ip one'] },
      { name: 'two', paths: ['Exact /Head two'] },
    ],
    ask: 'http://a.example/headers',
    to: 'two /headers',
  },
  {
    name: 'captures into the rewritten path, with the query',
    ingresses: [
      {
        annotations: { 'rewrite-target': '/v1/$2' },
        paths: ['ImplementationSpecific /api(/|$)(.*) api'],
      },
    ],
    ask: 'http://a.example/api/a%20b/c?d=e',
    to: 'api /v1/a%20b/c?d=e',
  },
  {
    name: 'a query of the target before the one of the request',
    ingresses: [{ annotations: { 'rewrite-target': '/x' }, paths: ['Prefix /y web'] }],
    ask: 'http://a.example/y?b=2',
    to: 'web /x?b=2',
  },
  {
    name: 'nothing by what is no regular expression',
    ingresses: [
      {
        annotations: { 'use-regex': 'true' },
        paths: ['ImplementationSpecific /a( broken', 'Prefix / web'],
      },
    ],
    ask: 'http://a.example/a(',
    to: 'web /a(',
  },
];

const redirects: readonly Case[] = [
  {
    name: 'http to https where there is TLS',
    ingresses: [{ ...web, tls: true }],
    ask: 'http://a.example:8080/x/',
    to: '308 https://a.example/x',
  },
  {
    name: 'nothing where ssl-redirect is off',
    ingresses: [{ ...web, tls: true, annotations: { 'ssl-redirect': 'false' } }],
    ask: 'http://a.example/x',
    to: 'web /x',
  },
  {
    name: 'nothing for the location of ACME challenges',
    ingresses: [
      { ...web, tls: true },
      { name: 'acme', paths: ['Exact /.well-known/acme-challenge/token acme'] },
    ],
    ask: 'http://a.example/.well-known/acme-challenge/token',
    to: 'acme /.well-known/acme-challenge/token',
  },
  {
    name: 'OPTIONS of CORS before http to https',
    ingresses: [{ ...web, tls: true, annotations: { 'enable-cors': 'true' } }],
    ask: 'OPTIONS http://a.example/',
    to: '204',
  },
  {
    name: 'a temporal redirect before a permanent one',
    ingresses: [
      {
        ...web,
        annotations: {
          'permanent-redirect': 'https://p.example',
          'temporal-redirect': 'https://t.example',
          'temporal-redirect-code': '308',
        },
      },
    ],
    ask: 'http://a.example/',
    to: '302 https://t.example',
  },
  {
    name: '/ to the root of the application',
    ingresses: [{ ...web, annotations: { 'app-root': '/app' } }],
    ask: 'https://a.example/',
    to: '302 https://a.example/app',
  },
  {
    name: 'www to the host without',
    ingresses: [{ ...web, annotations: { 'from-to-www-redirect': 'true' } }],
    ask: 'https://www.a.example/',
    to: '308 https://a.example:443',
  },
  {
    name: 'www nowhere where a rule has it',
    ingresses: [
      { ...web, annotations: { 'from-to-www-redirect': 'true' } },
      { name: 'www', host: 'www.a.example', paths: ['Prefix / www'] },
    ],
    ask: 'https://www.a.example/',
    to: 'www /',
  },
];

const access: readonly Case[] = [
  {
    name: 'a denied address although it is allowed',
    ingresses: [
      {
        ...web,
        annotations: {
          'denylist-source-range': '192.0.2.10',
          'whitelist-source-range': '192.0.2.0/24',
        },
      },
    ],
    ask: 'http://a.example/',
    to: '403',
  },
  {
    name: 'nobody by a list that cannot be read',
    ingresses: [{ ...web, annotations: { 'allowlist-source-range': 'everybody' } }],
    ask: 'http://a.example/',
    to: '503',
  },
  {
    name: 'nobody where the users are not there',
    ingresses: [{ ...web, annotations: { 'auth-type': 'basic', 'auth-secret': 'gone' } }],
    ask: 'http://a.example/',
    to: '503',
  },
  {
    name: 'nobody where a header is not allowed',
    ingresses: [{ ...web, annotations: { 'custom-headers': 'gone' } }],
    ask: 'http://a.example/',
    to: '503',
  },
  {
    name: 'nobody by a snippet, which is dropped',
    ingresses: [{ ...web, annotations: { 'configuration-snippet': 'return 418;' } }],
    ask: 'http://a.example/',
    to: 'web /',
  },
];

const canary = { name: 'canary', paths: ['Prefix / new'] } as const;
const canaries: readonly Case[] = [
  {
    name: 'a header that says always',
    ingresses: [web, { ...canary, annotations: { canary: 'true', 'canary-by-header': 'X-New' } }],
    ask: 'http://a.example/',
    headers: { 'x-new': 'always' },
    to: 'new /',
  },
  {
    name: 'a header before the weight',
    ingresses: [
      web,
      {
        ...canary,
        annotations: { canary: 'true', 'canary-by-header': 'X-New', 'canary-weight': '100' },
      },
    ],
    ask: 'http://a.example/',
    headers: { 'X-New': 'never' },
    to: 'web /',
  },
  {
    name: 'a cookie',
    ingresses: [web, { ...canary, annotations: { canary: 'true', 'canary-by-cookie': 'new' } }],
    ask: 'http://a.example/',
    headers: { Cookie: 'a=b; new=always' },
    to: 'new /',
  },
  {
    name: 'a share below its weight',
    ingresses: [web, { ...canary, annotations: { canary: 'true', 'canary-weight': '30' } }],
    ask: 'http://a.example/',
    random: 0.29,
    to: 'new /',
  },
  {
    name: 'a share above its weight',
    ingresses: [web, { ...canary, annotations: { canary: 'true', 'canary-weight': '30' } }],
    ask: 'http://a.example/',
    random: 0.3,
    to: 'web /',
  },
  {
    name: 'nothing while the alternative has no endpoint',
    ingresses: [web, { ...canary, annotations: { canary: 'true', 'canary-weight': '100' } }],
    ask: 'http://a.example/',
    empty: ['new'],
    to: 'web /',
  },
  {
    name: 'nothing for an alternative alone',
    ingresses: [{ ...canary, annotations: { canary: 'true', 'canary-weight': '100' } }],
    ask: 'http://a.example/',
    to: '404',
  },
];

const hosts: readonly Case[] = [
  {
    name: 'all paths of a host by its alias',
    ingresses: [
      { paths: ['Prefix /a one'] },
      { name: 'two', annotations: { 'server-alias': 'b.example' }, paths: ['Prefix /b two'] },
    ],
    ask: 'http://b.example/a',
    to: 'one /a',
  },
  {
    name: 'an alias only where no rule has it',
    ingresses: [
      { ...web, annotations: { 'server-alias': 'b.example' } },
      { name: 'b', host: 'b.example', paths: ['Prefix / b'] },
    ],
    ask: 'http://b.example/',
    to: 'b /',
  },
  {
    name: 'the older Ingress of two with a path',
    ingresses: [
      { name: 'z', paths: ['Prefix / older'] },
      { name: 'a', paths: ['Prefix / newer'] },
    ],
    ask: 'http://a.example/',
    to: 'older /',
  },
  {
    name: 'the paths of the other class first',
    ingresses: [
      { paths: ['Prefix / nginx'] },
      { name: 'spec', class: 'podlane', paths: ['Prefix /spec spec'] },
    ],
    ask: 'http://a.example/spec/x',
    to: 'spec /spec/x',
  },
  {
    name: 'what the other class does not have',
    ingresses: [
      { paths: ['Prefix / nginx'] },
      { name: 'spec', class: 'podlane', paths: ['Prefix /spec spec'] },
    ],
    ask: 'http://a.example/x',
    to: 'nginx /x',
  },
];

for (const { name, ingresses, ask, to, ...facts } of [
  ...locations,
  ...regexes,
  ...redirects,
  ...access,
  ...canaries,
  ...hosts,
]) {
  t.test(`routeRequest() takes ${name}`, async (t) => {
    using routing = route(ingresses);
    t.equal(told(routing.ask(ask, facts)), to);
  });
}

/** Changes the store, and waits until the routes have followed. */
async function changed({ index }: Routing, change: () => void): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  using _subscription = index.onChange(resolve);
  change();
  await promise;
}

t.test('RouteIndex follows what annotations refer to', async (t) => {
  using routing = route([
    { ...web, annotations: { 'custom-headers': 'headers' } },
    { name: 'other', host: 'b.example', paths: ['Prefix / other'] },
  ]);
  t.equal(told(routing.ask('http://a.example/')), '503');
  await changed(routing, () =>
    routing.store.create(configMap({ 'global-allowed-response-headers': 'X-Own' })),
  );
  const metadata = { namespace: 'default', name: 'headers' };
  await changed(routing, () =>
    routing.store.create(object('v1', 'ConfigMap', { metadata, data: { 'X-Own': '1' } })),
  );
  const routed = routing.ask('http://a.example/');
  t.match(routed, { kind: 'forward', policy: { responseHeaders: { set: [['X-Own', '1']] } } });
  await changed(routing, () => routing.store.delete({ kind: 'ConfigMap', ...metadata }));
  t.equal(told(routing.ask('http://a.example/')), '503');
});

t.test('RouteIndex follows the ConfigMap of the controller', async (t) => {
  using routing = route([{ ...web, tls: true }]);
  t.equal(told(routing.ask('http://a.example/')), '308 https://a.example');
  await changed(routing, () => routing.store.create(configMap({ 'http-redirect-code': '301' })));
  t.equal(told(routing.ask('http://a.example/')), '301 https://a.example');
});

const rates = [
  { annotations: {}, config: {}, rate: undefined },
  {
    annotations: { 'limit-rate': '10', 'limit-rate-after': '1' },
    config: {},
    rate: { bytesPerSecond: 10_240, freeBytes: 1024 },
  },
  { annotations: {}, config: { 'limit-rate': '2' }, rate: { bytesPerSecond: 2048, freeBytes: 0 } },
  { annotations: { 'limit-rate': '0' }, config: { 'limit-rate': '2' }, rate: undefined },
  { annotations: { 'limit-rate-after': '1' }, config: {}, rate: undefined },
] as const;
for (const { annotations, config, rate } of rates) {
  const asked = JSON.stringify({ ...annotations, ...config });
  t.test(`routeRequest() says how fast a response may go with ${asked}`, async (t) => {
    using routing = route([{ ...web, annotations }], [configMap(config)]);
    const routed = routing.ask('http://a.example/');
    t.same(routed.kind === 'forward' && routed.policy.responseRate, rate);
  });
}

t.test('RouteIndex frees an alias when the rule that had it goes', async (t) => {
  using routing = route([
    { ...web, annotations: { 'server-alias': 'b.example' } },
    { name: 'b', host: 'b.example', paths: ['Prefix / b'] },
  ]);
  await changed(routing, () =>
    routing.store.delete({ kind: 'Ingress', namespace: 'default', name: 'b' }),
  );
  t.equal(told(routing.ask('http://b.example/')), 'web /');
});
