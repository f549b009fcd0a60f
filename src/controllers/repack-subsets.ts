import type { EndpointAddress, EndpointPort, EndpointSubset } from '../api/index.ts';
import { sortByHash } from './go-hash.ts';

/**
 * Subsets so that each says something else: ports that the same addresses have, in the same state, share one.
 *
 * An address that a port has both ready and not is not ready there; what is said of it first stands for every port.
 * Addresses come in the order of their texts, ports and subsets in that of their hashes.
 *
 * @see kubernetes pkg/api/v1/endpoints/util.go `RepackSubsets`
 */
export function repackSubsets(subsets: readonly EndpointSubset[]): readonly EndpointSubset[] {
  const groups = new Map<string, { readonly ports: EndpointPort[]; readonly members: Members }>();
  for (const { port, members } of membersByPort(subsets).values()) {
    const place = placeOf(members);
    const group = groups.get(place) ?? { ports: [], members };
    if (port !== undefined) group.ports.push(port);
    groups.set(place, group);
  }
  const packed = [...groups.values()].map(({ ports, members }) => subsetOf(ports, members));
  return sortByHash(packed, 'v1.EndpointSubset');
}

interface Member {
  readonly address: EndpointAddress;
  readonly isReady: boolean;
}
/** By address and the uid of what it stands for. */
type Members = Map<string, Member>;

function membersByPort(
  subsets: readonly EndpointSubset[],
): ReadonlyMap<string, { readonly port: EndpointPort | undefined; readonly members: Members }> {
  const byPort = new Map<
    string,
    { readonly port: EndpointPort | undefined; readonly members: Members }
  >();
  const first = new Map<string, EndpointAddress>();
  for (const { ports = [], addresses = [], notReadyAddresses = [] } of subsets) {
    for (const address of [...addresses, ...notReadyAddresses])
      if (!first.has(addressKey(address))) first.set(addressKey(address), address);
    for (const port of ports.length === 0 ? [undefined] : ports) {
      const key = portKey(port);
      const entry = byPort.get(key) ?? { port, members: new Map<string, Member>() };
      byPort.set(key, entry);
      const known = (address: EndpointAddress): EndpointAddress =>
        first.get(addressKey(address)) ?? address;
      for (const address of notReadyAddresses) note(entry.members, known(address), false);
      for (const address of addresses) note(entry.members, known(address), true);
    }
  }
  return byPort;
}

function note(members: Members, address: EndpointAddress, isReady: boolean): void {
  const key = addressKey(address);
  const known = members.get(key);
  if (known === undefined || (known.isReady && !isReady)) members.set(key, { address, isReady });
}

function addressKey({ ip, targetRef }: EndpointAddress): string {
  return `${ip} ${targetRef?.uid ?? ''}`;
}

/** The same for the same addresses in the same states. */
function placeOf(members: Members): string {
  return [...members]
    .map(([key, { isReady }]) => `${key} ${isReady}`)
    .toSorted()
    .join('\n');
}

function subsetOf(ports: readonly EndpointPort[], members: Members): EndpointSubset {
  const addressesThat = (wanted: boolean): readonly EndpointAddress[] =>
    [...members]
      .filter(([, { isReady }]) => isReady === wanted)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { address }]) => address);
  const addresses = addressesThat(true);
  const notReadyAddresses = addressesThat(false);
  return {
    ...(addresses.length > 0 && { addresses }),
    ...(notReadyAddresses.length > 0 && { notReadyAddresses }),
    ...(ports.length > 0 && { ports: sortByHash(ports, 'v1.EndpointPort') }),
  };
}

function portKey(port: EndpointPort | undefined): string {
  if (port === undefined) return '';
  return [port.name ?? '', port.port, port.protocol ?? 'TCP', port.appProtocol ?? ''].join(' ');
}
