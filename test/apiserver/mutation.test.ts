import t from 'tap';
import { createKindRegistry, KINDS, loadConversions } from '../../src/api/index.ts';
import { ask, askJson, type Answer } from './ask.ts';
import { startTestServer, type TestServer } from './test-server.ts';
import { patchOf, startWebhook } from './webhook-server.ts';

const GROUP = '/apis/admissionregistration.k8s.io/v1';
const APPS = '/apis/apps/v1/namespaces/default/deployments';
const CORE = '/api/v1/namespaces/default';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly apiVersions?: readonly string[];
  readonly operations?: readonly string[];
}

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly value?: unknown;
}

/** Who changes what is written, and how. */
interface Mutator {
  readonly rule: Rule;
  readonly patch: readonly Operation[];
}

function send(server: TestServer, line: string, body: object): Promise<Answer> {
  const [method = '', path = ''] = line.split(' ');
  const headers = { 'content-type': 'application/json' };
  return ask(server, { method, path, headers, body: JSON.stringify(body) });
}

async function register(server: TestServer, plural: string, body: object): Promise<void> {
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const named = { apiVersion, metadata: { name: 'm.example.org' }, ...body };
  const answer = await send(server, `POST ${GROUP}/${plural}`, named);
  t.equal(answer.status, 201, answer.text);
}

function ruleOf({ operations = ['*'], ...rule }: Rule): object {
  return { operations, apiVersions: ['*'], ...rule };
}

function expressionOf({ op, path, value }: Operation): string {
  return `JSONPatch{op: "${op}", path: "${path}", value: ${JSON.stringify(value)}}`;
}

/** By a MutatingAdmissionPolicy. */
async function byPolicy(server: TestServer, { rule, patch }: Mutator): Promise<AsyncDisposable> {
  await register(server, 'mutatingadmissionpolicies', {
    kind: 'MutatingAdmissionPolicy',
    spec: {
      reinvocationPolicy: 'Never',
      matchConstraints: { resourceRules: [ruleOf(rule)] },
      mutations: [
        {
          patchType: 'JSONPatch',
          jsonPatch: { expression: `[${patch.map(expressionOf).join(', ')}]` },
        },
      ],
    },
  });
  await register(server, 'mutatingadmissionpolicybindings', {
    kind: 'MutatingAdmissionPolicyBinding',
    spec: { policyName: 'm.example.org' },
  });
  return { [Symbol.asyncDispose]: () => Promise.resolve() };
}

/** By a mutating webhook. */
async function byWebhook(server: TestServer, { rule, patch }: Mutator): Promise<AsyncDisposable> {
  const webhook = await startWebhook({ '/hook': () => patchOf(...patch) });
  await register(server, 'mutatingwebhookconfigurations', {
    kind: 'MutatingWebhookConfiguration',
    webhooks: [
      {
        name: 'm.example.org',
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
        clientConfig: { url: `${webhook.url}/hook`, caBundle: webhook.caBundle },
        rules: [ruleOf(rule)],
      },
    ],
  });
  return webhook;
}

const MUTATORS = { policy: byPolicy, webhook: byWebhook };

function configMap(name: string, data: object): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
}

const replace = (path: string, value: unknown): Operation => ({ op: 'replace', path, value });

const refused: readonly {
  readonly name: string;
  readonly method?: 'PUT';
  readonly patch: readonly Operation[];
  readonly status: number;
  readonly says?: RegExp;
}[] = [
  {
    name: 'another namespace',
    patch: [replace('/metadata/namespace', 'other')],
    status: 400,
    says: /namespace of the provided object does not match the namespace sent on the request/,
  },
  { name: 'another kind', patch: [replace('/kind', 'Secret')], status: 500 },
  {
    name: 'the name of one that is there',
    patch: [replace('/metadata/name', 'b')],
    status: 409,
    says: /configmaps \\?"b\\?" already exists/,
  },
  {
    name: 'another namespace in an update',
    method: 'PUT',
    patch: [replace('/metadata/namespace', 'other')],
    status: 400,
  },
  {
    name: 'another name in an update',
    method: 'PUT',
    patch: [replace('/metadata/name', 'c')],
    status: 422,
    says: /metadata\.name: Invalid value: \\"c\\": field is immutable/,
  },
  {
    name: 'another uid in an update',
    method: 'PUT',
    patch: [replace('/metadata/uid', 'c')],
    status: 422,
    says: /metadata\.uid: Invalid value: \\"c\\": field is immutable/,
  },
];

