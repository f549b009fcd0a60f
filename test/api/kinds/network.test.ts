import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ENDPOINT_SLICE } from '../../../src/api/kinds/endpoint-slice.ts';
import { ENDPOINTS } from '../../../src/api/kinds/endpoints.ts';
import { INGRESS_CLASS } from '../../../src/api/kinds/ingress-class.ts';
import { INGRESS } from '../../../src/api/kinds/ingress.ts';
import { at } from '../../conformance/areas/api/json-path.ts';
import {
  createKindsStore,
  kindObject,
  NOW,
  refusals,
  refusalsOf,
  updateRefusals,
} from './admit.ts';

const FIXTURES = join(import.meta.dirname, '../../../fixtures/conformance');

interface PolicyRow {
  readonly id: string;
  readonly kind: string;
  readonly why: string;
  readonly spec: object;
  readonly expect: 'accept' | 'reject';
  readonly operation?: string;
  readonly field?: string;
  readonly reason?: string;
  readonly messageHas?: string;
  readonly stored?: Readonly<Record<string, unknown>>;
}

// The table's rows are what it says of itself.
const policies = JSON.parse(readFileSync(join(FIXTURES, 'policy/admission.json'), 'utf8')) as {
  readonly cases: readonly PolicyRow[];
};
for (const row of policies.cases.filter(
  ({ kind, operation }) => kind === 'NetworkPolicy' && !operation,
)) {
  t.test(`NETWORK_POLICY ${row.id}: ${row.why}`, async (t) => {
    const store = createKindsStore();
    const object = kindObject('NetworkPolicy', { spec: row.spec });
    const errors = refusals(() => store.create(object));
    if (row.expect === 'reject') {
      const [first = ''] = errors;
      t.ok(first.startsWith(`${row.field}: `), first);
      t.ok(first.includes(row.messageHas ?? ''), first);
      return;
    }
    t.same(errors, []);
    const spec = store.get('NetworkPolicy', 'default', 'x')?.spec;
    for (const [path, want] of Object.entries(row.stored ?? {})) t.same(at(spec, path), want, path);
  });
}

t.test('NETWORK_POLICY keeps prefixes that are stored already', async (t) => {
  const spec = { egress: [{ to: [{ ipBlock: { cidr: '10.0.0.1/8' } }] }] };
  const old = kindObject('NetworkPolicy', { spec });
  const row = createKindsStore();
  t.equal(refusals(() => row.create(old)).length, 1);
  const { NETWORK_POLICY } = await import('../../../src/api/kinds/network-policy.ts');
  // As an older server had stored it.
  const policy = { ...old, kind: 'NetworkPolicy', spec } as const;
  t.same(NETWORK_POLICY.validate?.(policy, policy), []);
});

