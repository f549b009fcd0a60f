import t from 'tap';
import { prepareWrites, type KubeObject, type Store } from '../../../src/api/index.ts';
import { createKindsStore, refusals } from './admit.ts';

const CRD = 'CustomResourceDefinition.apiextensions.k8s.io';
const LABEL_1035 =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const ROOT = 'spec.validation.openAPIV3Schema';

const schemaOf = (schema: object): object => ({
  schema: { openAPIV3Schema: { type: 'object', ...schema } },
});
const version = (more: object = {}, name = 'v1'): object => ({
  name,
  served: true,
  storage: true,
  ...schemaOf({}),
  ...more,
});
const NAMES = { plural: 'widgets', kind: 'Widget' };

function definition(spec: object, metadata: object = {}): KubeObject {
  const whole = {
    group: 'example.org',
    scope: 'Namespaced',
    names: NAMES,
    versions: [version()],
    ...spec,
  };
  const name = `${whole.names.plural}.${whole.group}`;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name, ...metadata },
    spec: whole,
  };
}

await prepareWrites([definition({})]);

/** A definition of one version with this schema. */
const property = (schema: object): object => ({
  versions: [version(schemaOf({ properties: { a: schema } }))],
});
const part = (more: object): object => ({ versions: [version(more)] });
const A = `${ROOT}.properties[a]`;

