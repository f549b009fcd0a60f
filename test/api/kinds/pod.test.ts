import t from 'tap';
import type { KubeObject, Pod, PodSpec, PodStatus } from '../../../src/api/index.ts';
import { defaultPullPolicy } from '../../../src/api/kinds/pod/volume-defaults.ts';
import { qosClassOf } from '../../../src/api/kinds/pod/qos.ts';
import { summarizePod } from '../../../src/api/kinds/pod/status-text.ts';
import { POD } from '../../../src/api/kinds/pod.ts';
import {
  contentOf,
  createKindsStore,
  kindObject,
  NOW,
  refusals,
  refusalsOf,
  updateRefusals,
} from './admit.ts';

const CONTAINER = { name: 'c', image: 'example.org/i:1' };

t.test('POD makes of a small Pod what the API server makes of it', async (t) => {
  const created = createKindsStore().create(
    kindObject('Pod', {
      spec: {
        hostNetwork: true,
        containers: [
          {
            name: 'c',
            image: 'i',
            ports: [{ containerPort: 80 }],
            resources: { limits: { cpu: '0.5', memory: '1024Mi' }, requests: { memory: '1000Ki' } },
            readinessProbe: { httpGet: { port: 80 } },
            env: [{ name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
          },
        ],
        tolerations: [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists' }],
        volumes: [
          { name: 'e' },
          { name: 'v', configMap: { name: 'c' } },
          { name: 'p', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } },
        ],
      },
      status: { phase: 'Running' },
    }),
  );
  t.same(contentOf(created), {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'x', namespace: 'default', generation: 1 },
    spec: {
      hostNetwork: true,
      containers: [
        {
          name: 'c',
          image: 'i',
          imagePullPolicy: 'Always',
          ports: [{ containerPort: 80, hostPort: 80, protocol: 'TCP' }],
          resources: {
            limits: { cpu: '500m', memory: '1Gi' },
            requests: { cpu: '500m', memory: '1000Ki' },
          },
          readinessProbe: {
            httpGet: { port: 80, path: '/', scheme: 'HTTP' },
            timeoutSeconds: 1,
            periodSeconds: 10,
            successThreshold: 1,
            failureThreshold: 3,
          },
          env: [
            {
              name: 'IP',
              valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'status.podIP' } },
            },
          ],
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
        },
      ],
      volumes: [
        { name: 'e', emptyDir: {} },
        { name: 'v', configMap: { name: 'c', defaultMode: 420 } },
        {
          name: 'p',
          projected: {
            defaultMode: 420,
            sources: [{ serviceAccountToken: { path: 't', expirationSeconds: 3600 } }],
          },
        },
      ],
      restartPolicy: 'Always',
      dnsPolicy: 'ClusterFirst',
      terminationGracePeriodSeconds: 30,
      schedulerName: 'default-scheduler',
      securityContext: {},
      enableServiceLinks: true,
      priority: 0,
      preemptionPolicy: 'PreemptLowerPriority',
      tolerations: [
        { key: 'node.kubernetes.io/not-ready', operator: 'Exists' },
        {
          key: 'node.kubernetes.io/unreachable',
          operator: 'Exists',
          effect: 'NoExecute',
          tolerationSeconds: 300,
        },
      ],
    },
    status: { phase: 'Pending', qosClass: 'Burstable' },
  });
});

const PULL_POLICIES = [
  { image: 'nginx', policy: 'Always' },
  { image: 'nginx:latest', policy: 'Always' },
  { image: 'nginx:1.29', policy: 'IfNotPresent' },
  { image: 'localhost:5000/nginx', policy: 'Always' },
  { image: 'localhost:5000/nginx:1', policy: 'IfNotPresent' },
  { image: 'nginx@sha256:0000', policy: 'IfNotPresent' },
] as const;
for (const { image, policy } of PULL_POLICIES) {
  t.test(`defaultPullPolicy() of ${image}`, async (t) => {
    t.equal(defaultPullPolicy(image), policy);
  });
}

