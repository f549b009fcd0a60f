import {
  array,
  assert,
  constantFrom,
  jsonValue,
  nat,
  oneof,
  option,
  property,
  record,
  string,
  type Arbitrary,
} from 'fast-check';
import t from 'tap';
import { ApiError, createKindRegistry, KINDS, type KubeObject } from '../../../src/api/index.ts';
import { columnsOf } from '../../../src/api/table.ts';
import { base64, createKindsStore, kindObject, NOW } from './admit.ts';

const CONTAINERS = [
  {
    name: 'c',
    image: 'i:1',
    ports: [{ name: 'http', containerPort: 80, hostPort: 80 }],
    env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }],
    envFrom: [{ configMapRef: { name: 'c' } }],
    resources: { requests: { cpu: '100m' }, limits: { cpu: '1', memory: '1Gi' } },
    volumeMounts: [{ name: 'v', mountPath: '/v', subPath: 'a' }],
    readinessProbe: { httpGet: { port: 'http', httpHeaders: [{ name: 'A', value: 'b' }] } },
    lifecycle: { preStop: { exec: { command: ['x'] } } },
  },
];
const POD = {
  containers: CONTAINERS,
  initContainers: [{ ...CONTAINERS[0], name: 'i', restartPolicy: 'Always' }],
  volumes: [
    {
      name: 'v',
      projected: {
        sources: [
          { downwardAPI: { items: [{ path: 'a', fieldRef: { fieldPath: 'metadata.name' } }] } },
        ],
      },
    },
  ],
  dnsConfig: { nameservers: ['192.0.2.1'], searches: ['a.b'], options: [{ name: 'ndots' }] },
  affinity: {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'a', labelSelector: {} }],
    },
  },
  tolerations: [{ key: 'a', operator: 'Exists' }],
  hostAliases: [{ ip: '192.0.2.1', hostnames: ['a.b'] }],
};
const TEMPLATE = { metadata: { labels: { app: 'x' } }, spec: POD };
const ONCE = { spec: { ...POD, restartPolicy: 'Never' } };
const WORKLOAD = { selector: { matchLabels: { app: 'x' } }, template: TEMPLATE };
const CLAIM = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };

/** A body of each kind that the store takes, with most of what the kind's code looks at. */
const VALID: Readonly<Record<string, object>> = {
  ConfigMap: { data: { a: '1' }, binaryData: { b: base64('b') } },
  ControllerRevision: { revision: 1, data: { a: 1 } },
  CronJob: {
    spec: { schedule: '*/5 * * * 1-5', timeZone: 'UTC', jobTemplate: { spec: { template: ONCE } } },
  },
  DaemonSet: {
    spec: { ...WORKLOAD, updateStrategy: { rollingUpdate: { maxUnavailable: '10%' } } },
  },
  Deployment: { spec: { ...WORKLOAD, strategy: { rollingUpdate: { maxSurge: 1 } } } },
  Endpoints: {
    subsets: [{ addresses: [{ ip: '10.0.0.1', hostname: 'a' }], ports: [{ port: 80 }] }],
  },
  EndpointSlice: {
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.0.0.1'], hints: { forZones: [{ name: 'a' }] }, nodeName: 'n' }],
    ports: [{ name: 'a', port: 80, appProtocol: 'http' }],
  },
  Event: { involvedObject: { kind: 'Pod', name: 'p', namespace: 'default' }, series: { count: 1 } },
  Ingress: {
    spec: {
      rules: [
        {
          host: '*.example.org',
          http: {
            paths: [
              {
                path: '/',
                pathType: 'Prefix',
                backend: { service: { name: 'a', port: { number: 80 } } },
              },
            ],
          },
        },
      ],
      tls: [{ hosts: ['a.example.org'], secretName: 's' }],
    },
  },
  IngressClass: { spec: { controller: 'a.b/c', parameters: { kind: 'K', name: 'n' } } },
  Job: { spec: { template: ONCE } },
  NetworkPolicy: {
    spec: {
      podSelector: { matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] },
      ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 1, endPort: 2 }] }],
      egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }] }],
    },
  },
  Node: {
    spec: { podCIDRs: ['10.0.0.0/24'], taints: [{ key: 'a', effect: 'NoSchedule' }] },
    status: { capacity: { cpu: 1 } },
  },
  PersistentVolume: {
    spec: {
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '1Gi' },
      hostPath: { path: '/x' },
    },
  },
  PersistentVolumeClaim: { spec: CLAIM },
  Pod: { spec: POD },
  ReplicaSet: { spec: WORKLOAD },
  Secret: {
    type: 'kubernetes.io/tls',
    data: { 'tls.crt': '', 'tls.key': '' },
    stringData: { a: 'b' },
  },
  Service: {
    spec: {
      type: 'LoadBalancer',
      clusterIP: '10.96.0.9',
      clusterIPs: ['10.96.0.9'],
      ipFamilies: ['IPv4'],
      selector: { app: 'x' },
      externalIPs: ['192.0.2.7'],
      sessionAffinity: 'ClientIP',
      loadBalancerSourceRanges: ['10.0.0.0/8'],
      ports: [{ name: 'a', port: 80, targetPort: 'http', nodePort: 30_080 }],
    },
  },
  ServiceAccount: { imagePullSecrets: [{ name: 's' }] },
  ServiceCIDR: { spec: { cidrs: ['10.96.0.0/16'] } },
  StatefulSet: {
    spec: { ...WORKLOAD, volumeClaimTemplates: [{ metadata: { name: 'd' }, spec: CLAIM }] },
  },
};

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** What a manifest might hold where something else belongs. */
const ODD: Arbitrary<Json> = oneof(
  constantFrom<Json>(
    null,
    '',
    0,
    -1,
    1.5,
    2 ** 40,
    true,
    [],
    {},
    [null],
    [[]],
    'constructor',
    '__proto__',
  ),
  constantFrom<Json>(
    'None',
    '10.0.0.1',
    'fd00::1',
    '::1',
    '10.0.0.0/8',
    '25%',
    '1Gi',
    'a.b',
    'TCP',
    'Always',
  ),
  constantFrom<Json>({ constructor: 'x' }, [{}], { a: null }, [{ name: 'a' }], { name: 1 }),
  string() as Arbitrary<Json>,
  jsonValue({ maxDepth: 2 }) as Arbitrary<Json>,
);

