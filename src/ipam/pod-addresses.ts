import type { Node } from '../api/index.ts';
import { requireIp } from './address-block.ts';
import { HostLocal } from './host-local.ts';
import { IpamError } from './ipam-error.ts';

/** Who has which Pod address. */
export interface PodAddresses {
  /**
   * One address from each of the Node's podCIDRs, in their order; asking again for the same key gives the same.
   *
   * @param key Names the Pod, as its uid does.
   * @throws IpamError `ERR_IPAM_FULL` when a podCIDR is used up, `ERR_IPAM_CONFIG` when the Node has none;
   * nothing stays reserved then.
   */
  assign(node: Node, key: string): readonly string[];
  /** Keeps for `key` what it had before a restart; what the Node cannot give any more is given up. */
  keep(node: Node, key: string, addresses: readonly string[]): void;
  /** Gives the addresses back; a key that holds none is no error. */
  release(key: string): void;
}

/**
 * Addresses for Pods, as a Node's CNI plugin gives them: .1 is the gateway, the first Pod gets .2, and a released
 * address comes round again only after all the others.
 *
 * There is no choice in it, so a restart that starts the same Pods in the same order on each Node repeats every address;
 * the scheduler and the controllers see to the order.
 */
export function createPodAddresses(): PodAddresses {
  const blocks = new Map<string, HostLocal>();
  const held = new Map<
    string,
    { readonly cidrs: readonly string[]; readonly ips: readonly string[] }
  >();
  const blockOf = (cidr: string): HostLocal => {
    const block = blocks.get(cidr) ?? new HostLocal([{ subnet: cidr }]);
    blocks.set(cidr, block);
    return block;
  };
  const release = (key: string): void => {
    for (const cidr of held.get(key)?.cidrs ?? []) blocks.get(cidr)?.delete(key);
    held.delete(key);
  };
  const assign = (node: Node, key: string): readonly string[] => {
    const cidrs = podCidrsOf(node);
    const before = held.get(key);
    if (before !== undefined && before.cidrs.join() === cidrs.join()) return before.ips;
    release(key);
    const ips: string[] = [];
    try {
      for (const cidr of cidrs) ips.push(blockOf(cidr).add(key).text);
    } catch (error) {
      for (const cidr of cidrs) blocks.get(cidr)?.delete(key);
      throw error;
    }
    held.set(key, { cidrs, ips });
    return ips;
  };
  const keep = (node: Node, key: string, addresses: readonly string[]): void => {
    const cidrs = podCidrsOf(node);
    try {
      for (const [index, cidr] of cidrs.entries())
        blockOf(cidr).add(key, requireIp(addresses[index] ?? ''));
      held.set(key, { cidrs, ips: addresses });
    } catch (error) {
      if (!(error instanceof IpamError)) throw error;
      for (const cidr of cidrs) blocks.get(cidr)?.delete(key);
    }
  };
  return { assign, keep, release };
}

function podCidrsOf(node: Node): readonly string[] {
  const { podCIDR, podCIDRs } = node.spec ?? {};
  const cidrs = podCIDRs ?? (podCIDR === undefined ? [] : [podCIDR]);
  if (cidrs.length === 0)
    throw new IpamError('ERR_IPAM_CONFIG', `node ${node.metadata.name}: no podCIDR is assigned`);
  return cidrs;
}