const LABEL_PROBLEM = /a lowercase RFC 1123 label must consist of/;
const container = (fields: object): object => ({ containers: [{ ...CONTAINER, ...fields }] });

const REFUSED = [
  { name: 'no containers', spec: {}, errors: ['spec.containers: Required value'] },
  {
    name: 'containers without names, images and ports',
    spec: { containers: [{ name: 'A', image: '', ports: [{ containerPort: 0 }] }, { name: 'A' }] },
    errors: [
      LABEL_PROBLEM,
      'spec.containers[0].image: Required value',
      'spec.containers[0].ports[0].containerPort: Required value',
      LABEL_PROBLEM,
      'spec.containers[1].image: Required value',
      'spec.containers[1].name: Duplicate value: "A"',
    ],
  },
  {
    name: 'ports',
    spec: container({
      ports: [
        { name: 'http', containerPort: 80 },
        { name: 'http', containerPort: 65_536, protocol: 'ICMP' },
        { name: 'a-name-too-long-x', containerPort: 1 },
        { name: '80', containerPort: 2 },
      ],
    }),
    errors: [
      'spec.containers[0].ports[1].name: Duplicate value: "http"',
      'spec.containers[0].ports[1].containerPort: Invalid value: 65536: must be between 1 and 65535, inclusive',
      'spec.containers[0].ports[1].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
      'spec.containers[0].ports[2].name: Invalid value: "a-name-too-long-x": must be no more than 15 characters',
      'spec.containers[0].ports[3].name: Invalid value: "80": must contain at least one letter (a-z)',
    ],
  },
  {
    name: 'ports of the Node that are taken twice or moved',
    spec: {
      hostNetwork: true,
      containers: [
        { ...CONTAINER, ports: [{ containerPort: 80 }] },
        {
          ...CONTAINER,
          name: 'd',
          ports: [{ containerPort: 80 }, { containerPort: 1, hostPort: 2 }],
        },
      ],
    },
    errors: [
      'spec.containers[1].ports[1].hostPort: Invalid value: 2: must match `containerPort` when `hostNetwork` is true',
      'spec.containers[1].ports[0].hostPort: Duplicate value: "TCP//80"',
    ],
  },
  {
    name: 'probes with no handler, two, or a success too many',
    spec: container({
      livenessProbe: { httpGet: { port: 'a b' }, successThreshold: 2 },
      readinessProbe: {},
      startupProbe: { exec: { command: ['x'] }, tcpSocket: { port: 1 }, periodSeconds: -1 },
      lifecycle: { preStop: {} },
    }),
    errors: [
      'spec.containers[0].lifecycle.preStop: Required value: must specify a handler type',
      'spec.containers[0].livenessProbe.httpGet.port: Invalid value: "a b": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
      'spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1',
      'spec.containers[0].readinessProbe: Required value: must specify a handler type',
      'spec.containers[0].startupProbe.tcpSocket: Forbidden: may not specify more than 1 handler type',
      'spec.containers[0].startupProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0',
    ],
  },
  {
    name: 'mounts of volumes that are not there',
    spec: {
      ...container({
        volumeMounts: [
          { name: 'v', mountPath: '/a' },
          { name: 'w', mountPath: '/a' },
        ],
      }),
      volumes: [
        { name: 'v', emptyDir: {} },
        { name: 'v', emptyDir: {} },
        { name: 'w', emptyDir: {}, hostPath: { path: '/x' } },
      ],
    },
    errors: [
      'spec.volumes[1].name: Duplicate value: "v"',
      'spec.volumes[2].hostPath: Forbidden: may not specify more than 1 volume type',
      'spec.containers[0].volumeMounts[1].name: Not found: "w"',
      'spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/a": must be unique',
    ],
  },
  {
    name: 'environment',
    spec: container({
      env: [{ name: '' }, { name: 'A=B' }, { name: 'C', value: 'x', valueFrom: { fieldRef: {} } }],
      envFrom: [{}],
    }),
    errors: [
      'spec.containers[0].env[0].name: Required value',
      /^spec\.containers\[0\]\.env\[1\]\.name: Invalid value: "A=B": a valid environment variable name/,
      'spec.containers[0].env[2].valueFrom.fieldRef.fieldPath: Required value',
      'spec.containers[0].env[2].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
      'spec.containers[0].envFrom: Invalid value: "": must specify one of: `configMapRef` or `secretRef`',
    ],
  },
  {
    name: 'amounts',
    spec: container({
      resources: { requests: { cpu: '2', memory: 'much' }, limits: { cpu: '1' } },
    }),
    errors: [
      'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
      /^spec\.containers\[0\]\.resources\.requests\[memory\]: Invalid value: "much": quantities must match/,
    ],
  },
  {
    name: 'names of amounts',
    spec: container({
      resources: {
        limits: { 'hugepages-2Mi': '3Mi' },
        requests: { 'example.org/gpu': '1500m', things: '1' },
      },
    }),
    errors: [
      'spec.containers[0].resources.limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi',
      'spec.containers[0].resources.requests[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi',
      'spec.containers[0].resources.requests[example.org/gpu]: Invalid value: "1500m": must be an integer',
      'spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources',
      'spec.containers[0].resources.requests[things]: Invalid value: "things": must be a standard resource type or fully qualified',
      'spec.containers[0].resources.requests[things]: Invalid value: "things": must be a standard resource for containers',
      'spec.containers[0].resources: Forbidden: HugePages require cpu or memory',
    ],
  },
  {
    name: 'what containers run as',
    spec: {
      ...container({
        securityContext: {
          runAsUser: -1,
          procMount: 'Unmasked',
          seccompProfile: { type: 'Localhost' },
          appArmorProfile: {},
        },
      }),
      hostPID: true,
      shareProcessNamespace: true,
      securityContext: {
        fsGroupChangePolicy: 'x',
        sysctls: [{ name: 'a' }, { name: 'a' }, { name: 'A' }],
        seccompProfile: { type: 'x' },
      },
    },
    errors: [
      'spec.containers[0].securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive',
      'spec.containers[0].securityContext.procMount: Invalid value: "Unmasked": `hostUsers` must be false to use `Unmasked`',
      'spec.containers[0].securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost',
      'spec.containers[0].securityContext.appArmorProfile.type: Required value: type is required when appArmorProfile is set',
      'spec.securityContext.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled',
      'spec.securityContext.sysctls[1].name: Duplicate value: "a"',
      /^spec\.securityContext\.sysctls\[2\]\.name: Invalid value: "A": must have at most 253 characters and match regex/,
      'spec.securityContext.fsGroupChangePolicy: Unsupported value: "x": supported values: "Always", "OnRootMismatch"',
      'spec.securityContext.seccompProfile.type: Unsupported value: "x": supported values: "Localhost", "RuntimeDefault", "Unconfined"',
    ],
  },
  {
    name: 'settings of the whole Pod',
    spec: {
      ...container({
        resizePolicy: [{ resourceName: 'x' }],
        restartPolicyRules: [{ action: 'x' }],
      }),
      hostNetwork: true,
      hostUsers: false,
      hostnameOverride: 'a',
      schedulingGates: [{ name: 'g' }, { name: 'g' }],
      resourceClaims: [{ name: 'c' }],
      os: { name: 'x' },
    },
    errors: [
      'spec.resourceClaims[0]: Invalid value: {"Name":"c","ResourceClaimName":null,"ResourceClaimTemplateName":null}: must specify one of: `resourceClaimName`, `resourceClaimTemplateName`',
      'spec.containers[0].resizePolicy: Unsupported value: "x": supported values: "cpu", "memory"',
      'spec.containers[0].resizePolicy: Required value',
      'spec.containers[0].restartPolicy: Required value: must specify restartPolicy when restart rules are used',
      'spec.containers[0].restartPolicyRules[0].action: Unsupported value: "x": supported values: "Restart", "RestartAllContainers"',
      'spec.containers[0].restartPolicyRules[0].exitCodes: Required value: must be specified',
      'spec.schedulingGates[1]: Duplicate value: "g"',
      'spec.hostNetwork: Forbidden: when `hostUsers` is false',
      'spec.hostnameOverride: Forbidden: may not be specified when hostNetwork is true',
      'spec.os: Unsupported value: "x": supported values: "linux", "windows"',
    ],
  },
  {
    name: 'volumes and devices',
    spec: {
      ...container({
        volumeMounts: [
          { name: 'd', mountPath: '/d', subPath: '/x', mountPropagation: 'Bidirectional' },
          { name: 'c', mountPath: '/c', recursiveReadOnly: 'Enabled' },
        ],
        volumeDevices: [
          { name: 'c', devicePath: '/dev/x' },
          { name: 'd', devicePath: '/../x' },
        ],
      }),
      volumes: [
        {
          name: 'd',
          downwardAPI: { items: [{ path: 'a', fieldRef: { fieldPath: 'spec.nodeName' } }] },
        },
        { name: 'c', configMap: { name: 'm', items: [{ key: 'k', path: '..x', mode: 512 }] } },
      ],
    },
    errors: [
      'spec.volumes[0].downwardAPI.fieldRef.fieldPath: Unsupported value: "spec.nodeName": supported values: "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"',
      `spec.volumes[1].configMap.items[0].path: Invalid value: "..x": must not start with '..'`,
      'spec.volumes[1].configMap.items[0].mode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive',
      'spec.containers[0].volumeMounts[0].name: Not found: "d"',
      'spec.containers[0].volumeMounts[0].name: Invalid value: "d": must not already exist in volumeDevices',
      'spec.containers[0].volumeMounts.subPath: Invalid value: "/x": must be a relative path',
      'spec.containers[0].volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers',
      'spec.containers[0].volumeMounts[1].name: Not found: "c"',
      'spec.containers[0].volumeMounts[1].name: Invalid value: "c": must not already exist in volumeDevices',
      'spec.containers[0].volumeMounts.recursiveReadOnly: Forbidden: may only be specified when readOnly is true',
      'spec.containers[0].volumeDevices[0].name: Not found: "c"',
      'spec.containers[0].volumeDevices[0].name: Invalid value: "c": must not already exist in volumeMounts',
      'spec.containers[0].volumeDevices[1].name: Not found: "d"',
      `spec.containers[0].volumeDevices[1].devicePath: Invalid value: "/../x": can not contain backsteps ('..')`,
      'spec.containers[0].volumeDevices[1].name: Invalid value: "d": must not already exist in volumeMounts',
    ],
  },
  {
    name: 'probes of an init container that does not stay',
    spec: {
      ...container({}),
      initContainers: [
        { ...CONTAINER, name: 'i', readinessProbe: { tcpSocket: { port: 1 } } },
        {
          ...CONTAINER,
          name: 's',
          restartPolicy: 'Always',
          readinessProbe: { tcpSocket: { port: 1 } },
        },
        { ...CONTAINER, name: 't', restartPolicy: 'Sometimes' },
      ],
    },
    errors: [
      'spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
      'spec.initContainers[2].restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "Never", "OnFailure"',
    ],
  },
  {
    name: 'policies and names',
    spec: {
      ...container({ imagePullPolicy: 'Ever' }),
      restartPolicy: 'Sometimes',
      dnsPolicy: 'None',
      hostname: 'a.b',
      subdomain: 'A',
      activeDeadlineSeconds: 0,
    },
    errors: [
      'spec.containers[0].imagePullPolicy: Unsupported value: "Ever": supported values: "Always", "IfNotPresent", "Never"',
      'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"',
      'spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None',
      'spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive',
      'spec.hostname: Invalid value: "a.b": must not contain dots',
      LABEL_PROBLEM,
    ],
  },
  {
    name: 'a resolver',
    spec: {
      ...container({}),
      dnsPolicy: 'None',
      dnsConfig: {
        nameservers: ['192.0.2.1', '192.0.2.2', '192.0.2.3', 'x'],
        searches: ['example.org', '_tcp.example.org.', '.', '-'],
        options: [{ value: '1' }],
      },
    },
    errors: [
      /^spec\.dnsConfig\.nameservers: Invalid value: \[.*\]: must not have more than 3 nameservers$/,
      /^spec\.dnsConfig\.nameservers\[3\]: Invalid value: "x": must be a valid IP address/,
      /^spec\.dnsConfig\.searches\[3\]: Invalid value: "-": a lowercase RFC 1123 subdomain/,
      'spec.dnsConfig.options[0]: Required value: must not be empty',
    ],
  },
  {
    name: 'places',
    spec: {
      ...container({}),
      tolerations: [
        { value: 'x' },
        { key: 'a', operator: 'Exists', value: 'x' },
        { key: 'a', effect: 'NoSchedule', tolerationSeconds: 1 },
      ],
      topologySpreadConstraints: [{ maxSkew: 0, topologyKey: '', whenUnsatisfiable: 'Cry' }],
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'In' }] }],
          },
        },
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: '' }],
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 101, podAffinityTerm: { topologyKey: 'zone' } },
          ],
        },
      },
    },
    errors: [
      "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
      'spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Required value: can not be empty',
      'spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: "": name part must be non-empty',
      /requiredDuringSchedulingIgnoredDuringExecution\[0\]\.topologyKey: Invalid value: "": name part must consist/,
      'spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 101: must be in the range 1-100',
      'spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
      'spec.topologySpreadConstraints[0].topologyKey: Required value: can not be empty',
      'spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "Cry": supported values: "DoNotSchedule", "ScheduleAnyway"',
      /^spec\.tolerations\[0\]\.operator: Invalid value: "": operator must be Exists when `key` is empty/,
      /^spec\.tolerations\[1\]\.operator: Invalid value: "x": value must be empty when `operator` is 'Exists'$/,
      'spec.tolerations[2].effect: Invalid value: "NoSchedule": effect must be \'NoExecute\' when `tolerationSeconds` is set',
    ],
  },
];
for (const { name, spec, errors } of REFUSED) {
  t.test(`POD.validate() refuses ${name}`, async (t) => {
    const actual = refusalsOf('Pod', { spec });
    t.match(actual, errors);
    t.equal(actual.length, errors.length, actual.join('\n'));
  });
}

