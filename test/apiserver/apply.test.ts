import t from 'tap';
import type { KubeObject } from '../../src/api/index.ts';
import { ask } from './ask.ts';
import { APPLY_PATCH, MERGE_PATCH } from './exchange.ts';
import { startTestServer } from './test-server.ts';

const server = await startTestServer();
t.teardown(() => server[Symbol.asyncDispose]());

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

/** One request about the object of a row, and what its answer must be. */
interface Step {
  /** `Update` by this manager, with a merge patch. */
  readonly updates?: string;
  /** `Apply` by this manager. */
  readonly applies?: string;
  readonly query?: string;
  readonly fields: object;
  /** @default 200 or 201 */
  readonly status?: number;
  readonly says?: string;
  /** Managers with their operation and their fields of `data`, `labels` and annotations, in order. */
  readonly managers?: readonly string[];
  readonly data?: object;
  readonly metadata?: object;
}

const LAST = 'kubectl.kubernetes.io/last-applied-configuration';
const lastApplied = (data: object): string =>
  JSON.stringify({ apiVersion: 'v1', data, kind: 'ConfigMap', metadata: { name: 'kubectl' } });

const rows: readonly { readonly name: string; readonly steps: readonly Step[] }[] = [
  {
    name: 'the-only-applier',
    steps: [
      {
        applies: 'one',
        fields: { metadata: { labels: { a: 'b' }, annotations: { c: 'd' } } },
        managers: ['one Apply annotations.c labels.a'],
      },
      // Everything that it said of the metadata goes, but not the metadata.
      {
        applies: 'one',
        fields: { data: { a: '1' } },
        data: { a: '1' },
        managers: ['one Apply data.a'],
      },
      { applies: 'one', fields: {}, managers: [] },
    ],
  },
  {
    name: 'shared',
    steps: [
      { applies: 'one', fields: { data: { a: '1', b: '2' } } },
      {
        applies: 'two',
        fields: { data: { a: '2', b: '3' } },
        status: 409,
        says: 'Apply failed with 2 conflicts: conflicts with "one":\n- .data.a\n- .data.b',
      },
      {
        // Who changes nothing has no time, and comes first.
        applies: 'two',
        fields: { data: { a: '1' } },
        managers: ['two Apply data.a', 'one Apply data.a data.b'],
      },
      {
        applies: 'one',
        fields: { data: { b: '2' } },
        data: { a: '1', b: '2' },
        managers: ['two Apply data.a', 'one Apply data.b'],
      },
      {
        applies: 'one',
        query: 'force=true',
        fields: { data: { a: '3' } },
        data: { a: '3' },
        managers: ['one Apply data.a'],
      },
    ],
  },
  {
    name: 'updated',
    steps: [
      { applies: 'one', fields: { data: { a: '1' } } },
      { updates: 'two', fields: { data: { a: '2' } }, managers: ['two Update data.a'] },
      {
        applies: 'one',
        fields: { data: { a: '1' } },
        status: 409,
        says: 'Apply failed with 1 conflict: conflict with "two" using v1: .data.a',
      },
    ],
  },
  {
    name: 'unmanaged',
    steps: [
      { applies: 'one', fields: { data: { a: '1' } } },
      { updates: 'two', fields: { metadata: { managedFields: [] } }, managers: [] },
      // Nobody is told of until somebody applies.
      { updates: 'two', fields: { data: { b: '2' } }, managers: [] },
      {
        applies: 'two',
        fields: { data: { b: '2' } },
        managers: ['two Apply data.b', 'before-first-apply Update data.a data.b'],
      },
    ],
  },
  {
    name: 'unreadable',
    steps: [
      { applies: 'one', fields: { data: { a: '1' } } },
      {
        updates: 'two',
        fields: { metadata: { managedFields: [{}, {}] } },
        managers: ['one Apply data.a'],
      },
    ],
  },
  {
    name: 'kubectl',
    steps: [
      {
        updates: 'kubectl-client-side-apply',
        query: 'create',
        fields: {
          metadata: { annotations: { [LAST]: lastApplied({ a: '1', b: '2' }) } },
          data: { a: '1', b: '2' },
        },
      },
      {
        applies: 'other',
        fields: { data: { a: '9' } },
        status: 409,
        says: 'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using v1: .data.a',
      },
      {
        applies: 'kubectl',
        fields: { data: { a: '9' } },
        data: { a: '9', b: '2' },
        metadata: { annotations: { [LAST]: `${lastApplied({ a: '9' })}\n` } },
      },
      { updates: 'somebody', fields: { data: { b: '3' } } },
      {
        applies: 'kubectl',
        fields: { data: { a: '9', b: '4' } },
        status: 409,
        says: 'Apply failed with 1 conflict: conflict with "somebody" using v1: .data.b',
      },
      // More bytes than annotations may have, but not more letters: the annotation goes.
      { applies: 'kubectl', fields: { data: { a: 'é'.repeat(140_000) } } },
      {
        applies: 'kubectl',
        fields: { data: { a: '9' } },
        metadata: { annotations: undefined },
      },
    ],
  },
];

for (const { name, steps } of rows)
  t.test(`applyConfiguration() of an object that is ${name}`, async (t) => {
    for (const step of steps) {
      const { status, text } = await carryOut(step, name);
      const told = `${step.applies ?? step.updates}: ${text.slice(0, 400)}`;
      t.ok(step.status === undefined ? status < 300 : status === step.status, told);
      const body = JSON.parse(text) as KubeObject & { readonly message?: string };
      if (step.says !== undefined) t.equal(body.message, step.says);
      if (step.managers !== undefined) t.strictSame(managersOf(body), step.managers, told);
      if (step.data !== undefined) t.strictSame(body['data'], step.data, told);
      if (step.metadata !== undefined) t.match(body.metadata, step.metadata, told);
    }
  });