for (const [who, mutate] of Object.entries(MUTATORS))
  for (const { name: what, method = 'POST', patch, status, says = /./ } of refused)
    t.test(`checkMutated() refuses ${what} by a ${who}`, async (t) => {
      await using server = await startTestServer();
      const { store } = server;
      store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } });
      const present = ['default/b', 'other/a', ...(method === 'PUT' ? ['default/a'] : [])];
      for (const [namespace = '', name = ''] of present.map((place) => place.split('/')))
        store.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } });
      const before = store.list('ConfigMap');
      const rule = { apiGroups: [''], resources: ['configmaps'] };
      await using _ = await mutate(server, { rule, patch });
      const path = `${CORE}/configmaps${method === 'PUT' ? '/a' : ''}`;
      const answer = await send(server, `${method} ${path}`, configMap('a', { x: '1' }));
      t.equal(answer.status, status, answer.text);
      t.match(answer.text, says);
      t.same(store.list('ConfigMap'), before);
    });

for (const [who, mutate] of Object.entries(MUTATORS))
  t.test(`checkMutated() puts back the namespace that a ${who} takes away`, async (t) => {
    await using server = await startTestServer();
    const rule = { apiGroups: [''], resources: ['configmaps'] };
    await using _ = await mutate(server, { rule, patch: [replace('/metadata/namespace', '')] });
    const answer = await send(server, `POST ${CORE}/configmaps`, configMap('a', {}));
    t.equal(answer.status, 201, answer.text);
    t.ok(server.store.get('ConfigMap', 'default', 'a'));
  });

const labels = { app: 'a' };
const DEPLOYMENT = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'a', namespace: 'default' },
  spec: {
    replicas: 1,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'a' }] } },
  },
};

for (const [who, mutate] of Object.entries(MUTATORS))
  t.test(`mergeMutated() lets a ${who} store nothing but what is written`, async (t) => {
    await using server = await startTestServer();
    await send(server, `POST ${APPS}`, DEPLOYMENT);
    const resources = ['deployments', 'deployments/status'];
    await using _ = await mutate(server, {
      rule: { apiGroups: ['apps'], resources, operations: ['UPDATE'] },
      patch: [
        replace('/spec/replicas', 99),
        { op: 'add', path: '/status', value: { observedGeneration: 7 } },
      ],
    });
    const reported = { ...DEPLOYMENT, status: { observedGeneration: 1 } };
    const status = await send(server, `PUT ${APPS}/a/status`, reported);
    t.match(status, { status: 200 });
    t.match(JSON.parse(status.text), {
      metadata: { generation: 1, managedFields: [{}, { subresource: 'status' }] },
      spec: { replicas: 1 },
      status: { observedGeneration: 7 },
    });
    server.store.update(
      { ...DEPLOYMENT, status: { observedGeneration: 1 } },
      { subresource: 'status' },
    );
    await send(server, `PUT ${APPS}/a`, DEPLOYMENT);
    t.match(await askJson(server, { path: `${APPS}/a` }), {
      metadata: { generation: 2 },
      spec: { replicas: 99 },
      // Policies are asked about what the store is told without a request, too; webhooks are not.
      status: { observedGeneration: who === 'policy' ? 7 : 1 },
    });
  });

