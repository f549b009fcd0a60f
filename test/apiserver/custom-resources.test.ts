import type { IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import t, { type Test } from 'tap';
import { ADMIN, routeUpgrade } from '../../src/apiserver/index.ts';
import { askJson } from './ask.ts';
import { APPLY_PATCH, exchange, MERGE_PATCH, testExchanges, type Exchange } from './exchange.ts';
import { startTestServer, type TestServer } from './test-server.ts';

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const WIDGETS = '/apis/example.org/v1/namespaces/default/widgets';

const schema = (properties: object): object => ({
  openAPIV3Schema: { type: 'object', properties },
});

const SPEC = {
  type: 'object',
  description: 'What it is to be.',
  properties: {
    size: { type: 'integer', minimum: 1, default: 3 },
    color: { type: 'string' },
    replicas: { type: 'integer' },
    parts: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: {
        type: 'object',
        required: ['name'],
        properties: { name: { type: 'string' }, count: { type: 'integer' } },
      },
    },
  },
};
const STATUS = {
  type: 'object',
  properties: { replicas: { type: 'integer' }, phase: { type: 'string' } },
};

function definition(plural: string, kind: string, more: object = {}): object {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.example.org` },
    spec: {
      group: 'example.org',
      scope: 'Namespaced',
      names: { plural, kind, shortNames: [plural.slice(0, 2)], categories: ['all'] },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: {
            status: {},
            scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
          },
          additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
          selectableFields: [{ jsonPath: '.spec.color' }],
          schema: schema({ spec: SPEC, status: STATUS }),
          ...more,
        },
        { name: 'v1beta1', served: true, storage: false, schema: schema({ spec: SPEC }) },
        { name: 'v1alpha1', served: false, storage: false, schema: schema({ spec: SPEC }) },
      ],
    },
  };
}

async function define(t: Test, server: TestServer, body: object): Promise<void> {
  await exchange(t, server, {
    name: 'a definition',
    method: 'POST',
    path: DEFINITIONS,
    body,
    status: 201,
    has: { status: { conditions: null, storedVersions: ['v1'] } },
  });
}

const server = await startTestServer();
t.teardown(() => server[Symbol.asyncDispose]());
await define(t, server, definition('widgets', 'Widget'));

const widget = (name: string, spec: object): object => ({
  apiVersion: 'example.org/v1',
  kind: 'Widget',
  metadata: { name },
  spec,
});

const objects: readonly Exchange[] = [
  {
    name: 'a custom resource with its defaults',
    method: 'POST',
    path: WIDGETS,
    body: { ...widget('a', { color: 'red', none: 1 }), status: { phase: 'x' } },
    status: 201,
    has: { metadata: { generation: 1 }, spec: { color: 'red', size: 3 } },
    warns: /unknown field \\"spec.none\\"/,
  },
  {
    name: 'a custom resource without its kind',
    method: 'POST',
    path: WIDGETS,
    body: { metadata: { name: 'x' } },
    status: 400,
    reason: 'BadRequest',
  },
  {
    name: 'what its schema refuses',
    method: 'POST',
    path: WIDGETS,
    body: widget('x', { size: 0, parts: [{ name: 'a' }, { name: 'a' }] }),
    status: 422,
    says: /spec.size in body should be greater than or equal to 1[^]*spec.parts\[1\]: Duplicate value/,
  },
  {
    name: 'its status left alone by a patch of the object',
    method: 'PATCH',
    path: `${WIDGETS}/a`,
    headers: MERGE_PATCH,
    body: '{"status":{"phase":"y"},"metadata":{"labels":{"a":"b"}}}',
    status: 200,
    has: { metadata: { generation: 1 }, status: undefined },
  },
  {
    name: 'its status',
    method: 'PATCH',
    path: `${WIDGETS}/a/status`,
    headers: MERGE_PATCH,
    body: '{"status":{"phase":"y"},"spec":{"size":9}}',
    status: 200,
    has: { metadata: { generation: 1 }, status: { phase: 'y' }, spec: { size: 3 } },
  },
  {
    name: 'its scale',
    method: 'PATCH',
    path: `${WIDGETS}/a/scale`,
    headers: MERGE_PATCH,
    body: '{"spec":{"replicas":4}}',
    status: 200,
    has: { kind: 'Scale', apiVersion: 'autoscaling/v1', spec: { replicas: 4 } },
  },
  {
    name: 'another version of it',
    path: '/apis/example.org/v1beta1/namespaces/default/widgets/a',
    status: 200,
    has: { apiVersion: 'example.org/v1beta1', spec: { replicas: 4 } },
  },
  {
    name: 'a version that is not served',
    path: '/apis/example.org/v1alpha1/namespaces/default/widgets/a',
    status: 404,
    says: /^404 page not found/,
  },
  {
    name: 'a field that can be selected by',
    path: `${WIDGETS}?fieldSelector=spec.color=blue`,
    status: 200,
    has: { items: [] },
  },
  { name: 'a field that cannot', path: `${WIDGETS}?fieldSelector=spec.size=3`, status: 400 },
  {
    name: 'its columns',
    path: WIDGETS,
    headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    status: 200,
    has: {
      columnDefinitions: [{ name: 'Name' }, { name: 'Size', type: 'integer' }],
      rows: [{ cells: ['a', 3] }],
    },
  },
  {
    name: 'a strategic merge patch of it',
    method: 'PATCH',
    path: `${WIDGETS}/a`,
    headers: { 'content-type': 'application/strategic-merge-patch+json' },
    body: '{}',
    status: 415,
  },
  {
    name: 'one applier of a part',
    method: 'PATCH',
    path: `${WIDGETS}/b?fieldManager=one`,
    headers: APPLY_PATCH,
    body: JSON.stringify(widget('b', { parts: [{ name: 'a', count: 1 }] })),
    status: 201,
  },
  {
    name: 'another applier of another part',
    method: 'PATCH',
    path: `${WIDGETS}/b?fieldManager=two`,
    headers: APPLY_PATCH,
    body: JSON.stringify(widget('b', { parts: [{ name: 'b', count: 2 }] })),
    status: 200,
    has: {
      spec: {
        parts: [
          { name: 'a', count: 1 },
          { name: 'b', count: 2 },
        ],
      },
    },
  },
  {
    name: 'another applier of the same part',
    method: 'PATCH',
    path: `${WIDGETS}/b?fieldManager=two`,
    headers: APPLY_PATCH,
    body: JSON.stringify(widget('b', { parts: [{ name: 'a', count: 2 }] })),
    status: 409,
    says: /conflict with \\"one\\".*\.spec\.parts\[name=\\"a\\"\]\.count/,
  },
];
testExchanges(t, objects, server);

interface Discovery {
  readonly resources: readonly { readonly name: string; readonly shortNames?: readonly string[] }[];
}

t.test('a definition has its names when its client reads it', (t) =>
  exchange(t, server, {
    name: 'it is served',
    path: `${DEFINITIONS}/widgets.example.org`,
    status: 200,
    has: {
      status: {
        conditions: [{ type: 'NamesAccepted' }, { type: 'Established', status: 'True' }],
        acceptedNames: { plural: 'widgets' },
      },
    },
  }),
);

t.test('discover() follows definitions', async (t) => {
  const { resources } = await askJson<Discovery>(server, { path: '/apis/example.org/v1' });
  t.same(
    resources.map(({ name }) => name),
    ['widgets', 'widgets/scale', 'widgets/status'],
  );
  t.same(resources[0]?.shortNames, ['wi']);
});

interface OpenApi {
  readonly components: { readonly schemas: Readonly<Record<string, { properties?: object }>> };
}

t.test('serveOpenApi() follows every definition of a group', async (t) => {
  await define(t, server, definition('gadgets', 'Gadget'));
  const schemasOf = async (): Promise<OpenApi['components']['schemas']> =>
    (await askJson<OpenApi>(server, { path: '/openapi/v3/apis/example.org/v1' })).components
      .schemas;
  t.match(await schemasOf(), { 'org.example.v1.Widget': {}, 'org.example.v1.Gadget': {} });
  // Not the last of the group: it changes, and it goes.
  const changed = definition('widgets', 'Widget', {
    schema: schema({ spec: { ...SPEC, properties: { weight: { type: 'integer' } } } }),
    selectableFields: [{ jsonPath: '.spec.weight' }],
  });
  const { resourceVersion } = server.store.get<string>(
    'CustomResourceDefinition.apiextensions.k8s.io',
    undefined,
    'widgets.example.org',
  )?.metadata ?? { resourceVersion: '' };
  await exchange(t, server, {
    name: 'a definition that changes',
    method: 'PUT',
    path: `${DEFINITIONS}/widgets.example.org`,
    body: { ...changed, metadata: { name: 'widgets.example.org', resourceVersion } },
    status: 200,
  });
  t.match((await schemasOf())['org.example.v1.Widget'], {
    properties: { spec: { properties: { weight: { type: 'integer' } } } },
  });
  await exchange(t, server, {
    name: 'a definition that goes',
    method: 'DELETE',
    path: `${DEFINITIONS}/widgets.example.org`,
    status: 200,
  });
  t.notOk(Object.hasOwn(await schemasOf(), 'org.example.v1.Widget'));
});

t.test('cleanCustomResources() deletes objects before their definition', async (t) => {
  await define(t, server, definition('widgets', 'Widget'));
  const before: Exchange = {
    name: 'no object of before',
    path: WIDGETS,
    status: 200,
    has: { items: [] },
  };
  await exchange(t, server, before);
  const held = widget('held', {}) as { metadata: object };
  const body = { ...held, metadata: { ...held.metadata, finalizers: ['example.org/hold'] } };
  await exchange(t, server, { name: 'held', method: 'POST', path: WIDGETS, body, status: 201 });
  const name = `${DEFINITIONS}/widgets.example.org`;
  await exchange(t, server, {
    name: 'a definition that waits',
    method: 'DELETE',
    path: name,
    status: 200,
    has: { metadata: { finalizers: ['customresourcecleanup.apiextensions.k8s.io'] } },
  });
  await exchange(t, server, { name: 'it is there', path: name, status: 200 });
  await exchange(t, server, {
    name: 'the last object let go',
    method: 'PATCH',
    path: `${WIDGETS}/held`,
    headers: MERGE_PATCH,
    body: '{"metadata":{"finalizers":null}}',
    status: 200,
  });
  await exchange(t, server, { name: 'it is gone', path: name, status: 404 });
  await exchange(t, server, { name: 'so is what it served', path: WIDGETS, status: 404 });
});

const other = await startTestServer();
t.teardown(() => other[Symbol.asyncDispose]());
await define(t, other, definition('bindings', 'Binding'));
await define(t, other, definition('pods', 'Pod'));
const OTHERS = '/apis/example.org/v1/namespaces/default';
const namesakes: readonly Exchange[] = [
  {
    name: 'a custom resource with the name of one that is stored nowhere',
    method: 'POST',
    path: `${OTHERS}/bindings`,
    body: { apiVersion: 'example.org/v1', kind: 'Binding', metadata: { name: 'b' } },
    status: 201,
    has: { kind: 'Binding', metadata: { name: 'b' } },
  },
  { name: 'that it is stored', path: `${OTHERS}/bindings/b`, status: 200 },
  {
    name: 'a custom resource with the name of Pods',
    method: 'POST',
    path: `${OTHERS}/pods`,
    body: { apiVersion: 'example.org/v1', kind: 'Pod', metadata: { name: 'p' } },
    status: 201,
  },
  { name: 'no log of it', path: `${OTHERS}/pods/p/log`, status: 404 },
];
testExchanges(t, namesakes, other);

t.test('routeUpgrade() runs nothing in a custom resource with the name of Pods', async (t) => {
  const message = { url: `${OTHERS}/pods/p/exec?command=id`, method: 'GET' } as IncomingMessage; // all that is read of it
  const upgrade = { message, socket: new Duplex(), head: Buffer.alloc(0), user: ADMIN };
  await t.rejects(routeUpgrade(upgrade, other.context), { message: /speaks HTTP alone/ });
});
