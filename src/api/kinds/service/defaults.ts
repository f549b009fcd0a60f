import type {
  LoadBalancerStatus,
  Service,
  ServicePort,
  ServiceSpec,
  ServiceStatus,
} from '../../types.ts';
import { compact, nonEmpty, nonEmptyList, nonZero } from '../validate/compact.ts';
import { isLoadBalancer, needsClusterIP, needsExternalTrafficPolicy } from './needs.ts';

/** Seconds a client stays with its endpoint: three hours. */
const AFFINITY_SECONDS = 10_800;

/**
 * Static defaults of a Service.
 *
 * Addresses, ports and families depend on the cluster and on what is stored; the allocator fills them in.
 *
 * @see kubernetes `SetDefaults_Service`
 */
export function defaultService(service: Service): Service {
  const spec = defaultPolicies(dropZeroValues(service.spec ?? {}));
  return { ...service, spec, status: defaultStatus(service.status) };
}

function defaultPolicies(cleaned: ServiceSpec): ServiceSpec {
  const spec = { ...cleaned, type: cleaned.type ?? 'ClusterIP' };
  const sessionAffinity = spec.sessionAffinity ?? 'None';
  const isInternal = needsClusterIP(spec);
  const isExternal = needsExternalTrafficPolicy(spec);
  return compact<ServiceSpec>({
    ...spec,
    ports: spec.ports?.map(defaultPort),
    sessionAffinity,
    sessionAffinityConfig: affinityConfig(sessionAffinity, spec),
    internalTrafficPolicy: spec.internalTrafficPolicy ?? (isInternal ? 'Cluster' : undefined),
    externalTrafficPolicy: spec.externalTrafficPolicy ?? (isExternal ? 'Cluster' : undefined),
    allocateLoadBalancerNodePorts:
      spec.allocateLoadBalancerNodePorts ?? (isLoadBalancer(spec) ? true : undefined),
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