const tested: readonly {
  readonly name: string;
  readonly patch: readonly Operation[];
  readonly data: object | undefined;
}[] = [
  {
    name: 'does nothing where a test fails',
    patch: [
      { op: 'test', path: '/data/x', value: '2' },
      { op: 'add', path: '/data/y', value: 'y' },
    ],
    data: { x: '1' },
  },
  {
    name: 'does nothing where a test of a missing field fails',
    patch: [{ op: 'test', path: '/data/z', value: '2' }],
    data: { x: '1' },
  },
  {
    name: 'goes on where a test is right',
    patch: [
      { op: 'test', path: '/data/x', value: '1' },
      { op: 'add', path: '/data/y', value: 'y' },
    ],
    data: { x: '1', y: 'y' },
  },
  {
    name: 'fails where another operation than its test does',
    patch: [
      { op: 'test', path: '/data/x', value: '1' },
      { op: 'replace', path: '/nothing/here', value: '2' },
    ],
    data: undefined,
  },
  {
    name: 'fails where it gives another version',
    patch: [replace('/apiVersion', 'apps/v1')],
    data: undefined,
  },
  {
    name: 'fails where a test has nothing to look into',
    patch: [{ op: 'test', path: '/nothing/here', value: '1' }],
    data: undefined,
  },
  {
    name: 'fails where a test names no item of a list',
    patch: [
      { op: 'add', path: '/metadata/finalizers', value: ['a.b/c'] },
      { op: 'test', path: '/metadata/finalizers/1', value: '1' },
    ],
    data: undefined,
  },
];

for (const { name, patch, data } of tested)
  t.test(`mutateByPolicies() ${name}`, async (t) => {
    await using server = await startTestServer();
    const rule = { apiGroups: [''], resources: ['configmaps'] };
    await using _ = await byPolicy(server, { rule, patch });
    const answer = await send(server, `POST ${CORE}/configmaps`, configMap('a', { x: '1' }));
    t.equal(answer.status, data === undefined ? 403 : 201, answer.text);
    t.same(server.store.get('ConfigMap', 'default', 'a')?.data, data);
  });

const AUTOSCALERS = '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers';
const cpuMetric = (averageUtilization: number): object => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
});

for (const [who, mutate] of Object.entries(MUTATORS))
  t.test(`shown() is the object in the version that a ${who} asks for`, async (t) => {
    await using server = await startTestServer();
    await using _ = await mutate(server, {
      rule: {
        apiGroups: ['autoscaling'],
        apiVersions: ['v1'],
        resources: ['horizontalpodautoscalers'],
      },
      patch: [
        { op: 'test', path: '/spec/targetCPUUtilizationPercentage', value: 50 },
        replace('/spec/targetCPUUtilizationPercentage', 70),
      ],
    });
    const memory = {
      type: 'Resource',
      resource: { name: 'memory', target: { type: 'Utilization', averageUtilization: 60 } },
    };
    const answer = await send(server, `POST ${AUTOSCALERS}`, {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'a' },
      spec: {
        maxReplicas: 3,
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'a' },
        metrics: [cpuMetric(50), memory],
      },
    });
    t.equal(answer.status, 201, answer.text);
    const { metadata, spec } = JSON.parse(answer.text);
    t.equal(metadata.annotations, undefined);
    t.same(
      new Set(spec.metrics.map((metric: object) => JSON.stringify(metric))),
      new Set([memory, cpuMetric(70)].map((metric) => JSON.stringify(metric))),
    );
  });

t.test('toStored() gives back what toVersion() has put into annotations', async (t) => {
  const { toStored, toVersion } = await loadConversions();
  const kinds = createKindRegistry(KINDS);
  const definition = kinds.byName('HorizontalPodAutoscaler.autoscaling');
  const current = {
    type: 'Resource',
    resource: { name: 'cpu', current: { averageUtilization: 5 } },
  };
  const object = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'a', annotations: { own: 'x' } },
    spec: { maxReplicas: 3, metrics: [cpuMetric(50)], behavior: { scaleUp: { tolerance: '1' } } },
    status: {
      desiredReplicas: 2,
      currentMetrics: [current],
      conditions: [{ type: 'AbleToScale', status: 'True' }],
    },
  };
  const v1 = toVersion(object, definition, 'v1');
  t.match(v1, { status: { currentCPUUtilizationPercentage: 5 } });
  t.same(toStored(v1, definition, 'v1'), object);
  const { annotations: _, ...metadata } = v1.metadata;
  t.match(toStored({ ...v1, metadata }, definition, 'v1'), {
    status: { desiredReplicas: 2, currentMetrics: [current] },
  });
});
