import type { Service } from '../../types.ts';

/** Which fields a Service's type calls for. @see kubernetes `pkg/registry/core/service/storage` */

/** Has an address, `None` included. */
export function needsClusterIP({ spec }: Service): boolean {
  return ['ClusterIP', 'NodePort', 'LoadBalancer'].includes(spec?.type ?? '');
}

/** Has node ports. */
export function needsNodePort({ spec }: Service): boolean {
  return spec?.type === 'NodePort' || spec?.type === 'LoadBalancer';
}

/** Has a port where load balancers ask whether a Node has endpoints. */
export function needsHealthCheckNodePort({ spec }: Service): boolean {
  return spec?.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';
}

/** Can be reached from outside of the cluster. */
export function needsExternalTrafficPolicy(service: Service): boolean {
  if (needsNodePort(service)) return true;
  const { spec } = service;
  return spec?.type === 'ClusterIP' && (spec.externalIPs ?? []).length > 0;
}

/** Has no address of its own: DNS answers with its endpoints. */
export function isHeadless({ spec }: Service): boolean {
  return (
    spec?.clusterIP === 'None' || (spec?.clusterIPs?.length === 1 && spec.clusterIPs[0] === 'None')
  );
}
