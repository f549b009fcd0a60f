import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { anything, array, assert, constant, oneof, property, record } from 'fast-check';
import t from 'tap';
import { generateShapes } from '../../scripts/generate-shapes.ts';
import { generateTypes } from '../../scripts/generate-types.ts';
import { ApiError } from '../../src/api/errors.ts';
import { decode, decodeObject } from '../../src/api/decode.ts';

const READ = [
  {
    name: 'unknown fields and nulls',
    type: 'ServiceSpec',
    value: { ports: null, selector: { a: null }, type: 'NodePort', bogus: 1 },
    want: { selector: { a: '' }, type: 'NodePort' },
  },
  {
    name: 'required fields that are missing',
    type: 'DaemonSetStatus',
    value: {},
    want: {
      currentNumberScheduled: 0,
      desiredNumberScheduled: 0,
      numberMisscheduled: 0,
      numberReady: 0,
    },
  },
  { name: 'a missing selector', type: 'DeploymentSpec', value: {}, want: { template: {} } },
  {
    name: 'an entry that is null',
    type: 'ServiceSpec',
    value: { ports: [null] },
    want: { ports: [{ port: 0 }] },
  },
  {
    name: 'names that objects inherit',
    type: 'LabelSelector',
    value: { matchLabels: { constructor: 'a' } },
    want: { matchLabels: { constructor: 'a' } },
  },
] as const;
for (const { name, type, value, want } of READ) {
  t.test(`decode() reads ${name}`, async (t) => {
    t.strictSame(decode(type, value), { value: want, errors: [] });
  });
}

t.test('decode() hands back what needs no change', async (t) => {
  const spec = { ports: [{ port: 80, targetPort: 'http' }], selector: { app: 'a' } };
  t.equal(decode('ServiceSpec', spec).value, spec);
});

const MISTYPED = [
  { type: 'ServiceSpec', value: 'x', errors: ['<nil>: must be of type object: "string"'] },
  {
    type: 'ServiceSpec',
    value: { ports: 'x' },
    errors: ['ports: must be of type array: "string"'],
  },
  {
    type: 'ServiceSpec',
    value: { ports: [{ port: '80', targetPort: 1.5 }, [], { port: 2 ** 31 }], selector: { a: 1 } },
    errors: [
      'ports[0].port: must be of type integer: "string"',
      'ports[0].targetPort: must be of type integer,string: "number"',
      'ports[1]: must be of type object: "array"',
      'ports[2].port: must be of type integer: "integer"',
      'selector[a]: must be of type string: "integer"',
    ],
  },
] as const;
for (const { type, value, errors } of MISTYPED) {
  t.test(`decode() refuses ${JSON.stringify(value)}`, async (t) => {
    const actual = decode(type, value).errors.map(
      ({ field, message }) => `${field}: ${message.replace(/^.* in body /, '')}`,
    );
    t.same(actual.toSorted(), [...errors].toSorted());
  });
}

t.test('decode() reads or refuses anything', async () => {
  assert(property(anything(), (value) => Array.isArray(decode('Pod', value).errors)));
});

t.test('decode() finds in a change of what it has read what it finds in the whole', async (t) => {
  const shared = { ports: [{ port: 80 }, { port: 81 }], selector: { app: 'a' }, type: 'ClusterIP' };
  const known = decode('ServiceSpec', shared).value;
  const changes = record(
    {
      ports: oneof(constant(shared.ports), array(oneof(constant(shared.ports[0]), anything()))),
      selector: oneof(constant(shared.selector), anything()),
      type: oneof(constant(shared.type), anything()),
      bogus: anything(),
    },
    { requiredKeys: [] },
  );
  assert(
    property(changes, (change) => {
      t.strictSame(decode('ServiceSpec', change, known), decode('ServiceSpec', change));
    }),
  );
  t.equal(decode('ServiceSpec', known, known).value, known);
});

t.test('decodeObject() says what is wrong of which object', async (t) => {
  const object = { apiVersion: 'v1', kind: 'Service', spec: { ports: 'x' } };
  t.throws(
    () => decodeObject('Service', object),
    new ApiError(
      'BadRequest',
      'Service in version "v1" cannot be handled as a Service: json: cannot unmarshal string into Go struct field ServiceSpec.spec.ports of type []v1.ServicePort',
    ),
  );
});

const wrongTypes = [
  {
    type: 'ConfigMap',
    fields: { data: { 'a.b': 1 } },
    says: 'json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
  },
  {
    type: 'Deployment',
    fields: { spec: { replicas: 'two', template: {}, selector: {} } },
    says: 'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
  },
  {
    type: 'Deployment',
    fields: { spec: { replicas: 1.5, template: {}, selector: {} } },
    says: 'json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32',
  },
  {
    type: 'Pod',
    fields: {
      spec: { containers: [{ name: 'a' }, { name: 'b', env: [{ name: 'A', value: true }] }] },
    },
    says: 'json: cannot unmarshal bool into Go struct field EnvVar.spec.containers.env.value of type string',
  },
  {
    type: 'Pod',
    fields: { metadata: { name: 'a', labels: ['b'] } },
    says: 'json: cannot unmarshal array into Go struct field ObjectMeta.metadata.labels of type map[string]string',
  },
  {
    type: 'Pod',
    fields: { spec: 'none' },
    says: 'json: cannot unmarshal string into Go struct field Pod.spec of type v1.PodSpec',
  },
  {
    type: 'Service',
    fields: { spec: { ports: [{ port: 80, targetPort: {} }] } },
    says: 'json: cannot unmarshal object into Go value of type int32',
  },
  {
    type: 'Pod',
    fields: { spec: { overhead: { cpu: true }, containers: [] } },
    says: "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  },
] as const;
for (const { type, fields, says } of wrongTypes)
  t.test(`decodeObject() says in Go's words: ${says}`, async (t) => {
    const object = { apiVersion: 'v1', kind: type, ...fields };
    t.throws(
      () => decodeObject(type, object),
      new ApiError('BadRequest', `${type} in version "v1" cannot be handled as a ${type}: ${says}`),
    );
  });

t.test('generateTypes() made the file that is there', async (t) => {
  const file = readFileSync(join(import.meta.dirname, '../../src/api/types.ts'), 'utf8');
  t.equal(file, generateTypes());
});

t.test('generateShapes() made the file that is there', async (t) => {
  const file = readFileSync(join(import.meta.dirname, '../../src/api/shapes.ts'), 'utf8');
  const squeeze = (text: string): string =>
    text.replaceAll(/\s+/g, ' ').replaceAll(/: (?=')/g, ':');
  t.equal(squeeze(file), squeeze(generateShapes()));
});
