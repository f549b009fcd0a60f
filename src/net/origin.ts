import { clusterAddressOf, type AddressPlan } from './alias.ts';
import type { Origin } from './flow.ts';

/** Who has which cluster address. */
export interface OriginLookups {
  podByAddress(
    address: string,
  ): { readonly namespace: string; readonly name: string; readonly node?: string } | undefined;
  /** The Node's name. */
  nodeByAddress(address: string): string | undefined;
}

/** Who a client is, by the address it comes from. */
export interface ClientIdentity {
  readonly origin: Origin;
  /** Its cluster address: the Pod's, the Node's, the host's; for anybody else the address itself. */
  readonly address: string;
  /** The Node it is on; undefined for the outside. */
  readonly node: string | undefined;
}

/**
 * Tells who a client is: a Pod's alias is that Pod, a Node's alias that Node, anybody else is outside.
 *
 * @param clientAddress As the socket tells it, an alias or not.
 */
export function originOf(
  clientAddress: string,
  plan: AddressPlan,
  lookups: OriginLookups,
): ClientIdentity {
  const address = clusterAddressOf(clientAddress, plan) ?? clientAddress;
  const node = lookups.nodeByAddress(address);
  if (node !== undefined) return { origin: { kind: 'node', name: node }, address, node };
  const pod = lookups.podByAddress(address);
  if (pod === undefined) return { origin: { kind: 'outside' }, address, node: undefined };
  const origin = { kind: 'pod', namespace: pod.namespace, name: pod.name } as const;
  return { origin, address, node: pod.node };
}
