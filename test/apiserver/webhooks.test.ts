import t from 'tap';
import type { KubeObject } from '../../src/api/index.ts';
import { carryOut } from '../../src/apiserver/resources/carry-out.ts';
import { Patience } from '../../src/apiserver/resources/patience.ts';
import { ask, type Answer } from './ask.ts';
import { startPodServer } from './streams/pod-server.ts';
import { startTestServer, type TestServer } from './test-server.ts';
import { patchOf, startWebhook, type Respond, type WebhookServer } from './webhook-server.ts';

const GROUP = '/apis/admissionregistration.k8s.io/v1';
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const JSON_TYPE = { 'content-type': 'application/json' };

interface HookOptions {
  readonly type?: 'Validating' | 'Mutating';
  readonly [field: string]: unknown;
}

/** Registers webhooks at these paths, in one configuration. */
async function register(
  server: TestServer,
  webhook: Pick<WebhookServer, 'url' | 'caBundle'>,
  hooks: Readonly<Record<string, HookOptions>>,
): Promise<void> {
  for (const [path, { type = 'Validating', ...fields }] of Object.entries(hooks)) {
    const answer = await post(server, `${GROUP}/${type.toLowerCase()}webhookconfigurations`, {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: `${type}WebhookConfiguration`,
      metadata: { name: path.slice(1) },
      webhooks: [
        {
          name: `${path.slice(1)}.example.org`,
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
          clientConfig: { url: webhook.url + path, caBundle: webhook.caBundle },
          rules: [
            { operations: ['*'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] },
          ],
          ...fields,
        },
      ],
    });
    t.equal(answer.status, 201, answer.text);
  }
}

function post(server: TestServer, path: string, body: object): Promise<Answer> {
  return ask(server, { method: 'POST', path, headers: JSON_TYPE, body: JSON.stringify(body) });
}

function configMap(name: string, data: object = {}): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
}

function messageOf({ text }: Answer): string {
  return (JSON.parse(text) as { readonly message: string }).message;
}

const add = (path: string, value: unknown): object => ({ op: 'add', path, value });
const FAILED = 'Internal error occurred: failed calling webhook "hook.example.org": ';

const cases: readonly {
  readonly name: string;
  readonly respond?: Respond;
  readonly hook?: HookOptions;
  readonly query?: string;
  readonly status: number;
  readonly says?: string;
}[] = [
  { name: 'allows', respond: () => ({ allowed: true }), status: 201 },
  {
    name: 'denies',
    respond: () => ({ allowed: false, status: { message: 'not today' } }),
    status: 400,
    says: 'admission webhook "hook.example.org" denied the request: not today',
  },
  {
    name: 'denies with a code',
    respond: () => ({ allowed: false, status: { code: 403, reason: 'Forbidden' } }),
    status: 403,
    says: 'admission webhook "hook.example.org" denied the request: Forbidden',
  },
  {
    name: 'denies and says nothing',
    respond: () => ({ allowed: false }),
    status: 400,
    says: 'admission webhook "hook.example.org" denied the request without explanation',
  },
  {
    name: 'denies with a code that HTTP does not have',
    respond: () => ({ allowed: false, status: { code: 999, message: 'far out' } }),
    status: 500,
    says: 'admission webhook "hook.example.org" denied the request: far out',
  },
  {
    name: 'denies with a code that is no number',
    respond: () => ({ allowed: false, status: { code: 'x' } }),
    status: 500,
    says: `${FAILED}failed to call webhook: json: cannot unmarshal string into Go struct field Status.code of type int32`,
  },
  {
    name: 'denies with a code that is no number, and may be missing',
    respond: () => ({ allowed: false, status: { code: 1e10 } }),
    hook: { failurePolicy: 'Ignore' },
    status: 201,
  },
  {
    name: 'denies with causes that are none',
    respond: () => ({ allowed: false, status: { details: { causes: 5 } } }),
    hook: { failurePolicy: 'Ignore' },
    status: 201,
  },
  {
    name: 'denies with a cause that is nothing',
    respond: () => ({ allowed: false, status: { message: 'no', details: { causes: [null] } } }),
    status: 400,
    says: 'admission webhook "hook.example.org" denied the request: no',
  },
  {
    name: 'does not say yes or no',
    respond: () => ({ allowed: 'true' }),
    status: 500,
    says: `${FAILED}failed to call webhook: json: cannot unmarshal string into Go struct field AdmissionResponse.response.allowed of type bool`,
  },
  {
    name: 'is not there',
    respond: () => 404,
    status: 500,
    says: `${FAILED}failed to call webhook: the server could not find the requested resource`,
  },
  {
    name: 'is not there and may be missing',
    respond: () => 404,
    hook: { failurePolicy: 'Ignore' },
    status: 201,
  },
  {
    name: 'answers for another request',
    respond: () => ({ uid: 'other', allowed: true }),
    status: 500,
  },
  {
    name: 'patches and may not',
    respond: () => patchOf(add('/data', {})),
    status: 500,
    says: `${FAILED}received invalid webhook response: validating webhook may not return response.patch`,
  },
  { name: 'is silent', respond: () => undefined, hook: { timeoutSeconds: 1 }, status: 500 },
  { name: 'knows v1beta1', hook: { admissionReviewVersions: ['v1beta1'] }, status: 201 },
  {
    name: 'is trusted by nobody',
    hook: { clientConfig: { url: 'https://127.0.0.1:1/hook' } },
    status: 500,
  },
  {
    name: 'wants other objects',
    respond: () => ({ allowed: false }),
    hook: { objectSelector: { matchLabels: { a: 'b' } } },
    status: 201,
  },
  {
    name: 'wants other Namespaces',
    respond: () => ({ allowed: false }),
    hook: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'other' } } },
    status: 201,
  },
  {
    name: 'has a condition that is not met',
    respond: () => ({ allowed: false }),
    hook: { matchConditions: [{ name: 'c', expression: "object.metadata.name == 'b'" }] },
    status: 201,
  },
  {
    name: 'has a condition that cannot be told',
    hook: { matchConditions: [{ name: 'c', expression: 'object.nothing == 1' }] },
    status: 403,
  },
  { name: 'is tried', query: '?dryRun=All', status: 201 },
];

