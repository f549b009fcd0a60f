import type { Endpoint, EndpointHints, EndpointSlice, Service } from '../../api/index.ts';
import { rehint, type SliceSet } from './traffic-distribution.ts';
import type { ZoneShares } from './zone-capacity.ts';

/** How far a zone's endpoints may be loaded above the mean. */
const OVERLOAD_THRESHOLD = 0.2;

const MODE = 'service.kubernetes.io/topology-mode';
const OLD_MODE = 'service.kubernetes.io/topology-aware-hints';

/** What comes of the annotation: hints on every ready endpoint, or on none and the reason. */
export type TopologyHints =
  | { readonly kind: 'hinted'; readonly set: SliceSet }
  | { readonly kind: 'disabled'; readonly set: SliceSet; readonly because: string };

/** Whether the Service asks for hints by annotation. */
export function wantsTopologyHints({ metadata }: Service): boolean {
  const mode = metadata.annotations?.[OLD_MODE] ?? metadata.annotations?.[MODE];
  return mode === 'Auto' || mode === 'auto';
}

/**
 * Spreads ready endpoints over zones by the zones' CPU: each to its own zone first, and then, where that leaves a zone
 * with too few, some of another zone's are lent to it.
 *
 * @see kubernetes staging/src/k8s.io/endpointslice/topologycache; KEP-2433
 */
export function hintByTopology(set: SliceSet, shares: ZoneShares | undefined): TopologyHints {
  const ready = [...set.toCreate, ...set.toUpdate, ...set.unchanged]
    .flatMap(({ endpoints = [] }) => endpoints)
    .filter(isReady);
  const allocation = allocate(shares, ready.length);
  if (typeof allocation === 'string') return withoutHints(set, allocation);
  const standing = splitStanding(set.unchanged, allocation);
  const writable = [...set.toCreate, ...set.toUpdate, ...standing.outdated];
  const endpoints = writable.flatMap((slice) => slice.endpoints ?? []).filter(isReady);
  if (endpoints.some(({ zone = '' }) => zone === '')) {
    // What was to get hints is written all the same, whether that changes it or not.
    const toUpdate = [...set.toUpdate, ...standing.outdated];
    const because = 'One or more endpoints do not have a zone specified';
    return withoutHints({ ...set, toUpdate, unchanged: standing.kept }, because);
  }
  const zones = lend(endpoints, allocation, standing.hinted);
  const hintsOf = (endpoint: Endpoint): EndpointHints | undefined => {
    const zone = zones.get(endpoint);
    return zone === undefined ? undefined : { forZones: [{ name: zone }] };
  };
  const written = rehint({ ...set, unchanged: standing.outdated }, hintsOf);
  return {
    kind: 'hinted',
    set: { ...written, unchanged: [...written.unchanged, ...standing.kept] },
  };
}

function withoutHints(set: SliceSet, because: string): TopologyHints {
  return { kind: 'disabled', set: rehint(set, () => undefined), because };
}

interface Allocation {
  readonly minimum: number;
  readonly desired: number;
  readonly maximum: number;
}
type Allocations = ReadonlyMap<string, Allocation>;

/** How many endpoints each zone should have, or why that cannot be told. */
function allocate(shares: ZoneShares | undefined, endpointCount: number): Allocations | string {
  if (shares === undefined)
    return 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes';
  const counts = `(${endpointCount} endpoints, ${shares.size} zones)`;
  if (shares.size > endpointCount) return `Insufficient number of endpoints ${counts}`;
  const floors = [...shares].map(([zone, share]) => {
    const desired = share * endpointCount;
    const minimum = Math.ceil(desired * (1 / (1 + OVERLOAD_THRESHOLD)));
    return { zone, minimum, desired: Math.max(desired, minimum) };
  });
  const spare = endpointCount - floors.reduce((sum, { minimum }) => sum + minimum, 0);
  if (spare < 0)
    return `Unable to allocate minimum required endpoints to each zone without exceeding overload threshold ${counts}`;
  return new Map(
    floors.map(({ zone, minimum, desired }) => [
      zone,
      { minimum, desired, maximum: minimum + spare },
    ]),
  );
}

