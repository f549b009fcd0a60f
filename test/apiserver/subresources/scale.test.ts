import t from 'tap';
import { ask, askJson } from '../ask.ts';
import { APPLY_PATCH, exchange, JSON_PATCH, MERGE_PATCH, type Exchange } from '../exchange.ts';
import { startTestServer } from '../test-server.ts';

const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const labels = { app: 'a' };
const server = await startTestServer();
t.teardown(() => server[Symbol.asyncDispose]());
await ask(server, {
  method: 'POST',
  path: `${DEPLOYMENTS}?fieldManager=maker`,
  body: JSON.stringify({
    metadata: { name: 'd' },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'a' }] } },
    },
  }),
});

const applied = (replicas: unknown, rest: object = {}): string =>
  JSON.stringify({
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name: 'd' },
    spec: { replicas },
    ...rest,
  });

/** In order: each sees what the ones before did. */
const rows: readonly (Omit<Exchange, 'path' | 'method'> & {
  readonly query: string;
  readonly method?: string;
  /** Whose `spec.replicas` are, after it. */
  readonly owners: readonly string[];
})[] = [
  {
    name: 'a merge patch',
    query: 'fieldManager=one',
    headers: MERGE_PATCH,
    body: '{"spec":{"replicas":2}}',
    status: 200,
    has: { kind: 'Scale', spec: { replicas: 2 } },
    owners: ['one Update scale'],
  },
  {
    name: 'a JSON patch',
    query: 'fieldManager=two',
    headers: JSON_PATCH,
    body: '[{"op":"test","path":"/spec/replicas","value":2},{"op":"replace","path":"/spec/replicas","value":3}]',
    status: 200,
    owners: ['two Update scale'],
  },
  {
    name: 'an object',
    query: 'fieldManager=three',
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: applied(4),
    status: 200,
    owners: ['three Update scale'],
  },
  {
    name: 'an apply of what another one set',
    query: 'fieldManager=four',
    headers: APPLY_PATCH,
    body: applied(5),
    status: 409,
    says: 'Apply failed with 1 conflict: conflict with "three" with subresource "scale" using apps/v1: .spec.replicas',
    owners: ['three Update scale'],
  },
  {
    name: 'an apply by force',
    query: 'fieldManager=four&force=true',
    headers: APPLY_PATCH,
    body: applied(5),
    status: 200,
    has: { spec: { replicas: 5 } },
    owners: ['four Apply scale'],
  },
  {
    name: 'an apply of another kind',
    query: 'fieldManager=four',
    headers: APPLY_PATCH,
    body: applied(5, { kind: 'Deployment' }),
    status: 400,
    says: 'invalid object type: autoscaling/v1, Kind=Deployment',
    owners: ['four Apply scale'],
  },
  {
    name: 'an apply of something else than a number',
    query: 'fieldManager=four',
    headers: APPLY_PATCH,
    body: applied('x'),
    status: 500,
    says: /\.spec\.replicas: expected numeric \(int or float\), got string/,
    owners: ['four Apply scale'],
  },
  {
    name: 'an unknown field',
    query: 'dryRun=All',
    headers: MERGE_PATCH,
    body: '{"spec":{"nothing":1}}',
    status: 200,
    warns: /unknown field \\"spec.nothing\\"/,
    owners: ['four Apply scale'],
  },
];

t.test('serveScale() writes down whose the number is', async (t) => {
  for (const { query, owners, ...row } of rows) {
    const path = `${DEPLOYMENTS}/d/scale?${query}`;
    await exchange(t, server, { method: 'PATCH', ...row, path });
    const { metadata } = await askJson<Parent>(server, { path: `${DEPLOYMENTS}/d` });
    const found = metadata.managedFields
      .filter(({ fieldsV1 }) => fieldsV1['f:spec']?.['f:replicas'] !== undefined)
      .map(({ manager, operation, subresource }) => [manager, operation, subresource].join(' '));
    t.strictSame(found, owners, row.name);
  }
});

interface Parent {
  readonly metadata: {
    readonly managedFields: readonly {
      readonly manager: string;
      readonly operation: string;
      readonly subresource?: string;
      readonly fieldsV1: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    }[];
  };
}

const STATUSES = [
  { kind: 'a Deployment', path: `${DEPLOYMENTS}/d`, labels: undefined },
  { kind: 'a Namespace', path: '/api/v1/namespaces/default', labels: 'b' },
] as const;
for (const { kind, path, labels: taken } of STATUSES)
  t.test(
    `mergeUpdate() of the status of ${kind} takes the metadata that its kind does`,
    async (t) => {
      const { metadata } = await askJson<Labelled>(server, {
        method: 'PATCH',
        path: `${path}/status?fieldManager=reporter&dryRun=All`,
        headers: MERGE_PATCH,
        body: '{"metadata":{"labels":{"a":"b"},"annotations":{"c":"d"}}}',
      });
      t.equal(metadata.labels?.['a'], taken);
      t.equal(metadata.annotations?.['c'], 'd');
    },
  );

interface Labelled {
  readonly metadata: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}
