import t from 'tap';
import type { KubeObject } from '../../src/api/index.ts';
import { loadWarnings } from '../../src/api/index.ts';
import { createKindsStore, kindObject } from './kinds/admit.ts';

/** What a client is told who writes `object`, over `old` where there is one. */
async function told(object: KubeObject, old?: KubeObject): Promise<readonly string[]> {
  await loadWarnings();
  const store = createKindsStore();
  if (old !== undefined) store.create(old);
  const texts: string[] = [];
  const request = {
    user: { name: 'me', groups: [] },
    version: 'v1',
    warn: (text: string) => void texts.push(text),
  };
  if (old === undefined) store.create(object, { request });
  else store.update(object, { request });
  return texts;
}

const ALLOCATED = { clusterIP: '10.96.0.9', clusterIPs: ['10.96.0.9'], ports: [{ port: 80 }] };
const MEBI = { resources: { requests: { memory: '1500m' } } };

function template(spec: object, annotations: object = {}): object {
  return {
    metadata: { labels: { a: 'b' }, annotations },
    spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
  };
}

function deployment(spec: object, replicas = 1): KubeObject {
  const selector = { matchLabels: { a: 'b' } };
  return kindObject('Deployment', { spec: { replicas, selector, template: template(spec) } });
}

function pod(spec: object, name = 'x'): KubeObject {
  return kindObject('Pod', template(spec), name);
}

// Texts as a 1.36.3 server told them.
const cases: readonly {
  readonly name: string;
  readonly object: KubeObject;
  readonly old?: KubeObject;
  readonly texts: readonly string[];
}[] = [
  { name: 'nothing odd', object: kindObject('Service', { spec: ALLOCATED }), texts: [] },
  {
    name: 'what a Service has in vain',
    object: kindObject('Service', {
      spec: {
        ...ALLOCATED,
        externalIPs: ['2001:DB8::1'],
        externalName: 'x',
        trafficDistribution: 'PreferClose',
      },
    }),
    texts: [
      'spec.externalIPs[0]: IPv6 address "2001:DB8::1" should be in RFC 5952 canonical format ("2001:db8::1")',
      'spec.externalIPs is deprecated and may no longer be implemented in some clusters',
      'spec.externalName is ignored when spec.type is not "ExternalName"',
      'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
    ],
  },
  {
    name: 'what a headless Service has in vain',
    object: kindObject('Service', {
      spec: { clusterIP: 'None', clusterIPs: ['None'], loadBalancerIP: '192.0.2.1' },
    }),
    texts: ['spec.loadBalancerIP is ignored for headless services'],
  },
  {
    name: 'an Ingress with its class in an annotation',
    object: kindObject('Ingress', {
      metadata: { annotations: { 'kubernetes.io/ingress.class': 'nginx' } },
      spec: { defaultBackend: { service: { name: 'a', port: { number: 80 } } } },
    }),
    texts: [
      `annotation "kubernetes.io/ingress.class" is deprecated, please use 'spec.ingressClassName' instead`,
    ],
  },
  {
    name: 'a TLS Secret without certificate',
    object: kindObject('Secret', {
      type: 'kubernetes.io/tls',
      data: { 'tls.crt': 'YQ==', 'tls.key': 'YQ==' },
    }),
    texts: ['tls: failed to find any PEM data in certificate input'],
  },
  {
    name: 'half a byte of storage',
    object: kindObject('PersistentVolumeClaim', {
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1500m' } } },
    }),
    texts: [
      'spec.resources.requests[storage]: fractional byte value "1500m" is invalid, must be an integer',
    ],
  },
  {
    name: 'a Pod whose name is no label',
    object: pod({}, 'a.b'),
    texts: [
      "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]",
    ],
  },
  {
    name: 'ports that overlap',
    object: pod({
      containers: [
        { name: 'a', image: 'i', ports: [{ name: 'p', containerPort: 80 }] },
        { name: 'b', image: 'i', ports: [{ name: 'p', containerPort: 80, hostPort: 8080 }] },
        { name: 'c', image: 'i', ports: [{ containerPort: 80 }] },
      ],
    }),
    texts: [
      'spec.containers[1].ports[0]: overlapping port definition with spec.containers[0].ports[0]',
      'spec.containers[2].ports[0]: duplicate port definition with spec.containers[0].ports[0]',
      'spec.containers[2].ports[0]: overlapping port definition with spec.containers[1].ports[0]',
      'spec.containers[1].ports[0]: duplicate port name "p" with spec.containers[0].ports[0], services and probes that select ports by name will use spec.containers[0].ports[0]',
    ],
  },
  {
    name: 'a variable that hides another, and one that is made of it',
    object: pod({
      containers: [
        {
          name: 'a',
          image: 'i',
          env: [
            { name: 'A', value: '1' },
            { name: 'A', value: '2' },
            { name: 'A', value: '$(A)3' },
          ],
        },
      ],
    }),
    texts: [
      'spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply',
    ],
  },
  {
    name: 'files of a volume that hide each other',
    object: pod({
      volumes: [
        {
          name: 'v',
          configMap: {
            name: 'm',
            items: [
              { key: 'a', path: 'd' },
              { key: 'b', path: 'd/e' },
            ],
          },
        },
      ],
    }),
    texts: ['volume "v" (ConfigMap "m"): overlapping paths: "d/e" with "d"'],
  },
  {
    name: 'labels of Nodes from long ago',
    object: pod({ nodeSelector: { 'beta.kubernetes.io/os': 'linux' } }),
    texts: [
      'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
    ],
  },
  {
    name: 'a template with half a byte of memory',
    object: deployment({ containers: [{ name: 'c', image: 'i', ...MEBI }] }),
    texts: [
      'spec.template.spec.containers[0].resources.requests[memory]: fractional byte value "1500m" is invalid, must be an integer',
    ],
  },
  {
    name: 'a template that is scaled, and was told of before',
    old: deployment({ hostAliases: [{ ip: '10.0.0.1' }, { ip: '10.0.0.1' }] }),
    object: deployment({ hostAliases: [{ ip: '10.0.0.1' }, { ip: '10.0.0.1' }] }, 2),
    texts: ['spec.template.spec.hostAliases[1].ip: duplicate ip "10.0.0.1"'],
  },
  {
    name: 'a Deployment that only gets a label',
    old: deployment({ hostAliases: [{ ip: '10.0.0.1' }, { ip: '10.0.0.1' }] }),
    object: {
      ...deployment({ hostAliases: [{ ip: '10.0.0.1' }, { ip: '10.0.0.1' }] }),
      metadata: { name: 'x', namespace: 'default', labels: { a: 'b' } },
    },
    texts: [],
  },
];
for (const { name, object, old, texts } of cases) {
  t.test(`Store tells clients of ${name}`, async (t) => {
    t.same(await told(object, old), texts);
  });
}
