/** The names that every server is asked for: the same Services, as objects of the store and as plain records. */
import {
  createKindRegistry,
  createStore,
  type KubeObject,
  type Store,
} from '../../src/api/index.ts';

const NAMESPACES = 10;
const ENDPOINTS = 10;
const PORT = 8080;
export const ZONE = 'cluster.local.';

export interface WorldService {
  readonly name: string;
  readonly namespace: string;
  readonly clusterIP: string;
  /** `web-1.ns-1.svc.cluster.local.` */
  readonly qname: string;
}

/** Services with a cluster address each; their endpoints are not asked for, and weigh all the same. */
export function servicesOf(count: number): readonly WorldService[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `web-${index}`;
    const namespace = `ns-${index % NAMESPACES}`;
    return {
      name,
      namespace,
      clusterIP: `10.96.${index >> 8}.${index & 0xff}`,
      qname: `${name}.${namespace}.svc.${ZONE}`,
    };
  });
}

/** A store with these Services, ten endpoints each, and a headless Service `churn` in `ns-0`. */
export function createWorldStore(count: number): Store {
  // Objects are taken as they are: what is measured is answering.
  const store = createStore({ kinds: createKindRegistry([]), now: Date.now, random: () => 0.5 });
  for (let index = 0; index < NAMESPACES; index += 1)
    store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: `ns-${index}` } });
  for (const [index, { name, namespace, clusterIP }] of servicesOf(count).entries()) {
    store.create(serviceOf(name, namespace, clusterIP));
    const addresses = Array.from({ length: ENDPOINTS }, (_, at) => podAddress(index * 10 + at));
    store.create(sliceOf(name, namespace, addresses));
  }
  store.create(serviceOf('churn', 'ns-0', 'None'));
  store.create(sliceOf('churn', 'ns-0', [podAddress(0)]));
  return store;
}

function serviceOf(name: string, namespace: string, clusterIP: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: {
      type: 'ClusterIP',
      clusterIP,
      clusterIPs: [clusterIP],
      ports: [{ name: 'http', port: PORT, protocol: 'TCP' }],
    },
  };
}

/** The EndpointSlice of a Service. */
export function sliceOf(
  service: string,
  namespace: string,
  addresses: readonly string[],
): KubeObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${service}-1`,
      namespace,
      labels: { 'kubernetes.io/service-name': service },
    },
    addressType: 'IPv4',
    endpoints: addresses.map((address) => ({
      addresses: [address],
      conditions: { ready: true, serving: true, terminating: false },
    })),
    ports: [{ name: 'http', port: PORT, protocol: 'TCP' }],
  };
}

export function podAddress(index: number): string {
  return `10.${128 + (index >> 16)}.${(index >> 8) & 0xff}.${index & 0xff}`;
}

/** Questions for dnsperf, the same on every run: 80 % addresses, 15 % names that do not exist, 5 % SRV. */
export function queryLines(count: number, lines: number = 20_000): string {
  const random = seeded(1);
  const services = servicesOf(count);
  const line = (): string => {
    const { qname, name } = services[Math.floor(random() * count)] ?? { qname: ZONE, name: '' };
    const share = random();
    if (share < 0.8) return `${qname} A`;
    if (share < 0.95) return `${qname.replace(name, `no-${name}`)} A`;
    return `_http._tcp.${qname} SRV`;
  };
  return `${Array.from({ length: lines }, line).join('\n')}\n`;
}

/** The addresses alone, as `/etc/hosts` has them. */
export function hostsFile(count: number): string {
  return servicesOf(count)
    .map(({ clusterIP, qname }) => `${clusterIP} ${qname.slice(0, -1)}\n`)
    .join('');
}

/** Records in zone-file form. */
export function recordLines(count: number): readonly string[] {
  return servicesOf(count).flatMap(({ qname, clusterIP }) => [
    `${qname} 30 IN A ${clusterIP}`,
    `_http._tcp.${qname} 30 IN SRV 0 100 ${PORT} ${qname}`,
  ]);
}

/** A linear congruential generator: good enough to mix questions. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