function carryOut(
  { applies, updates, query = '', fields }: Step,
  name: string,
): ReturnType<typeof ask> {
  const { metadata = {}, ...rest } = fields as { readonly metadata?: object };
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, ...rest };
  const manager = `fieldManager=${applies ?? updates ?? ''}`;
  const body = JSON.stringify(object);
  if (query === 'create')
    return ask(server, { method: 'POST', path: `${CONFIG_MAPS}?${manager}`, body });
  return ask(server, {
    method: 'PATCH',
    path: `${CONFIG_MAPS}/${name}?${manager}&${query}`,
    headers: applies === undefined ? MERGE_PATCH : APPLY_PATCH,
    body,
  });
}

/** `one Apply data.a labels.b` */
function managersOf({ metadata }: KubeObject): readonly string[] {
  return (metadata.managedFields ?? []).map(({ manager, operation, fieldsV1 }) => {
    const { 'f:data': data = {}, 'f:metadata': meta = {} } = fieldsV1 as Readonly<
      Record<string, object>
    >;
    const { 'f:labels': labels = {}, 'f:annotations': annotations = {} } = meta as Readonly<
      Record<string, object>
    >;
    const sets = { data, labels, annotations };
    const paths = Object.entries(sets).flatMap(([set, keys]) =>
      Object.keys(keys)
        .filter((key) => key !== '.')
        .map((key) => `${set}.${key.slice(2)}`),
    );
    return [manager, operation, ...paths.toSorted()].join(' ');
  });
}

t.test(
  'applyConfiguration() takes an atomic map without what is only shown for another one',
  async (t) => {
    const claims = '/api/v1/namespaces/default/persistentvolumeclaims';
    const dataSource = { kind: 'PersistentVolumeClaim', name: 'other' };
    const resources = { requests: { storage: '1Gi' } };
    const spec = { accessModes: ['ReadWriteOnce'], resources, dataSource };
    const claim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'c' },
      spec,
    };
    await ask(server, {
      method: 'POST',
      path: `${claims}?fieldManager=one`,
      body: JSON.stringify(claim),
    });
    const { status, text } = await ask(server, {
      method: 'PATCH',
      path: `${claims}/c?fieldManager=two`,
      headers: APPLY_PATCH,
      body: JSON.stringify(claim),
    });
    t.equal(status, 409, text);
    t.match(text, /conflict with \\"one\\" using v1: \.spec\.dataSource"/);
  },
);

t.test('alreadyExists() tells of an object that is on its way out', async (t) => {
  const metadata = { name: 'going', finalizers: ['example.org/a'] };
  const body = JSON.stringify({ metadata });
  await ask(server, { method: 'POST', path: CONFIG_MAPS, body });
  await ask(server, { method: 'DELETE', path: `${CONFIG_MAPS}/going` });
  const { text } = await ask(server, { method: 'POST', path: CONFIG_MAPS, body });
  t.match(text, /"object is being deleted: configmaps \\"going\\" already exists"/);
});

const bodies = [
  {
    name: 'booleans of YAML 1.1',
    body: 'data: { a: yes }',
    says: /\.data\.a: expected string, got &value\.valueUnstructured\{Value:true\}$/,
  },
  { name: 'texts that look like times', body: 'data: { a: 2020-01-01, b: 1:30 }', status: 201 },
  {
    name: 'a field that the schema does not have',
    body: 'nothing: 1',
    says: /\(default\/p; \/v1, Kind=ConfigMap\): \.nothing: field not declared in schema$/,
  },
  {
    name: 'several problems',
    body: 'data: []\nimmutable: x',
    says: /errors:\n  \.data: expected map, got &\{\[\]\}\n  \.immutable: expected boolean, got &\{x\}$/,
  },
  {
    name: 'a time that is none',
    meta: 'creationTimestamp: x',
    body: 'data: {}',
    says: /^failed to convert new object \(default\/p; \/v1, Kind=ConfigMap\) to proper version: unable to convert/,
  },
  {
    name: 'items that repeat',
    meta: 'finalizers: [example.org/a, example.org/a]',
    body: 'data: {}',
    says: /\.metadata\.finalizers: duplicate entries for key \[="example\.org\/a"\]$/,
  },
  {
    name: 'a life of something that is not there',
    meta: 'uid: x',
    body: 'data: {}',
    status: 409,
    says: /uid mismatch: the provided object specified uid x, and no existing object was found$/,
  },
];
for (const { name, meta = 'labels: {}', body, status = 500, says = /./ } of bodies)
  t.test(`applyConfiguration() of ${name}`, async (t) => {
    const metadata = `metadata: { name: p, namespace: default, ${meta} }`;
    const answer = await ask(server, {
      method: 'PATCH',
      path: `${CONFIG_MAPS}/p?fieldManager=one&dryRun=All`,
      headers: APPLY_PATCH,
      body: ['apiVersion: v1', 'kind: ConfigMap', metadata, body].join('\n'),
    });
    t.equal(answer.status, status, answer.text);
    if (status > 400) t.match((JSON.parse(answer.text) as { message: string }).message, says);
  });
