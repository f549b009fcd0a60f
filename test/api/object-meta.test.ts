import t from 'tap';
import type { FieldError, KindDefinition, ObjectMeta } from '../../src/api/index.ts';
import { createKindRegistry } from '../../src/api/index.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from '../../src/api/object-meta.ts';

const registry = createKindRegistry([]);
const CONFIG_MAP = registry.byName('ConfigMap');
const WIDGET = registry.byName('Widget.example.org');

const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const NAME_PART =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const VALUE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

const show = ({ field, message }: FieldError): string => `${field}: ${message}`;

const owner = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' };

const cases: readonly {
  readonly name: string;
  readonly metadata: Partial<ObjectMeta>;
  readonly definition?: KindDefinition;
  readonly errors: readonly string[];
}[] = [
  { name: 'nothing wrong', metadata: {}, errors: [] },
  { name: 'a name with dots', metadata: { name: 'a.b-c.1' }, errors: [] },
  {
    name: 'an upper-case name',
    metadata: { name: 'Web' },
    errors: [`metadata.name: Invalid value: "Web": ${SUBDOMAIN}`],
  },
  {
    name: 'a name of 254 characters',
    metadata: { name: 'a'.repeat(254) },
    errors: [
      `metadata.name: Invalid value: "${'a'.repeat(254)}": must be no more than 253 characters`,
    ],
  },
  { name: 'a generateName that ends in a dash', metadata: { generateName: 'web-' }, errors: [] },
  {
    name: 'a generateName with a space',
    metadata: { generateName: 'we b' },
    errors: [`metadata.generateName: Invalid value: "we b": ${SUBDOMAIN}`],
  },
  {
    name: 'a generation below zero',
    metadata: { generation: -1 },
    errors: ['metadata.generation: Invalid value: -1: must be greater than or equal to 0'],
  },
  {
    name: 'a namespace with a dot',
    metadata: { namespace: 'a.b' },
    errors: ['metadata.namespace: Invalid value: "a.b": must not contain dots'],
  },
  {
    name: 'a namespace that is no label',
    metadata: { namespace: 'A.b' },
    errors: [`metadata.namespace: Invalid value: "A.b": ${LABEL}`],
  },
  {
    name: 'a label key with two slashes',
    metadata: { labels: { 'a/b/c': '' } },
    errors: [
      `metadata.labels: Invalid value: "a/b/c": a valid label key ${NAME_PART.slice(10)} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ],
  },
  {
    name: 'a label key without name',
    metadata: { labels: { 'example.org/': 'x' } },
    errors: [
      'metadata.labels: Invalid value: "example.org/": name part must be non-empty',
      `metadata.labels: Invalid value: "example.org/": ${NAME_PART}`,
    ],
  },
  {
    name: 'a label key with an empty and one with a bad prefix',
    metadata: { labels: { '/a': 'x', 'A_B/a': 'x' } },
    errors: [
      'metadata.labels: Invalid value: "/a": prefix part must be non-empty',
      `metadata.labels: Invalid value: "A_B/a": prefix part ${SUBDOMAIN}`,
    ],
  },
  {
    name: 'label values that are too long or begin badly',
    metadata: { labels: { a: 'x'.repeat(64), b: '-x' } },
    errors: [
      `metadata.labels: Invalid value: "${'x'.repeat(64)}": must be no more than 63 bytes`,
      `metadata.labels: Invalid value: "-x": ${VALUE}`,
    ],
  },
  {
    name: 'an annotation key with upper case in its prefix',
    metadata: { annotations: { 'Example.ORG/Key': '' } },
    errors: [],
  },
  {
    name: 'annotations above 256 KiB',
    metadata: { annotations: { a: 'ä'.repeat(131_072) } },
    errors: ['metadata.annotations: Too long: may not be more than 262144 bytes'],
  },
  {
    name: 'annotations of exactly 256 KiB',
    metadata: { annotations: { a: 'x'.repeat(262_143) } },
    errors: [],
  },
  {
    name: 'an owner reference with nothing but a kind',
    metadata: { ownerReferences: [{ kind: 'X' } as never] },
    errors: [
      'metadata.ownerReferences.apiVersion: Invalid value: "": version must not be empty',
      'metadata.ownerReferences.name: Invalid value: "": must not be empty',
      'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
    ],
  },
  {
    name: 'two controllers',
    metadata: {
      ownerReferences: [
        { ...owner, controller: true },
        { ...owner, name: 'q', controller: true },
      ],
    },
    errors: [
      'metadata.ownerReferences: Invalid value: [{"apiVersion":"v1","kind":"Pod","name":"p","uid":"u","controller":true},{"apiVersion":"v1","kind":"Pod","name":"q","uid":"u","controller":true}]: Only one reference can have Controller set to true. Found "true" in references for Pod/p and Pod/q',
    ],
  },
  {
    name: 'an Event as owner',
    metadata: { ownerReferences: [{ ...owner, kind: 'Event' }] },
    errors: [
      'metadata.ownerReferences: Invalid value: {"apiVersion":"v1","kind":"Event","name":"p","uid":"u"}: /v1, Kind=Event is disallowed from being an owner',
    ],
  },
  {
    name: 'both finalizers of the garbage collector',
    metadata: { finalizers: ['orphan', 'foregroundDeletion'] },
    errors: [
      'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set',
    ],
  },
  {
    name: 'a finalizer of no domain',
    metadata: { finalizers: ['kubernetes', 'mine'] },
    errors: [
      'metadata.finalizers[1]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
    ],
  },
  {
    name: 'a finalizer of no domain on a custom resource',
    metadata: { finalizers: ['mine'] },
    definition: WIDGET,
    errors: [],
  },
];
for (const { name, metadata, definition = CONFIG_MAP, errors } of cases) {
  t.test(`validateObjectMeta() of ${name}`, async (t) => {
    const whole = { name: 'web', namespace: 'default', ...metadata };
    const object = { apiVersion: 'v1', kind: 'X', metadata: whole };
    t.same(validateObjectMeta(object, definition).map(show), errors);
  });
}

// Counted on a 1.36.3 server: the registry looks twice, then the kind's strategy does in its own way.
const QUALIFIED = `metadata.finalizers: Invalid value: "": ${NAME_PART}`;
const EMPTY = 'metadata.finalizers: Invalid value: "": name part must be non-empty';
const STANDARD =
  'metadata.finalizers[0]: Invalid value: "": name is neither a standard finalizer name nor is it fully qualified';
const LABELLED = `metadata.labels: Invalid value: "a b": ${VALUE}`;
const UID = 'metadata.uid: Invalid value: "v": field is immutable';

const updates: readonly {
  readonly name: string;
  readonly kind: string;
  readonly isOfStatus?: boolean;
  readonly metadata: Partial<ObjectMeta>;
  readonly errors: readonly string[];
}[] = [
  { name: 'nothing wrong', kind: 'Service', metadata: { labels: { a: 'b' } }, errors: [] },
  {
    name: 'a label, where the strategy looks at the change',
    kind: 'Deployment',
    metadata: { labels: { a: 'a b' } },
    errors: [LABELLED, LABELLED, LABELLED],
  },
  {
    name: 'a label, where the strategy looks at the change and the whole',
    kind: 'ConfigMap',
    metadata: { labels: { a: 'a b' } },
    errors: [LABELLED, LABELLED, LABELLED, LABELLED],
  },
  {
    name: 'a label, where the strategy looks at no metadata',
    kind: 'PodDisruptionBudget.policy',
    metadata: { labels: { a: 'a b' } },
    errors: [LABELLED, LABELLED],
  },
  {
    name: 'a finalizer, where the strategy looks at the change first',
    kind: 'ConfigMap',
    metadata: { finalizers: [''] },
    errors: [EMPTY, QUALIFIED, STANDARD, EMPTY, QUALIFIED, STANDARD],
  },
  {
    name: 'a finalizer, where the strategy looks at the whole first',
    kind: 'Namespace',
    metadata: { finalizers: [''] },
    errors: [EMPTY, QUALIFIED, EMPTY, QUALIFIED, STANDARD, STANDARD],
  },
  {
    name: 'a finalizer in an update of a status',
    kind: 'ConfigMap',
    isOfStatus: true,
    metadata: { finalizers: [''] },
    errors: [EMPTY, QUALIFIED, STANDARD],
  },
  {
    name: 'another uid',
    kind: 'Service',
    metadata: { uid: 'v' },
    errors: [UID, UID],
  },
  {
    name: 'a generateName, which the registry takes for a part of a path',
    kind: 'ConfigMap',
    metadata: { generateName: '1%' },
    errors: [
      'metadata.generateName: Invalid value: "1%": may not contain \'%\'',
      `metadata.generateName: Invalid value: "1%": ${SUBDOMAIN}`,
    ],
  },
  {
    name: 'a generateName, where the strategy looks at the change',
    kind: 'Service',
    metadata: { generateName: 'A' },
    errors: [],
  },
];
for (const { name, kind, isOfStatus = false, metadata, errors } of updates) {
  t.test(`validateObjectMetaUpdate() of ${name}`, async (t) => {
    const definition = registry.byName(kind);
    const known = { name: 'web', namespace: 'default', uid: 'u' };
    const old = { apiVersion: 'v1', kind: 'X', metadata: known };
    const object = { ...old, metadata: { ...known, ...metadata } };
    const found = validateObjectMetaUpdate(object, old, { definition, isOfStatus });
    t.same(found.map(show), errors);
  });
}