const BOUND = { nodeName: 'n1', containers: [CONTAINER], activeDeadlineSeconds: 60 };
const UPDATES = [
  {
    name: 'a new image',
    after: { ...BOUND, containers: [{ ...CONTAINER, image: 'i:2' }] },
    errors: [],
  },
  { name: 'a shorter deadline', after: { ...BOUND, activeDeadlineSeconds: 30 }, errors: [] },
  {
    name: 'another toleration',
    after: { ...BOUND, tolerations: [{ key: 'a', operator: 'Exists' }, ...defaultTolerations()] },
    errors: [],
  },
  {
    name: 'nothing of what admission gave it',
    after: { ...BOUND, tolerations: [], priority: undefined, preemptionPolicy: undefined },
    errors: [],
  },
  {
    name: 'other tolerations',
    after: { ...BOUND, tolerations: [{ operator: 'Exists' }] },
    errors: [
      'spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds',
    ],
  },
  {
    name: 'a longer deadline',
    after: { ...BOUND, tolerations: defaultTolerations(), activeDeadlineSeconds: 90 },
    errors: [
      'spec.activeDeadlineSeconds: Invalid value: 90: must be less than or equal to previous value',
    ],
  },
  {
    name: 'a deadline that has passed for ever',
    after: { ...BOUND, activeDeadlineSeconds: -1 },
    errors: [
      'spec.activeDeadlineSeconds: Invalid value: -1: must be between 1 and 2147483647, inclusive',
      'spec.activeDeadlineSeconds: Invalid value: -1: must be between 0 and 2147483647, inclusive',
    ],
  },
  {
    name: 'an image with a space',
    after: { ...BOUND, containers: [{ ...CONTAINER, image: 'i ' }] },
    errors: Array.from(
      { length: 2 },
      () =>
        'spec.containers[0].image: Invalid value: "i ": must not have leading or trailing whitespace',
    ),
  },
  {
    name: 'a gate',
    after: { ...BOUND, schedulingGates: [{ name: 'g' }] },
    errors: [
      "spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'g'",
    ],
  },
  {
    name: 'another Node',
    after: { ...BOUND, tolerations: defaultTolerations(), nodeName: 'n2' },
    errors: [/^spec: Forbidden: pod updates may not change fields other than/],
  },
  {
    name: 'another container',
    after: { ...BOUND, containers: [CONTAINER, { ...CONTAINER, name: 'd' }] },
    errors: ['spec.containers: Forbidden: pod updates may not add or remove containers'],
  },
];

