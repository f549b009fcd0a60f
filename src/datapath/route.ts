import { cidrContains, parseIp, type Endpoint, type Flow, type Ip } from '../net/index.ts';
import type { ProxyNode } from '../proxy/index.ts';
import type { DatapathView } from './view.ts';

/** Who has an address, once Services are out of the way. */
export type Route =
  /** `destination` is a Pod's own address, or its Node's for Pods on the host's network. */
  | { readonly kind: 'pod'; readonly destination: Endpoint; readonly what: string }
  /** The host that podlane runs on. */
  | { readonly kind: 'host'; readonly destination: Endpoint; readonly what: string }
  /** Beyond the cluster. */
  | { readonly kind: 'outside'; readonly destination: Endpoint; readonly what: string }
  | {
      readonly kind: 'none';
      readonly reason: 'no-such-pod' | 'no-such-address' | 'not-listening';
      readonly what: string;
    };

/**
 * Where the packets of `flow` go when they are addressed to `destination`.
 *
 * @param destination The flow's own, or the endpoint that a Service chose.
 */
export function routeTo(destination: Endpoint, flow: Flow, view: DatapathView): Route {
  const { address } = destination;
  if (isLoopbackOfSomebody(address, view)) return routeLoopback(destination, flow, view);
  if (address === view.plan.hostAddress)
    return {
      kind: 'host',
      destination: { ...destination, address: '127.0.0.1' },
      what: 'the host itself',
    };
  const node = view.nodes.byAddress(address);
  if (node !== undefined) return routeToNode(destination, flow, { view, node });
  const [pod] = view.pods.byAddress(address);
  if (pod !== undefined)
    return { kind: 'pod', destination, what: `pod ${pod.namespace}/${pod.name}` };
  return routeBeyond(destination, view);
}

/** 127.0.0.0/8 but for what the LoadBalancers have of it, and ::1. */
function isLoopbackOfSomebody(address: string, { plan }: DatapathView): boolean {
  if (address === '::1') return true;
  if (!address.startsWith('127.')) return false;
  const ip = parseIp(address);
  return ip !== undefined && !cidrContains(plan.loadBalancerCIDR, ip);
}

/** What a Pod or a Node calls localhost is itself. */
function routeLoopback(destination: Endpoint, flow: Flow, view: DatapathView): Route {
  const { origin } = flow;
  if (origin.kind === 'outside')
    return nowhere('no-such-address', `${destination.address} is no address of the cluster`);
  const own =
    origin.kind === 'pod'
      ? view.pods.get(origin.namespace, origin.name)?.addresses
      : view.nodes.get(origin.name)?.addresses;
  const address = own?.[0];
  if (address === undefined) return nowhere('no-such-address', 'the source has no address');
  return routeTo({ ...destination, address }, flow, view);
}

function routeToNode(
  destination: Endpoint,
  { protocol }: Flow,
  { view, node }: { readonly view: DatapathView; readonly node: ProxyNode },
): Route {
  const held = view.pods.findHostPort({ protocol, node: node.name, ...destination });
  if (held !== undefined) {
    const { pod, port } = held;
    const isIPv6 = destination.address.includes(':');
    const address = pod.addresses.find((own) => own.includes(':') === isIPv6) ?? pod.addresses[0];
    const what = `host port of pod ${pod.namespace}/${pod.name}`;
    if (address !== undefined)
      return { kind: 'pod', destination: { address, port: port.port }, what };
  }
  const sharers = view.pods.byAddress(destination.address);
  if (sharers.length === 0)
    return nowhere(
      'not-listening',
      `nothing listens on port ${destination.port} of node ${node.name}`,
    );
  const names = sharers.map((pod) => `${pod.namespace}/${pod.name}`).join(', ');
  return { kind: 'pod', destination, what: `node ${node.name}, whose network pod ${names} uses` };
}

function routeBeyond(destination: Endpoint, { plan }: DatapathView): Route {
  const { address } = destination;
  const ip = parseIp(address);
  if (ip === undefined) return nowhere('no-such-address', `${address} is no address`);
  if (isIn(plan.podCIDRs, ip))
    return nowhere('no-such-pod', `no running Pod has the address ${address}`);
  const own = [...plan.serviceCIDRs, ...plan.nodeCIDRs, plan.loadBalancerCIDR];
  if (isIn(own, ip))
    return nowhere('no-such-address', `nothing in the cluster has the address ${address}`);
  return { kind: 'outside', destination, what: 'outside of the cluster' };
}

function isIn(cidrs: readonly Parameters<typeof cidrContains>[0][], ip: Ip): boolean {
  return cidrs.some((cidr) => cidrContains(cidr, ip));
}

function nowhere(reason: Extract<Route, { kind: 'none' }>['reason'], what: string): Route {
  return { kind: 'none', reason, what };
}
