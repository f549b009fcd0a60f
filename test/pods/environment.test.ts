import { assert, property, string } from 'fast-check';
import t from 'tap';
import type { ConfigMap, Container, Pod, Secret, Service } from '../../src/api/index.ts';
import { computeEnvironment, type EnvironmentInput } from '../../src/pods/environment.ts';
import { expand } from '../../src/pods/expansion.ts';
import { serviceVariables } from '../../src/pods/service-variables.ts';
import { readVolumeFile } from '../../src/pods/volume-files.ts';

const POD: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'web-0',
    namespace: 'shop',
    uid: 'u-1',
    labels: { app: 'web', tier: 'front' },
    annotations: { note: 'a "b"' },
  },
  spec: { nodeName: 'n1', serviceAccountName: 'web', containers: [] },
};

const SETTINGS: ConfigMap = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace: 'shop' },
  data: { COLOR: 'blue', SIZE: 'xl' },
};

const KEYS: Secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'keys', namespace: 'shop' },
  data: { PASSWORD: Buffer.from('s3cret').toString('base64') },
};

function input(container: Partial<Container>, spec = {}): EnvironmentInput {
  return {
    pod: { ...POD, spec: { ...POD.spec, containers: [], ...spec } },
    container: { name: 'web', ...container },
    podIPs: ['10.244.1.4', 'fd00:10:244:1::4'],
    hostIPs: ['10.0.0.12'],
    sources: {
      configMap: (namespace, name) =>
        `${namespace}/${name}` === 'shop/settings' ? SETTINGS : undefined,
      secret: (namespace, name) => (`${namespace}/${name}` === 'shop/keys' ? KEYS : undefined),
      node: () => ({
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: 'n1' },
        status: { allocatable: { cpu: '8', memory: '16Gi' } },
      }),
      services: (_namespace, hasLinks) =>
        new Map(hasLinks ? [['DB_SERVICE_HOST', '10.96.0.9']] : []),
    },
  };
}

/** `NAME=value` lines, or the error. */
function environment(container: Partial<Container>, spec = {}): string {
  const computed = computeEnvironment(input(container, spec));
  if (computed.kind === 'failed') return computed.message;
  return [...computed.own].map(([name, value]) => `${name}=${value}`).join('\n');
}

const field = (fieldPath: string) => ({ valueFrom: { fieldRef: { fieldPath } } });
const resource = (name: string, divisor?: string, containerName?: string) => ({
  valueFrom: {
    resourceFieldRef: {
      resource: name,
      ...(divisor === undefined ? {} : { divisor }),
      ...(containerName === undefined ? {} : { containerName }),
    },
  },
});
const LIMITS = {
  resources: { limits: { cpu: '1500m', memory: '64Mi' }, requests: { cpu: '250m' } },
};

