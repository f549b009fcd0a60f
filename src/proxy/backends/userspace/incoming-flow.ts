import { originOf, type AddressPlan, type Flow, type OriginLookups } from '../../../net/index.ts';
import type { NodeTable, ProxyNode } from '../../node-table.ts';
import type { Frontend } from '../../service.ts';
import { endpointSets } from '../../topology.ts';
import type { WantedListener } from './wanted.ts';

/** The tables that tell who a client is and where its connection enters the cluster. */
export interface IncomingView extends OriginLookups {
  readonly plan: AddressPlan;
  readonly nodes: NodeTable;
}

export interface IncomingClient {
  /** As the socket tells it. */
  readonly address: string;
  readonly port: number;
}

/**
 * The question that a connection to a listener asks.
 *
 * It enters at the Node whose address it was made to, or at the client's own. Who is outside of the cluster cannot
 * reach cluster IPs and Pod addresses, and is the first Node there; a balancer brings it to a Node that can serve.
 *
 * @param random In [0, 1).
 */
export function incomingFlow(
  listener: WantedListener,
  client: IncomingClient,
  { view, random }: { readonly view: IncomingView; readonly random: () => number },
): Flow {
  const { protocol, destination, via, frontend } = listener;
  const identity = originOf(client.address, view.plan, view);
  const nodes = view.nodes.list();
  const [first] = nodes;
  // A Pod on its Node's network has an address that the outside reaches.
  const isInside = via === 'clusterIP' || (via === 'pod' && listener.node === undefined);
  if (identity.origin.kind === 'outside' && isInside && first !== undefined)
    return {
      protocol,
      source: { address: first.addresses[0] ?? identity.address, port: client.port },
      destination,
      origin: { kind: 'node', name: first.name },
      node: first.name,
    };
  const entered = listener.node ?? identity.node ?? balancedNode(frontend, { nodes, random })?.name;
  return {
    protocol,
    source: { address: identity.address, port: client.port },
    destination,
    origin: identity.origin,
    node: entered ?? '',
  };
}

/** A balancer knows by the health checks which Nodes have local endpoints; other addresses lead to the first Node. */
export function balancedNode(
  frontend: Frontend | undefined,
  { nodes, random }: { readonly nodes: readonly ProxyNode[]; readonly random: () => number },
): ProxyNode | undefined {
  if (frontend?.via !== 'loadBalancerIP' || frontend.port.externalTrafficPolicy === 'Cluster')
    return nodes[0];
  const { port, address } = frontend;
  const family = address.includes(':') ? 'IPv6' : 'IPv4';
  const healthy = nodes.filter((node) =>
    endpointSets(port, family, node).local.some(({ isReady }) => isReady),
  );
  return healthy[Math.floor(random() * healthy.length)] ?? nodes[0];
}
