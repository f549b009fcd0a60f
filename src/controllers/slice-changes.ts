import type {
  DiscoveryEndpointPort,
  Endpoint,
  EndpointConditions,
  EndpointSlice,
} from '../api/index.ts';
import { create, remove, update } from './change.ts';
import type { Change } from './controller.ts';
import { defined } from './defined.ts';
import { sortByHash } from './go-hash.ts';

/** The annotation with the time of the change that a write of endpoints answers to. */
export const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';

/** Slices to write; those to create have an empty name. */
export interface SliceChanges {
  readonly toCreate: readonly EndpointSlice[];
  readonly toUpdate: readonly EndpointSlice[];
  readonly toDelete: readonly EndpointSlice[];
}

/**
 * Turns deletions together with creations into updates: the old slice keeps its name and uid and gets the new contents.
 *
 * @param isOurs Whether a slice may be reused; the type of its addresses cannot change.
 */
export function recycleSlices(
  { toCreate, toUpdate, toDelete }: SliceChanges,
  isOurs: (slice: EndpointSlice) => boolean,
): SliceChanges {
  const fresh = [...toCreate];
  const recycled: EndpointSlice[] = [];
  const gone: EndpointSlice[] = [];
  for (const old of toDelete) {
    const next = fresh.at(-1);
    if (next !== undefined && next.addressType === old.addressType && isOurs(old)) {
      recycled.push(renameTo(old, next));
      fresh.pop();
    } else gone.push(old);
  }
  return { toCreate: fresh, toUpdate: [...toUpdate, ...recycled], toDelete: gone };
}

/** The writes, in the order in which the EndpointSlice controllers do them. */
export function sliceWrites({ toCreate, toUpdate, toDelete }: SliceChanges): readonly Change[] {
  return [
    ...toCreate.map((slice) => create(slice)),
    ...toUpdate.map((slice) => update(slice)),
    ...toDelete.map((slice) => remove(slice)),
  ];
}

/** Slices with the same key may hold the same endpoints: the ports in any order. */
export function portsKey(ports: readonly DiscoveryEndpointPort[] = []): string {
  return ports
    .map(({ name = '', port = 0, protocol = 'TCP', appProtocol = '' }) =>
      [name, port, protocol, appProtocol].join('\0'),
    )
    .toSorted()
    .join('\n');
}

/** In the order in which upstream writes them: that of their hashes. @see endpointslice util `portsInOrder` */
export function sortPorts(
  ports: readonly DiscoveryEndpointPort[],
): readonly DiscoveryEndpointPort[] {
  return sortByHash(ports, 'v1.EndpointPort#discovery');
}

/** What makes two endpoints the same one: addresses, host name and what they stand for. @see endpointslice util `hashEndpoint` */
export function endpointKey({ addresses, hostname = '', targetRef }: Endpoint): string {
  const target = targetRef === undefined ? [] : [targetRef.namespace ?? '', targetRef.name ?? ''];
  return [addresses.toSorted().join(','), hostname, ...target].join('\0');
}

/** Whether two endpoints of one key say the same. @see endpointslice util `EndpointsEqualBeyondHash` */
export function saysTheSame(a: Endpoint, b: Endpoint): boolean {
  return (
    a.nodeName === b.nodeName &&
    a.zone === b.zone &&
    a.targetRef?.kind === b.targetRef?.kind &&
    a.targetRef?.uid === b.targetRef?.uid &&
    hasSameConditions(a.conditions, b.conditions)
  );
}

function hasSameConditions(a: EndpointConditions = {}, b: EndpointConditions = {}): boolean {
  return a.ready === b.ready && a.serving === b.serving && a.terminating === b.terminating;
}

function renameTo(old: EndpointSlice, next: EndpointSlice): EndpointSlice {
  const { name, generateName, uid, resourceVersion, creationTimestamp } = old.metadata;
  const identity = defined({ name, generateName, uid, resourceVersion, creationTimestamp });
  return { ...next, metadata: { ...next.metadata, ...identity } };
}