const cases = [
  {
    name: 'plain values',
    container: { env: [{ name: 'A', value: '1' }, { name: 'B' }] },
    env: 'A=1\nB=',
  },
  {
    name: 'references to earlier variables',
    container: {
      env: [
        { name: 'A', value: '1' },
        { name: 'B', value: '$(A)-$(C)-$$(A)' },
        { name: 'C', value: '3' },
      ],
    },
    env: 'A=1\nB=1-$(C)-$(A)\nC=3',
  },
  {
    name: 'references to Services',
    container: { env: [{ name: 'DB', value: 'tcp://$(DB_SERVICE_HOST)' }] },
    env: 'DB=tcp://10.96.0.9',
  },
  {
    name: 'a ConfigMap as a whole',
    container: { envFrom: [{ prefix: 'X_', configMapRef: { name: 'settings' } }] },
    env: 'X_COLOR=blue\nX_SIZE=xl',
  },
  {
    name: 'env over envFrom',
    container: {
      envFrom: [{ configMapRef: { name: 'settings' } }],
      env: [{ name: 'SIZE', value: 's' }],
    },
    env: 'COLOR=blue\nSIZE=s',
  },
  {
    name: 'a Secret as a whole',
    container: { envFrom: [{ secretRef: { name: 'keys' } }] },
    env: 'PASSWORD=s3cret',
  },
  {
    name: 'a key of a ConfigMap',
    container: {
      env: [{ name: 'C', valueFrom: { configMapKeyRef: { name: 'settings', key: 'COLOR' } } }],
    },
    env: 'C=blue',
  },
  {
    name: 'a key of a Secret',
    container: {
      env: [{ name: 'P', valueFrom: { secretKeyRef: { name: 'keys', key: 'PASSWORD' } } }],
    },
    env: 'P=s3cret',
  },
  {
    name: 'a missing ConfigMap',
    container: { envFrom: [{ configMapRef: { name: 'none' } }] },
    env: 'configmap "none" not found',
  },
  {
    name: 'a missing optional ConfigMap',
    container: { envFrom: [{ configMapRef: { name: 'none', optional: true } }] },
    env: '',
  },
  {
    name: 'a missing Secret',
    container: { env: [{ name: 'P', valueFrom: { secretKeyRef: { name: 'none', key: 'k' } } }] },
    env: 'secret "none" not found',
  },
  {
    name: 'a missing key',
    container: {
      env: [{ name: 'C', valueFrom: { configMapKeyRef: { name: 'settings', key: 'k' } } }],
    },
    env: "couldn't find key k in ConfigMap shop/settings",
  },
  {
    name: 'a missing key of a Secret',
    container: { env: [{ name: 'C', valueFrom: { secretKeyRef: { name: 'keys', key: 'k' } } }] },
    env: "couldn't find key k in Secret shop/keys",
  },
  {
    name: 'a missing optional key',
    container: {
      env: [
        {
          name: 'C',
          valueFrom: { configMapKeyRef: { name: 'settings', key: 'k', optional: true } },
        },
      ],
    },
    env: '',
  },
  {
    name: 'names',
    container: {
      env: [
        { name: 'A', ...field('metadata.name') },
        { name: 'B', ...field('metadata.namespace') },
        { name: 'C', ...field('metadata.uid') },
      ],
    },
    env: 'A=web-0\nB=shop\nC=u-1',
  },
  {
    name: 'addresses',
    container: {
      env: [
        { name: 'A', ...field('status.podIP') },
        { name: 'B', ...field('status.podIPs') },
        { name: 'C', ...field('status.hostIP') },
      ],
    },
    env: 'A=10.244.1.4\nB=10.244.1.4,fd00:10:244:1::4\nC=10.0.0.12',
  },
  {
    name: 'labels and annotations',
    container: {
      env: [
        { name: 'A', ...field("metadata.labels['app']") },
        { name: 'B', ...field("metadata.labels['none']") },
        { name: 'C', ...field('metadata.annotations') },
      ],
    },
    env: 'A=web\nB=\nC=note="a \\"b\\""',
  },
  {
    name: 'places',
    container: {
      env: [
        { name: 'A', ...field('spec.nodeName') },
        { name: 'B', ...field('spec.serviceAccountName') },
      ],
    },
    env: 'A=n1\nB=web',
  },
  {
    name: 'an unknown field',
    container: { env: [{ name: 'A', ...field('spec.restartPolicy') }] },
    env: 'unsupported fieldPath: spec.restartPolicy',
  },
  {
    name: 'limits',
    container: {
      ...LIMITS,
      env: [
        { name: 'A', ...resource('limits.cpu') },
        { name: 'B', ...resource('limits.memory', '1Mi') },
        { name: 'C', ...resource('limits.cpu', '1m') },
      ],
    },
    env: 'A=2\nB=64\nC=1500',
  },
  {
    name: 'requests',
    container: {
      ...LIMITS,
      env: [
        { name: 'A', ...resource('requests.cpu', '1m') },
        { name: 'B', ...resource('requests.memory') },
      ],
    },
    env: 'A=250\nB=67108864',
  },
  {
    name: 'limits that are not set',
    container: {
      env: [
        { name: 'A', ...resource('limits.cpu') },
        { name: 'B', ...resource('limits.memory', '1Gi') },
        { name: 'C', ...resource('requests.cpu') },
      ],
    },
    env: 'A=8\nB=16\nC=0',
  },
  {
    name: 'a resource that there is not',
    container: { env: [{ name: 'A', ...resource('limits.gold') }] },
    env: 'unsupported container resource : limits.gold',
  },
];
for (const { name, container, env } of cases) {
  t.test(`computeEnvironment() of ${name}`, async (t) => {
    t.equal(environment(container), env);
  });
}

t.test('computeEnvironment() leaves Services out where they are not wanted', async (t) => {
  const container = { env: [{ name: 'DB', value: '$(DB_SERVICE_HOST)' }] };
  t.equal(environment(container, { enableServiceLinks: false }), 'DB=$(DB_SERVICE_HOST)');
});

