import type { ServiceSpec } from '../../types.ts';

/** Has an address, `None` included. @see kubernetes `pkg/registry/core/service/storage`, here and below */
export function needsClusterIP({ type }: ServiceSpec): boolean {
  return type === 'ClusterIP' || needsNodePort({ type: type ?? '' });
}

/** Has node ports. */
export function needsNodePort({ type }: ServiceSpec): boolean {
  return type === 'NodePort' || type === 'LoadBalancer';
}

/** Has a port where load balancers ask whether a Node has endpoints. */
export function needsHealthCheckNodePort(spec: ServiceSpec): boolean {
  return isLoadBalancer(spec) && spec.externalTrafficPolicy === 'Local';
}

/** Can be reached from outside of the cluster. */
export function needsExternalTrafficPolicy(spec: ServiceSpec): boolean {
  if (needsNodePort(spec)) return true;
  return spec.type === 'ClusterIP' && (spec.externalIPs ?? []).length > 0;
}

/** Asks for a load balancer. */
export function isLoadBalancer({ type }: ServiceSpec): boolean {
  return type === 'LoadBalancer';
}

/** Has no address of its own: DNS answers with its endpoints. */
export function isHeadless({ clusterIP, clusterIPs = [] }: ServiceSpec): boolean {
  return clusterIP === 'None' || (clusterIPs.length === 1 && clusterIPs[0] === 'None');
}