const wrong: readonly {
  readonly name: string;
  readonly spec: object;
  readonly metadata?: object;
  readonly errors: readonly string[];
}[] = [
  { name: 'nothing wrong', spec: {}, errors: [] },
  {
    name: 'another name',
    spec: {},
    metadata: { name: 'gadgets.example.org' },
    errors: [
      'metadata.name: Invalid value: "gadgets.example.org": must be spec.names.plural+"."+spec.group',
    ],
  },
  {
    name: 'a group without a dot',
    spec: { group: 'example' },
    errors: ['spec.group: Invalid value: "example": should be a domain with at least one dot'],
  },
  {
    name: 'a scope that is none',
    spec: { scope: 'Galaxy' },
    errors: ['spec.scope: Unsupported value: "Galaxy": supported values: "Cluster", "Namespaced"'],
  },
  {
    name: 'no schema',
    spec: { versions: [{ name: 'v1', served: true, storage: true }] },
    errors: ['spec.versions[0].schema.openAPIV3Schema: Required value'],
  },
  {
    name: 'a version twice, and so two that are stored',
    spec: { versions: [version(), version()] },
    errors: [
      'spec.versions: Invalid value: [{"Name":"v1","Served":true,"Storage":true,"Deprecated":false,"DeprecationWarning":null,"Schema":null,"Subresources":null,"AdditionalPrinterColumns":null,"SelectableFields":null},{"Name":"v1","Served":true,"Storage":true,"Deprecated":false,"DeprecationWarning":null,"Schema":null,"Subresources":null,"AdditionalPrinterColumns":null,"SelectableFields":null}]: must contain unique version names',
      'spec.versions: Invalid value: [{"Name":"v1","Served":true,"Storage":true,"Deprecated":false,"DeprecationWarning":null,"Schema":null,"Subresources":null,"AdditionalPrinterColumns":null,"SelectableFields":null},{"Name":"v1","Served":true,"Storage":true,"Deprecated":false,"DeprecationWarning":null,"Schema":null,"Subresources":null,"AdditionalPrinterColumns":null,"SelectableFields":null}]: must have exactly one version marked as storage version',
    ],
  },
  {
    name: 'schemas that differ, which are shown where they are',
    spec: {
      versions: [version(), version({ storage: false, ...schemaOf({ type: 'array' }) }, 'v2')],
    },
    errors: [
      'spec.versions[1].schema.openAPIV3Schema.items: Required value: must be specified',
      'spec.versions[1].schema.openAPIV3Schema.type: Invalid value: "array": must be object at the root',
    ],
  },
  {
    name: 'names that are none',
    spec: {
      names: { ...NAMES, kind: 'A b', listKind: 'A b', shortNames: ['W'], categories: ['9'] },
    },
    errors: [
      `spec.names.kind: Invalid value: "A b": may have mixed case, but should otherwise match: ${LABEL_1035}`,
      `spec.names.listKind: Invalid value: "A b": may have mixed case, but should otherwise match: ${LABEL_1035}`,
      `spec.names.shortNames[0]: Invalid value: "W": ${LABEL_1035}`,
      'spec.names.listKind: Invalid value: "A b": kind and listKind may not be the same',
      `spec.names.categories[0]: Invalid value: "9": ${LABEL_1035}`,
      `spec.names.singular: Invalid value: "a b": ${LABEL_1035}`,
    ],
  },
  {
    name: 'a group of Kubernetes without an approval',
    spec: { group: 'x.k8s.io' },
    errors: [
      'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111',
    ],
  },
  {
    name: 'a group of Kubernetes with one',
    spec: { group: 'x.k8s.io' },
    metadata: { annotations: { 'api-approved.kubernetes.io': 'https://example.org/1' } },
    errors: [],
  },
  {
    name: 'columns that are none',
    spec: part({ additionalPrinterColumns: [{ type: 'text', format: 'x', jsonPath: 'a' }] }),
    errors: [
      'spec.additionalPrinterColumns[0].name: Required value',
      'spec.additionalPrinterColumns[0].type: Invalid value: "text": must be one of boolean,date,integer,number,string',
      'spec.additionalPrinterColumns[0].format: Invalid value: "x": must be one of byte,date,date-time,double,float,int32,int64,password',
      'spec.additionalPrinterColumns[0].JSONPath: Invalid value: "a": must be a simple json path starting with .',
    ],
  },
  {
    name: 'a scale that is nowhere',
    spec: part({
      subresources: { scale: { specReplicasPath: '.x', labelSelectorPath: '.y' } },
    }),
    errors: [
      'spec.subresources.scale.specReplicasPath: Invalid value: ".x": should be a json path under .spec',
      'spec.subresources.scale.statusReplicasPath: Required value',
      'spec.subresources.scale.labelSelectorPath: Invalid value: ".y": should be a json path under either .spec or .status',
    ],
  },
  {
    name: 'selectable fields that are none',
    spec: part({
      ...schemaOf({
        properties: {
          a: { type: 'object', properties: { b: { type: 'array', items: { type: 'string' } } } },
        },
      }),
      selectableFields: [{ jsonPath: '.a.c' }, { jsonPath: '.a.b' }, { jsonPath: ".a['b']" }, {}],
    }),
    errors: [
      'spec.selectableFields[0].jsonPath: Invalid value: ".a.c": is an invalid path: does not refer to a valid field',
      'spec.selectableFields[1].jsonPath: Invalid value: ".a.b": must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
      'spec.selectableFields[2].jsonPath: Invalid value: ".a[\'b\']": is an invalid path: array notation is not allowed',
      'spec.selectableFields[3].jsonPath: Required value',
    ],
  },
  {
    name: 'a warning of a version that is not deprecated',
    spec: part({ deprecationWarning: 'old' }),
    errors: [
      'spec.versions[0].deprecationWarning: Invalid value: "old": can only be set for deprecated versions',
    ],
  },
  {
    name: 'a webhook without an address',
    spec: { conversion: { strategy: 'Webhook', webhook: { clientConfig: {} } } },
    errors: [
      'spec.conversion.webhookClientConfig: Required value: exactly one of url or service is required',
      'spec.conversion.conversionReviewVersions: Required value',
    ],
  },
  {
    name: 'a webhook at an address that is none',
    spec: {
      conversion: {
        strategy: 'Webhook',
        webhook: {
          clientConfig: { url: 'http://me@/x?y#z' },
          conversionReviewVersions: ['v9', 'v9'],
        },
      },
    },
    errors: [
      `spec.conversion.webhookClientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]`,
      'spec.conversion.webhookClientConfig.url: Invalid value: "": host must be specified; desired format: https://host[/path]',
      'spec.conversion.webhookClientConfig.url: Invalid value: "me": user information is not permitted in the URL',
      'spec.conversion.webhookClientConfig.url: Invalid value: "z": fragments are not permitted in the URL',
      'spec.conversion.webhookClientConfig.url: Invalid value: "y": query parameters are not permitted in the URL',
      'spec.conversion.conversionReviewVersions[1]: Invalid value: "v9": duplicate version',
      'spec.conversion.conversionReviewVersions: Invalid value: ["v9","v9"]: must include at least one of v1, v1beta1',
    ],
  },
  {
    name: 'a webhook behind a Service with a path that is none',
    spec: {
      conversion: {
        strategy: 'Webhook',
        webhook: {
          clientConfig: { service: { name: 'x', namespace: 'y', path: 'a//b' } },
          conversionReviewVersions: ['v1'],
        },
      },
    },
    errors: [
      `spec.conversion.webhookClientConfig.service.path: Invalid value: "a//b": must start with a '/'`,
      'spec.conversion.webhookClientConfig.service.path: Invalid value: "a//b": segment[0] may not be empty',
      'spec.conversion.webhookClientConfig.service.path: Invalid value: "a//b": segment[1] may not be empty',
    ],
  },
  {
    name: 'a field without a type',
    spec: property({}),
    errors: [`${A}.type: Required value: must not be empty for specified object fields`],
  },
  {
    name: 'a list without items',
    spec: property({ type: 'array' }),
    errors: [`${A}.items: Required value: must be specified`],
  },
  {
    name: 'a pattern that is none',
    spec: property({ type: 'string', pattern: '(a' }),
    errors: [
      `${A}.pattern: Invalid value: "(a": must be a valid regular expression, but isn't: error parsing regexp: missing closing ): \`(a\``,
    ],
  },
  {
    name: 'a pattern of Go that JavaScript has not',
    spec: property({ type: 'string', pattern: '^(?i)(Disabled|Any)?$' }),
    errors: [],
  },
  {
    name: 'a shape below what judges values',
    spec: property({ anyOf: [{ type: 'string', description: 'd' }], type: 'string' }),
    errors: [
      `${A}.anyOf[0].description: Forbidden: must be empty to be structural`,
      `${A}.anyOf[0].type: Forbidden: must be empty to be structural`,
    ],
  },
  {
    name: 'judging what has no shape',
    spec: part(schemaOf({ allOf: [{ properties: { b: { minLength: 1 } } }] })),
    errors: [
      `${ROOT}.properties[b]: Required value: because it is defined in ${ROOT}.allOf[0].properties[b]`,
    ],
  },
  {
    name: 'a number or text as people write it',
    spec: property({
      'x-kubernetes-int-or-string': true,
      anyOf: [{ type: 'integer' }, { type: 'string' }],
    }),
    errors: [],
  },
  {
    name: 'metadata with rules of its own',
    spec: {
      versions: [
        version(
          schemaOf({
            properties: {
              metadata: { type: 'object', properties: { labels: { type: 'object' } } },
            },
          }),
        ),
      ],
    },
    errors: [
      `${ROOT}.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified`,
    ],
  },
  {
    name: 'values beside fields',
    spec: property({
      type: 'object',
      properties: { b: { type: 'string' } },
      additionalProperties: { type: 'string' },
    }),
    errors: [
      `${A}.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive`,
    ],
  },
  {
    name: 'values at the root',
    spec: part(schemaOf({ additionalProperties: { type: 'string' } })),
    errors: [`${ROOT}.additionalProperties: Forbidden: must not be used at the root`],
  },
  {
    name: 'unique items',
    spec: property({ type: 'array', uniqueItems: true, items: { type: 'string' } }),
    errors: [
      `${A}.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic`,
    ],
  },
  {
    name: 'a list with keys that may be missing',
    spec: property({
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['k', 'z'],
      items: { type: 'object', nullable: true, properties: { k: { type: 'string' } } },
    }),
    errors: [
      `${A}.x-kubernetes-list-map-keys: Invalid value: ["k","z"]: entries must all be names of item properties`,
      `${A}.items.nullable: Forbidden: cannot be nullable when x-kubernetes-list-type is map`,
      `${A}.items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property`,
    ],
  },
  {
    name: 'a set of objects that are merged',
    spec: property({
      type: 'array',
      'x-kubernetes-list-type': 'set',
      items: { type: 'object' },
    }),
    errors: [
      `${A}.items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a list with x-kubernetes-list-type=set`,
    ],
  },
  {
    name: 'a default of another type, and one that would be pruned',
    spec: {
      versions: [
        version(
          schemaOf({
            properties: {
              a: { type: 'integer', default: 'x' },
              b: { type: 'object', default: { c: 1 } },
            },
          }),
        ),
      ],
    },
    errors: [
      `${A}.default: Invalid value: "string":  in body must be of type integer: "string"`,
      `${ROOT}.properties[b].default: Invalid value: {"c":1}: must not have unknown fields`,
    ],
  },
  {
    name: 'rules that say nothing',
    spec: property({
      type: 'string',
      'x-kubernetes-validations': [
        { rule: ' ', reason: 'Why' },
        { rule: 'true\n&& true' },
        { rule: 'true', message: 'a\nb', fieldPath: '.nowhere' },
      ],
    }),
    errors: [
      `${A}.x-kubernetes-validations[0].rule: Required value: rule is not specified`,
      `${A}.x-kubernetes-validations[0].reason: Unsupported value: "Why": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"`,
      `${A}.x-kubernetes-validations[1].message: Required value: message must be specified if rule contains line breaks`,
      `${A}.x-kubernetes-validations[2].message: Invalid value: "a\\nb": must not contain line breaks`,
      `${A}.x-kubernetes-validations[2].fieldPath: Invalid value: ".nowhere": must be a valid path`,
    ],
  },
];
for (const { name, spec, metadata = {}, errors } of wrong) {
  t.test(`a definition with ${name}`, async (t) => {
    const found = refusals(() => createKindsStore().create(definition(spec, metadata)));
    t.same(found.toSorted(), errors.toSorted());
  });
}

