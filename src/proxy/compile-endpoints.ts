import type { Endpoint, EndpointSlice } from '../api/index.ts';
import { parseIp, type IpFamily, type Protocol } from '../net/index.ts';
import type { ServiceEndpoint } from './service.ts';

/** Which endpoints of the slices belong to one Service port. */
export interface EndpointFilter {
  readonly family: IpFamily;
  /** The Service port's name, which the slice's port has too. */
  readonly name: string;
  readonly protocol: Protocol;
}

/**
 * The endpoints of one Service port, each once, in the order of their keys.
 *
 * An endpoint may be in two slices while it moves; the better state counts then.
 */
export function compileEndpoints(
  slices: readonly EndpointSlice[],
  filter: EndpointFilter,
): readonly ServiceEndpoint[] {
  const found = new Map<string, ServiceEndpoint>();
  for (const slice of slices) {
    if (slice.addressType !== filter.family) continue;
    for (const number of portsOf(slice, filter))
      for (const endpoint of slice.endpoints ?? []) addEndpoint(found, endpoint, number);
  }
  if (found.size < 2) return [...found.values()];
  return [...found.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

function portsOf({ ports }: EndpointSlice, { name, protocol }: EndpointFilter): readonly number[] {
  return (ports ?? [])
    .filter((port) => (port.name ?? '') === name && (port.protocol ?? 'TCP') === protocol)
    .map(({ port }) => port)
    .filter((port) => port !== undefined);
}

function addEndpoint(found: Map<string, ServiceEndpoint>, endpoint: Endpoint, port: number): void {
  // All addresses of an endpoint are one and the same; kube-proxy uses the first.
  const [first] = endpoint.addresses;
  if (first === undefined) return;
  const compiled = compileEndpoint(endpoint, parseIp(first)?.text ?? first, port);
  const known = found.get(compiled.key);
  if (known === undefined || rank(compiled) > rank(known)) found.set(compiled.key, compiled);
}

/** Absent conditions mean ready, serving and not terminating. @see kube-proxy, endpointslicecache.go */
function compileEndpoint(endpoint: Endpoint, address: string, port: number): ServiceEndpoint {
  const { conditions = {}, hints = {}, targetRef } = endpoint;
  return {
    key: address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`,
    address,
    port,
    isReady: conditions.ready ?? true,
    isServing: conditions.serving ?? true,
    isTerminating: conditions.terminating ?? false,
    node: endpoint.nodeName,
    zone: endpoint.zone,
    hintedZones: namesOf(hints.forZones),
    hintedNodes: namesOf(hints.forNodes),
    pod:
      targetRef?.kind === 'Pod'
        ? { namespace: targetRef.namespace ?? '', name: targetRef.name ?? '' }
        : undefined,
  };
}

const NONE: readonly string[] = [];

function namesOf(hints: readonly { readonly name: string }[] | undefined): readonly string[] {
  return hints === undefined ? NONE : hints.map(({ name }) => name);
}

function rank({ isReady, isServing, isTerminating }: ServiceEndpoint): number {
  return (isReady ? 4 : 0) + (isServing ? 2 : 0) + (isTerminating ? 0 : 1);
}
