import t from 'tap';
import type { KubeObject, Service, ServiceSpec } from '../../../src/api/index.ts';
import { SERVICE } from '../../../src/api/kinds/service.ts';
import { createKindsStore, kindObject, NOW, refusals, updateRefusals } from './admit.ts';

const PORTS = [{ port: 80 }];

/** What a cluster's allocator adds before a Service is validated. */
const ALLOCATED = { clusterIP: '10.96.0.9', clusterIPs: ['10.96.0.9'], ports: PORTS };

function service(spec: object, rest: object = {}): KubeObject & Service {
  return kindObject('Service', { spec, ...rest }) as KubeObject & Service;
}

function defaulted(spec: object): ServiceSpec | undefined {
  return SERVICE.defaults?.(service(spec), { old: undefined }).spec;
}

const DEFAULTS = [
  {
    name: 'an empty spec',
    spec: {},
    want: { type: 'ClusterIP', sessionAffinity: 'None', internalTrafficPolicy: 'Cluster' },
  },
  {
    name: 'values that say nothing',
    spec: { type: '', clusterIP: '', externalIPs: [], ports: [], healthCheckNodePort: 0 },
    want: { type: 'ClusterIP', sessionAffinity: 'None', internalTrafficPolicy: 'Cluster' },
  },
  {
    name: 'a load balancer',
    spec: { type: 'LoadBalancer' },
    want: {
      type: 'LoadBalancer',
      sessionAffinity: 'None',
      internalTrafficPolicy: 'Cluster',
      externalTrafficPolicy: 'Cluster',
      allocateLoadBalancerNodePorts: true,
    },
  },
  {
    name: 'an external name',
    spec: { type: 'ExternalName', externalName: 'db.example.org' },
    want: { type: 'ExternalName', externalName: 'db.example.org', sessionAffinity: 'None' },
  },
  {
    name: 'client affinity',
    spec: { sessionAffinity: 'ClientIP' },
    want: {
      type: 'ClusterIP',
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } },
      internalTrafficPolicy: 'Cluster',
    },
  },
];
for (const { name, spec, want } of DEFAULTS) {
  t.test(`SERVICE.defaults() of ${name}`, async (t) => {
    t.same(defaulted(spec), want);
  });
}

t.test('SERVICE.defaults() fills in ports', async (t) => {
  const ports = [
    { port: 80, targetPort: 0, nodePort: 0, name: '' },
    { port: 53, targetPort: '', protocol: 'UDP', name: 'dns' },
    { port: 443, targetPort: 'https', name: 'https' },
  ];
  t.same(defaulted({ ports })?.ports, [
    { port: 80, targetPort: 80, protocol: 'TCP' },
    { port: 53, targetPort: 53, protocol: 'UDP', name: 'dns' },
    { port: 443, targetPort: 'https', protocol: 'TCP', name: 'https' },
  ]);
});

t.test('SERVICE.defaults() says how load balancers are reached', async (t) => {
  const status = {
    loadBalancer: { ingress: [{ ip: '192.0.2.1' }, { hostname: 'lb.example.org' }] },
  };
  const { status: filled } = SERVICE.defaults?.(service({}, { status }), { old: undefined }) ?? {};
  t.same(filled?.loadBalancer?.ingress, [
    { ip: '192.0.2.1', ipMode: 'VIP' },
    { hostname: 'lb.example.org' },
  ]);
});

const REFUSED = [
  { name: 'no ports', spec: { ...ALLOCATED, ports: [] }, errors: ['spec.ports: Required value'] },
  {
    name: 'two ports of a number',
    spec: {
      ...ALLOCATED,
      ports: [
        { name: 'a', port: 1 },
        { name: 'b', port: 1 },
      ],
    },
    errors: [
      'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":1,"TargetPort":0,"NodePort":0}',
    ],
  },
  {
    name: 'an unknown distribution',
    spec: { ...ALLOCATED, trafficDistribution: 'x' },
    errors: [
      'spec.trafficDistribution: Unsupported value: "x": supported values: "PreferClose", "PreferSameZone", "PreferSameNode"',
    ],
  },
  {
    name: 'a selector that no label could match',
    spec: { ...ALLOCATED, selector: { app: 'a b' } },
    errors: [/^spec\.selector: Invalid value: "a b": a valid label must be an empty string/],
  },
  {
    name: 'mapped and padded addresses',
    spec: {
      ports: PORTS,
      clusterIP: '::ffff:10.0.0.1',
      clusterIPs: ['::ffff:10.0.0.1'],
      externalIPs: ['192.0.2.01', '169.254.1.1', '0.0.0.0', '224.0.0.5'],
    },
    errors: [
      'spec.clusterIPs[0]: Invalid value: "::ffff:10.0.0.1": must not be an IPv4-mapped IPv6 address',
      'spec.externalIPs[0]: Invalid value: "192.0.2.01": must not have leading 0s',
      'spec.externalIPs[1]: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
      'spec.externalIPs[2]: Invalid value: "0.0.0.0": may not be unspecified (0.0.0.0)',
      'spec.externalIPs[3]: Invalid value: "224.0.0.5": may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)',
    ],
  },
  {
    name: 'source ranges of an annotation',
    spec: ALLOCATED,
    annotations: {
      'service.beta.kubernetes.io/load-balancer-source-ranges': '10.0.0.0/8, 10.0.0.1/8',
    },
    errors: [
      "metadata.annotations[service.beta.kubernetes.io/load-balancer-source-ranges]: Forbidden: may only be used when `type` is 'LoadBalancer'",
      'metadata.annotations[service.beta.kubernetes.io/load-balancer-source-ranges]: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length',
    ],
  },
  {
    name: 'a class that is no qualified name',
    spec: { ...ALLOCATED, type: 'LoadBalancer', loadBalancerClass: 'a/b/c' },
    errors: [
      /^spec\.loadBalancerClass: Invalid value: "a\/b\/c": a valid label key must consist of/,
    ],
  },
];
for (const { name, spec, annotations, errors } of REFUSED) {
  t.test(`SERVICE.validate() refuses ${name}`, async (t) => {
    const body = { spec, ...(annotations && { metadata: { annotations } }) };
    const actual = refusals(() => createKindsStore().create(kindObject('Service', body)));
    t.match(actual, errors);
    t.equal(actual.length, errors.length);
  });
}

