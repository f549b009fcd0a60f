import type { Service, ServicePort, ServiceSpec } from '../../types.ts';
import { compact } from '../validate/compact.ts';
import {
  isLoadBalancer,
  needsExternalTrafficPolicy,
  needsHealthCheckNodePort,
  needsNodePort,
} from './needs.ts';

/**
 * Takes away what an update's new type has no use for, where the client only sent the old value back.
 *
 * A value that the client changed stays, for validation to refuse.
 *
 * @see kubernetes `dropTypeDependentFields`
 */
export function dropTypeDependentFields(service: Service, old: Service): Service {
  const before = old.spec ?? {};
  const now = service.spec ?? {};
  const lost = (need: (spec: ServiceSpec) => boolean): boolean => need(before) && !need(now);
  const isSame = (field: keyof ServiceSpec): boolean =>
    JSON.stringify(now[field]) === JSON.stringify(before[field]);
  const dropped: (keyof ServiceSpec)[] = [];
  const drop = (...fields: (keyof ServiceSpec)[]): void => {
    if (fields.every(isSame)) dropped.push(...fields);
  };

  // A type that nobody knows keeps its addresses: only its name is wrong.
  if (lost(({ type }) => type !== 'ExternalName')) {
    drop('clusterIP', 'clusterIPs');
    drop('ipFamilies');
    drop('ipFamilyPolicy');
    drop('internalTrafficPolicy');
  }
  if (lost(needsHealthCheckNodePort)) drop('healthCheckNodePort');
  if (lost(isLoadBalancer)) {
    drop('allocateLoadBalancerNodePorts');
    drop('loadBalancerClass');
  }
  if (lost(needsExternalTrafficPolicy)) drop('externalTrafficPolicy');
  const losesNodePorts = lost(needsNodePort) && addsNoNodePort(now, before);
  return {
    ...service,
    spec: compact<ServiceSpec>({
      ...now,
      ...Object.fromEntries(dropped.map((field) => [field, undefined])),
      ports: losesNodePorts ? now.ports?.map(withoutNodePort) : now.ports,
    }),
  };
}

/** `status` without the load balancer's addresses, where the Service no longer is one. */
export function dropLoadBalancerStatus(service: Service): Service {
  return isLoadBalancer(service.spec ?? {})
    ? service
    : { ...service, status: { ...service.status, loadBalancer: {} } };
}

function addsNoNodePort(now: ServiceSpec, before: ServiceSpec): boolean {
  const old = new Set((before.ports ?? []).map(({ nodePort }) => nodePort));
  return (now.ports ?? []).every(({ nodePort }) => nodePort === undefined || old.has(nodePort));
}

function withoutNodePort(port: ServicePort): ServicePort {
  return compact<ServicePort>({ ...port, nodePort: undefined });
}
