import type { IpFamily } from '../net/index.ts';
import type { ProxyNode } from './node-table.ts';
import type { ServiceEndpoint, ServicePort } from './service.ts';

/** How hints narrow the Cluster set. */
export type TopologyMode = 'all' | 'node' | 'zone';

/** The endpoints of one Service port that one Node's proxy may use. */
export interface EndpointSets {
  /** For the Cluster policy. */
  readonly cluster: readonly ServiceEndpoint[];
  /** For the Local policy. */
  readonly local: readonly ServiceEndpoint[];
  /** Whether any Node could serve; tells a drop from a reject. */
  readonly hasAny: boolean;
  /** What narrowed the Cluster set. */
  readonly topology: TopologyMode;
}

/**
 * The endpoints that `node` may use for `port`, kept for as long as both stay as they are.
 *
 * @see kube-proxy, topology.go, CategorizeEndpoints
 */
export function endpointSets(port: ServicePort, family: IpFamily, node: ProxyNode): EndpointSets {
  const endpoints = port.endpoints[family];
  let byNode = kept.get(endpoints);
  if (byNode === undefined) kept.set(endpoints, (byNode = new WeakMap()));
  let sets = byNode.get(node);
  if (sets === undefined) byNode.set(node, (sets = categorize(port, endpoints, node)));
  return sets;
}

/** Whether some Node could serve a connection: an endpoint is ready, or serves while it terminates. */
export function isUsable({ isReady, isServing, isTerminating }: ServiceEndpoint): boolean {
  return isReady || (isServing && isTerminating);
}

const kept = new WeakMap<readonly ServiceEndpoint[], WeakMap<ProxyNode, EndpointSets>>();

function categorize(
  port: ServicePort,
  endpoints: readonly ServiceEndpoint[],
  node: ProxyNode,
): EndpointSets {
  const usesCluster = port.internalTrafficPolicy === 'Cluster' || port.isExternal;
  const topology = usesCluster ? topologyOf(endpoints, node) : 'all';
  const cluster = usesCluster
    ? withFallback(endpoints, (endpoint) => isHintedFor(endpoint, node, topology))
    : [];
  const onNode = endpoints.filter((endpoint) => endpoint.node === node.name);
  return {
    cluster,
    local: withFallback(onNode, () => true),
    hasAny: endpoints.some(isUsable),
    topology,
  };
}

/** Ready endpoints; where there is none, those that serve while they terminate, whatever their hints. */
function withFallback(
  endpoints: readonly ServiceEndpoint[],
  isWanted: (endpoint: ServiceEndpoint) => boolean,
): readonly ServiceEndpoint[] {
  const ready = endpoints.filter((endpoint) => endpoint.isReady && isWanted(endpoint));
  if (ready.length > 0) return ready;
  return endpoints.filter(({ isServing, isTerminating }) => isServing && isTerminating);
}

/** Hints count when every ready endpoint has them and one is for here; those for Nodes go first. */
function topologyOf(endpoints: readonly ServiceEndpoint[], node: ProxyNode): TopologyMode {
  const ready = endpoints.filter(({ isReady }) => isReady);
  const narrows = (
    hintsOf: (endpoint: ServiceEndpoint) => readonly string[],
    here: string,
  ): boolean =>
    ready.every((endpoint) => hintsOf(endpoint).length > 0) &&
    ready.some((endpoint) => hintsOf(endpoint).includes(here));
  if (narrows(({ hintedNodes }) => hintedNodes, node.name)) return 'node';
  return narrows(({ hintedZones }) => hintedZones, node.zone) ? 'zone' : 'all';
}

function isHintedFor(endpoint: ServiceEndpoint, node: ProxyNode, mode: TopologyMode): boolean {
  if (mode === 'all') return true;
  return mode === 'node'
    ? endpoint.hintedNodes.includes(node.name)
    : endpoint.hintedZones.includes(node.zone);
}
