import t from 'tap';
import type { KubeObject, Node } from '../../../src/api/index.ts';
import { EVENT } from '../../../src/api/kinds/event.ts';
import { NODE } from '../../../src/api/kinds/node.ts';
import {
  base64,
  createKindsStore,
  kindObject,
  NOW,
  refusalsOf,
  statusRefusals,
  updateRefusals,
} from './admit.ts';

t.test('SECRET takes plain text and stores base64', async (t) => {
  const body = { data: { a: base64('old'), b: base64('b') }, stringData: { a: 'new' } };
  const stored = createKindsStore().create(kindObject('Secret', body));
  t.same(stored['data'], { a: base64('new'), b: base64('b') });
  t.equal(stored['stringData'], undefined);
  t.equal(stored['type'], 'Opaque');
});

const SECRETS = [
  {
    name: 'a certificate without a key',
    body: { type: 'kubernetes.io/tls', data: { 'tls.crt': '' } },
    errors: ['data[tls.key]: Required value'],
  },
  {
    name: 'nobody',
    body: { type: 'kubernetes.io/basic-auth' },
    errors: ['data[username]: Required value', 'data[password]: Required value'],
  },
  {
    name: 'nothing of a password alone',
    body: { type: 'kubernetes.io/basic-auth', data: { password: base64('x') } },
    errors: [],
  },
  {
    name: 'an empty key',
    body: { type: 'kubernetes.io/ssh-auth', data: { 'ssh-privatekey': '' } },
    errors: ['data[ssh-privatekey]: Required value'],
  },
  {
    name: 'no registries',
    body: { type: 'kubernetes.io/dockerconfigjson' },
    errors: ['data[.dockerconfigjson]: Required value'],
  },
  {
    name: 'registries that are no JSON',
    body: { type: 'kubernetes.io/dockerconfigjson', stringData: { '.dockerconfigjson': '{' } },
    errors: [
      'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": must be valid JSON',
    ],
  },
  {
    name: 'a token of nobody',
    body: { type: 'kubernetes.io/service-account-token' },
    errors: ['metadata.annotations[kubernetes.io/service-account.name]: Required value'],
  },
  {
    name: 'what is no base64',
    body: { data: { a: '*' } },
    errors: ['data[a]: Invalid value: "<omitted>": illegal base64 data'],
  },
  {
    name: 'a key that is no file name',
    body: { data: { '..': '' } },
    errors: ['data[..]: Invalid value: "..": must not be \'..\''],
  },
  {
    name: 'nothing of a type like what objects inherit',
    body: { type: 'constructor' },
    errors: [],
  },
];
for (const { name, body, errors } of SECRETS) {
  t.test(`SECRET.validate() refuses ${name}`, async (t) => {
    t.same(refusalsOf('Secret', body), errors);
  });
}

t.test('SECRET keeps its type, and all when it is immutable', async (t) => {
  t.match(updateRefusals('Secret', {}, { type: 'x/y' }), [
    'type: Invalid value: "x/y": field is immutable',
  ]);
  const before = { immutable: true, data: { a: base64('a') } };
  t.same(updateRefusals('Secret', before, { data: { a: base64('b') } }), [
    'immutable: Forbidden: field is immutable when `immutable` is set',
    'data: Forbidden: field is immutable when `immutable` is set',
  ]);
});

t.test('CONFIG_MAP is checked', async (t) => {
  t.match(refusalsOf('ConfigMap', { data: { 'a b': '1', a: '1' }, binaryData: { a: '' } }), [
    /^data\[a b\]: Invalid value: "a b": a valid config key must consist of/,
    'data[a]: Invalid value: "a": duplicate of key present in binaryData',
  ]);
  t.same(refusalsOf('ConfigMap', { data: { a: 'x'.repeat(1_048_577) } }).length, 1);
  t.same(updateRefusals('ConfigMap', { immutable: true }, { immutable: true, data: { a: '1' } }), [
    'data: Forbidden: field is immutable when `immutable` is set',
  ]);
});

const CLAIM = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };

t.test('PERSISTENT_VOLUME_CLAIM is checked and changes little', async (t) => {
  t.same(
    refusalsOf('PersistentVolumeClaim', { spec: { accessModes: ['Any'], volumeMode: 'Tape' } }),
    [
      'spec.accessModes: Unsupported value: "Any": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
      'spec.resources[storage]: Required value',
      'spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem"',
    ],
  );
  const bound = { ...CLAIM, volumeName: 'v' };
  t.same(updateRefusals('PersistentVolumeClaim', { spec: CLAIM }, { spec: bound }), []);
  t.match(
    updateRefusals(
      'PersistentVolumeClaim',
      { spec: bound },
      { spec: { ...bound, volumeName: 'w' } },
    ),
    [/^spec: Forbidden: spec is immutable after creation except/],
  );
});

