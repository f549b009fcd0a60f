import {
  cidrContains,
  parseCidr,
  parseIp,
  type Cidr,
  type Endpoint,
  type Protocol,
} from '../net/index.ts';
import type { NodeTable, ProxyNode } from './node-table.ts';
import type { ProxyConfig } from './select-endpoint.ts';
import type { Frontend } from './service.ts';
import type { ServiceTable } from './service-table.ts';

/** What the proxy makes of a destination. */
export type FrontendMatch =
  | { readonly kind: 'frontend'; readonly frontend: Frontend }
  /** A cluster IP of a Service that has no such port. */
  | { readonly kind: 'reject'; readonly reason: 'no-such-port' }
  /** An address of the Services' range that no served Service has. */
  | { readonly kind: 'drop'; readonly reason: 'no-such-service' }
  /** Not the proxy's: goes on as if there were no Services. */
  | { readonly kind: 'pass' };

export interface FindContext {
  readonly services: ServiceTable;
  readonly nodes: NodeTable;
  readonly config: ProxyConfig;
  readonly serviceCIDRs: readonly Cidr[];
}

const PASS = { kind: 'pass' } as const;
const NO_SUCH_PORT = { kind: 'reject', reason: 'no-such-port' } as const;
const NO_SUCH_SERVICE = { kind: 'drop', reason: 'no-such-service' } as const;

/**
 * Which Service port answers on `destination`.
 *
 * @see kube-proxy in nftables mode: maps `service-ips` and `service-nodeports`, chain `cluster-ips-check`
 */
export function findFrontend(
  protocol: Protocol,
  destination: Endpoint,
  { services, nodes, config, serviceCIDRs }: FindContext,
): FrontendMatch {
  const { address, port } = destination;
  const frontend = services.find(protocol, address, port);
  if (frontend !== undefined) return { kind: 'frontend', frontend };
  const node = nodes.byAddress(address);
  if (node !== undefined) {
    const nodePort = services.findNodePort(protocol, port);
    const isOurs = nodePort !== undefined && answersNodePorts(node, address, config);
    return isOurs ? { kind: 'frontend', frontend: nodePort } : PASS;
  }
  if (config.mode === 'iptables')
    return findOnLocalhost(protocol, destination, { services, config });
  if (services.isClusterIP(address)) return NO_SUCH_PORT;
  const ip = parseIp(address);
  const isInRange = ip !== undefined && serviceCIDRs.some((cidr) => cidrContains(cidr, ip));
  return isInRange ? NO_SUCH_SERVICE : PASS;
}

/** With iptables, NodePorts on all addresses include those of the loopback interface (route_localnet), but for IPv6. */
function findOnLocalhost(
  protocol: Protocol,
  { address, port }: Endpoint,
  { services, config }: Pick<FindContext, 'services' | 'config'>,
): FrontendMatch {
  if (config.nodePortAddresses !== 'all' || !address.startsWith('127.')) return PASS;
  const frontend = services.findNodePort(protocol, port);
  return frontend === undefined ? PASS : { kind: 'frontend', frontend };
}

function answersNodePorts(
  { addresses }: ProxyNode,
  address: string,
  { nodePortAddresses }: ProxyConfig,
): boolean {
  if (nodePortAddresses === 'all') return true;
  if (nodePortAddresses === 'primary') {
    const isIPv6 = address.includes(':');
    return addresses.find((other) => other.includes(':') === isIPv6) === address;
  }
  const ip = parseIp(address);
  if (ip === undefined) return false;
  const prefixes = nodePortAddresses.map(parseCidr).filter((cidr) => cidr !== undefined);
  return prefixes.some((cidr) => cidrContains(cidr, ip));
}
