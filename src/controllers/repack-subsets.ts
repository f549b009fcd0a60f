import type { EndpointAddress, EndpointPort, EndpointSubset } from '../api/index.ts';

/**
 * Subsets so that each says something else: ports that the same addresses have, in the same state, share one.
 *
 * An address that a port has both ready and not is not ready there.
 *
 * @see kubernetes pkg/api/v1/endpoints/util.go `RepackSubsets`
 */
export function repackSubsets(subsets: readonly EndpointSubset[]): readonly EndpointSubset[] {
  const groups = new Map<string, { readonly ports: EndpointPort[]; readonly members: Members }>();
  for (const [key, { port, members }] of membersByPort(subsets)) {
    const sameMembers = [...members.keys()].toSorted().join('\n');
    const isPortless = key === NO_PORT;
    const place = isPortless ? key : `ports\n${stateKey(members)}\n${sameMembers}`;
    const group = groups.get(place) ?? { ports: [], members };
    if (port !== undefined) group.ports.push(port);
    groups.set(place, group);
  }
  return [...groups.values()].map(({ ports, members }) => subsetOf(ports, members));
}

interface Member {
  readonly address: EndpointAddress;
  readonly isReady: boolean;
}
/** By address and the uid of what it stands for. */
type Members = Map<string, Member>;

const NO_PORT = '';

function membersByPort(
  subsets: readonly EndpointSubset[],
): ReadonlyMap<string, { readonly port: EndpointPort | undefined; readonly members: Members }> {
  const byPort = new Map<
    string,
    { readonly port: EndpointPort | undefined; readonly members: Members }
  >();
  for (const { ports = [], addresses = [], notReadyAddresses = [] } of subsets) {
    for (const port of ports.length === 0 ? [undefined] : ports) {
      const key = portKey(port);
      const entry = byPort.get(key) ?? { port, members: new Map<string, Member>() };
      byPort.set(key, entry);
      for (const address of notReadyAddresses) note(entry.members, address, false);
      for (const address of addresses) note(entry.members, address, true);
    }
  }
  return byPort;
}

function note(members: Members, address: EndpointAddress, isReady: boolean): void {
  const key = `${address.ip} ${address.targetRef?.uid ?? ''}`;
  const known = members.get(key);
  if (known === undefined || (known.isReady && !isReady)) members.set(key, { address, isReady });
}

function stateKey(members: Members): string {
  return [...members]
    .filter(([, { isReady }]) => isReady)
    .map(([key]) => key)
    .toSorted()
    .join('\n');
}

function subsetOf(ports: readonly EndpointPort[], members: Members): EndpointSubset {
  const addressesThat = (wanted: boolean): readonly EndpointAddress[] =>
    [...members.values()].filter(({ isReady }) => isReady === wanted).map(({ address }) => address);
  const addresses = addressesThat(true);
  const notReadyAddresses = addressesThat(false);
  return {
    ...(addresses.length > 0 && { addresses }),
    ...(notReadyAddresses.length > 0 && { notReadyAddresses }),
    ...(ports.length > 0 && { ports }),
  };
}

function portKey(port: EndpointPort | undefined): string {
  if (port === undefined) return NO_PORT;
  return [port.name ?? '', port.port, port.protocol ?? 'TCP', port.appProtocol ?? ''].join(' ');
}