const SINGLE = { ...ALLOCATED, ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' };
const BALANCER = { ...SINGLE, type: 'LoadBalancer', loadBalancerClass: 'example.org/a' };
const LOCAL = { ...BALANCER, externalTrafficPolicy: 'Local', healthCheckNodePort: 30_000 };

const CHANGES = [
  {
    name: 'another address and family',
    before: SINGLE,
    after: {
      ...SINGLE,
      clusterIP: 'fd00::9',
      clusterIPs: ['fd00::9'],
      ipFamilies: ['IPv6'],
    },
    errors: [
      'spec.clusterIPs[0]: Invalid value: ["fd00::9"]: may not change once set',
      'spec.ipFamilies[0]: Invalid value: ["IPv6"]: may not change once set',
    ],
  },
  {
    name: 'a class of a Service that is no load balancer, which is looked at twice',
    before: SINGLE,
    after: { ...SINGLE, loadBalancerClass: 'example.org/a' },
    errors: [
      "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
      "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
    ],
  },
  {
    name: 'another class',
    before: BALANCER,
    after: { ...BALANCER, loadBalancerClass: 'example.org/b' },
    errors: ['spec.loadBalancerClass: Invalid value: "example.org/b": may not change once set'],
  },
  {
    name: 'another port for health checks',
    before: LOCAL,
    after: { ...LOCAL, healthCheckNodePort: 70_000 },
    errors: [
      'spec.healthCheckNodePort: Forbidden: field is immutable',
      'spec.healthCheckNodePort: Invalid value: 70000: must be between 1 and 65535, inclusive',
    ],
  },
  {
    name: 'an unknown type, which keeps the addresses',
    before: SINGLE,
    after: { ...SINGLE, type: 'x' },
    errors: [
      'spec.type: Unsupported value: "x": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
    ],
  },
];
for (const { name, before, after, errors } of CHANGES) {
  t.test(`SERVICE.validate() refuses ${name}, in an update`, async (t) => {
    t.same(updateRefusals('Service', { spec: before }, { spec: after }), errors);
  });
}

const STATUSES = [
  { name: 'an address', spec: BALANCER, ingress: [{ ip: '192.0.2.1' }], errors: [] },
  {
    name: 'an address of a Service that is no load balancer',
    spec: SINGLE,
    ingress: [{ ip: '192.0.2.1' }],
    errors: [
      "status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'",
    ],
  },
  {
    name: 'a mode without address, and an address for a name',
    spec: BALANCER,
    ingress: [{ ipMode: 'VIP', hostname: '192.0.2.1' }],
    errors: [
      'status.loadBalancer.ingress[0].ipMode: Forbidden: may not be specified when `ip` is not set',
      'status.loadBalancer.ingress[0].hostname: Invalid value: "192.0.2.1": must be a DNS name, not an IP address',
    ],
  },
  {
    name: 'an unknown mode',
    spec: BALANCER,
    ingress: [{ ip: '192.0.2.1', ipMode: 'x' }],
    errors: [
      'status.loadBalancer.ingress[0].ipMode: Unsupported value: "x": supported values: "Proxy", "VIP"',
    ],
  },
];
for (const { name, spec, ingress, errors } of STATUSES) {
  t.test(`SERVICE.validateStatus() of ${name}`, async (t) => {
    const store = createKindsStore();
    const made = store.create(service(spec));
    const reported = { ...made, status: { loadBalancer: { ingress } } };
    t.same(
      refusals(() => store.update(reported, { subresource: 'status' })),
      errors,
    );
  });
}

const TYPE_CHANGES = [
  {
    name: 'keeps the address of a NodePort that becomes a ClusterIP',
    before: { ...ALLOCATED, type: 'NodePort', ports: [{ port: 80, nodePort: 30_080 }] },
    after: { ...ALLOCATED, type: 'ClusterIP', ports: [{ port: 80, nodePort: 30_080 }] },
    want: { clusterIP: '10.96.0.9', ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }] },
  },
  {
    name: 'drops all of an address with the type',
    before: { ...ALLOCATED, ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' },
    after: {
      ...ALLOCATED,
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      type: 'ExternalName',
      externalName: 'db.example.org',
    },
    want: {
      clusterIP: undefined,
      clusterIPs: undefined,
      ipFamilies: undefined,
      ipFamilyPolicy: undefined,
      internalTrafficPolicy: undefined,
      externalName: 'db.example.org',
    },
  },
];
for (const { name, before, after, want } of TYPE_CHANGES) {
  t.test(`SERVICE.prepareForUpdate() ${name}`, async (t) => {
    const store = createKindsStore();
    store.create(service(before));
    const { spec } = store.update(service(after));
    for (const [field, value] of Object.entries(want))
      t.same(Reflect.get(spec ?? {}, field), value, field);
  });
}

