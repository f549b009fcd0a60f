import type { Pod, StoreReader } from '../api/index.ts';
import { createPodAddresses, type PodAddresses } from '../ipam/index.ts';

/** Addresses for Pods, beside those that the stored ones have and keep. */
export function keptPodAddresses(store: StoreReader): PodAddresses {
  const addresses = createPodAddresses();
  for (const pod of store.list('Pod')) {
    const node = store.get('Node', undefined, pod.spec?.nodeName ?? '');
    const ips = ownAddresses(pod);
    if (node?.spec?.podCIDR !== undefined && ips.length > 0)
      addresses.keep(node, pod.metadata.uid ?? '', ips);
  }
  return addresses;
}

/** None for Pods that have ended, or are on their Node's network. */
function ownAddresses({ spec, status: { phase, podIPs = [] } = {} }: Pod): readonly string[] {
  const isOver = phase === 'Succeeded' || phase === 'Failed';
  return isOver || spec?.hostNetwork === true ? [] : podIPs.map(({ ip }) => ip);
}
