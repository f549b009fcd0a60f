import t from 'tap';
import {
  APPLY_PATCH,
  exchange,
  JSON_BODY,
  MERGE_PATCH,
  testExchanges,
  YAML_BODY,
  type Exchange,
} from './exchange.ts';
import { startTestServer } from './test-server.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const MAX_BODY = 3 * 1024 * 1024;
const deep = (depth: number): string =>
  `{"metadata":{"name":"deep"},"x":${'['.repeat(depth)}${']'.repeat(depth)}}`;
const config = (name: string, rest: object = {}): object => ({ metadata: { name }, ...rest });

const OWNER = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' };

const server = await startTestServer();
t.teardown(() => server[Symbol.asyncDispose]());
for (const name of ['a', 'b', 'c'])
  server.store.create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', labels: { name } },
    data: { a: '1' },
  });

const bodies: readonly Exchange[] = [
  {
    name: 'an object',
    method: 'POST',
    path: CONFIG_MAPS,
    body: config('one'),
    status: 201,
    has: { kind: 'ConfigMap', metadata: { name: 'one', namespace: 'default' } },
  },
  {
    name: 'an owner twice',
    method: 'POST',
    path: CONFIG_MAPS,
    body: { metadata: { name: 'owned', ownerReferences: [OWNER, OWNER] } },
    status: 201,
    warns: /duplicate UID\(s\) observed: u"/,
    has: { metadata: { ownerReferences: [OWNER] } },
  },
  {
    name: 'an object of another version than the stored one',
    method: 'POST',
    path: '/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers',
    body: {
      metadata: { name: 'one' },
      spec: {
        maxReplicas: 2,
        targetCPUUtilizationPercentage: 40,
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' },
      },
    },
    status: 201,
    has: {
      metadata: {
        managedFields: [
          {
            fieldsV1: { 'f:spec': { 'f:targetCPUUtilizationPercentage': {}, 'f:maxReplicas': {} } },
          },
        ],
      },
    },
  },
  {
    name: 'an amount that is none',
    method: 'POST',
    path: '/api/v1/namespaces/default/resourcequotas',
    body: { metadata: { name: 'one' }, spec: { hard: { pods: '' } } },
    status: 400,
    says: /quantities must match the regular expression/,
  },
  {
    name: 'an object that is there',
    method: 'POST',
    path: CONFIG_MAPS,
    body: config('a'),
    status: 409,
    reason: 'AlreadyExists',
    says: 'configmaps "a" already exists',
  },
  {
    name: 'a name to be made up',
    method: 'POST',
    path: CONFIG_MAPS,
    body: { metadata: { generateName: 'made-' } },
    status: 201,
    has: { metadata: { name: /^made-[a-z0-9]{5}$/ } },
  },
  {
    name: 'no name',
    method: 'POST',
    path: CONFIG_MAPS,
    body: { metadata: {} },
    status: 422,
    says: /name or generateName is required/,
  },
  {
    name: 'a bad name',
    method: 'POST',
    path: CONFIG_MAPS,
    body: config('A_b'),
    status: 422,
    reason: 'Invalid',
  },
  {
    name: 'another namespace',
    method: 'POST',
    path: CONFIG_MAPS,
    body: { metadata: { name: 'x', namespace: 'other' } },
    status: 400,
    says: /namespace of the provided object does not match/,
  },
  {
    name: 'a namespace that is not there',
    method: 'POST',
    path: '/api/v1/namespaces/none/configmaps',
    body: config('x'),
    status: 404,
    says: 'namespaces "none" not found',
  },
  {
    name: 'another kind',
    method: 'POST',
    path: CONFIG_MAPS,
    body: { kind: 'Secret', apiVersion: 'v1', metadata: { name: 'x' } },
    status: 400,
    reason: 'BadRequest',
  },
  {
    name: 'a version that is set',
    method: 'POST',
    path: CONFIG_MAPS,
    body: { metadata: { name: 'x', resourceVersion: '1' } },
    status: 500,
    says: 'resourceVersion should not be set on objects to be created',
  },
  {
    name: 'nothing',
    method: 'POST',
    path: CONFIG_MAPS,
    headers: JSON_BODY,
    body: '',
    status: 400,
    reason: 'BadRequest',
  },
  {
    name: 'half of an object',
    method: 'POST',
    path: CONFIG_MAPS,
    headers: JSON_BODY,
    body: '{"metadata":',
    status: 400,
    says: /json parse error/,
  },
  {
    name: 'a list',
    method: 'POST',
    path: CONFIG_MAPS,
    headers: JSON_BODY,
    body: '[]',
    status: 400,
    says: /cannot unmarshal array/,
  },
  {
    name: 'an unknown field of letters that no header has',
    method: 'POST',
    path: CONFIG_MAPS,
    headers: JSON_BODY,
    body: { metadata: { name: 'letters' }, 数据: 1 },
    status: 201,
    // The bytes of UTF-8, each as a letter.
    warns: /unknown field \\"\u00e6\u0095\u00b0/,
  },
  {
    name: 'more unknown fields than heads may hold',
    method: 'POST',
    path: CONFIG_MAPS,
    headers: JSON_BODY,
    body: {
      metadata: { name: 'many' },
      ...Object.fromEntries(
        Array.from({ length: 100 }, (_, index) => [`${index}${'x'.repeat(999)}`, 1]),
      ),
    },
    status: 201,
    warns: /^(299 - "unknown field [^ ]{1,245}"(, )?){16}$/,
  },
  {
    name: 'deep lists',
    method: 'POST',
    path: CONFIG_MAPS,
    headers: JSON_BODY,
    body: deep(900),
    status: 201,
    warns: /unknown field \\"x\\"/,
  },
  {
    name: 'lists that are too deep',
    method: 'POST',
    path: CONFIG_MAPS,
    headers: JSON_BODY,
    body: deep(100_000),
    status: 400,
    reason: 'BadRequest',
  },
  {
    name: 'YAML',
    method: 'POST',
    path: CONFIG_MAPS,
    headers: YAML_BODY,
    body: 'metadata: {name: yaml}\ndata: {a: b}\n',
    status: 201,
    has: { data: { a: 'b' } },
  },
  {
    name: 'broken YAML',
    method: 'POST',
    path: CONFIG_MAPS,
    headers: YAML_BODY,
    body: 'metadata: {name: [',
    status: 400,
    says: /error converting YAML to JSON: yaml: /,
  },
  {
    name: 'aliases that would blow up',
    method: 'POST',
    path: CONFIG_MAPS,
    headers: YAML_BODY,
    body: `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
      .split('')
      .map(
        (key, index) =>
          `${key}: &${key} [${Array.from({ length: 9 }, () => `*${'abcdefgh'[index]}`).join(',')}]`,
      )
      .join('\n')}\n`,
    status: 400,
    reason: 'BadRequest',
  },
  {
    name: 'broken protobuf',
    method: 'POST',
    path: CONFIG_MAPS,
    headers: { 'content-type': 'application/vnd.kubernetes.protobuf' },
    body: Buffer.from('k8s\u0000\u00ff'),
    status: 400,
    reason: 'BadRequest',
  },
  {
    name: 'a form',
    method: 'POST',
    path: CONFIG_MAPS,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'a=b',
    status: 415,
    reason: 'UnsupportedMediaType',
  },
  {
    name: 'too much',
    method: 'POST',
    path: CONFIG_MAPS,
    headers: JSON_BODY,
    body: ' '.repeat(MAX_BODY + 1),
    status: 413,
    reason: 'RequestEntityTooLarge',
  },
  {
    name: 'a wrong type',
    method: 'POST',
    path: CONFIG_MAPS,
    body: config('x', { data: { a: 1 } }),
    status: 400,
    says: 'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
  },
];
testExchanges(t, bodies, server);

