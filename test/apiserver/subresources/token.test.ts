import { constantFrom, assert, integer, property, string } from 'fast-check';
import t from 'tap';
import type { KubeObject } from '../../../src/api/index.ts';
import { createTokenIssuer, type TokenIssuer } from '../../../src/apiserver/index.ts';
import { ask, askJson, type Answer } from '../ask.ts';
import { startTestServer, type TestServer } from '../test-server.ts';

const PATH = '/api/v1/namespaces/default/serviceaccounts/robot/token';
const REVIEWS = '/apis/authentication.k8s.io/v1/tokenreviews';

interface TokenServer extends TestServer {
  readonly tokens: TokenIssuer;
}

/** Milliseconds that the server's clock for tokens is ahead. */
const ahead = { ms: 0 };

async function start(): Promise<TokenServer> {
  ahead.ms = 0;
  const holder: { tokens?: TokenIssuer } = {};
  const server = await startTestServer({
    tokens: {
      issue: (wish) => holder.tokens?.issue(wish),
      review: (token, audiences) => holder.tokens?.review(token, audiences),
      keys: () => holder.tokens?.keys() ?? {},
    },
  });
  const { store, credentials } = server;
  const tokens = createTokenIssuer({
    store,
    key: credentials.server.key,
    now: () => Date.now() + ahead.ms,
  });
  holder.tokens = tokens;
  store.create({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'robot', namespace: 'default' },
  });
  return { ...server, tokens };
}

function post(server: TestServer, path: string, body: object): Promise<Answer> {
  return ask(server, {
    method: 'POST',
    path,
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
}

function request(spec: object): object {
  return { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec };
}

function review(server: TestServer, spec: object): Promise<{ readonly status: object }> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec };
  return askJson(server, {
    method: 'POST',
    path: REVIEWS,
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
}

t.test('requestToken() makes a token that says who its account is', async (t) => {
  await using server = await start();
  const answer = await post(server, PATH, request({ expirationSeconds: 3600 }));
  t.equal(answer.status, 201);
  const { status, spec } = JSON.parse(answer.text);
  t.match(spec, {
    audiences: ['https://kubernetes.default.svc.cluster.local'],
    expirationSeconds: 3600,
  });
  t.match((await review(server, { token: status.token })).status, {
    authenticated: true,
    user: {
      username: 'system:serviceaccount:default:robot',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
    },
  });
  t.equal(server.tokens.review(status.token)?.user.name, 'system:serviceaccount:default:robot');
});

const refusals = [
  {
    name: 'a short life',
    spec: { expirationSeconds: 60 },
    status: 422,
    message: /may not specify a duration less than 10 minutes/,
  },
  {
    name: 'a very long life',
    spec: { expirationSeconds: 2 ** 33 },
    status: 422,
    message: /larger than 2\^32 seconds/,
  },
  {
    name: 'a Pod that is not there',
    spec: { boundObjectRef: { kind: 'Pod', name: 'none' } },
    status: 404,
    message: /pods "none" not found/,
  },
  {
    name: 'a kind that nothing is bound to',
    spec: { boundObjectRef: { kind: 'Service', name: 'a' } },
    status: 400,
    message: /cannot bind token/,
  },
] as const;
for (const { name, spec, status, message } of refusals) {
  t.test(`requestToken() refuses ${name}`, async (t) => {
    await using server = await start();
    const answer = await post(server, PATH, request(spec));
    t.equal(answer.status, status);
    t.match(JSON.parse(answer.text).message, message);
  });
}

t.test('requestToken() knows no token of an account that is not there', async (t) => {
  await using server = await start();
  t.equal((await post(server, PATH.replace('robot', 'none'), request({}))).status, 404);
});

t.test('TokenIssuer.review() believes nothing that has ended', async (t) => {
  await using server = await start();
  const { store, tokens } = server;
  const wish = { namespace: 'default', account: 'robot', expirationSeconds: 600 };
  const plain = tokens.issue(wish) ?? '';
  t.ok(tokens.review(plain));
  t.notOk(tokens.review(plain, ['other']), 'it is for somebody else');
  const other = tokens.issue({ ...wish, audiences: ['other'] }) ?? '';
  t.notOk(tokens.review(other));
  t.same(tokens.review(other, ['other', 'more'])?.audiences, ['other']);
  const { uid = '' } = store.create(POD).metadata;
  const bound = tokens.issue({ ...wish, boundTo: { kind: 'Pod', name: 'web', uid } }) ?? '';
  t.match(tokens.review(bound)?.extra, { 'authentication.kubernetes.io/pod-name': ['web'] });
  store.delete({ kind: 'Pod', namespace: 'default', name: 'web' }, { gracePeriodSeconds: 0 });
  t.notOk(tokens.review(bound), 'its Pod is gone');
  ahead.ms = 601_000;
  t.notOk(tokens.review(plain), 'its time is over');
  ahead.ms = 0;
  store.delete({ kind: 'ServiceAccount', namespace: 'default', name: 'robot' });
  t.notOk(tokens.review(plain), 'its account is gone');
});

t.test('TokenIssuer.review() believes nothing that was changed', async () => {
  await using server = await start();
  const token =
    server.tokens.issue({ namespace: 'default', account: 'robot', expirationSeconds: 600 }) ?? '';
  assert(
    property(
      integer({ min: 0, max: token.lastIndexOf('.') - 1 }),
      constantFrom('A', 'z', '.', '-'),
      (at, char) => {
        const changed = `${token.slice(0, at)}${char}${token.slice(at + 1)}`;
        return changed === token || server.tokens.review(changed) === undefined;
      },
    ),
  );
  assert(property(string(), (text) => server.tokens.review(text) === undefined));
});

t.test('serveOpenId() and serveKeys() tell how tokens are read', async (t) => {
  await using server = await start();
  t.match(await askJson(server, { path: '/.well-known/openid-configuration' }), {
    issuer: 'https://kubernetes.default.svc.cluster.local',
    id_token_signing_alg_values_supported: ['ES256'],
  });
  t.match(await askJson(server, { path: '/openid/v1/jwks' }), {
    keys: [{ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' }],
  });
});

const POD: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'default' },
  spec: { containers: [{ name: 'main', image: 'nginx' }] },
};
