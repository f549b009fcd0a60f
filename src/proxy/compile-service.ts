import type {
  EndpointSlice,
  Service,
  ServicePort as ApiServicePort,
  ServiceSpec,
} from '../api/index.ts';
import { parseCidr, parseIp, type Cidr, type IpFamily, type Protocol } from '../net/index.ts';
import { compileEndpoints } from './compile-endpoints.ts';
import { isSchedulerName } from './schedulers/index.ts';
import type { Frontend, ProxiedService, ServicePort, TrafficPolicy } from './service.ts';

/** Set on Services and slices that another proxy serves. @see kube-proxy, apis/well_known_labels.go */
const OTHER_PROXY_LABEL = 'service.kubernetes.io/service-proxy-name';
const SCHEDULER_ANNOTATION = 'podlane.dev/proxy-scheduler';
/** kube-proxy leaves slices with this label out; on the Service itself it means nothing. */
const HEADLESS_LABEL = 'service.kubernetes.io/headless';

/**
 * What the proxy makes of one Service and its EndpointSlices.
 *
 * @returns undefined for Services that the proxy does not serve: headless, ExternalName, those of another proxy.
 */
export function compileService(
  service: Service,
  slices: readonly EndpointSlice[],
): ProxiedService | undefined {
  const { metadata, spec = {} } = service;
  const clusterIPs = clusterIPsOf(spec);
  if (spec.type === 'ExternalName' || clusterIPs.length === 0) return undefined;
  if (metadata.labels?.[OTHER_PROXY_LABEL] !== undefined) return undefined;
  const visible = slices.filter((slice) => !isHidden(slice));
  const shared = sharedOf(service);
  const externalIPs = (spec.externalIPs ?? []).map(canonical);
  const ports = (spec.ports ?? []).map((port) => compilePort(port, { spec, shared, visible }));
  return {
    namespace: shared.namespace,
    name: shared.service,
    clusterIPs,
    ports,
    frontends: ports.flatMap((port) => frontendsOf(port, clusterIPs, externalIPs)),
    healthCheckNodePort: needsHealthCheck(spec) ? (spec.healthCheckNodePort ?? 0) : 0,
  };
}

function isHidden({ metadata: { labels } }: EndpointSlice): boolean {
  return labels?.[OTHER_PROXY_LABEL] !== undefined || labels?.[HEADLESS_LABEL] !== undefined;
}

/** Headless Services and those without an address have none. */
function clusterIPsOf({ clusterIP, clusterIPs }: ServiceSpec): readonly string[] {
  const listed = clusterIPs ?? (clusterIP === undefined ? [] : [clusterIP]);
  return listed.filter((address) => address !== '' && address !== 'None').map(canonical);
}

/** Addresses that the balancer delivers unchanged; with ipMode Proxy the balancer ends the connection itself. @see KEP-1860 */
function loadBalancerIPsOf({ spec, status }: Service): readonly string[] {
  if (spec?.type !== 'LoadBalancer') return [];
  return (status?.loadBalancer?.ingress ?? [])
    .filter(({ ip = '', ipMode = 'VIP' }) => ip !== '' && ipMode === 'VIP')
    .map(({ ip = '' }) => canonical(ip));
}

function needsHealthCheck({ type, externalTrafficPolicy }: ServiceSpec): boolean {
  return type === 'LoadBalancer' && externalTrafficPolicy === 'Local';
}

/** What all ports of a Service have in common. */
type SharedFields = Pick<
  ServicePort,
  | 'namespace'
  | 'service'
  | 'internalTrafficPolicy'
  | 'affinityTimeoutSeconds'
  | 'scheduler'
  | 'unknownScheduler'
  | 'sourceRanges'
  | 'loadBalancerIPs'
>;

function sharedOf(service: Service): SharedFields {
  const { metadata, spec = {} } = service;
  const { sessionAffinity, sessionAffinityConfig, loadBalancerSourceRanges = [] } = spec;
  return {
    namespace: metadata.namespace ?? '',
    service: metadata.name ?? '',
    internalTrafficPolicy: policyOf(spec.internalTrafficPolicy),
    affinityTimeoutSeconds:
      sessionAffinity === 'ClientIP'
        ? (sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800)
        : undefined,
    ...schedulerOf(metadata.annotations?.[SCHEDULER_ANNOTATION]),
    sourceRanges: byFamily(loadBalancerSourceRanges),
    loadBalancerIPs: loadBalancerIPsOf(service),
  };
}

interface PortContext {
  readonly spec: ServiceSpec;
  readonly shared: SharedFields;
  readonly visible: readonly EndpointSlice[];
}

function compilePort(port: ApiServicePort, { spec, shared, visible }: PortContext): ServicePort {
  const { name = '', nodePort = 0 } = port;
  const protocol = protocolOf(port.protocol);
  const hasExternalIPs = (spec.externalIPs ?? []).length > 0;
  const isExternal = nodePort !== 0 || hasExternalIPs || shared.loadBalancerIPs.length > 0;
  return {
    ...shared,
    id: `${shared.namespace}/${shared.service}:${name}/${protocol}`,
    name,
    protocol,
    port: port.port,
    nodePort,
    isExternal,
    externalTrafficPolicy: isExternal ? policyOf(spec.externalTrafficPolicy) : 'Cluster',
    endpoints: {
      IPv4: compileEndpoints(visible, { family: 'IPv4', name, protocol }),
      IPv6: compileEndpoints(visible, { family: 'IPv6', name, protocol }),
    },
  };
}

function frontendsOf(
  port: ServicePort,
  clusterIPs: readonly string[],
  externalIPs: readonly string[],
): readonly Frontend[] {
  const at = (via: Frontend['via']) => (address: string) =>
    ({ via, address, number: port.port, port }) satisfies Frontend;
  return [
    ...clusterIPs.map(at('clusterIP')),
    ...externalIPs.map(at('externalIP')),
    ...port.loadBalancerIPs.map(at('loadBalancerIP')),
    ...(port.nodePort === 0
      ? []
      : [{ via: 'nodePort', address: '', number: port.nodePort, port } satisfies Frontend]),
  ];
}

/** A name that is none counts as absent. */
function schedulerOf(
  name: string | undefined,
): Pick<SharedFields, 'scheduler' | 'unknownScheduler'> {
  if (name === undefined || isSchedulerName(name))
    return { scheduler: name, unknownScheduler: undefined };
  return { scheduler: undefined, unknownScheduler: name };
}

function policyOf(text: string | undefined): TrafficPolicy {
  return text === 'Local' ? 'Local' : 'Cluster';
}

function protocolOf(text: string | undefined): Protocol {
  return text === 'UDP' || text === 'SCTP' ? text : 'TCP';
}

/** Ranges may be padded with blanks. Those of the other family do not count, as for kube-proxy's single-family proxies. */
function byFamily(texts: readonly string[]): Readonly<Record<IpFamily, readonly Cidr[]>> {
  const cidrs = texts.map((text) => parseCidr(text.trim())).filter((cidr) => cidr !== undefined);
  return {
    IPv4: cidrs.filter(({ family }) => family === 'IPv4'),
    IPv6: cidrs.filter(({ family }) => family === 'IPv6'),
  };
}

function canonical(address: string): string {
  return parseIp(address)?.text ?? address;
}