const expansions = [
  ['$(A)', 'a'],
  ['$$(A)', '$(A)'],
  ['$$$(A)', '$a'],
  ['$(B)', '$(B)'],
  ['$(A', '$(A'],
  ['$', '$'],
  ['$A $', '$A $'],
  ['$()', '$()'],
  ['a$(A)$(A)z', 'aaaz'],
  ['$($(A))', '$($(A))'],
] as const;
for (const [text, expected] of expansions) {
  t.test(`expand() of ${text}`, async (t) => {
    t.equal(
      expand(text, (name) => (name === 'A' ? 'a' : undefined)),
      expected,
    );
  });
}

t.test('expand() never fails', async () => {
  assert(property(string(), (text) => typeof expand(text, () => '') === 'string'));
});

function service(spec: object, name = 'my-db'): Service {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec };
}

t.test('serviceVariables() of a Service with two ports', async (t) => {
  const ports = [
    { name: 'sql', port: 5432 },
    { name: 'dns-udp', port: 53, protocol: 'UDP' },
  ];
  const lines = serviceVariables(service({ clusterIP: '10.96.0.9', ports })).map((pair) =>
    pair.join('='),
  );
  t.same(lines, [
    'MY_DB_SERVICE_HOST=10.96.0.9',
    'MY_DB_SERVICE_PORT=5432',
    'MY_DB_SERVICE_PORT_SQL=5432',
    'MY_DB_SERVICE_PORT_DNS_UDP=53',
    'MY_DB_PORT=tcp://10.96.0.9:5432',
    'MY_DB_PORT_5432_TCP=tcp://10.96.0.9:5432',
    'MY_DB_PORT_5432_TCP_PROTO=tcp',
    'MY_DB_PORT_5432_TCP_PORT=5432',
    'MY_DB_PORT_5432_TCP_ADDR=10.96.0.9',
    'MY_DB_PORT_53_UDP=udp://10.96.0.9:53',
    'MY_DB_PORT_53_UDP_PROTO=udp',
    'MY_DB_PORT_53_UDP_PORT=53',
    'MY_DB_PORT_53_UDP_ADDR=10.96.0.9',
  ]);
});

t.test('serviceVariables() of an IPv6 Service', async (t) => {
  const variables = new Map(
    serviceVariables(service({ clusterIP: 'fd00::9', ports: [{ port: 80 }] }, 'web')),
  );
  t.equal(variables.get('WEB_PORT'), 'tcp://[fd00::9]:80');
  t.equal(variables.get('WEB_SERVICE_HOST'), 'fd00::9');
});

for (const clusterIP of ['', 'None']) {
  t.test(`serviceVariables() of a Service without an address (${clusterIP})`, async (t) => {
    t.same(serviceVariables(service({ clusterIP, ports: [{ port: 80 }] })), []);
  });
}

const volumes = [
  { name: 'config', configMap: { name: 'settings' } },
  {
    name: 'picked',
    configMap: { name: 'settings', items: [{ key: 'COLOR', path: 'deep/color' }] },
  },
  { name: 'keys', secret: { secretName: 'keys' } },
  {
    name: 'pod',
    downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] },
  },
  {
    name: 'all',
    projected: { sources: [{ configMap: { name: 'settings' } }, { secret: { name: 'keys' } }] },
  },
];
const files = [
  { mount: { name: 'config', mountPath: '/etc/app' }, path: '/etc/app/COLOR', text: 'blue' },
  { mount: { name: 'config', mountPath: '/etc/app/' }, path: '/etc/app/COLOR', text: 'blue' },
  { mount: { name: 'config', mountPath: '/etc/app' }, path: '/etc/apple/COLOR', text: undefined },
  {
    mount: { name: 'config', mountPath: '/etc/color.txt', subPath: 'COLOR' },
    path: '/etc/color.txt',
    text: 'blue',
  },
  { mount: { name: 'picked', mountPath: '/p' }, path: '/p/deep/color', text: 'blue' },
  { mount: { name: 'picked', mountPath: '/p' }, path: '/p/SIZE', text: undefined },
  { mount: { name: 'keys', mountPath: '/k' }, path: '/k/PASSWORD', text: 's3cret' },
  { mount: { name: 'pod', mountPath: '/pod' }, path: '/pod/name', text: 'web-0' },
  { mount: { name: 'all', mountPath: '/all' }, path: '/all/PASSWORD', text: 's3cret' },
  { mount: { name: 'none', mountPath: '/x' }, path: '/x/y', text: undefined },
];
for (const { mount, path, text } of files) {
  t.test(`readVolumeFile() of ${path} in ${mount.name} at ${mount.mountPath}`, async (t) => {
    const file = readVolumeFile(path, input({ volumeMounts: [mount] }, { volumes }));
    t.equal(file === undefined ? undefined : Buffer.from(file).toString(), text);
  });
}
