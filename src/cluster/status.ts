import type { Service, ServicePort } from '../api/index.ts';
import type {
  ClusterStatus,
  IngressStatus,
  Listening,
  Reach,
  ServicePortStatus,
  ServiceStatus,
  Warning,
} from '../control/index.ts';
import type { Cluster } from './create-cluster.ts';

export interface StatusFacts {
  readonly version: string;
  readonly pid: number;
  readonly readyMs: number;
  readonly warnings: readonly Warning[];
}

/** What the cluster serves and where, as things are now. */
export function statusOf(cluster: Cluster, facts: StatusFacts): ClusterStatus {
  const { store, options, dns, ingress, entry } = cluster;
  const pods = store.list('Pod');
  const [dnsAddress] = dns?.addresses ?? [];
  return {
    name: options.name,
    version: facts.version,
    pid: facts.pid,
    readyMs: facts.readyMs,
    seed: options.seed,
    ...(dnsAddress === undefined ? {} : { dns: listening(dnsAddress) }),
    ...(ingress === undefined
      ? {}
      : { ingress: { ...door('http', ingress.http[0]), ...door('https', ingress.https[0]) } }),
    ...(entry === undefined ? {} : { entry: listening(entry) }),
    services: store.list('Service').map((service) => serviceStatus(cluster, service)),
    ingresses: ingressStatuses(cluster),
    objects: cluster.kinds
      .all()
      .reduce((count, { name }) => count + store.list<string>(name).length, 0),
    namespaces: store.list('Namespace').length,
    pods: {
      ready: pods.filter(
        ({ status }) =>
          status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ===
          true,
      ).length,
      total: pods.length,
    },
    warnings: facts.warnings,
  };
}

function listening({ address, port }: Listening): Listening {
  return { address, port };
}

function door<K extends string>(
  name: K,
  listener: Listening | undefined,
): Partial<Record<K, Listening>> {
  return listener === undefined
    ? {}
    : ({ [name]: listening(listener) } as Partial<Record<K, Listening>>); // K is one name
}

function serviceStatus(cluster: Cluster, { metadata, spec = {} }: Service): ServiceStatus {
  const { name, namespace = '' } = metadata;
  const ways = cluster.backend?.reachOf(namespace, name) ?? [];
  const { type = 'ClusterIP', clusterIPs = [], ports = [], externalName } = spec;
  return {
    namespace,
    name,
    type,
    clusterIPs: clusterIPs.filter((ip) => ip !== 'None'),
    ...(externalName === undefined ? {} : { externalName }),
    ports: ports.map((port) => portStatus(port, ways)),
    endpoints: countEndpoints(cluster, namespace, name),
  };
}

/** Addresses, not ports: a Pod behind two ports is one endpoint. Headless Services have them too. */
function countEndpoints(
  { store }: Cluster,
  namespace: string,
  name: string,
): ServiceStatus['endpoints'] {
  const isReady = new Map<string, boolean>();
  const labelSelector = `kubernetes.io/service-name=${name}`;
  for (const { endpoints } of store.list('EndpointSlice', { namespace, labelSelector })) {
    for (const { addresses, conditions } of endpoints ?? []) {
      for (const address of addresses) isReady.set(address, conditions?.ready !== false);
    }
  }
  return { ready: [...isReady.values()].filter(Boolean).length, total: isReady.size };
}

type Way = ReturnType<NonNullable<Cluster['backend']>['reachOf']>[number];

/** Ways as the contract of `up -o json` names them. */
const VIA: Readonly<Partial<Record<Way['via'], Reach['via']>>> = {
  clusterIP: 'clusterIP',
  nodePort: 'nodePort',
  loadBalancerIP: 'loadBalancer',
  externalIP: 'externalIP',
};

function portStatus(
  { name, protocol = 'TCP', port, targetPort, nodePort }: ServicePort,
  ways: readonly Way[],
): ServicePortStatus {
  const own = ways.filter((way) => way.servicePort === port && way.protocol === protocol);
  const unreachable = [
    ...new Set(
      own.flatMap(({ via, reason }) =>
        reason === undefined ? [] : [`${VIA[via] ?? via}: ${reason}`],
      ),
    ),
  ];
  return {
    ...(name === undefined ? {} : { name }),
    protocol,
    port,
    ...(targetPort === undefined ? {} : { targetPort }),
    ...(nodePort === undefined ? {} : { nodePort }),
    reach: own.flatMap(({ via, address, port: bound, reason }) => {
      const known = VIA[via];
      return reason === undefined && known !== undefined
        ? [{ address, port: bound, via: known }]
        : [];
    }),
    ...(unreachable.length === 0 ? {} : { unreachable }),
  };
}

/** Ingresses that are served, with a URL for each path. */
function ingressStatuses({ store, routing, ingress }: Cluster): readonly IngressStatus[] {
  const [http] = ingress?.http ?? [];
  const [https] = ingress?.https ?? [];
  return store
    .list('Ingress')
    .filter((object) => routing.isOurs(object, store))
    .map(({ metadata: { name, namespace = '' }, spec = {} }) => {
      const secured = new Set((spec.tls ?? []).flatMap(({ hosts = [] }) => hosts));
      const urls = (spec.rules ?? []).flatMap(({ host = 'localhost', http: rule }) => {
        const isSecured = secured.has(host) && https !== undefined;
        const port = isSecured ? https.port : http?.port;
        const base = `${isSecured ? 'https' : 'http'}://${host}${port === (isSecured ? 443 : 80) ? '' : `:${port}`}`;
        return (rule?.paths ?? []).map(({ path = '/' }) => `${base}${path}`);
      });
      return { namespace, name, urls: [...new Set(urls)] };
    });
}
