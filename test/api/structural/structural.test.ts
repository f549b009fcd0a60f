import t from 'tap';
import {
  bootstrapObjects,
  createKindRegistry,
  createStore,
  KINDS,
  prepareWrites,
  toApiStatus,
  type KubeObject,
  type Store,
} from '../../../src/api/index.ts';

const RULES = [
  { rule: 'self.min <= self.max', message: 'min must not exceed max' },
  { rule: "!has(self.__namespace__) || self.__namespace__.startsWith('a')" },
];

/** A definition whose schema uses most of what a schema can say. */
const DEFINITION = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.org' },
  spec: {
    group: 'example.org',
    names: { kind: 'Widget', plural: 'widgets', singular: 'widget', listKind: 'WidgetList' },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                required: ['class'],
                'x-kubernetes-validations': RULES,
                properties: {
                  class: { type: 'string', minLength: 1, maxLength: 5, pattern: '^[a-z]*$' },
                  mode: { type: 'string', enum: ['Fast', 'Slow'], default: 'Fast' },
                  min: { type: 'integer', default: 1, maximum: 65_535 },
                  max: { type: 'integer', default: 10 },
                  namespace: { type: 'string' },
                  frozen: {
                    type: 'string',
                    'x-kubernetes-validations': [
                      { rule: 'self == oldSelf', message: 'is immutable' },
                    ],
                  },
                  ports: {
                    type: 'array',
                    maxItems: 2,
                    'x-kubernetes-list-type': 'map',
                    'x-kubernetes-list-map-keys': ['name'],
                    items: {
                      type: 'object',
                      properties: {
                        name: { type: 'string', default: 'main' },
                        open: { type: 'boolean', default: true },
                      },
                    },
                  },
                  anything: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
                  amount: { 'x-kubernetes-int-or-string': true },
                  address: { type: 'string', format: 'ipv4' },
                },
              },
            },
          },
        },
      },
    ],
  },
} as unknown as KubeObject;

async function storeWithWidgets(): Promise<Store> {
  const kinds = createKindRegistry(KINDS);
  const store = createStore({ kinds, now: () => 0, random: () => 0.5 });
  for (const object of bootstrapObjects({ kubernetesServiceIPs: ['10.96.0.1'] }))
    store.create(object);
  await prepareWrites([DEFINITION]);
  store.create(DEFINITION);
  return store;
}

function widget(spec: object): KubeObject {
  const metadata = { name: 'w', namespace: 'default' };
  return { apiVersion: 'example.org/v1', kind: 'Widget', metadata, spec };
}

/** What the API answers to a create: the spec that is stored, or the errors. */
function outcomeOf(write: () => KubeObject): unknown {
  try {
    return write()['spec'];
  } catch (error) {
    const { details, message } = toApiStatus(error);
    return details?.causes?.map(({ field, message: why }) => `${field}: ${why}`) ?? message;
  }
}

const FILLED = { mode: 'Fast', min: 1, max: 10 };

t.test('a store with a definition', async (t) => {
  const store = await storeWithWidgets();
  const skipped =
    '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';
  const cases: readonly (readonly [title: string, spec: object, expected: unknown])[] = [
    ['fills in defaults', { class: 'a' }, { class: 'a', ...FILLED }],
    ['drops unknown fields', { class: 'a', colour: 'red' }, { class: 'a', ...FILLED }],
    [
      'keeps what the schema leaves open',
      { class: 'a', anything: { x: { y: 1 } } },
      { class: 'a', anything: { x: { y: 1 } }, ...FILLED },
    ],
    [
      'fills in defaults of items',
      { class: 'a', ports: [{ name: 'p' }] },
      { class: 'a', ports: [{ name: 'p', open: true }], ...FILLED },
    ],
    ['asks for required fields', {}, ['spec.class: Required value', skipped]],
    ['takes a null for nothing', { class: null }, ['spec.class: Required value', skipped]],
    ['fills in a default for a null', { class: 'a', mode: null }, { class: 'a', ...FILLED }],
    [
      'tells a wrong type and that an enumeration has no such value',
      { class: 'a', mode: 1 },
      [
        'spec.mode: Invalid value: "integer": spec.mode in body must be of type string: "integer"',
        'spec.mode: Unsupported value: 1: supported values: "Fast", "Slow"',
        skipped,
      ],
    ],
    [
      'looks at rules where a value alone is wrong',
      { class: '', min: 11 },
      [
        'spec.class: Invalid value: "": spec.class in body should be at least 1 chars long',
        'spec: Invalid value: min must not exceed max',
      ],
    ],
    [
      'tells a wrong type',
      { class: 'a', min: 'one' },
      [
        'spec.min: Invalid value: "string": spec.min in body must be of type integer: "string"',
        skipped,
      ],
    ],
    [
      'tells a number that is too large',
      { class: 'a', min: 70_000, max: 70_001 },
      ['spec.min: Invalid value: 70000: spec.min in body should be less than or equal to 65535'],
    ],
    [
      'tells a text that is too short',
      { class: '' },
      ['spec.class: Invalid value: "": spec.class in body should be at least 1 chars long'],
    ],
    [
      'tells a text that is too long and matches nothing',
      { class: 'ABCDEF' },
      [
        'spec.class: Too long: may not be more than 5 bytes',
        `spec.class: Invalid value: "ABCDEF": spec.class in body should match '^[a-z]*$'`,
        skipped,
      ],
    ],
    [
      'tells what an enumeration has',
      { class: 'a', mode: 'fast' },
      ['spec.mode: Unsupported value: "fast": supported values: "Fast", "Slow"', skipped],
    ],
    [
      'tells items with the same key',
      { class: 'a', ports: [{ name: 'p' }, { name: 'p' }] },
      ['spec.ports[1]: Duplicate value: {"name":"p"}'],
    ],
    [
      'tells a list that is too long',
      { class: 'a', ports: [{ name: 'p' }, { name: 'q' }, { name: 'r' }] },
      ['spec.ports: Too many: 3: must have at most 2 items', skipped],
    ],
    [
      'takes numbers and texts for int-or-string',
      { class: 'a', amount: '50%' },
      { class: 'a', amount: '50%', ...FILLED },
    ],
    [
      'checks formats',
      { class: 'a', address: '10.0.0.256' },
      [
        'spec.address: Invalid value: "10.0.0.256": spec.address in body must be of type ipv4: "10.0.0.256"',
        skipped,
      ],
    ],
    ['evaluates rules', { class: 'a', min: 11 }, ['spec: Invalid value: min must not exceed max']],
    [
      'evaluates rules over fields with reserved names',
      { class: 'a', namespace: 'b' },
      [
        "spec: Invalid value: failed rule: !has(self.__namespace__) || self.__namespace__.startsWith('a')",
      ],
    ],
  ];
  for (const [title, spec, expected] of cases)
    t.same(
      outcomeOf(() => store.create(widget(spec), { isDryRun: true })),
      expected,
      title,
    );
});

t.test('rules over the old object are for updates alone', async (t) => {
  const store = await storeWithWidgets();
  const created = store.create(widget({ class: 'a', frozen: 'x' }));
  const changed = { ...created, spec: { class: 'a', frozen: 'y' } };
  t.same(
    outcomeOf(() => store.update(changed)),
    ['spec.frozen: Invalid value: "y": is immutable'],
  );
  t.equal(store.update({ ...created, spec: { class: 'b', frozen: 'x' } }).metadata.generation, 2);
});
