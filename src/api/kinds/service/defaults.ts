import type {
  LoadBalancerStatus,
  Service,
  ServicePort,
  ServiceSpec,
  ServiceStatus,
} from '../../types.ts';
import { compact, nonEmpty, nonEmptyList, nonZero } from '../validate/compact.ts';
import {
  needsClusterIP,
  needsExternalTrafficPolicy,
  needsHealthCheckNodePort,
  needsNodePort,
} from './needs.ts';

/** Seconds a client stays with its endpoint: three hours. */
const AFFINITY_SECONDS = 10_800;

/**
 * Static defaults of a Service, and on an update the allocated values that the client left out.
 *
 * Addresses and families depend on the cluster; its allocator fills them in.
 *
 * @see kubernetes `SetDefaults_Service`, `patchAllocatedValues`
 */
export function defaultService(service: Service, old: Service | undefined): Service {
  const cleaned = dropZeroValues(service.spec ?? {});
  const type = cleaned.type ?? 'ClusterIP';
  const typed: Service = { ...service, spec: { ...cleaned, type } };
  const sessionAffinity = cleaned.sessionAffinity ?? 'None';
  const spec = compact<ServiceSpec>({
    ...typed.spec,
    ports: cleaned.ports?.map(defaultPort),
    sessionAffinity,
    sessionAffinityConfig: affinityConfig(sessionAffinity, cleaned),
    internalTrafficPolicy:
      cleaned.internalTrafficPolicy ?? (needsClusterIP(typed) ? 'Cluster' : undefined),
    externalTrafficPolicy:
      cleaned.externalTrafficPolicy ?? (needsExternalTrafficPolicy(typed) ? 'Cluster' : undefined),
    allocateLoadBalancerNodePorts:
      cleaned.allocateLoadBalancerNodePorts ?? (type === 'LoadBalancer' ? true : undefined),
  });
  const defaulted = compact<Service>({ ...service, spec, status: defaultStatus(service.status) });
  return old === undefined ? defaulted : patchAllocatedValues(defaulted, old);
}

/** What a client did not send back although the server had assigned it stays as it was. */
function patchAllocatedValues(service: Service, old: Service): Service {
  const before = old.spec ?? {};
  const spec = { ...service.spec };
  if (needsClusterIP(old) && needsClusterIP(service)) {
    if (spec.clusterIP === undefined && before.clusterIP !== undefined)
      spec.clusterIP = before.clusterIP;
    if (spec.clusterIPs === undefined && spec.clusterIP === before.clusterIP && before.clusterIPs)
      spec.clusterIPs = before.clusterIPs;
  }
  if (needsNodePort(old) && needsNodePort(service) && spec.ports !== undefined)
    spec.ports = patchNodePorts(spec.ports, before.ports ?? []);
  if (
    needsHealthCheckNodePort(old) &&
    needsHealthCheckNodePort(service) &&
    spec.healthCheckNodePort === undefined &&
    before.healthCheckNodePort !== undefined
  )
    spec.healthCheckNodePort = before.healthCheckNodePort;
  return { ...service, spec };
}

/** Node ports come back by the name of their port, unless another port of the Service has taken them. */
function patchNodePorts(
  ports: readonly ServicePort[],
  before: readonly ServicePort[],
): readonly ServicePort[] {
  const now = new Set(ports.map(({ nodePort }) => nodePort));
  const used = new Set(before.map(({ nodePort }) => nodePort).filter((port) => now.has(port)));
  const byName = new Map(before.map(({ name = '', nodePort }) => [name, nodePort]));
  return ports.map((port) => {
    const nodePort = byName.get(port.name ?? '');
    if (port.nodePort !== undefined || nodePort === undefined || used.has(nodePort)) return port;
    used.add(nodePort);
    return { ...port, nodePort };
  });
}

function defaultPort(port: ServicePort): ServicePort {
  const { targetPort } = port;
  return compact<ServicePort>({
    ...port,
    name: nonEmpty(port.name),
    protocol: nonEmpty(port.protocol) ?? 'TCP',
    targetPort: targetPort === 0 || targetPort === '' ? port.port : (targetPort ?? port.port),
    nodePort: nonZero(port.nodePort),
  });
}

function affinityConfig(
  affinity: string,
  { sessionAffinityConfig }: ServiceSpec,
): ServiceSpec['sessionAffinityConfig'] {
  if (affinity === 'None') return undefined;
  if (affinity !== 'ClientIP') return sessionAffinityConfig;
  const timeoutSeconds = sessionAffinityConfig?.clientIP?.timeoutSeconds ?? AFFINITY_SECONDS;
  return { clientIP: { timeoutSeconds } };
}

/** An address of a load balancer is taken to be virtual unless its status says otherwise. */
function defaultStatus(status: ServiceStatus | undefined): ServiceStatus {
  const loadBalancer: LoadBalancerStatus = status?.loadBalancer ?? {};
  const { ingress } = loadBalancer;
  if (ingress === undefined) return { ...status, loadBalancer };
  return {
    ...status,
    loadBalancer: {
      ...loadBalancer,
      ingress: ingress.map((entry) =>
        (entry.ip ?? '') === '' ? entry : { ...entry, ipMode: entry.ipMode ?? 'VIP' },
      ),
    },
  };
}

function dropZeroValues(spec: ServiceSpec): ServiceSpec {
  return compact<ServiceSpec>({
    ...spec,
    type: nonEmpty(spec.type),
    clusterIP: nonEmpty(spec.clusterIP),
    clusterIPs: nonEmptyList(spec.clusterIPs),
    externalIPs: nonEmptyList(spec.externalIPs),
    externalName: nonEmpty(spec.externalName),
    externalTrafficPolicy: nonEmpty(spec.externalTrafficPolicy),
    healthCheckNodePort: nonZero(spec.healthCheckNodePort),
    ipFamilies: nonEmptyList(spec.ipFamilies),
    loadBalancerIP: nonEmpty(spec.loadBalancerIP),
    loadBalancerSourceRanges: nonEmptyList(spec.loadBalancerSourceRanges),
    ports: nonEmptyList(spec.ports),
    publishNotReadyAddresses: spec.publishNotReadyAddresses === true ? true : undefined,
    sessionAffinity: nonEmpty(spec.sessionAffinity),
  });
}