const slice = (fields: object): object => ({ addressType: 'IPv4', endpoints: [], ...fields });
const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const SLICES = [
  {
    name: 'an address of the other family',
    body: slice({ endpoints: [{ addresses: ['fd00::1'] }] }),
    errors: ['endpoints[0].addresses: Invalid value: "fd00::1": must be an IPv4 address'],
  },
  {
    name: 'addresses that stay on their Node',
    body: slice({ endpoints: [{ addresses: ['127.0.0.1'] }, { addresses: ['169.254.1.1'] }] }),
    errors: [
      'endpoints[0].addresses[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      'endpoints[1].addresses[0]: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
    ],
  },
  {
    name: 'too many endpoints',
    body: slice({ endpoints: Array.from({ length: 1001 }, () => ({ addresses: ['10.0.0.1'] })) }),
    errors: ['endpoints: Too many: 1001: must have at most 1000 items'],
  },
  {
    name: 'no address, and too many',
    body: slice({
      endpoints: [
        { addresses: [] },
        { addresses: Array.from({ length: 101 }, (_, index) => `10.0.0.${index}`) },
      ],
    }),
    errors: [
      'endpoints[0].addresses: Required value: must contain at least 1 address',
      'endpoints[1].addresses: Too many: 101: must have at most 100 items',
    ],
  },
  {
    name: 'ports of one name',
    body: slice({
      ports: [
        { name: 'a', port: 80 },
        { name: 'a', port: 81 },
      ],
    }),
    errors: ['ports[1].name: Duplicate value: "a"'],
  },
  {
    name: 'a hostname with dots',
    body: slice({ endpoints: [{ addresses: ['10.0.0.1'], hostname: 'web.0' }] }),
    errors: ['endpoints[0].hostname: Invalid value: "web.0": must not contain dots'],
  },
  {
    name: 'an address type of the alpha version',
    body: slice({ addressType: 'IP' }),
    errors: ['addressType: Unsupported value: "IP": supported values: "FQDN", "IPv4", "IPv6"'],
  },
  {
    name: 'an address that is none',
    body: slice({ endpoints: [{ addresses: ['10.0.0.256', 'fd00::1'] }] }),
    errors: [
      'endpoints[0].addresses[0]: Invalid value: "10.0.0.256": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      'endpoints[0].addresses: Invalid value: "fd00::1": must be an IPv4 address',
    ],
  },
  {
    name: 'hints that repeat, and a node that has no name',
    body: slice({
      endpoints: [
        {
          addresses: ['10.0.0.1'],
          nodeName: 'A',
          hints: { forZones: [{ name: 'a' }, { name: 'a' }], forNodes: [{ name: 'B' }] },
        },
      ],
    }),
    errors: [
      `endpoints[0].nodeName: Invalid value: "A": ${SUBDOMAIN}`,
      'endpoints[0].hints.forZones[1].name: Duplicate value: "a"',
      `endpoints[0].hints.forNodes[0].name: Invalid value: "B": ${SUBDOMAIN}`,
    ],
  },
  {
    name: 'nothing of a topology, which it drops',
    body: slice({
      endpoints: [{ addresses: ['10.0.0.1'], deprecatedTopology: { 'a b': 'c' } }],
    }),
    errors: [],
  },
  {
    name: 'a domain of one part',
    body: slice({
      addressType: 'FQDN',
      endpoints: [{ addresses: ['a'] }, { addresses: ['a.example'] }],
    }),
    errors: [
      'endpoints[0].addresses[0]: Invalid value: "a": should be a domain with at least two segments separated by dots',
    ],
  },
  {
    name: 'nothing of a domain',
    body: slice({ addressType: 'FQDN', endpoints: [{ addresses: ['a.example'] }] }),
    errors: [],
  },
];
for (const { name, body, errors } of SLICES) {
  t.test(`ENDPOINT_SLICE.validate() refuses ${name}`, async (t) => {
    t.same(refusalsOf('EndpointSlice', body), errors);
  });
}

t.test('ENDPOINT_SLICE keeps its address type', async (t) => {
  t.same(updateRefusals('EndpointSlice', slice({}), slice({ addressType: 'IPv6' })), [
    'addressType: Invalid value: "IPv6": field is immutable',
  ]);
});

t.test('ENDPOINT_SLICE names its ports and is printed', async (t) => {
  const body = slice({
    endpoints: ['1', '2', '3', '4'].map((last) => ({ addresses: [`10.0.0.${last}`] })),
    ports: [{ name: 'h', port: 80 }, {}],
  });
  const store = createKindsStore();
  store.create(kindObject('EndpointSlice', body));
  const stored = store.get('EndpointSlice', 'default', 'x');
  t.same(stored?.ports, [
    { name: 'h', port: 80, protocol: 'TCP' },
    { name: '', protocol: 'TCP' },
  ]);
  if (stored)
    t.same(ENDPOINT_SLICE.columns?.map((column) => column.value(stored, NOW)).slice(1, 4), [
      'IPv4',
      '80,',
      '10.0.0.1,10.0.0.2,10.0.0.3 + 1 more...',
    ]);
});

t.test('ENDPOINTS are checked and printed', async (t) => {
  t.same(
    refusalsOf('Endpoints', {
      subsets: [
        {},
        {
          addresses: [{ ip: '127.0.0.1' }, { ip: '10.0.0.1', hostname: 'A.b' }],
          ports: [{ port: 0 }, { name: 'a', port: 1, protocol: 'X' }],
        },
      ],
    }).map((line) => line.replace(/(a lowercase RFC 1123 label).*/, '$1')),
    [
      'subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`',
      'subsets[1].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      'subsets[1].addresses[1].hostname: Invalid value: "A.b": a lowercase RFC 1123 label',
      'subsets[1].ports[0].name: Required value',
      'subsets[1].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
      'subsets[1].ports[1].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"',
    ],
  );
  const store = createKindsStore();
  const addresses = [{ ip: '10.0.0.3' }, { ip: 'fd00::2' }];
  const ports = [
    { port: 80, name: 'b' },
    { port: 81, name: 'a' },
  ];
  store.create(kindObject('Endpoints', { subsets: [{ addresses, ports }] }));
  const stored = store.get('Endpoints', 'default', 'x');
  if (stored)
    t.equal(
      ENDPOINTS.columns?.[1]?.value(stored, NOW),
      '10.0.0.3:80,[fd00::2]:80,10.0.0.3:81 + 1 more...',
    );
});