const ODD_JSON = '{"metadata":{"name":"odd"},"data":{"a":"1","a":"2"},"dataa":1}';
const ODD_YAML =
  'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: odd}\ndata:\n  a: "1"\n  a: "2"\n';
const STRICT = 'dryRun=All&fieldValidation=Strict';
const validation: readonly Exchange[] = [
  {
    name: 'odd fields, strictly',
    method: 'POST',
    path: `${CONFIG_MAPS}?${STRICT}`,
    headers: JSON_BODY,
    body: ODD_JSON,
    status: 400,
    says: 'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "dataa", duplicate field "data.a"',
  },
  {
    name: 'odd fields with a warning',
    method: 'POST',
    path: `${CONFIG_MAPS}?dryRun=All&fieldValidation=Warn`,
    headers: JSON_BODY,
    body: ODD_JSON,
    status: 201,
    warns: /299 - "unknown field \\"dataa\\"", 299 - "duplicate field \\"data.a\\""/,
  },
  {
    name: 'prefixes that are written oddly',
    method: 'POST',
    path: '/apis/networking.k8s.io/v1/namespaces/default/networkpolicies?dryRun=All',
    body: {
      metadata: { name: 'odd' },
      spec: {
        podSelector: {},
        egress: [{ to: [{ ipBlock: { cidr: 'FD00::/8', except: ['fd00:0:1::/48'] } }] }],
      },
    },
    status: 201,
    warns:
      /299 - "spec.egress\[0\].to\[0\].ipBlock.cidr: IPv6 CIDR value \\"FD00::\/8\\" should be in RFC 5952 canonical format \(\\"fd00::\/8\\"\)"/,
  },
  ...['made', 'made again, which is refused with its warnings'].map((what, index) => ({
    name: `a Service with an odd address, ${what}`,
    method: 'POST',
    path: '/api/v1/namespaces/default/services',
    body: {
      metadata: { name: 'odd' },
      spec: { type: 'ExternalName', externalName: 'a.example', externalIPs: ['FD00::1'] },
    },
    status: index === 0 ? 201 : 409,
    warns: /spec.externalIPs\[0\]: IPv6 address \\"FD00::1\\" should be in RFC 5952/,
  })),
  {
    name: 'odd fields where nobody asks',
    method: 'POST',
    path: `${CONFIG_MAPS}?dryRun=All`,
    headers: JSON_BODY,
    body: ODD_JSON,
    status: 201,
    warns: /unknown field/,
  },
  {
    name: 'odd fields without a word',
    method: 'POST',
    path: `${CONFIG_MAPS}?dryRun=All&fieldValidation=Ignore`,
    headers: JSON_BODY,
    body: ODD_JSON,
    status: 201,
    has: { data: { a: '2' } },
  },
  {
    name: 'a validation that is none',
    method: 'POST',
    path: `${CONFIG_MAPS}?fieldValidation=Some`,
    headers: JSON_BODY,
    body: ODD_JSON,
    status: 422,
    reason: 'Invalid',
  },
  {
    name: 'repeated keys of YAML, strictly',
    method: 'POST',
    path: `${CONFIG_MAPS}?${STRICT}`,
    headers: YAML_BODY,
    body: ODD_YAML,
    status: 400,
    says: 'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: yaml: unmarshal errors:\n  line 6: key "a" already set in map',
  },
  {
    name: 'repeated keys of an apply, strictly',
    method: 'PATCH',
    path: `${CONFIG_MAPS}/odd?fieldManager=me&${STRICT}`,
    headers: APPLY_PATCH,
    body: ODD_YAML,
    status: 400,
    says: /error strict decoding YAML: .*already set in map/s,
  },
  {
    name: 'an unknown field of an apply',
    method: 'PATCH',
    path: `${CONFIG_MAPS}/odd?fieldManager=me`,
    headers: APPLY_PATCH,
    body: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: odd}\nfoo: 1\n',
    status: 500,
    says: 'failed to create typed patch object (/odd; /v1, Kind=ConfigMap): .foo: field not declared in schema',
  },
  {
    name: 'repeated fields of a patch, strictly',
    method: 'PATCH',
    path: `${CONFIG_MAPS}/a?${STRICT}`,
    headers: MERGE_PATCH,
    body: '{"data":{"a":"1","a":"2"}}',
    status: 422,
    says: /patch: Invalid value: .*: strict decoding error: duplicate field \\"data.a\\"/,
  },
  {
    name: 'an unknown field of an object that is refused',
    method: 'POST',
    path: CONFIG_MAPS,
    body: { metadata: { name: 'Bad Name' }, nothing: 1 },
    status: 422,
    warns: /unknown field \\"nothing\\"/,
  },
];
testExchanges(t, validation, server);

t.test('createObject() stores nothing of a dry run', async (t) => {
  const { revision } = server.store;
  const path = `${CONFIG_MAPS}?dryRun=All`;
  await exchange(t, server, {
    name: 'tried',
    method: 'POST',
    path,
    body: config('dry'),
    status: 201,
  });
  await exchange(t, server, { name: 'tried', path: `${CONFIG_MAPS}/dry`, status: 404 });
  await exchange(t, server, {
    name: 'a dry run that is none',
    method: 'POST',
    path: `${CONFIG_MAPS}?dryRun=Some`,
    body: config('dry'),
    status: 422,
    says: /dryRun: Unsupported value: \[\\"Some\\"\]: supported values: \\"All\\"/,
  });
  t.equal(server.store.revision, revision);
});
