import type { ProxyNode } from '../node-table.ts';
import type { ProxiedService } from '../service.ts';

/** An HTTP answer of kube-proxy's. */
export interface HealthAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What every health answer carries. */
export const HEALTH_HEADERS = {
  'Content-Type': 'application/json',
  'X-Content-Type-Options': 'nosniff',
} as const;

/** How many endpoints of `service` are ready on `node`: each address of its first family once, on however many ports. */
export function localReadyEndpoints({ ports, clusterIPs }: ProxiedService, node: string): number {
  const family = clusterIPs[0]?.includes(':') === true ? 'IPv6' : 'IPv4';
  const addresses = new Set<string>();
  for (const { endpoints } of ports)
    for (const endpoint of endpoints[family])
      if (endpoint.isReady && endpoint.node === node) addresses.add(endpoint.address);
  return addresses.size;
}

/**
 * What a Service's health-check node port says on a Node, whatever path and method it is asked with.
 *
 * @see kube-proxy, healthcheck/service_health.go
 */
export function serviceHealth(
  service: ProxiedService,
  { name }: Pick<ProxyNode, 'name'>,
  isProxyHealthy: boolean,
): HealthAnswer {
  const localEndpoints = localReadyEndpoints(service, name);
  const told = {
    service: { namespace: service.namespace, name: service.name },
    localEndpoints,
    serviceProxyHealthy: isProxyHealthy,
  };
  return {
    status: localEndpoints > 0 && isProxyHealthy ? 200 : 503,
    headers: { ...HEALTH_HEADERS, 'X-Load-Balancing-Endpoint-Weight': String(localEndpoints) },
    body: JSON.stringify(told),
  };
}
