/** Kinds that a cluster's own parts write, and few others. */
import t from 'tap';
import { createKindsStore } from './admit.ts';
import { type ChangeRow, type Row, changeRefusals, refusalsWith, validObject } from './rare.ts';

const ADDRESS = await validObject({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IPAddress',
  metadata: { name: '10.96.0.1' },
  spec: { parentRef: { resource: 'services', namespace: 'default', name: 'a' } },
});

const REVISION = await validObject({
  apiVersion: 'apps/v1',
  kind: 'ControllerRevision',
  metadata: { name: 'web-1', namespace: 'default' },
  revision: 1,
  data: { spec: {} },
});

const CONTROLLER = await validObject({
  apiVersion: 'v1',
  kind: 'ReplicationController',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    selector: { app: 'x' },
    template: {
      metadata: { labels: { app: 'x' } },
      spec: { containers: [{ name: 'main', image: 'i:1' }] },
    },
  },
});

const OTHER_LABELS =
  'spec.template.metadata.labels: Invalid value: {"app":"x"}: `selector` does not match template `labels`';

const CASES: readonly (Row & { readonly of: typeof ADDRESS })[] = [
  {
    of: ADDRESS,
    name: 'an address of a parent with words that are none',
    with: { spec: { parentRef: { group: 'A b', resource: 'a/b', namespace: '..', name: '10%' } } },
    errors: [
      `spec.parentRef.group: Invalid value: "A b": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
      `spec.parentRef.resource: Invalid value: "a/b": may not contain '/'`,
      `spec.parentRef.name: Invalid value: "10%": may not contain '%'`,
      `spec.parentRef.namespace: Invalid value: "..": may not be '..'`,
    ],
  },
  {
    of: REVISION,
    name: 'a revision of nothing',
    with: { data: undefined },
    errors: ['data: Required value: data is mandatory'],
  },
  {
    of: REVISION,
    name: 'a revision of a list',
    with: { data: [] },
    errors: ['data: Required value: data must be a valid JSON object'],
  },
  { of: CONTROLLER, name: 'a controller', with: {}, errors: [] },
  {
    of: CONTROLLER,
    name: 'a controller of other Pods',
    with: { spec: { selector: { app: 'y' } } },
    errors: [OTHER_LABELS],
  },
  {
    of: CONTROLLER,
    name: 'a controller of Pods that cannot be',
    with: { spec: { selector: { app: 'B ad!' } } },
    errors: [OTHER_LABELS],
  },
  {
    of: CONTROLLER,
    name: 'a controller of nothing',
    with: { spec: { template: { spec: { containers: [null] } } } },
    errors: [
      'spec.template.spec.containers[0].name: Required value',
      'spec.template.spec.containers[0].image: Required value',
    ],
  },
];

for (const row of CASES) {
  t.test(row.name, async (t) => {
    t.same(refusalsWith(row.of, row.with), row.errors);
  });
}

const MOVED: ChangeRow = {
  name: 'an address that gets another parent',
  with: { spec: { parentRef: { name: 'b' } } },
  errors: [
    'spec.parentRef: Invalid value: {"Group":"","Resource":"services","Namespace":"default","Name":"b"}: field is immutable',
  ],
};
t.test(MOVED.name, async (t) => {
  t.same(changeRefusals(ADDRESS, MOVED), MOVED.errors);
});

t.test('a PriorityClass stays the first of its generations', async (t) => {
  const store = createKindsStore();
  const made = store.create({
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name: 'high' },
    value: 1,
  });
  const told = store.update({ ...made, description: 'more than others' });
  t.match(told, { metadata: { generation: 1 }, description: 'more than others' });
});