function defaultTolerations(): readonly object[] {
  return ['not-ready', 'unreachable'].map((taint) => ({
    key: `node.kubernetes.io/${taint}`,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: 300,
  }));
}

const ADMITTED = {
  tolerations: defaultTolerations(),
  priority: 0,
  preemptionPolicy: 'PreemptLowerPriority',
};
for (const { name, after, errors } of UPDATES) {
  t.test(`POD.validate() of an update with ${name}`, async (t) => {
    const actual = updateRefusals('Pod', { spec: BOUND }, { spec: { ...ADMITTED, ...after } });
    t.match(actual, errors);
    t.equal(actual.length, errors.length, actual.join('\n'));
  });
}

t.test('POD.validate() lets a scheduler bind once', async (t) => {
  const { nodeName: _, ...free } = BOUND;
  t.same(updateRefusals('Pod', { spec: free }, { spec: { ...ADMITTED, ...BOUND } }), []);
});

t.test('POD keeps the QoS class when a status leaves it out', async (t) => {
  const store = createKindsStore();
  const pod = store.create(kindObject('Pod', { spec: BOUND }));
  const { status } = store.update(
    { ...pod, status: { phase: 'Running' } },
    { subresource: 'status' },
  ) as KubeObject & Pod;
  t.same(status, { phase: 'Running', qosClass: 'BestEffort' });
});