t.test('SERVICE.prepareForUpdate() leaves a changed value for validation to refuse', async (t) => {
  const store = createKindsStore();
  store.create(
    service({ ...ALLOCATED, type: 'NodePort', ports: [{ port: 80, nodePort: 30_080 }] }),
  );
  const after = { ...ALLOCATED, type: 'ClusterIP', ports: [{ port: 80, nodePort: 30_081 }] };
  t.same(
    refusals(() => store.update(service(after))),
    ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
  );
});

t.test('SERVICE.validate() lets the second family go by saying SingleStack alone', async (t) => {
  const dual = {
    ports: PORTS,
    clusterIP: '10.96.0.9',
    clusterIPs: ['10.96.0.9', 'fd00::9'],
    ipFamilies: ['IPv4', 'IPv6'],
    ipFamilyPolicy: 'RequireDualStack',
  };
  const single = { ...dual, clusterIPs: ['10.96.0.9'], ipFamilies: ['IPv4'] };
  for (const { policy, count } of [
    { policy: 'PreferDualStack', count: 2 },
    { policy: 'SingleStack', count: 0 },
  ]) {
    const store = createKindsStore();
    store.create(service(dual));
    const after = service({ ...single, ipFamilyPolicy: policy });
    t.equal(refusals(() => store.update(after)).length, count, policy);
  }
});

const CELLS = [
  {
    name: 'headless',
    spec: { clusterIP: 'None', clusterIPs: ['None'], selector: { b: '2', a: '1' } },
    cells: ['x', 'ClusterIP', 'None', '<none>', '<none>', '5m', 'a=1,b=2'],
  },
  {
    name: 'node ports and external addresses',
    spec: {
      ...ALLOCATED,
      type: 'NodePort',
      externalIPs: ['192.0.2.7'],
      ports: [
        { port: 80, nodePort: 30_080 },
        { port: 53, protocol: 'UDP' },
      ],
    },
    cells: ['x', 'NodePort', '10.96.0.9', '192.0.2.7', '80:30080/TCP,53/UDP', '5m', '<none>'],
  },
  {
    name: 'a load balancer that waits',
    spec: { ...ALLOCATED, type: 'LoadBalancer' },
    cells: ['x', 'LoadBalancer', '10.96.0.9', '<pending>', '80/TCP', '5m', '<none>'],
  },
  {
    name: 'a load balancer with addresses',
    spec: { ...ALLOCATED, type: 'LoadBalancer', externalIPs: ['192.0.2.7'] },
    status: { loadBalancer: { ingress: [{ hostname: 'b.example.org' }, { ip: '127.1.0.1' }] } },
    cells: [
      'x',
      'LoadBalancer',
      '10.96.0.9',
      '127.1.0.1,b.example.org,192.0.2.7',
      '80/TCP',
      '5m',
      '<none>',
    ],
  },
  {
    name: 'an external name',
    spec: { type: 'ExternalName', externalName: 'db.example.org' },
    cells: ['x', 'ExternalName', '<none>', 'db.example.org', '<none>', '5m', '<none>'],
  },
];
for (const { name, spec, status, cells } of CELLS) {
  t.test(`SERVICE.columns of ${name}`, async (t) => {
    const metadata = { creationTimestamp: new Date(NOW - 300_000).toISOString() };
    const object = SERVICE.defaults?.(service(spec, { status, metadata }), { old: undefined });
    t.ok(object);
    if (object)
      t.same(
        SERVICE.columns?.map((column) => column.value(object, NOW)),
        cells,
      );
  });
}
