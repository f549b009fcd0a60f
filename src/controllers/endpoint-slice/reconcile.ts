import type { Endpoint, EndpointSlice, Pod, Service } from '../../api/index.ts';
import { create, keyOf, remove, splitKey, update } from '../change.ts';
import type { Change, EventNote, Snapshot } from '../controller.ts';
import { isControlledBy, refOf } from '../owner.ts';
import { isEndpoint, isSelecting, podsOf } from '../service-pods.ts';
import {
  portsKey,
  recycleSlices,
  sortPorts,
  TRIGGER_TIME,
  type SliceChanges,
} from '../slice-changes.ts';
import type { TriggerTimes } from '../trigger-times.ts';
import { addressTypesOf } from './address-types.ts';
import { endpointOf, portsOn } from './endpoint-of-pod.ts';
import { packEndpoints } from './pack.ts';
import {
  MANAGED_BY,
  SERVICE_NAME,
  SLICE_MANAGER,
  sliceOf,
  type SliceShape,
} from './slice-of-service.ts';
import { hintByTopology, wantsTopologyHints } from './topology-hints.ts';
import { hintByDistribution, type SliceSet } from './traffic-distribution.ts';
import { zoneShares } from './zone-capacity.ts';

/**
 * Brings the EndpointSlices of one Service in line with its Pods.
 *
 * @param key The Service.
 * @see kubernetes staging/src/k8s.io/endpointslice/reconciler.go
 */
export function reconcileSlices(
  key: string,
  snapshot: Snapshot,
  { maxEndpointsPerSlice, times, hinted }: SliceSettings,
): readonly Change[] {
  const [namespace, name] = splitKey(key);
  const service = snapshot.get('Service', namespace, name);
  if (service === undefined) {
    times.forget(key);
    hinted.delete(key);
  }
  if (service === undefined || !isSelecting(service)) return [];
  const matchLabels = { [SERVICE_NAME]: name, [MANAGED_BY]: SLICE_MANAGER };
  const slices = snapshot
    .list('EndpointSlice', { namespace, matchLabels })
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const selected = podsOf(service, snapshot);
  const triggerTime = times.next(key, service, selected);
  const pods = selected.filter((pod) => isEndpoint(pod, { withTerminating: true }));
  const sync: Sync = {
    service,
    slices,
    pods,
    snapshot,
    maxEndpointsPerSlice,
    triggerTime,
    hinted,
  };
  const addressTypes = addressTypesOf(service);
  const foreign = slices.filter(({ addressType }) => !addressTypes.some((t) => t === addressType));
  return [
    ...addressTypes.flatMap((addressType) => reconcileFamily(sync, addressType)),
    ...foreign.map((slice) => remove(slice)),
    ...complainAboutNodes(sync),
  ];
}

export interface SliceSettings {
  readonly maxEndpointsPerSlice: number;
  /** What earlier syncs have seen. */
  readonly times: TriggerTimes;
  /** Keys of Services whose endpoints got hints by annotation. */
  readonly hinted: Set<string>;
}

/** What the sync of one Service is about. */
interface Sync {
  readonly service: Service;
  readonly slices: readonly EndpointSlice[];
  /** Those that may be endpoints. */
  readonly pods: readonly Pod[];
  readonly snapshot: Snapshot;
  readonly maxEndpointsPerSlice: number;
  /** The change that it answers to. */
  readonly triggerTime: string | undefined;
  readonly hinted: Set<string>;
}

function reconcileFamily(sync: Sync, addressType: string): readonly Change[] {
  const { service, triggerTime } = sync;
  const present = sync.slices.filter((slice) => slice.addressType === addressType);
  const packed = packFamily(sync, addressType, present);
  const written = new Set([...packed.toUpdate, ...packed.toDelete].map(nameOf));
  const unchanged = present.filter((slice) => !written.has(nameOf(slice)));
  const { set, events } = hint(sync, { ...packed, unchanged }, addressType);
  const isOurs = (slice: EndpointSlice): boolean => isControlledBy(slice, service);
  const { toCreate, toUpdate, toDelete } = recycleSlices(
    { ...set, toDelete: packed.toDelete },
    isOurs,
  );
  const isGoing = service.metadata.deletionTimestamp !== undefined;
  return [
    ...(isGoing ? [] : toCreate).map((slice) => create(stamp(slice, triggerTime))),
    ...toUpdate.map((slice) => update(stamp(slice, triggerTime))),
    ...toDelete.map((slice) => remove(slice)),
    ...events.map((event): Change => ({ kind: 'event', event })),
  ];
}

/** Endpoints of one list of ports, which share slices. */
interface PortGroup {
  readonly shape: SliceShape;
  readonly endpoints: Endpoint[];
}

