import type { Service, ServicePort, Store } from '../api/index.ts';
import type {
  ClusterStatus,
  IngressStatus,
  Listening,
  Reach,
  ServicePortStatus,
  ServiceStatus,
  Warning,
} from '../control/index.ts';
import { describeForeign, foreignClassOf } from '../ingress/index.ts';
import type { Cluster } from './create-cluster.ts';
import { isExpectedReady, unreadyPods } from './unready-pods.ts';

export interface StatusFacts {
  readonly version: string;
  readonly pid: number;
  readonly readyMs: number;
  readonly warnings: readonly Warning[];
}

/** What the cluster serves and where, as things are now. */
export function statusOf(cluster: Cluster, facts: StatusFacts): ClusterStatus {
  const { store, options, dns, ingress, entry, api } = cluster;
  const [dnsAddress] = dns?.addresses ?? [];
  return {
    name: options.name,
    version: facts.version,
    pid: facts.pid,
    readyMs: facts.readyMs,
    seed: options.seed,
    deny: options.deny,
    ...(dnsAddress === undefined ? {} : { dns: listening(dnsAddress) }),
    ...(api === undefined
      ? {}
      : {
          api: {
            server: api.url,
            kubeconfig: api.kubeconfig,
            ...(api.context !== undefined && { context: api.context }),
          },
        }),
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
    pods: podStatus(store),
    warnings: facts.warnings,
  };
}

function podStatus(store: Store): ClusterStatus['pods'] {
  const total = store.list('Pod').filter(isExpectedReady).length;
  const unready = unreadyPods(store);
  return { ready: total - unready.length, total, unready };
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
    clusterIPs,
    ...(externalName === undefined ? {} : { externalName }),
    ports: ports.map((port) => portStatus(port, ways)),
    endpoints: countEndpoints(cluster, { namespace, name, hasPorts: ports.length > 0 }),
  };
}

interface CountedService {
  readonly namespace: string;
  readonly name: string;
  readonly hasPorts: boolean;
}

/**
 * Addresses, not ports: a Pod behind two ports is one endpoint. Headless Services have them too.
 *
 * A Pod that has none of the Service's ports cannot serve it, however ready: its slice has no ports.
 */
function countEndpoints(
  { store }: Cluster,
  { namespace, name, hasPorts }: CountedService,
): ServiceStatus['endpoints'] {
  const canServe = new Map<string, boolean>();
  const labelSelector = `kubernetes.io/service-name=${name}`;
  for (const { endpoints, ports } of store.list('EndpointSlice', { namespace, labelSelector })) {
    const isPortless = hasPorts && (ports ?? []).length === 0;
    for (const { addresses, conditions } of endpoints ?? []) {
      const isReady = !isPortless && conditions?.ready !== false;
      for (const address of addresses)
        canServe.set(address, isReady || canServe.get(address) === true);
    }
  }
  return { ready: [...canServe.values()].filter(Boolean).length, total: canServe.size };
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

/** Ingresses with a URL for each path that is served, and those of other controllers. */
function ingressStatuses(cluster: Cluster): readonly IngressStatus[] {
  const { store } = cluster;
  const foreign = store.list('Ingress').flatMap((ingress) => {
    const found = foreignClassOf(ingress, store);
    const { name, namespace = '' } = ingress.metadata;
    if (found === undefined) return [];
    return [{ namespace, name, urls: [], unserved: describeForeign(found) }];
  });
  return [...servedIngresses(cluster), ...foreign];
}

function servedIngresses({ store, routing, ingress }: Cluster): readonly IngressStatus[] {
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