for (const {
  name,
  respond = () => ({ allowed: true }),
  hook = {},
  query = '',
  status,
  says,
} of cases)
  t.test(`writeWithWebhooks() of one that ${name}`, async (t) => {
    await using server = await startTestServer();
    await using webhook = await startWebhook({ '/hook': respond });
    await register(server, webhook, { '/hook': hook });
    const answer = await post(server, CONFIG_MAPS + query, configMap('a'));
    t.equal(answer.status, status, answer.text);
    if (says !== undefined) t.equal(messageOf(answer), says);
  });

t.test('writeWithWebhooks() shows the object before, after, and on its way out', async (t) => {
  await using server = await startTestServer();
  await using webhook = await startWebhook({ '/hook': () => ({ allowed: true }) });
  await register(server, webhook, { '/hook': {} });
  const told = '?fieldManager=me&fieldValidation=Strict';
  await post(server, CONFIG_MAPS + told, configMap('a', { x: '1' }));
  const changed = JSON.stringify(configMap('a', { x: '2' }));
  await ask(server, { method: 'PUT', path: `${CONFIG_MAPS}/a`, headers: JSON_TYPE, body: changed });
  await ask(server, { method: 'DELETE', path: `${CONFIG_MAPS}/a` });
  t.match(
    webhook.asked.map(({ review }) => review),
    [
      {
        apiVersion: 'admission.k8s.io/v1',
        request: { operation: 'CREATE', object: { data: { x: '1' } }, oldObject: null },
      },
      {
        request: {
          operation: 'UPDATE',
          object: { data: { x: '2' } },
          oldObject: { data: { x: '1' } },
        },
      },
      { request: { operation: 'DELETE', object: null, oldObject: { data: { x: '2' } } } },
    ],
  );
  t.match(webhook.asked[0]?.review.request, {
    kind: { group: '', version: 'v1', kind: 'ConfigMap' },
    resource: { group: '', version: 'v1', resource: 'configmaps' },
    name: 'a',
    namespace: 'default',
    userInfo: { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] },
    dryRun: false,
    options: {
      kind: 'CreateOptions',
      apiVersion: 'meta.k8s.io/v1',
      fieldManager: 'me',
      fieldValidation: 'Strict',
    },
  });
});

t.test(
  'writeWithWebhooks() stores what mutating ones made, and shows it to the others',
  async (t) => {
    await using server = await startTestServer();
    await using webhook = await startWebhook({
      '/one': () => patchOf(add('/data/one', '1')),
      '/two': ({ request }) => patchOf(add('/data/two', JSON.stringify(request.object?.data))),
      '/see': () => ({ allowed: true, warnings: ['seen'] }),
    });
    await register(server, webhook, {
      '/one': { type: 'Mutating' },
      '/two': { type: 'Mutating' },
      '/see': {},
    });
    const answer = await post(server, CONFIG_MAPS, configMap('a', { own: 'x' }));
    const data = { own: 'x', one: '1', two: '{"own":"x","one":"1"}' };
    t.match(JSON.parse(answer.text), { data });
    t.equal(answer.headers['warning'], '299 - "seen"');
    t.same(server.store.get('ConfigMap', 'default', 'a')?.data, data);
    t.match(webhook.asked.at(-1), { path: '/see', review: { request: { object: { data } } } });
  },
);