const both = { cpu: '1', memory: '1Gi' };
const QOS = [
  { name: 'nothing asked for', resources: [{}], qos: 'BestEffort' },
  {
    name: 'only storage',
    resources: [{ limits: { 'ephemeral-storage': '1Gi' } }],
    qos: 'BestEffort',
  },
  { name: 'limits alone', resources: [{ limits: both }], qos: 'Guaranteed' },
  {
    name: 'the same in another unit',
    resources: [{ limits: both, requests: { cpu: '1000m' } }],
    qos: 'Guaranteed',
  },
  {
    name: 'less requested',
    resources: [{ limits: both, requests: { cpu: '500m' } }],
    qos: 'Burstable',
  },
  { name: 'one container without', resources: [{ limits: both }, {}], qos: 'Burstable' },
];
for (const { name, resources, qos } of QOS) {
  t.test(`qosClassOf() with ${name}`, async (t) => {
    const containers = resources.map((amounts) => ({ name: 'c', resources: amounts }));
    t.equal(qosClassOf({ containers }), qos);
  });
}

const running = { running: { startedAt: '2026-01-02T03:00:00Z' } };
const main = (fields: object): object => ({
  name: 'c',
  image: 'i',
  imageID: 'i',
  ready: false,
  restartCount: 0,
  ...fields,
});
const failedBefore = { terminated: { exitCode: 1, finishedAt: '2026-01-02T02:04:05Z' } };
const SUMMARIES = [
  { name: 'a new Pod', status: { phase: 'Pending' }, want: ['0/1', 'Pending', 0] },
  {
    name: 'a Pod that runs',
    status: { phase: 'Running', containerStatuses: [main({ ready: true, state: running })] },
    want: ['1/1', 'Running', 0],
  },
  {
    name: 'a Pod that came back',
    status: {
      phase: 'Running',
      containerStatuses: [
        main({ ready: true, state: running, restartCount: 2, lastState: failedBefore }),
      ],
    },
    want: ['1/1', 'Running', '2 (60m ago)'],
  },
  {
    name: 'a container that waits',
    status: {
      phase: 'Pending',
      containerStatuses: [main({ state: { waiting: { reason: 'ContainerCreating' } } })],
    },
    want: ['0/1', 'ContainerCreating', 0],
  },
  {
    name: 'a container that failed without a reason',
    status: {
      phase: 'Failed',
      containerStatuses: [main({ state: { terminated: { exitCode: 3 } } })],
    },
    want: ['0/1', 'ExitCode:3', 0],
  },
  {
    name: 'a container that was killed',
    status: {
      phase: 'Failed',
      containerStatuses: [main({ state: { terminated: { exitCode: 137, signal: 9 } } })],
    },
    want: ['0/1', 'Signal:9', 0],
  },
  {
    name: 'an init container under way',
    spec: { initContainers: [{ name: 'a' }, { name: 'b' }] },
    status: {
      phase: 'Pending',
      initContainerStatuses: [
        main({ name: 'a', state: { terminated: { exitCode: 0, reason: 'Completed' } } }),
        main({ name: 'b', state: running }),
      ],
      containerStatuses: [main({ state: { waiting: { reason: 'PodInitializing' } } })],
    },
    want: ['0/1', 'Init:1/2', 0],
  },
  {
    name: 'an init container that fails',
    spec: { initContainers: [{ name: 'a' }] },
    status: {
      phase: 'Pending',
      initContainerStatuses: [
        main({ name: 'a', restartCount: 3, state: { waiting: { reason: 'CrashLoopBackOff' } } }),
      ],
    },
    want: ['0/1', 'Init:CrashLoopBackOff', 3],
  },
  {
    name: 'a sidecar that is ready beside a container that is not',
    spec: { initContainers: [{ name: 's', restartPolicy: 'Always' }] },
    status: {
      phase: 'Running',
      initContainerStatuses: [
        main({ name: 's', ready: true, started: true, state: running, restartCount: 1 }),
      ],
      containerStatuses: [main({ state: running, restartCount: 1 })],
    },
    want: ['1/2', 'Running', 2],
  },
  {
    name: 'one of two containers done',
    spec: { containers: [{ name: 'c' }, { name: 'd' }] },
    status: {
      phase: 'Running',
      containerStatuses: [
        main({ state: { terminated: { exitCode: 0, reason: 'Completed' } } }),
        main({ name: 'd', ready: true, state: running }),
      ],
    },
    want: ['1/2', 'NotReady', 0],
  },
  {
    name: 'a Pod that scheduling gates hold',
    status: {
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }],
    },
    want: ['0/1', 'SchedulingGated', 0],
  },
  {
    name: 'a Pod that goes',
    isDeleted: true,
    status: { phase: 'Running', containerStatuses: [main({ ready: true, state: running })] },
    want: ['1/1', 'Terminating', 0],
  },
];
for (const { name, spec, status, isDeleted, want } of SUMMARIES) {
  t.test(`summarizePod() of ${name}`, async (t) => {
    const metadata = { name: 'x', ...(isDeleted && { deletionTimestamp: '2026-01-02T03:04:00Z' }) };
    const pod: Pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata,
      spec: { containers: [{ name: 'c' }], ...(spec as Partial<PodSpec>) },
      status: status as PodStatus,
    };
    const { ready, status: words, restarts } = summarizePod(pod, NOW);
    t.same([ready, words, restarts], want);
  });
}