const changes: readonly {
  readonly name: string;
  readonly spec: object;
  readonly errors: readonly string[];
}[] = [
  {
    name: 'another scope',
    spec: { scope: 'Cluster' },
    errors: ['spec.scope: Invalid value: "Cluster": field is immutable'],
  },
  {
    name: 'another kind',
    spec: { names: { ...NAMES, kind: 'Gadget' } },
    errors: ['spec.names.kind: Invalid value: "Gadget": field is immutable'],
  },
  {
    name: 'without the version that objects are stored as',
    spec: { versions: [version({}, 'v2')] },
    errors: [
      'status.storedVersions[0]: Invalid value: "v1": missing from spec.versions; v1 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v1 and removes v1 from status.storedVersions',
    ],
  },
  {
    name: 'with one more',
    spec: { versions: [version({ storage: false }), version({}, 'v2')] },
    errors: [],
  },
];
for (const { name, spec, errors } of changes) {
  t.test(`a definition that is updated to ${name}`, async (t) => {
    const store = createKindsStore();
    store.create(definition({}));
    t.same(
      refusals(() => store.update(definition(spec))),
      errors,
    );
  });
}

interface Status {
  readonly conditions: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason: string;
    readonly message: string;
  }[];
  readonly acceptedNames: object;
  readonly storedVersions: readonly string[];
}