const backend = { service: { name: 'a', port: { number: 80 } } };
const path = (fields: object): object => ({
  rules: [{ http: { paths: [{ path: '/', pathType: 'Prefix', backend, ...fields }] } }],
});
const PATH = 'spec.rules[0].http.paths[0]';
const INGRESSES = [
  {
    name: 'nothing to do',
    spec: {},
    errors: ['spec: Invalid value: null: either `defaultBackend` or `rules` must be specified'],
  },
  {
    name: 'a path that is none',
    spec: path({ path: 'x' }),
    errors: [`${PATH}.path: Invalid value: "x": must be an absolute path`],
  },
  {
    name: 'a path that climbs',
    spec: path({ path: '/a/../b//c/.' }),
    errors: [
      `${PATH}.path: Invalid value: "/a/../b//c/.": must not contain '//'`,
      `${PATH}.path: Invalid value: "/a/../b//c/.": must not contain '/../'`,
      `${PATH}.path: Invalid value: "/a/../b//c/.": cannot end with '/.'`,
    ],
  },
  {
    name: 'no type of path',
    spec: path({ pathType: undefined }),
    errors: [`${PATH}.pathType: Required value: pathType must be specified`],
  },
  {
    name: 'an unknown type of path',
    spec: path({ pathType: 'Regex' }),
    errors: [
      `${PATH}.pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"`,
    ],
  },
  {
    name: 'nothing about a path of another kind',
    spec: path({ path: undefined, pathType: 'ImplementationSpecific' }),
    errors: [],
  },
  {
    name: 'no paths',
    spec: { rules: [{ http: { paths: [] } }] },
    errors: ['spec.rules[0].http.paths: Required value'],
  },
  {
    name: 'no backend',
    spec: path({ backend: {} }),
    errors: [`${PATH}.backend: Invalid value: "": resource or service backend is required`],
  },
  {
    name: 'a Service without a port',
    spec: path({ backend: { service: { name: 'a' } } }),
    errors: [`${PATH}.backend: Required value: port name or number is required`],
  },
  {
    name: 'a port by name and number',
    spec: path({ backend: { service: { name: 'a', port: { name: 'http', number: 80 } } } }),
    errors: [`${PATH}.backend: Invalid value: "": cannot set both port name & port number`],
  },
  {
    name: 'a resource that no path leads to',
    spec: { defaultBackend: { resource: { apiGroup: 'A', kind: 'a/b', name: '..' } } },
    errors: [
      `spec.defaultBackend.resource.apiGroup: Invalid value: "A": ${SUBDOMAIN}`,
      `spec.defaultBackend.resource.kind: Invalid value: "a/b": may not contain '/'`,
      `spec.defaultBackend.resource.name: Invalid value: "..": may not be '..'`,
    ],
  },
  {
    name: 'two backends in one',
    spec: { defaultBackend: { ...backend, resource: { kind: 'K', name: 'n' } } },
    errors: [
      'spec.defaultBackend: Invalid value: "": cannot set both resource and service backends',
    ],
  },
  {
    name: 'hosts that are none',
    spec: {
      rules: [{ host: '192.0.2.1' }, { host: 'a.*.c' }, { host: 'A.b' }],
      tls: [{ hosts: ['-x'], secretName: 'A' }],
    },
    errors: [
      'spec.rules[0].host: Invalid value: "192.0.2.1": must be a DNS name, not an IP address',
      /^spec\.rules\[1\]\.host: Invalid value: "a\.\*\.c": a wildcard DNS-1123 subdomain must start with/,
      /^spec\.rules\[2\]\.host: Invalid value: "A\.b": a lowercase RFC 1123 subdomain/,
      /^spec\.tls\[0\]\.hosts\[0\]: Invalid value: "-x": a lowercase RFC 1123 subdomain/,
      /^spec\.tls\[0\]\.secretName: Invalid value: "A": a lowercase RFC 1123 subdomain/,
    ],
  },
  {
    name: 'a class and another in the annotation',
    spec: { ...path({}), ingressClassName: 'a' },
    annotations: { 'kubernetes.io/ingress.class': 'b' },
    errors: [
      'annotations.kubernetes.io/ingress.class: Invalid value: "b": must match `ingressClassName` when both are specified',
    ],
  },
];
for (const { name, spec, annotations, errors } of INGRESSES) {
  t.test(`INGRESS.validate() refuses ${name}`, async (t) => {
    const actual = refusalsOf('Ingress', {
      spec,
      ...(annotations && { metadata: { annotations } }),
    });
    t.match(actual, errors);
    t.equal(actual.length, errors.length, actual.join('\n'));
  });
}