t.test('POD.columns show where a Pod is and which gates it has passed', async (t) => {
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'x' },
    spec: {
      containers: [{ name: 'c' }],
      nodeName: 'n1',
      readinessGates: [{ conditionType: 'a/b' }, { conditionType: 'a/c' }],
    },
    status: { podIPs: [{ ip: '10.244.0.5' }], conditions: [{ type: 'a/b', status: 'True' }] },
  };
  t.same(
    POD.columns?.filter(({ priority }) => priority > 0).map((column) => column.value(pod, NOW)),
    ['10.244.0.5', 'n1', '<none>', '1/2'],
  );
});

const POD_STATUSES = [
  { name: 'what it is', status: { phase: 'Running', podIPs: [{ ip: '10.1.0.5' }] }, errors: [] },
  {
    name: 'another class, a bad condition and a bad address',
    status: {
      qosClass: 'Guaranteed',
      conditions: [
        { type: 'a b', status: 'True' },
        { type: 'Ready', status: 'True' },
      ],
      podIPs: [{ ip: 'x' }],
    },
    errors: [
      /^status\.conditions\[0\]\.Type: Invalid value: "a b": name part must consist/,
      'status.qosClass: Invalid value: "Guaranteed": field is immutable',
      /^status\.podIPs\[0\]: Invalid value: "x": must be a valid IP address/,
    ],
  },
  {
    name: 'two addresses of a family, and not those of the Node',
    status: {
      podIPs: [{ ip: '10.1.0.5' }, { ip: '10.1.0.6' }],
      hostIP: '10.0.0.1',
      hostIPs: [{ ip: '10.0.0.2' }],
    },
    errors: [
      'status.podIPs: Invalid value: [{"IP":"10.1.0.5"},{"IP":"10.1.0.6"}]: may specify no more than one IP for each IP family',
      'status.hostIPs[0].ip: Invalid value: "10.0.0.2": must be equal to `hostIP`',
    ],
  },
];
for (const { name, status, errors } of POD_STATUSES) {
  t.test(`POD.validateStatus() of ${name}`, async (t) => {
    const store = createKindsStore();
    const made = store.create(kindObject('Pod', { spec: container({}) }));
    const found = refusals(() => store.update({ ...made, status }, { subresource: 'status' }));
    t.match(found, errors);
    t.equal(found.length, errors.length, found.join('\n'));
  });
}