t.test('writeWithWebhooks() asks those again that want to see what came after them', async (t) => {
  await using server = await startTestServer();
  await using webhook = await startWebhook({
    '/a': () => ({ allowed: true }),
    '/b': ({ request }) =>
      request.object?.data === undefined || !('b' in request.object.data)
        ? patchOf(add('/data/b', '1'))
        : { allowed: true },
    '/c': () => ({ allowed: true }),
  });
  const hook = { type: 'Mutating', reinvocationPolicy: 'IfNeeded' } as const;
  await register(server, webhook, { '/a': hook, '/b': hook, '/c': hook });
  await post(server, CONFIG_MAPS, configMap('a', { own: 'x' }));
  t.same(
    webhook.asked.map(({ path }) => path),
    ['/a', '/b', '/c', '/a'],
  );
});

t.test('writeWithWebhooks() refuses what a webhook made of it where it is wrong', async (t) => {
  await using server = await startTestServer();
  await using webhook = await startWebhook({
    '/hook': () => patchOf(add('/metadata/labels', { 'a b': 'c' })),
  });
  await register(server, webhook, { '/hook': { type: 'Mutating' } });
  const answer = await post(server, CONFIG_MAPS, configMap('a'));
  t.equal(answer.status, 422, answer.text);
  t.match(messageOf(answer), /metadata\.labels: Invalid value: "a b"/);
});

t.test(
  'writeWithWebhooks() patches anew where the object changed while a webhook was asked',
  async (t) => {
    await using server = await startTestServer();
    let isFirst = true;
    await using webhook = await startWebhook({
      '/hook': () => {
        if (isFirst) {
          isFirst = false;
          const old = server.store.get('ConfigMap', 'default', 'a');
          if (old !== undefined) server.store.update({ ...old, data: { x: '1', y: 'meanwhile' } });
        }
        return { allowed: true };
      },
    });
    await post(server, CONFIG_MAPS, configMap('a', { x: '1' }));
    await register(server, webhook, { '/hook': {} });
    const answer = await ask(server, {
      method: 'PATCH',
      path: `${CONFIG_MAPS}/a`,
      headers: { 'content-type': 'application/merge-patch+json' },
      body: JSON.stringify({ data: { z: '1' } }),
    });
    t.equal(answer.status, 200, answer.text);
    t.same(server.store.get('ConfigMap', 'default', 'a')?.data, { x: '1', y: 'meanwhile', z: '1' });
  },
);

t.test(
  'writeWithWebhooks() begins anew where a mutating one was asked about an older object',
  async (t) => {
    await using server = await startTestServer();
    let asked = 0;
    await using webhook = await startWebhook({
      '/hook': () => {
        asked += 1;
        const old = server.store.get('ConfigMap', 'default', 'a');
        if (asked === 1 && old !== undefined)
          server.store.update({ ...old, metadata: { ...old.metadata, labels: { l: 'x' } } });
        return patchOf(add('/data/seen', String(asked)));
      },
    });
    await post(server, CONFIG_MAPS, configMap('a', { x: '1' }));
    await register(server, webhook, { '/hook': { type: 'Mutating' } });
    const body = JSON.stringify(configMap('a', { x: '2' }));
    const put = { method: 'PUT', path: `${CONFIG_MAPS}/a`, headers: JSON_TYPE, body };
    const answer = await ask(server, put);
    t.equal(answer.status, 200, answer.text);
    t.same(server.store.get('ConfigMap', 'default', 'a')?.data, { x: '2', seen: '2' });
  },
);

for (const [name, metadata] of [
  ['where the object changes each time', {}],
  ['whatever version it was of', { resourceVersion: null }],
] as const)
  t.test(`patchObject() asks five times in all, ${name}`, async (t) => {
    await using server = await startTestServer();
    await using webhook = await startWebhook({
      '/hook': () => {
        const old = server.store.get('ConfigMap', 'default', 'a');
        if (old !== undefined)
          server.store.update({ ...old, data: { at: String(server.store.revision) } });
        return { allowed: true };
      },
    });
    await post(server, CONFIG_MAPS, configMap('a', { x: '1' }));
    await register(server, webhook, { '/hook': {} });
    const answer = await ask(server, {
      method: 'PATCH',
      path: `${CONFIG_MAPS}/a`,
      headers: { 'content-type': 'application/merge-patch+json' },
      body: JSON.stringify({ metadata, data: { z: '1' } }),
    });
    t.equal(answer.status, 409, answer.text);
    t.equal(webhook.asked.length, 5);
  });

