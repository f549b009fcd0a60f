import type { EndpointAddress, EndpointSubset } from '../../api/index.ts';

/** How many addresses one Endpoints object holds. */
const MAX_ADDRESSES = 1000;

/**
 * Subsets cut to 1000 addresses in all: ready ones first, and of each subset its share.
 *
 * @returns undefined when there is nothing to cut.
 * @see kubernetes endpoints_controller.go `truncateEndpoints`
 */
export function truncateSubsets(
  subsets: readonly EndpointSubset[],
): readonly EndpointSubset[] | undefined {
  const ready = count(subsets, 'addresses');
  const unready = count(subsets, 'notReadyAddresses');
  if (ready + unready <= MAX_ADDRESSES) return undefined;
  const field = ready > MAX_ADDRESSES ? 'addresses' : 'notReadyAddresses';
  const limit = ready > MAX_ADDRESSES ? MAX_ADDRESSES : MAX_ADDRESSES - ready;
  const total = ready > MAX_ADDRESSES ? ready : unready;
  let left = limit;
  return subsets.map((subset) => {
    const present = subset[field] ?? [];
    const share = Math.min(left, Math.ceil((present.length / total) * limit));
    const kept = present.slice(0, share);
    left -= kept.length;
    return field === 'addresses'
      ? withAddresses(subset, kept, [])
      : withAddresses(subset, subset.addresses ?? [], kept);
  });
}

function count(
  subsets: readonly EndpointSubset[],
  field: 'addresses' | 'notReadyAddresses',
): number {
  return subsets.reduce((sum, subset) => sum + (subset[field]?.length ?? 0), 0);
}

function withAddresses(
  { ports }: EndpointSubset,
  addresses: readonly EndpointAddress[],
  notReadyAddresses: readonly EndpointAddress[],
): EndpointSubset {
  return {
    ...(addresses.length > 0 && { addresses }),
    ...(notReadyAddresses.length > 0 && { notReadyAddresses }),
    ...(ports !== undefined && { ports }),
  };
}
