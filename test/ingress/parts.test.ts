/** The parts that routing and the data path share: paths, passwords, origins, headers, variables. */
import * as fc from 'fast-check';
import t from 'tap';
import { checkBasicAuth } from '../../src/ingress/basic-auth.ts';
import { chooseCanary } from '../../src/ingress/canary.ts';
import { corsHeaders } from '../../src/ingress/cors.ts';
import { isPasswordOf, md5Crypt } from '../../src/ingress/htpasswd.ts';
import { escapePath, normalisePath } from '../../src/ingress/normalise-path.ts';
import { upstreamFields } from '../../src/ingress/request-fields.ts';
import { downstreamFields } from '../../src/ingress/response-fields.ts';
import type { RoutePolicy, RouteRequest } from '../../src/ingress/route-policy.ts';
import { expandVariables } from '../../src/ingress/variables.ts';

const paths = [
  { path: '/a/b', to: '/a/b' },
  { path: '/a//b', to: '/a/b' },
  { path: '/a/./b/', to: '/a/b/' },
  { path: '/a/b/..', to: '/a/' },
  { path: '/%2e%2E/x', to: undefined },
  { path: '/a%2Fb', to: '/a/b' },
  { path: '/a%', to: undefined },
  { path: '/a%00', to: undefined },
  { path: '//', to: '/' },
] as const;
for (const { path, to } of paths) {
  t.test(`normalisePath() of ${path}`, async (t) => {
    t.equal(normalisePath(path), to);
  });
}

t.test('normalisePath() leaves no dot segment, whatever comes', async () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('/', '.', '%', '2', 'e', 'F', 'a') }), (text) => {
      const path = normalisePath(`/${text}`);
      return path === undefined || !/\/(?:\.\.?)?\/|\/\.\.?$/.test(path);
    }),
  );
});

t.test('escapePath() and normalisePath() undo each other', async () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', ' ', '%', '?', '#', 'ÿ') }), (text) => {
      return normalisePath(`/${escapePath(text)}`) === `/${text}`;
    }),
  );
});

// Made with `openssl passwd`, `htpasswd` and `python -m bcrypt`.
const hashes = [
  { hash: '$apr1$abcdefgh$bGLO42WqKpmLoPH9uGWTg1', password: 'bar' },
  { hash: '{SHA}Ys23Ag/5IOWqZCw9QGaVDdHwH00=', password: 'bar' },
  { hash: '{PLAIN}bar', password: 'bar' },
  { hash: '$2b$04$abcdefghijklmnopqrstuu', password: 'bar', isWrong: true },
] as const;
for (const { hash, password, ...rest } of hashes) {
  t.test(`isPasswordOf() of ${hash.slice(0, 6)}`, async (t) => {
    t.equal(isPasswordOf(hash, password), !('isWrong' in rest));
    t.equal(isPasswordOf(hash, `${password}x`), false);
  });
}

t.test('isPasswordOf() takes only the password that md5Crypt() was given', async () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (password, other) => {
      const hash = md5Crypt(password, '$1$saltsalt$');
      return isPasswordOf(hash, other) === (password === other);
    }),
    { numRuns: 20 },
  );
});

t.test('checkBasicAuth() challenges whoever is not one of the users', async (t) => {
  const users = new Map([['foo', md5Crypt('bar', '$apr1$saltsalt$')]]);
  const check = (text: string | undefined): string => {
    const header = text === undefined ? text : `Basic ${Buffer.from(text).toString('base64')}`;
    const result = checkBasicAuth({ realm: 'here', users }, header);
    return result.kind === 'user' ? result.user : String(result.answer.status);
  };
  t.equal(check('foo:bar'), 'foo');
  t.equal(check('foo:bar'), 'foo', 'a second time, from memory');
  for (const wrong of ['foo:baz', 'bar:bar', 'foo', '', undefined]) t.equal(check(wrong), '401');
});

const origins = [
  { allowed: 'https://*.example.org', origin: 'https://a.example.org', isAllowed: true },
  { allowed: 'https://*.example.org', origin: 'https://a.b.example.org', isAllowed: false },
  { allowed: 'https://*.example.org', origin: 'https://example.org', isAllowed: false },
  { allowed: 'https://*.example.org', origin: 'http://a.example.org', isAllowed: false },
  { allowed: 'https://a.example:8443', origin: 'https://a.example', isAllowed: false },
  { allowed: 'https://A.example', origin: 'https://a.example', isAllowed: true },
] as const;
for (const { allowed, origin, isAllowed } of origins) {
  t.test(`corsHeaders() for ${origin} of ${allowed}`, async (t) => {
    const policy = {
      allowOrigins: [allowed],
      allowMethods: 'GET',
      allowHeaders: 'DNT',
      isCredentialsAllowed: false,
      maxAgeSeconds: 1,
    };
    t.equal(corsHeaders(policy, origin).length > 0, isAllowed);
  });
}

