import {
  deepEqual,
  type Endpoint,
  type EndpointHints,
  type EndpointSlice,
} from '../../api/index.ts';

/** The slices of one Service and family that will stand after this sync. */
export interface SliceSet {
  readonly toCreate: readonly EndpointSlice[];
  readonly toUpdate: readonly EndpointSlice[];
  readonly unchanged: readonly EndpointSlice[];
}

/**
 * Sets the hints that `spec.trafficDistribution` asks for, and removes any other.
 *
 * A ready endpoint is hinted to its own zone, and with PreferSameNode to its own Node too.
 *
 * @see kubernetes staging/src/k8s.io/endpointslice/trafficdist; KEP-4444, KEP-3015
 */
export function hintByDistribution(set: SliceSet, distribution: string | undefined): SliceSet {
  return rehint(set, (endpoint) => wantedHints(endpoint, distribution));
}

/** The set with other hints; slices that stood untouched are updated where that changes them. */
export function rehint(
  { toCreate, toUpdate, unchanged }: SliceSet,
  hintsOf: (endpoint: Endpoint) => EndpointHints | undefined,
): SliceSet {
  const withHints = (slice: EndpointSlice): EndpointSlice => hintSlice(slice, hintsOf);
  const looked = unchanged.map((slice) => [slice, withHints(slice)] as const);
  return {
    toCreate: toCreate.map(withHints),
    toUpdate: [
      ...toUpdate.map(withHints),
      ...looked.filter(([before, after]) => before !== after).map(([, after]) => after),
    ],
    unchanged: looked.filter(([before, after]) => before === after).map(([before]) => before),
  };
}

/** @returns `slice` itself when its hints are as they should be. */
function hintSlice(
  slice: EndpointSlice,
  hintsOf: (endpoint: Endpoint) => EndpointHints | undefined,
): EndpointSlice {
  let isChanged = false;
  const endpoints = (slice.endpoints ?? []).map((endpoint) => {
    const wanted = hintsOf(endpoint);
    if (deepEqual(wanted, endpoint.hints)) return endpoint;
    isChanged = true;
    const { hints: _, ...unhinted } = endpoint;
    return wanted === undefined ? unhinted : { ...unhinted, hints: wanted };
  });
  return isChanged ? { ...slice, endpoints } : slice;
}

function wantedHints(
  { conditions, zone, nodeName }: Endpoint,
  distribution: string | undefined,
): EndpointHints | undefined {
  if (conditions?.ready !== true) return undefined;
  const isZonal = ['PreferClose', 'PreferSameZone', 'PreferSameNode'].includes(distribution ?? '');
  const hints: EndpointHints = {
    ...(isZonal && zone !== undefined && { forZones: [{ name: zone }] }),
    ...(distribution === 'PreferSameNode' &&
      nodeName !== undefined && { forNodes: [{ name: nodeName }] }),
  };
  return Object.keys(hints).length === 0 ? undefined : hints;
}
