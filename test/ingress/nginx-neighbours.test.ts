/** Near the tables: what ingress-nginx does with values beside those that its documentation shows. */
import t from 'tap';
import { backendKeyOf, sessionOf } from '../../src/ingress/session-cookie.ts';
import { configMap, route, told, type AskFacts, type IngressFacts } from './routing.ts';

interface Case extends AskFacts {
  readonly name: string;
  readonly ingresses: readonly IngressFacts[];
  readonly ask: string;
  readonly to: string;
  /** Of the controller's ConfigMap. */
  readonly config?: Readonly<Record<string, string>>;
}

const web = { paths: ['Prefix / web'] } as const;
const forwarded = { 'use-forwarded-headers': 'true' } as const;
const secured = { ...web, annotations: { 'force-ssl-redirect': 'true' } } as const;

const redirects: readonly Case[] = [
  {
    name: 'https that came to a proxy as http goes to https',
    ingresses: [secured],
    config: forwarded,
    ask: 'https://a.example/x',
    headers: { 'X-Forwarded-Proto': 'http' },
    to: '308 https://a.example/x',
  },
  {
    name: 'another scheme than http stays',
    ingresses: [secured],
    config: forwarded,
    ask: 'http://a.example/x',
    headers: { 'X-Forwarded-Proto': 'https,http' },
    to: 'web /x',
  },
  {
    name: 'https is reached under the host that a proxy was asked for',
    ingresses: [secured],
    config: forwarded,
    ask: 'http://a.example/x',
    headers: { 'X-Forwarded-Host': 'Public.example:8443, a.example' },
    to: '308 https://Public.example/x',
  },
  {
    name: 'what nobody believes changes nothing',
    ingresses: [secured],
    ask: 'http://a.example:8080/x/',
    headers: { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'b.example' },
    to: '308 https://a.example/x',
  },
  {
    name: 'www goes to the scheme and port that a proxy was asked for',
    ingresses: [{ ...web, annotations: { 'from-to-www-redirect': 'true' } }],
    config: forwarded,
    ask: 'http://www.a.example/x',
    headers: { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Port': '8443' },
    to: '308 https://a.example:8443/x',
  },
  {
    name: 'the redirect to the slash names no port',
    ingresses: [{ paths: ['Prefix /foo/ web'] }],
    ask: 'http://A.example:8080/foo',
    to: '301 http://a.example/foo/',
  },
  {
    name: 'a rewrite to a URL is a redirect',
    ingresses: [
      {
        paths: ['ImplementationSpecific /a/(.*) web'],
        annotations: { 'rewrite-target': 'https://b.example/$1' },
      },
    ],
    ask: 'http://a.example/a/x%20y?q=1',
    to: '302 https://b.example/x%20y?q=1',
  },
];

const rewrites: readonly Case[] = [
  {
    name: 'a capture that looks like a variable stays what it is',
    ingresses: [
      { paths: ['ImplementationSpecific /a/(.*) web'], annotations: { 'rewrite-target': '/$1' } },
    ],
    ask: 'http://a.example/a/$http_cookie',
    headers: { Cookie: 'secret' },
    to: 'web /$http_cookie',
  },
  {
    name: 'a named group is a variable',
    ingresses: [
      {
        paths: ['ImplementationSpecific /(?<first>[a-z]+)/(.*) web'],
        annotations: { 'rewrite-target': '/$2/$first' },
      },
    ],
    ask: 'http://a.example/a/b',
    to: 'web /b/a',
  },
  {
    name: 'a digit behind a capture stands for itself',
    ingresses: [
      { paths: ['ImplementationSpecific /(a) web'], annotations: { 'rewrite-target': '/$10' } },
    ],
    ask: 'http://a.example/a',
    to: 'web /a0',
  },
  {
    name: 'a group that took no part is empty',
    ingresses: [
      {
        paths: ['ImplementationSpecific /a(/|$)(.*) web'],
        annotations: { 'rewrite-target': '/$2' },
      },
    ],
    ask: 'http://a.example/a',
    to: 'web /',
  },
  {
    name: 'variables stand in a target',
    ingresses: [
      {
        paths: ['ImplementationSpecific /a web'],
        annotations: { 'rewrite-target': '/$host/$request_method' },
      },
    ],
    ask: 'http://a.example/a',
    to: 'web /a.example/GET',
  },
];

const aliases = (alias: string): readonly IngressFacts[] => [
  { ...web, annotations: { 'server-alias': alias } },
];
const names: readonly Case[] = [
  {
    name: 'a leading star is any number of labels',
    ingresses: aliases('*.b.example'),
    ask: 'http://x.y.b.example/',
    to: 'web /',
  },
  {
    name: 'a leading star is not nothing',
    ingresses: aliases('*.b.example'),
    ask: 'http://b.example/',
    to: '404',
  },
  {
    name: 'a leading dot may be nothing',
    ingresses: aliases('.b.example'),
    ask: 'http://b.example/',
    to: 'web /',
  },
  {
    name: 'a trailing star is any suffix',
    ingresses: aliases('www.b.*'),
    ask: 'http://www.b.co.example/',
    to: 'web /',
  },
  {
    name: 'a tilde begins an expression',
    ingresses: aliases('~^www\\d+\\.B\\.example$'),
    ask: 'http://www12.b.example/',
    to: 'web /',
  },
  {
    name: 'an expression that does not match',
    ingresses: aliases('~^www\\d+\\.b\\.example$'),
    ask: 'http://www.b.example/',
    to: '404',
  },
  {
    name: 'the longer star wins',
    ingresses: [
      { ...web, annotations: { 'server-alias': '*.example' } },
      {
        name: 'b',
        host: 'b.test',
        paths: ['Prefix / b'],
        annotations: { 'server-alias': '*.b.example' },
      },
    ],
    ask: 'http://x.b.example/',
    to: 'b /',
  },
  {
    name: 'a host that is named wins over a star',
    ingresses: [...aliases('*.example'), { name: 'b', host: 'b.example', paths: ['Prefix / b'] }],
    ask: 'http://b.example/',
    to: 'b /',
  },
];

const blocked: readonly Case[] = [
  {
    name: 'a user agent is blocked by its text',
    ingresses: [web],
    config: { 'block-user-agents': 'curl/1.0, ~*bot' },
    ask: 'http://a.example/',
    headers: { 'User-Agent': 'CURL/1.0' },
    to: '403',
  },
  {
    name: 'a user agent is blocked by an expression',
    ingresses: [web],
    config: { 'block-user-agents': 'curl/1.0, ~*bot' },
    ask: 'http://a.example/',
    headers: { 'User-Agent': 'GoogleBot/2' },
    to: '403',
  },
  {
    name: 'another user agent is not blocked',
    ingresses: [web],
    config: { 'block-user-agents': 'curl/1.0, ~bot' },
    ask: 'http://a.example/',
    headers: { 'User-Agent': 'GoogleBot/2' },
    to: 'web /',
  },
  {
    name: 'a referer is blocked before a redirect',
    ingresses: [{ ...web, annotations: { 'permanent-redirect': 'https://b.example' } }],
    config: { 'block-referers': '~^https://spam\\.' },
    ask: 'http://a.example/',
    headers: { Referer: 'https://spam.example/' },
    to: '403',
  },
  {
    name: 'addresses are blocked',
    ingresses: [web],
    config: { 'block-cidrs': '192.0.2.0/24,2001:db8::/32' },
    ask: 'http://a.example/',
    client: '2001:db8::1',
    to: '403',
  },
];

const defaults: readonly Case[] = [
  {
    name: 'app-root stands in the ConfigMap too',
    ingresses: [web],
    config: { 'app-root': '/app' },
    ask: 'http://a.example/',
    to: '302 http://a.example/app',
  },
  {
    name: 'an annotation wins over the ConfigMap',
    ingresses: [
      { ...secured, annotations: { ...secured.annotations, 'preserve-trailing-slash': 'false' } },
    ],
    config: { 'preserve-trailing-slash': 'true' },
    ask: 'http://a.example/x/',
    to: '308 https://a.example/x',
  },
  {
    name: 'a slash stays where the ConfigMap says so',
    ingresses: [secured],
    config: { 'preserve-trailing-slash': 'true' },
    ask: 'http://a.example/x/',
    to: '308 https://a.example/x/',
  },
];

const clients: readonly Case[] = [
  {
    name: 'the last address that is no proxy asks',
    ingresses: [{ ...web, annotations: { 'allowlist-source-range': '203.0.113.0/24' } }],
    config: { ...forwarded, 'proxy-real-ip-cidr': '192.0.2.0/24,10.0.0.0/8' },
    ask: 'http://a.example/',
    headers: { 'X-Forwarded-For': '198.51.100.1, 203.0.113.9, 10.0.0.1' },
    to: 'web /',
  },
  {
    name: 'who is no proxy asks for itself',
    ingresses: [{ ...web, annotations: { 'allowlist-source-range': '203.0.113.0/24' } }],
    config: { ...forwarded, 'proxy-real-ip-cidr': '10.0.0.0/8' },
    ask: 'http://a.example/',
    headers: { 'X-Forwarded-For': '203.0.113.9' },
    to: '403',
  },
  {
    name: 'another field tells who asks',
    ingresses: [{ ...web, annotations: { 'allowlist-source-range': '203.0.113.0/24' } }],
    config: { ...forwarded, 'forwarded-for-header': 'CF-Connecting-IP' },
    ask: 'http://a.example/',
    headers: { 'CF-Connecting-IP': '203.0.113.9', 'X-Forwarded-For': '198.51.100.1' },
    to: 'web /',
  },
];

const canary = (annotations: IngressFacts['annotations'] = {}): IngressFacts => ({
  name: 'canary',
  paths: ['Prefix / new'],
  annotations: { canary: 'true', 'canary-weight': '50', ...annotations },
});
const sticky: IngressFacts = {
  ...web,
  annotations: { affinity: 'cookie', 'session-cookie-name': 's' },
};

for (const { name, ingresses, ask, to, config = {}, ...facts } of [
  ...redirects,
  ...rewrites,
  ...names,
  ...blocked,
  ...defaults,
  ...clients,
]) {
  t.test(`routeRequest(): ${name}`, async (t) => {
    using routing = route(ingresses, [configMap(config)]);
    t.equal(told(routing.ask(ask, facts)), to);
  });
}

/** The cookie of a client that has a session with a Service. */
function sessionWith(service: string): string {
  const endpoints = [{ address: '10.244.0.1', port: 80 }];
  const { newValue } = sessionOf({
    affinity: { name: 's', path: '/', mode: 'balanced', isChangedOnFailure: false },
    request: {
      method: 'GET',
      scheme: 'http',
      host: 'a.example',
      target: '/',
      fields: [],
      clientAddress: '192.0.2.10',
      port: 80,
    },
    endpoints,
    backendKey: backendKeyOf({ namespace: 'default', service, port: 80 }),
    random: () => 0.5,
    now: 0,
  });
  return `s=${newValue}`;
}

const sessions = [
  { name: 'of the main backend', with: 'web', random: 0, annotations: {}, to: 'web /' },
  { name: 'of the canary', with: 'new', random: 0.99, annotations: {}, to: 'new /' },
  {
    name: 'of the canary that is apart',
    with: 'new',
    random: 0.99,
    annotations: { 'affinity-canary-behavior': 'legacy' },
    to: 'web /',
  },
  {
    name: 'of the main backend though the canary is apart',
    with: 'web',
    random: 0,
    annotations: { 'affinity-canary-behavior': 'legacy' },
    to: 'web /',
  },
] as const;
for (const { name, with: service, random, annotations, to } of sessions) {
  t.test(`routeRequest() keeps a session ${name}`, async (t) => {
    using routing = route([sticky, canary(annotations)]);
    const headers = { Cookie: sessionWith(service) };
    t.equal(told(routing.ask('http://a.example/', { headers, random })), to);
  });
}

t.test(
  'routeRequest() gives a canary the sessions of the main Ingress, unless it is apart',
  async (t) => {
    const asked = (annotations: IngressFacts['annotations']): string | undefined => {
      using routing = route([sticky, canary(annotations)]);
      const routed = routing.ask('http://a.example/', { random: 0 });
      t.equal(told(routed), 'new /');
      return routed.policy.affinity?.name;
    };
    t.equal(asked({}), 's');
    t.equal(asked({ 'affinity-canary-behavior': 'legacy' }), undefined);
  },
);

t.test('routeRequest() lets everybody at the locations of no-auth-locations', async (t) => {
  const annotations = { 'auth-url': 'http://auth.example/', 'auth-type': 'basic' };
  using routing = route([{ paths: ['Prefix /.well-known/acme-challenge web'], annotations }]);
  const { policy } = routing.ask('http://a.example/.well-known/acme-challenge/x');
  t.equal(policy.externalAuth, undefined);
  t.equal(policy.basicAuth, undefined);
});

const servers = [
  { config: {}, edits: { remove: ['Server'] } },
  {
    config: { 'server-tokens': 'true' },
    edits: { remove: ['Server'], set: [['Server', /^nginx/]] },
  },
  {
    config: {
      'server-tokens': 'true',
      'allow-backend-server-header': 'true',
      'hide-headers': 'X-A, X-B',
    },
    edits: { remove: ['X-A', 'X-B'] },
  },
] as const;
for (const { config, edits } of servers) {
  t.test(`routeRequest() shows the server as ${JSON.stringify(config)} says`, async (t) => {
    using routing = route([web], [configMap(config)]);
    t.match(routing.ask('http://a.example/').policy.responseHeaders, edits);
  });
}