interface Mutation {
  /** Each picks one of the values on the way down; the last one is replaced. */
  readonly steps: readonly number[];
  readonly value: Json | undefined;
}

const MUTATION: Arbitrary<Mutation> = record({
  steps: array(nat(20), { minLength: 1, maxLength: 9 }),
  value: option(ODD, { nil: undefined }),
});

function mutate(object: KubeObject, mutations: readonly Mutation[]): KubeObject {
  const copy = structuredClone(object);
  for (const { steps, value } of mutations) {
    let place: unknown = copy;
    for (const [index, step] of steps.entries()) {
      if (typeof place !== 'object' || place === null) break;
      // The object's kind says which rules are tried; its metadata is tested elsewhere.
      const keys = Object.keys(place).filter(
        (key) => !['apiVersion', 'kind', 'metadata'].includes(key),
      );
      const key = keys[step % Math.max(1, keys.length)];
      if (key === undefined) break;
      const next: unknown = Reflect.get(place, key);
      const isLast = index === steps.length - 1 || typeof next !== 'object' || next === null;
      if (!isLast) place = next;
      else if (value === undefined) Reflect.deleteProperty(place, key);
      else Reflect.set(place, key, structuredClone(value));
      if (isLast) break;
    }
  }
  return copy;
}

/** What the store made of a write; undefined when it refused it as the API does. */
function attempt(write: () => KubeObject): KubeObject | undefined {
  try {
    return write();
  } catch (error) {
    if (error instanceof ApiError && ['Invalid', 'BadRequest'].includes(error.reason))
      return undefined;
    throw error;
  }
}

const registry = createKindRegistry(KINDS);

for (const [kind, body] of Object.entries(VALID)) {
  t.test(`the store takes or refuses any ${kind}, and never fails`, async (t) => {
    const valid = kindObject(kind, body);
    const definition = registry.byName(kind);
    const store = createKindsStore();
    const stored = store.create(valid);
    assert(
      property(array(MUTATION, { minLength: 1, maxLength: 4 }), (mutations) => {
        attempt(() => store.update(mutate(stored, mutations), { isDryRun: true }));
        const other = createKindsStore();
        const created = attempt(() => other.create(mutate(valid, mutations)));
        if (created === undefined) return;
        for (const column of columnsOf(definition)) column.value(created, NOW);
        for (const read of Object.values(definition.selectableFields ?? {})) read(created);
        // What the store made is what the store would make of it again.
        const again = other.update(created);
        if (again.metadata.resourceVersion !== created.metadata.resourceVersion)
          throw new Error(`${JSON.stringify(created)} became ${JSON.stringify(again)}`);
      }),
      { numRuns: 100 },
    );
    t.equal(store.list(kind).length, 1);
  });
}
