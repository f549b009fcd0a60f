import t from 'tap';
import type { TokenIssuer } from '../../../src/apiserver/index.ts';
import { ask, type Answer } from '../ask.ts';
import { startTestServer, type TestServer } from '../test-server.ts';
import { startWebhook } from '../webhook-server.ts';

const GROUP = '/apis/admissionregistration.k8s.io/v1';
const CORE = '/api/v1/namespaces/default';
const tokens: TokenIssuer = {
  issue: () => 'a.b.c',
  review: () => undefined,
  keys: () => ({ keys: [] }),
};

function post(server: TestServer, path: string, body: object): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  return ask(server, { method: 'POST', path, headers, body: JSON.stringify(body) });
}

async function register(server: TestServer, plural: string, body: object): Promise<void> {
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const named = { apiVersion, metadata: { name: 'judge.example.org' }, ...body };
  const answer = await post(server, `${GROUP}/${plural}`, named);
  t.equal(answer.status, 201, answer.text);
}

/** @param expression what a ValidatingAdmissionPolicy wants of these resources */
async function want(server: TestServer, resource: string, expression: string): Promise<void> {
  await register(server, 'validatingadmissionpolicies', {
    kind: 'ValidatingAdmissionPolicy',
    spec: {
      matchConstraints: { resourceRules: [ruleOf(resource)] },
      validations: [{ expression }],
    },
  });
  await register(server, 'validatingadmissionpolicybindings', {
    kind: 'ValidatingAdmissionPolicyBinding',
    spec: { policyName: 'judge.example.org', validationActions: ['Deny'] },
  });
}

function ruleOf(resource: string): object {
  return { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: [resource] };
}

const BINDING = {
  apiVersion: 'v1',
  kind: 'Binding',
  metadata: { name: 'a', namespace: 'default' },
  target: { apiVersion: 'v1', kind: 'Node', name: 'n' },
};

const cases = [
  {
    resource: 'pods/binding',
    path: `${CORE}/pods/a/binding`,
    body: BINDING,
    right: "request.kind.kind == 'Binding' && object.target.name == 'n' && request.name == 'a'",
    wrong: "object.target.name == 'other'",
    kind: 'Binding',
  },
  {
    resource: 'bindings',
    path: `${CORE}/bindings`,
    body: BINDING,
    right: "request.resource.resource == 'bindings' && request.name == 'a'",
    wrong: "object.target.name == 'other'",
    kind: 'Binding',
  },
  {
    resource: 'serviceaccounts/token',
    path: `${CORE}/serviceaccounts/robot/token`,
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
    right:
      "request.kind.group == 'authentication.k8s.io' && object.spec.expirationSeconds == 3600 && request.name == 'robot'",
    wrong: 'object.spec.expirationSeconds < 3600',
    kind: 'TokenRequest',
  },
] as const;

async function start(): Promise<TestServer> {
  const server = await startTestServer({ tokens });
  const { store } = server;
  const namespace = 'default';
  store.create({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'robot', namespace },
  });
  store.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a', namespace },
    spec: { containers: [{ name: 'a', image: 'a' }] },
  });
  return server;
}

for (const { resource, path, body, right, wrong, kind } of cases) {
  t.test(`judgeRequest() lets policies have a say in ${resource}`, async (t) => {
    await using refusing = await start();
    await want(refusing, resource, wrong);
    const refused = await post(refusing, path, body);
    t.equal(refused.status, 422, refused.text);
    t.equal(refusing.store.get('Pod', 'default', 'a')?.spec?.nodeName, undefined);
    await using allowing = await start();
    await want(allowing, resource, right);
    t.equal((await post(allowing, path, body)).status, 201);
  });

  t.test(`judgeRequest() lets webhooks have a say in ${resource}`, async (t) => {
    await using server = await start();
    const answers = [{ allowed: false }, { allowed: true }];
    await using webhook = await startWebhook({ '/hook': () => answers.shift() });
    await register(server, 'validatingwebhookconfigurations', {
      kind: 'ValidatingWebhookConfiguration',
      webhooks: [
        {
          name: 'judge.example.org',
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
          clientConfig: { url: `${webhook.url}/hook`, caBundle: webhook.caBundle },
          rules: [ruleOf(resource)],
        },
      ],
    });
    t.equal((await post(server, path, body)).status, 400);
    t.equal(server.store.get('Pod', 'default', 'a')?.spec?.nodeName, undefined);
    t.equal((await post(server, `${path}?dryRun=All`, body)).status, 201);
    t.match(
      webhook.asked.map(({ review }) => review.request),
      [
        { operation: 'CREATE', kind: { kind }, dryRun: false },
        { operation: 'CREATE', kind: { kind }, dryRun: true },
      ],
    );
  });
}
