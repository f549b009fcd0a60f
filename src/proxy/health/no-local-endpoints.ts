import type { IpFamily } from '../../net/index.ts';
import type { ProxyNode } from '../node-table.ts';
import type { ProxiedService, ServicePort } from '../service.ts';
import { endpointSets } from '../topology.ts';

/** How many Service ports have policy Local, endpoints somewhere, and none on `node`; undefined is no Node at all. */
export function countNoLocalEndpoints(
  services: Iterable<ProxiedService>,
  node: ProxyNode | undefined,
  family: IpFamily,
): { readonly internal: number; readonly external: number } {
  const counts = { internal: 0, external: 0 };
  if (node === undefined) return counts;
  for (const { ports } of services)
    for (const port of ports) {
      if (!lacksLocal(port, family, node)) continue;
      if (port.internalTrafficPolicy === 'Local') counts.internal += 1;
      if (port.isExternal && port.externalTrafficPolicy === 'Local') counts.external += 1;
    }
  return counts;
}

function lacksLocal(port: ServicePort, family: IpFamily, node: ProxyNode): boolean {
  const { hasAny, local } = endpointSets(port, family, node);
  return hasAny && local.length === 0;
}
