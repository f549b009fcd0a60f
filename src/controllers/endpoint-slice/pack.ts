import type { Endpoint, EndpointSlice, Service } from '../../api/index.ts';
import { endpointKey, saysTheSame, type SliceChanges } from '../slice-changes.ts';
import { hasOtherLabels, sliceLabels, sliceOf, type SliceShape } from './slice-of-service.ts';

/** The slices of one Service, family and port list, and the endpoints that they are to hold. */
export interface PackInput {
  readonly service: Service;
  readonly shape: SliceShape;
  readonly existing: readonly EndpointSlice[];
  readonly desired: readonly Endpoint[];
  readonly maxEndpointsPerSlice: number;
}

/**
 * Places endpoints into slices with as few writes as possible, without rebalancing.
 *
 * 1. Endpoints that are no longer wanted leave their slices; changed ones are replaced where they are.
 * 2. Newcomers fill slices that are written anyway, the fullest first.
 * 3. The rest, if it is less than a full slice, goes to the untouched slice that it fills best, otherwise to new ones.
 *
 * @see kubernetes staging/src/k8s.io/endpointslice/reconciler.go `reconcileByPortMapping`
 */
export function packEndpoints(input: PackInput): SliceChanges {
  const { service, existing, maxEndpointsPerSlice: limit } = input;
  const homeless = new Map(input.desired.map((endpoint) => [endpointKey(endpoint), endpoint]));
  const untouched: EndpointSlice[] = [];
  const toUpdate: EndpointSlice[] = [];
  const toDelete: EndpointSlice[] = [];
  for (const slice of existing) {
    const kept = keepWanted(slice, homeless);
    if (kept === undefined && !hasOtherLabels(slice, service)) untouched.push(slice);
    else if (kept?.length === 0) toDelete.push(slice);
    else toUpdate.push(refill(slice, service, kept ?? slice.endpoints ?? []));
  }
  const newcomers = [...homeless.values()];
  fillUp(toUpdate, newcomers, limit);
  const host = bestFit(untouched, newcomers.length % limit, limit);
  if (host !== undefined) toUpdate.push(addTo(host, newcomers.splice(-(newcomers.length % limit))));
  const toCreate = chunk(newcomers, limit).map((endpoints) =>
    addTo(sliceOf(service, input.shape), endpoints),
  );
  return { toCreate, toUpdate, toDelete };
}

/**
 * The slice's endpoints that are still wanted, as they are now; each is taken out of `wanted`.
 *
 * @returns undefined when that is what the slice says already.
 */
function keepWanted(
  { endpoints = [] }: EndpointSlice,
  wanted: Map<string, Endpoint>,
): readonly Endpoint[] | undefined {
  const kept: Endpoint[] = [];
  let isChanged = false;
  for (const endpoint of endpoints) {
    const key = endpointKey(endpoint);
    const current = wanted.get(key);
    wanted.delete(key);
    if (current === undefined) continue;
    kept.push(current);
    isChanged ||= !saysTheSame(current, endpoint);
  }
  return isChanged || kept.length !== endpoints.length ? kept : undefined;
}

function refill(
  slice: EndpointSlice,
  service: Service,
  endpoints: readonly Endpoint[],
): EndpointSlice {
  return { ...slice, metadata: { ...slice.metadata, labels: sliceLabels(service) }, endpoints };
}

/** Moves newcomers into slices that are written anyway, the fullest first. */
function fillUp(slices: EndpointSlice[], newcomers: Endpoint[], limit: number): void {
  if (newcomers.length === 0) return;
  slices.sort((a, b) => sizeOf(b) - sizeOf(a));
  for (const [index, slice] of slices.entries())
    slices[index] = addTo(slice, newcomers.splice(0, Math.max(0, limit - sizeOf(slice))));
}

/** The slice that `count` more endpoints, at least one, bring closest to full. */
function bestFit(
  slices: Iterable<EndpointSlice>,
  count: number,
  limit: number,
): EndpointSlice | undefined {
  let best: EndpointSlice | undefined;
  let leastRoom = count === 0 ? 0 : limit;
  for (const slice of slices) {
    const room = limit - count - sizeOf(slice);
    if (room < 0 || room >= leastRoom) continue;
    best = slice;
    leastRoom = room;
  }
  return best;
}

function addTo(slice: EndpointSlice, newcomers: readonly Endpoint[]): EndpointSlice {
  return newcomers.length === 0
    ? slice
    : { ...slice, endpoints: [...(slice.endpoints ?? []), ...newcomers] };
}

function sizeOf({ endpoints = [] }: EndpointSlice): number {
  return endpoints.length;
}

function chunk(endpoints: readonly Endpoint[], size: number): readonly (readonly Endpoint[])[] {
  const chunks: (readonly Endpoint[])[] = [];
  for (let start = 0; start < endpoints.length; start += size)
    chunks.push(endpoints.slice(start, start + size));
  return chunks;
}
