import type { StoreReader } from '../api/index.ts';
import { createPodAddresses, type PodAddresses } from '../ipam/index.ts';

/** Addresses for Pods, beside those that the stored ones have and keep. */
export function keptPodAddresses(store: StoreReader): PodAddresses {
  const addresses = createPodAddresses();
  for (const { metadata, spec = { containers: [] }, status } of store.list('Pod')) {
    const { nodeName = '', hostNetwork = false } = spec;
    const isOver = status?.phase === 'Succeeded' || status?.phase === 'Failed';
    const node = store.get('Node', undefined, nodeName);
    const { podCIDR } = node?.spec ?? {};
    if (hostNetwork || isOver || node === undefined || podCIDR === undefined) continue;
    const ips = (status?.podIPs ?? []).map(({ ip }) => ip);
    if (ips.length > 0) addresses.keep(node, metadata.uid ?? '', ips);
  }
  return addresses;
}
