import type { ProxyNode } from '../node-table.ts';
import type { ProxiedService, ServicePort } from '../service.ts';
import { endpointSets } from '../topology.ts';
import type { MetricsNow } from './metrics.ts';

/** How many Service ports have policy Local, endpoints somewhere, and none on `node`. */
export function countNoLocalEndpoints(
  services: Iterable<ProxiedService>,
  node: ProxyNode,
): MetricsNow['noLocalEndpoints'] {
  const counts = { internal: 0, external: 0 };
  for (const { ports } of services)
    for (const port of ports) {
      if (!lacksLocal(port, node)) continue;
      if (port.internalTrafficPolicy === 'Local') counts.internal += 1;
      if (port.isExternal && port.externalTrafficPolicy === 'Local') counts.external += 1;
    }
  return counts;
}

function lacksLocal(port: ServicePort, node: ProxyNode): boolean {
  const { hasAny, local } = endpointSets(port, 'IPv4', node);
  return hasAny && local.length === 0;
}