const ADDRESSES = [
  { name: 'the older field alone', status: { podIP: '10.1.0.5' }, want: ['10.1.0.5'] },
  { name: 'the newer field alone', status: { podIPs: [{ ip: '10.1.0.5' }] }, want: ['10.1.0.5'] },
  {
    name: 'the older field before the newer',
    status: { podIP: '10.1.0.5', podIPs: [{ ip: '10.1.0.6' }, { ip: 'fd00::6' }] },
    want: ['10.1.0.5'],
  },
];
for (const { name, status, want } of ADDRESSES) {
  t.test(`POD.defaults() reads addresses from ${name}`, async (t) => {
    const store = createKindsStore();
    const made = store.create(kindObject('Pod', { spec: container({}) }));
    const { status: found } = store.update({ ...made, status }, { subresource: 'status' }) as Pod;
    t.same(
      found?.podIPs?.map(({ ip }) => ip),
      want,
    );
    t.equal(found?.podIP, want[0]);
  });
}

t.test('POD.prepareForCreate() says of a gated Pod that nobody schedules it', async (t) => {
  const spec = { ...container({}), schedulingGates: [{ name: 'g' }] };
  const { status } = createKindsStore().create(kindObject('Pod', { spec })) as Pod;
  t.match(status?.conditions, [
    { type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' },
  ]);
});