function statusOf(store: Store, name: string): Status {
  const object = store.get<string>(CRD, undefined, name);
  return (object?.['status'] ?? {}) as Status; // as the store keeps definitions
}

const short = ({ conditions }: Status): readonly string[] =>
  conditions.map(({ type, status, reason, message }) => `${type} ${status} ${reason}: ${message}`);

t.test('a definition gets its names right after it was written', async (t) => {
  const store = createKindsStore();
  const { status } = store.create(definition({})) as unknown as { readonly status: Status };
  t.same(status, { acceptedNames: { plural: '', kind: '' }, storedVersions: ['v1'] });
  const later = statusOf(store, 'widgets.example.org');
  t.same(short(later), [
    'NamesAccepted True NoConflicts: no conflicts found',
    'Established True InitialNamesAccepted: the initial names have been accepted',
  ]);
  t.same(later.acceptedNames, {
    plural: 'widgets',
    singular: 'widget',
    kind: 'Widget',
    listKind: 'WidgetList',
  });
});

const conflicts: readonly {
  readonly name: string;
  readonly names: object;
  readonly says: string;
}[] = [
  {
    name: 'kind',
    names: { kind: 'Widget', singular: 'other', listKind: 'Others' },
    says: 'KindConflict: "Widget" is already in use',
  },
  {
    name: 'list kind',
    names: { kind: 'Other', listKind: 'WidgetList' },
    says: 'ListKindConflict: "WidgetList" is already in use',
  },
  {
    name: 'singular',
    names: { kind: 'Other', singular: 'widget' },
    says: 'SingularConflict: "widget" is already in use',
  },
  {
    name: 'short names',
    names: { kind: 'Other', shortNames: ['w', 'wd', 'free'] },
    says: 'ShortNamesConflict: ["w" is already in use, "wd" is already in use]',
  },
];
for (const { name, names, says } of conflicts) {
  t.test(`a definition that wants another one's ${name} waits until it is gone`, async (t) => {
    const store = createKindsStore();
    store.create(definition({ names: { ...NAMES, shortNames: ['w', 'wd'] } }));
    const other = 'others.example.org';
    store.create(definition({ names: { plural: 'others', ...names } }));
    t.same(short(statusOf(store, other)), [
      `NamesAccepted False ${says}`,
      'Established False NotAccepted: not all names are accepted',
    ]);
    store.delete({ kind: CRD, name: 'widgets.example.org' });
    t.same(short(statusOf(store, other)), [
      'NamesAccepted True NoConflicts: no conflicts found',
      'Established True InitialNamesAccepted: the initial names have been accepted',
    ]);
    t.match(statusOf(store, other).acceptedNames, { plural: 'others', ...names });
  });
}

t.test('a definition of another group may have the same names', async (t) => {
  const store = createKindsStore();
  store.create(definition({}));
  store.create(definition({ group: 'example.net' }));
  t.match(short(statusOf(store, 'widgets.example.net')), [
    /^NamesAccepted True/,
    /^Established True/,
  ]);
});

t.test('a definition in a group of Kubernetes says who agreed to it', async (t) => {
  const store = createKindsStore();
  const annotations = { 'api-approved.kubernetes.io': 'unapproved, a test' };
  store.create(definition({ group: 'x.k8s.io' }, { annotations }));
  t.match(short(statusOf(store, 'widgets.x.k8s.io')), [
    'KubernetesAPIApprovalPolicyConformant False UnapprovedAnnotation: not approved: "unapproved, a test"',
    /^NamesAccepted True/,
    /^Established True/,
  ]);
});