t.test('INGRESS.columns show hosts, addresses and ports', async (t) => {
  const rules = ['a', 'b', 'c', 'd'].map((host) => ({ host: `${host}.example.org` }));
  const store = createKindsStore();
  const created = store.create(
    kindObject('Ingress', { spec: { rules, tls: [{}], ingressClassName: 'c' } }),
  );
  const ingress = [{ ip: '127.0.0.1' }, { hostname: 'h.example.org' }];
  store.update({ ...created, status: { loadBalancer: { ingress } } }, { subresource: 'status' });
  const stored = store.get('Ingress', 'default', 'x');
  if (stored)
    t.same(
      INGRESS.columns?.map((column) => column.value(stored, NOW)),
      [
        'x',
        'c',
        'a.example.org,b.example.org,c.example.org + 1 more...',
        '127.0.0.1,h.example.org',
        '80, 443',
        '0s',
      ],
    );
});

t.test('INGRESS_CLASS is checked, keeps its controller, and is printed', async (t) => {
  t.match(refusalsOf('IngressClass', { spec: { controller: 'nginx' } }), [
    'spec.controller: Invalid value: "nginx": must be a domain-prefixed path (such as "acme.io/foo")',
  ]);
  const parameters = { kind: 'K', name: 'n', apiGroup: 'g.example' };
  t.same(
    refusalsOf('IngressClass', {
      spec: { controller: 'a.b/c', parameters: { ...parameters, namespace: 'x' } },
    }),
    ["spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'"],
  );
  t.same(
    updateRefusals(
      'IngressClass',
      { spec: { controller: 'a.b/c' } },
      { spec: { controller: 'a.b/d' } },
    ),
    ['spec.controller: Invalid value: "a.b/d": field is immutable'],
  );
  const store = createKindsStore();
  const annotations = { 'ingressclass.kubernetes.io/is-default-class': 'true' };
  store.create(
    kindObject('IngressClass', {
      metadata: { annotations },
      spec: { controller: 'a.b/c', parameters },
    }),
  );
  const stored = store.get('IngressClass', undefined, 'x');
  t.equal(stored?.spec?.parameters?.scope, 'Cluster');
  if (stored)
    t.same(
      INGRESS_CLASS.columns?.map((column) => column.value(stored, NOW)),
      ['x (default)', 'a.b/c', 'K.g.example/n', '0s'],
    );
});

t.test('SERVICE_CIDR holds one canonical prefix a family and keeps it', async (t) => {
  t.match(refusalsOf('ServiceCIDR', { spec: {} }), [
    'spec.cidrs: Required value: at least one CIDR required',
  ]);
  t.match(refusalsOf('ServiceCIDR', { spec: { cidrs: ['fd00:0::/108'] } }), [
    'spec.cidrs[0]: Invalid value: "fd00:0::/108": must be in canonical form ("fd00::/108")',
  ]);
  t.match(refusalsOf('ServiceCIDR', { spec: { cidrs: ['10.0.0.0/16', '10.1.0.0/16'] } }), [
    /may specify no more than one IP for each IP family/,
  ]);
  t.match(
    updateRefusals(
      'ServiceCIDR',
      { spec: { cidrs: ['10.0.0.0/16'] } },
      { spec: { cidrs: ['10.1.0.0/16'] } },
    ),
    [/^spec\.cidrs: .*field is immutable$/],
  );
});

t.test('IP_ADDRESS is named after its address', async (t) => {
  const spec = { parentRef: { resource: 'services', namespace: 'default', name: 'web' } };
  t.same(refusalsOf('IPAddress', { spec }, '10.96.0.1'), []);
  t.same(refusalsOf('IPAddress', { spec }, 'fd00:0::1'), [
    'metadata.name: Invalid value: "fd00:0::1": must be in canonical form ("fd00::1")',
  ]);
  t.same(refusalsOf('IPAddress', { spec: {} }, '10.96.0.1'), [
    'spec.parentRef.resource: Required value',
    'spec.parentRef.name: Required value',
  ]);
});