const NODES = [
  {
    name: 'two prefixes of one family',
    spec: { podCIDRs: ['10.244.0.0/24', '10.244.1.0/24'] },
    errors: [/^spec\.podCIDRs: .*may specify no more than one CIDR for each IP family$/],
  },
  {
    name: 'nothing of one prefix a family',
    spec: { podCIDRs: ['10.244.0.0/24', 'fd00::/64'] },
    errors: [],
  },
  {
    name: 'a prefix that is none',
    spec: { podCIDR: 'x' },
    errors: [/^spec\.podCIDRs\[0\]: Invalid value: "x": must be a valid CIDR value/],
  },
  {
    name: 'taints',
    spec: {
      taints: [
        { key: 'a', effect: 'Never' },
        { key: 'b', effect: 'NoSchedule' },
        { key: 'b', effect: 'NoSchedule' },
      ],
    },
    errors: [
      'metadata.taints[0].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
      'metadata.taints[2]: Duplicate value: {"Key":"b","Value":"","Effect":"NoSchedule","TimeAdded":null}: taints must be unique by key and effect pair',
    ],
  },
];
for (const { name, spec, errors } of NODES) {
  t.test(`NODE.validate() refuses ${name}`, async (t) => {
    const actual = refusalsOf('Node', { spec });
    t.match(actual, errors);
    t.equal(actual.length, errors.length, actual.join('\n'));
  });
}

t.test('NAMESPACE is refused finalizers that nobody could know', async (t) => {
  t.match(
    refusalsOf('Namespace', { spec: { finalizers: ['kubernetes', 'example.org/a', 'b', ''] } }),
    [
      /^spec\.finalizers: Invalid value: "b": name is neither a standard finalizer name nor is it fully qualified/,
      /^spec\.finalizers: Invalid value: "": name part must be non-empty/,
      /^spec\.finalizers: Invalid value: "": name part must consist of/,
      /^spec\.finalizers: Invalid value: "": name is neither/,
    ],
  );
});

t.test('NAMESPACE is as active as it is not being deleted', async (t) => {
  const terminating = { phase: 'Terminating' };
  t.same(statusRefusals('Namespace', {}, terminating), [
    'status.Phase: Invalid value: "Terminating": may only be \'Active\' if `deletionTimestamp` is empty',
  ]);
  t.same(statusRefusals('Namespace', {}, {}), []);
});

t.test('SERVICE_ACCOUNT keeps nothing but the names of its Secrets', async (t) => {
  const secrets = [{ name: 'a', namespace: 'other', kind: 'Secret' }];
  const stored = createKindsStore().create(kindObject('ServiceAccount', { secrets }));
  t.same(stored['secrets'], [{ name: 'a' }]);
});

t.test('NODE keeps its prefix and is printed', async (t) => {
  t.match(
    updateRefusals(
      'Node',
      { spec: { podCIDR: '10.244.0.0/24' } },
      { spec: { podCIDR: '10.244.1.0/24' } },
    ),
    ['spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid'],
  );
  t.same(updateRefusals('Node', { spec: {} }, { spec: { externalID: 'x' } }), [
    'spec.externalID: Forbidden: may not be updated',
  ]);
  const labels = { 'node-role.kubernetes.io/worker': '', 'kubernetes.io/role': 'db' };
  const status = {
    conditions: [{ type: 'Ready', status: 'True' }],
    addresses: [{ type: 'InternalIP', address: '10.0.0.11' }],
    capacity: { memory: '1024Mi' },
  };
  const node = createKindsStore().create(
    kindObject('Node', { metadata: { labels }, spec: { unschedulable: true }, status }),
  ) as KubeObject & Node;
  t.same(node.status?.capacity, { memory: '1Gi' });
  t.same(
    NODE.columns?.map((column) => column.value(node, NOW)),
    [
      'x',
      'Ready,SchedulingDisabled',
      'db,worker',
      '0s',
      '',
      '10.0.0.11',
      '<none>',
      '<unknown>',
      '<unknown>',
      '<unknown>',
    ],
  );
});

t.test('EVENT belongs to the Namespace of its object and is printed', async (t) => {
  const involvedObject = { kind: 'Pod', name: 'p', namespace: 'default' };
  t.match(refusalsOf('Event', { involvedObject: { ...involvedObject, namespace: 'shop' } }), [
    'involvedObject.namespace: Invalid value: "shop": does not match event.namespace',
  ]);
  const store = createKindsStore();
  const body = {
    involvedObject,
    reason: 'Pulled',
    message: ' done ',
    type: 'Normal',
    source: { component: 'kubelet', host: 'n1' },
    firstTimestamp: '2026-01-02T02:04:05Z',
    lastTimestamp: '2026-01-02T03:03:05Z',
    count: 2,
  };
  store.create(kindObject('Event', body));
  const stored = store.get('Event', 'default', 'x');
  if (stored)
    t.same(
      EVENT.columns?.map((column) => column.value(stored, NOW)),
      ['60s', 'Normal', 'Pulled', 'pod/p', '', 'kubelet, n1', 'done', '60m', 2, 'x'],
    );
  t.equal(store.list('Event', { fieldSelector: 'involvedObject.name=p,reason=Pulled' }).length, 1);
});