t.test(
  'writeWithWebhooks() stops asking, and writes nothing, once its client is gone',
  async (t) => {
    await using server = await startTestServer();
    const gone = new AbortController();
    await using webhook = await startWebhook({
      '/hook': () => {
        gone.abort();
        return undefined;
      },
    });
    await register(server, webhook, { '/hook': { failurePolicy: 'Ignore' } });
    const map = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a', namespace: 'default' },
    };
    const written = carryOut(
      (review) => server.store.create(map, review),
      server.context,
      new Patience(gone),
    );
    await t.rejects(written, /did not complete within requested timeout/);
    t.equal(server.store.get('ConfigMap', 'default', 'a'), undefined);
  },
);

t.test('writeWithWebhooks() shows those that validate what is stored', async (t) => {
  await using server = await startTestServer();
  const seen: unknown[] = [];
  const service = (name: string, spec: object = {}): object => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { type: 'NodePort', ports: [{ port: 80 }], ...spec },
  });
  await using webhook = await startWebhook({
    '/hook': ({ request }) => {
      const { spec } = request.object as unknown as {
        readonly spec: { readonly clusterIP: string };
      };
      seen.push(spec);
      // Somebody else gets the address that this one was shown with.
      if (seen.length === 1)
        server.store.create(service('b', { clusterIP: spec.clusterIP }) as KubeObject);
      return { allowed: true };
    },
  });
  const rules = [
    { operations: ['*'], apiGroups: [''], apiVersions: ['v1'], resources: ['services'] },
  ];
  await register(server, webhook, { '/hook': { rules } });
  const answer = await post(server, '/api/v1/namespaces/default/services', service('a'));
  t.equal(answer.status, 201, answer.text);
  t.equal(seen.length, 2);
  t.same(server.store.get('Service', 'default', 'a')?.spec, seen[1]);
});

t.test('callWebhook() reaches a Service of the cluster', async (t) => {
  await using webhook = await startWebhook({ '/hook': () => ({ allowed: false }) });
  const dialled: unknown[] = [];
  await using server = await startPodServer({
    dial: (destination) => {
      dialled.push(destination);
      return webhook.dial();
    },
  });
  const service = { name: 'kubernetes', namespace: 'default', path: '/hook' };
  await register(server, webhook, {
    '/hook': { clientConfig: { service, caBundle: webhook.caBundle } },
  });
  const answer = await post(server, CONFIG_MAPS, configMap('a'));
  t.match(messageOf(answer), /denied the request without explanation$/);
  t.same(dialled, [{ address: '10.96.0.1', port: 443 }]);
});

t.test('callWebhook() says which Service is missing', async (t) => {
  await using server = await startPodServer();
  const service = { name: 'none', namespace: 'default', path: '/hook' };
  await register(server, { url: '', caBundle: '' }, { '/hook': { clientConfig: { service } } });
  t.equal(
    messageOf(await post(server, CONFIG_MAPS, configMap('a'))),
    `${FAILED}failed to call webhook: Post "https://none.default.svc:443/hook?timeout=10s": service "none" not found`,
  );
});

t.test('webhooks do not keep their own configurations from going', async (t) => {
  await using server = await startTestServer();
  await using webhook = await startWebhook({ '/hook': () => ({ allowed: false }) });
  const rules = [{ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*'] }];
  await register(server, webhook, { '/hook': { rules } });
  t.equal((await post(server, CONFIG_MAPS, configMap('a'))).status, 400);
  const gone = await ask(server, {
    method: 'DELETE',
    path: `${GROUP}/validatingwebhookconfigurations/hook`,
  });
  t.equal(gone.status, 200);
  t.equal((await post(server, CONFIG_MAPS, configMap('a'))).status, 201);
});

t.test('deleteCollection() passes over what goes while webhooks are asked', async (t) => {
  await using server = await startTestServer();
  await using webhook = await startWebhook({
    '/hook': () => {
      const name = server.store.get('ConfigMap', 'default', 'b') === undefined ? '' : 'b';
      if (name !== '') server.store.delete({ kind: 'ConfigMap', namespace: 'default', name });
      return { allowed: true };
    },
  });
  for (const name of ['a', 'b', 'c']) await post(server, CONFIG_MAPS, configMap(name));
  await register(server, webhook, { '/hook': {} });
  const answer = await ask(server, { method: 'DELETE', path: CONFIG_MAPS });
  t.equal(answer.status, 200, answer.text);
  t.same(
    ['a', 'b', 'c'].filter((name) => server.store.get('ConfigMap', 'default', name)),
    [],
  );
});