/** Tells untouched slices whose hints can stay from those that must be written, counting the hints that stay. */
function splitStanding(
  slices: readonly EndpointSlice[],
  allocations: Allocations,
): {
  readonly kept: readonly EndpointSlice[];
  readonly outdated: readonly EndpointSlice[];
  readonly hinted: ReadonlyMap<string, number>;
} {
  const kept: EndpointSlice[] = [];
  const outdated: EndpointSlice[] = [];
  const hinted = new Map<string, number>();
  for (const slice of slices) {
    const counts = countHints(slice);
    const fits =
      counts !== undefined &&
      [...counts].every(([zone, count]) => {
        const limit = allocations.get(zone)?.maximum ?? -1;
        return count + (hinted.get(zone) ?? 0) <= limit;
      });
    (fits ? kept : outdated).push(slice);
    if (fits) for (const [zone, count] of counts) hinted.set(zone, (hinted.get(zone) ?? 0) + count);
  }
  return { kept, outdated, hinted };
}

/** Ready endpoints of a slice by the zone that they are hinted to; undefined when one has no hint. */
function countHints({ endpoints = [] }: EndpointSlice): ReadonlyMap<string, number> | undefined {
  const counts = new Map<string, number>();
  for (const endpoint of endpoints.filter(isReady)) {
    const zone = endpoint.hints?.forZones?.[0]?.name;
    if (zone === undefined) return undefined;
    counts.set(zone, (counts.get(zone) ?? 0) + 1);
  }
  return counts;
}

/** The zone that each endpoint serves: its own, or the one that it is lent to. */
function lend(
  endpoints: readonly Endpoint[],
  allocations: Allocations,
  standing: ReadonlyMap<string, number>,
): ReadonlyMap<Endpoint, string> {
  const served = new Map(standing);
  for (const { zone = '' } of endpoints) served.set(zone, (served.get(zone) ?? 0) + 1);
  const { giving, receiving } = balance(allocations, served);
  const zones = new Map<Endpoint, string>();
  for (const endpoint of endpoints) {
    const { zone = '' } = endpoint;
    const left = giving.get(zone) ?? 0;
    const [receiver] = receiving.keys();
    if (left > 0 && receiver !== undefined) {
      decrement(giving, zone);
      decrement(receiving, receiver);
    }
    zones.set(endpoint, left > 0 && receiver !== undefined ? receiver : zone);
  }
  return zones;
}

/** Whole endpoints that zones give and receive; less than half of one is left alone. */
function balance(
  allocations: Allocations,
  served: ReadonlyMap<string, number>,
): { giving: Map<string, number>; receiving: Map<string, number> } {
  const surplus = new Map<string, number>();
  const deficit = new Map<string, number>();
  for (const [zone, { desired }] of allocations) {
    const difference = (served.get(zone) ?? 0) - desired;
    if (difference > 0) surplus.set(zone, difference);
    else if (difference < 0) deficit.set(zone, -difference);
  }
  const giving = new Map<string, number>();
  const receiving = new Map<string, number>();
  for (;;) {
    const [giver, toGive] = most(surplus);
    const [receiver, toReceive] = most(deficit);
    if ((toGive < 1 && toReceive < 1) || toGive < 0.5 || toReceive < 0.5)
      return { giving, receiving };
    giving.set(giver, (giving.get(giver) ?? 0) + 1);
    receiving.set(receiver, (receiving.get(receiver) ?? 0) + 1);
    surplus.set(giver, toGive - 1);
    deficit.set(receiver, toReceive - 1);
  }
}

function most(zones: ReadonlyMap<string, number>): readonly [zone: string, count: number] {
  let best: readonly [string, number] = ['', 0];
  for (const [zone, count] of zones) if (count > best[1]) best = [zone, count];
  return best;
}

function decrement(counts: Map<string, number>, zone: string): void {
  const left = (counts.get(zone) ?? 0) - 1;
  if (left > 0) counts.set(zone, left);
  else counts.delete(zone);
}

/** Absent means ready. */
function isReady({ conditions }: Endpoint): boolean {
  return conditions?.ready !== false;
}