function packFamily(
  sync: Sync,
  addressType: string,
  present: readonly EndpointSlice[],
): SliceChanges {
  const { service, maxEndpointsPerSlice } = sync;
  const groups = groupByPorts(sync, addressType);
  const ours = present.filter((slice) => isControlledBy(slice, service));
  const results = [...groups].map(([ports, { shape, endpoints }]) =>
    packEndpoints({
      service,
      shape,
      existing: ours.filter((slice) => portsKey(slice.ports) === ports),
      desired: endpoints,
      maxEndpointsPerSlice,
    }),
  );
  const toCreate = results.flatMap((result) => result.toCreate);
  const toUpdate = results.flatMap((result) => result.toUpdate);
  const toDelete = [
    ...present.filter((slice) => !ours.includes(slice)),
    ...results.flatMap((result) => result.toDelete),
    ...ours.filter((slice) => !groups.has(portsKey(slice.ports))),
  ];
  if (toDelete.length < present.length || toCreate.length > 0)
    return { toCreate, toUpdate, toDelete };
  const placeholder = sliceOf(service, { addressType, ports: [] });
  const [only] = toDelete;
  return toDelete.length === 1 && only !== undefined && isSamePlaceholder(only, placeholder)
    ? { toCreate, toUpdate, toDelete: [] }
    : { toCreate: [placeholder], toUpdate, toDelete };
}

function groupByPorts(sync: Sync, addressType: string): ReadonlyMap<string, PortGroup> {
  const { service, snapshot } = sync;
  const groups = new Map<string, PortGroup>();
  for (const pod of sync.pods) {
    const ports = portsOn(pod, service);
    const key = portsKey(ports);
    const group = groups.get(key) ?? newGroup(addressType, ports);
    groups.set(key, group);
    if (isOnMissingNode(pod, sync)) continue;
    const node = snapshot.get('Node', undefined, pod.spec?.nodeName ?? '');
    const endpoint = endpointOf(pod, { service, node, addressType });
    if (endpoint.addresses.length > 0) group.endpoints.push(endpoint);
  }
  return groups;
}

function newGroup(addressType: string, ports: SliceShape['ports']): PortGroup {
  return { shape: { addressType, ports: sortPorts(ports) }, endpoints: [] };
}

function isSamePlaceholder(slice: EndpointSlice, placeholder: EndpointSlice): boolean {
  const labels = Object.entries(placeholder.metadata.labels ?? {});
  const present = slice.metadata.labels ?? {};
  return (
    (slice.endpoints ?? []).length === 0 &&
    (slice.ports ?? []).length === 0 &&
    labels.length === Object.keys(present).length &&
    labels.every(([key, value]) => present[key] === value)
  );
}

function hint(
  { service, snapshot, hinted }: Sync,
  set: SliceSet,
  addressType: string,
): { readonly set: SliceSet; readonly events: readonly EventNote[] } {
  const key = keyOf(service);
  const wasHinted = hinted.delete(key);
  const tell = (type: EventNote['type'], reason: string, because: string): EventNote => ({
    about: refOf(service),
    type,
    reason,
    message: `${because}, addressType: ${addressType}`,
  });
  if (!wantsTopologyHints(service)) {
    const disabled = tell('Warning', 'TopologyAwareHintsDisabled', DISABLED);
    const distribution = service.spec?.trafficDistribution;
    return { set: hintByDistribution(set, distribution), events: wasHinted ? [disabled] : [] };
  }
  const outcome = hintByTopology(set, zoneShares(snapshot.list('Node')));
  if (outcome.kind === 'disabled')
    return {
      set: outcome.set,
      events: [tell('Warning', 'TopologyAwareHintsDisabled', outcome.because)],
    };
  hinted.add(key);
  const enabled = tell('Normal', 'TopologyAwareHintsEnabled', ENABLED);
  return { set: outcome.set, events: wasHinted ? [] : [enabled] };
}

const ENABLED = 'Topology Aware Hints has been enabled';
const DISABLED = 'Topology Aware Hints has been disabled';

function stamp(slice: EndpointSlice, triggerTime: string | undefined): EndpointSlice {
  const { [TRIGGER_TIME]: _, ...others } = slice.metadata.annotations ?? {};
  const annotations = {
    ...others,
    ...(triggerTime !== undefined && { [TRIGGER_TIME]: triggerTime }),
  };
  const { annotations: _annotations, ...metadata } = slice.metadata;
  return Object.keys(annotations).length === 0
    ? { ...slice, metadata }
    : { ...slice, metadata: { ...metadata, annotations } };
}

/** A Pod on a Node that the cluster does not have is left out, unless unready addresses are published anyway. */
function isOnMissingNode(pod: Pod, { service, snapshot }: Sync): boolean {
  return (
    service.spec?.publishNotReadyAddresses !== true &&
    snapshot.get('Node', undefined, pod.spec?.nodeName ?? '') === undefined
  );
}

/** Pods on missing Nodes make the sync fail once everything else is written: it is tried again until the Node is there. */
function complainAboutNodes(sync: Sync): readonly Change[] {
  const { namespace = '', name } = sync.service.metadata;
  const lost = sync.pods
    .filter((pod) => isOnMissingNode(pod, sync))
    .map(
      ({ metadata, spec }) =>
        `skipping Pod ${metadata.name} for Service ${namespace}/${name}: Node ${spec?.nodeName ?? ''} Not Found`,
    );
  if (lost.length === 0) return [];
  const because = lost.length === 1 ? lost.join() : `[${lost.join(', ')}]`;
  const message = `Error updating Endpoint Slices for Service ${namespace}/${name}: ${because}`;
  const reason = 'FailedToUpdateEndpointSlices';
  return [
    { kind: 'event', event: { about: refOf(sync.service), type: 'Warning', reason, message } },
    { kind: 'fail', because },
  ];
}

function nameOf({ metadata }: EndpointSlice): string {
  return metadata.name;
}