t.test('chooseCanary() leaves nobody to a pattern that is none', async (t) => {
  const rules = { header: 'X', headerPattern: '[', cookie: 'c', weight: 100, weightTotal: 100 };
  const choice = chooseCanary(rules, {
    header: () => 'x',
    cookie: () => 'always',
    random: () => 0,
  });
  t.equal(choice.isCanary, false);
});

const request: RouteRequest = {
  method: 'GET',
  scheme: 'https',
  host: 'A.example:8443',
  target: '/x?a=1&b=2',
  fields: ['Host', 'A.example:8443', 'X-Tenant', 'blue', 'Cookie', 'c=d'],
  clientAddress: '192.0.2.1',
  port: 443,
};
const variables = [
  { text: 'http://$host$request_uri', to: 'http://a.example/x?a=1&b=2' },
  { text: '${scheme}://$http_host$uri', to: 'https://A.example:8443/x' },
  { text: '$http_x_tenant/$cookie_c/$arg_b', to: 'blue/d/2' },
  { text: '[$nothing]', to: '[]' },
  { text: '$escaped_request_uri', to: '%2Fx%3Fa%3D1%26b%3D2' },
] as const;
for (const { text, to } of variables) {
  t.test(`expandVariables() of ${text}`, async (t) => {
    t.equal(expandVariables(text, { request }), to);
  });
}

/** `name: value` of each field. */
function lines(fields: readonly string[]): readonly string[] {
  return fields.flatMap((name, index) =>
    index % 2 === 0 ? [`${name.toLowerCase()}: ${fields[index + 1]}`] : [],
  );
}

const trusted: RoutePolicy = {
  isNginx: true,
  forwarding: {
    isTrusted: true,
    isAppended: true,
    isUnderscoreAllowed: false,
    isRequestIdGenerated: true,
    isOriginalUriSent: true,
  },
};

t.test('upstreamFields() believes who is trusted, and tells what it was told', async (t) => {
  const fields = [
    ...request.fields,
    'X-Forwarded-For',
    '198.51.100.1, 10.0.0.1',
    'X-Forwarded-Proto',
    'https',
    'X_Bad',
    '1',
    'Proxy',
    'evil',
    'Connection',
    'X-Tenant',
  ];
  const facts = {
    clientAddress: '192.0.2.1',
    scheme: 'http',
    port: 80,
    requestId: 'id',
    policy: trusted,
  } as const;
  const told = lines(upstreamFields({ ...request, fields }, facts));
  for (const line of [
    'x-real-ip: 198.51.100.1',
    'x-forwarded-for: 198.51.100.1, 10.0.0.1, 192.0.2.1',
    'x-forwarded-proto: https',
    'x-original-uri: /x?a=1&b=2',
    'x-request-id: id',
  ])
    t.ok(told.includes(line), line);
  t.notOk(told.some((line) => /^(?:x_bad|proxy|x-tenant|connection):/.test(line)));
});

t.test('upstreamFields() keeps credentials that were checked here to itself', async (t) => {
  const fields = [...request.fields, 'Authorization', 'Basic eDp5'];
  const facts = { clientAddress: '192.0.2.1', scheme: 'http', port: 80, requestId: 'id' } as const;
  const isTold = (policy: RoutePolicy): boolean =>
    lines(upstreamFields({ ...request, fields }, { ...facts, policy })).some((line) =>
      line.startsWith('authorization:'),
    );
  t.equal(isTold({}), true);
  t.equal(isTold({ basicAuth: { realm: '', users: new Map() } }), false);
});

const responses = [
  {
    name: 'rewrites a Location that begins so',
    policy: { proxyRedirect: { from: 'http://in/', to: 'https://out/' } },
    fields: ['Location', 'http://in/x', 'Refresh', '5; url=http://in/y'],
    to: ['location: https://out/x', 'refresh: 5; url=https://out/y'],
  },
  {
    name: 'rewrites Path and Domain of cookies',
    policy: {
      cookiePath: { from: '/one/', to: '/' },
      cookieDomain: { from: 'localhost', to: 'a.example' },
    },
    fields: ['Set-Cookie', 'a=/one/; Path=/one/two; Domain=.localhost; HttpOnly'],
    to: ['set-cookie: a=/one/; Path=/two; Domain=a.example; HttpOnly'],
  },
  {
    name: 'removes, sets and adds',
    policy: { responseHeaders: { remove: ['server'], set: [['X', '1']], add: [['Y', '2']] } },
    fields: ['Server', 's', 'x', '0', 'Y', '0'],
    to: ['y: 0', 'x: 1', 'y: 2'],
  },
  {
    name: 'says nothing of HSTS over http',
    policy: { hsts: 'max-age=1' },
    fields: ['A', 'b'],
    to: ['a: b'],
  },
] as const;
for (const { name, policy, fields, to } of responses) {
  t.test(`downstreamFields() ${name}`, async (t) => {
    t.same(lines(downstreamFields(fields, { policy, scheme: 'http' })), to);
  });
}
