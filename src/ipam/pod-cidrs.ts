import { cidrsOverlap, ipFromBits, parseCidr, type Cidr } from '../net/index.ts';
import { lastOf, requireCidr } from './address-block.ts';
import { IpamError } from './ipam-error.ts';
import { SparseBits } from './sparse-bits.ts';

const DEFAULT_NODE_MASK = { IPv4: 24, IPv6: 64 } as const;
/** A Node mask may be no more bits longer than an IPv6 cluster range; what a bitmap of the ranges can hold. */
const MAX_IPV6_BITS = 16;

/** One cluster range cut into Node ranges of equal size, handed out next-fit. @see kubernetes cidrset.CidrSet */
export class CidrSet {
  readonly cluster: Cidr;
  readonly nodeMask: number;
  readonly #taken = new SparseBits();
  readonly #slotSize: bigint;
  /** Where the next search begins; a released range is met again only after a full turn. */
  #cursor = 0n;

  /** @param nodeMask The prefix length of a Node's range. @default 24 in IPv4, 64 in IPv6 */
  constructor(cluster: Cidr, nodeMask: number = DEFAULT_NODE_MASK[cluster.family]) {
    const width = cluster.family === 'IPv4' ? 32 : 128;
    if (nodeMask < cluster.prefixLength || nodeMask > width)
      throw new IpamError(
        'ERR_IPAM_CONFIG',
        `New CIDR set failed; the node CIDR size /${nodeMask} does not fit into ${cluster.text}`,
      );
    if (cluster.family === 'IPv6' && nodeMask - cluster.prefixLength > MAX_IPV6_BITS)
      throw new IpamError(
        'ERR_IPAM_CONFIG',
        'New CIDR set failed; the node CIDR size is too big',
        `Give Nodes a prefix of at most /${cluster.prefixLength + MAX_IPV6_BITS}.`,
      );
    this.cluster = cluster;
    this.nodeMask = nodeMask;
    this.#slotSize = 1n << BigInt(width - nodeMask);
  }

  /** How many Nodes the range is good for. */
  get capacity(): number {
    return Number(this.cluster.size / this.#slotSize);
  }

  /** @throws IpamError `ERR_IPAM_FULL` */
  allocateNext(): string {
    const count = BigInt(this.capacity);
    const ahead = this.#taken.nextFree(this.#cursor);
    const slot = ahead < count ? ahead : this.#taken.nextFree(0n);
    if (slot >= count)
      throw new IpamError(
        'ERR_IPAM_FULL',
        'CIDR allocation failed; there are no remaining CIDRs left to allocate in the accepted range',
      );
    this.#taken.add(slot);
    this.#cursor = (slot + 1n) % count;
    return `${this.#networkOf(slot)}/${this.nodeMask}`;
  }

  /** Marks every Node range that shares an address with `cidr` as used. @throws IpamError `ERR_IPAM_OUT_OF_RANGE` */
  occupy(cidr: string): void {
    for (const slot of this.#slotsOf(cidr)) this.#taken.add(slot);
  }

  /** The opposite of `occupy`; free ranges are no error. */
  release(cidr: string): void {
    for (const slot of this.#slotsOf(cidr)) this.#taken.delete(slot);
  }

  *#slotsOf(text: string): Iterable<bigint> {
    const cidr = requireCidr(text);
    if (!cidrsOverlap(this.cluster, cidr))
      throw new IpamError(
        'ERR_IPAM_OUT_OF_RANGE',
        `cidr ${cidr.text} is out the range of cluster cidr ${this.cluster.text}`,
      );
    const base = this.cluster.network.bits;
    const from = cidr.network.bits > base ? cidr.network.bits - base : 0n;
    const to =
      lastOf(cidr).bits < lastOf(this.cluster).bits ? lastOf(cidr).bits : lastOf(this.cluster).bits;
    for (let slot = from / this.#slotSize; slot <= (to - base) / this.#slotSize; slot += 1n)
      yield slot;
  }

  #networkOf(slot: bigint): string {
    return ipFromBits(this.cluster.family, this.cluster.network.bits + slot * this.#slotSize).text;
  }
}

export interface PodCidrsOptions {
  /** One prefix a family, the primary one first. */
  readonly clusterCIDRs: readonly string[];
  /** Prefix length of a Node's range on a cluster of one family. @default 24 or 64 */
  readonly nodeMask?: number;
  /** The same on a cluster of two families; refused on one of one. @default 24 */
  readonly nodeMaskIPv4?: number;
  /** @default 64 */
  readonly nodeMaskIPv6?: number;
  /** Prefixes that no Pod may have; those outside the cluster ranges do not matter. @default none */
  readonly serviceCIDRs?: readonly string[];
}

/** The Node ranges of a cluster: one a family for every Node. */
export class PodCidrs {
  readonly sets: readonly CidrSet[];

  /** @throws IpamError `ERR_IPAM_CONFIG` */
  constructor(options: PodCidrsOptions) {
    const clusters = options.clusterCIDRs.map(requireCidr);
    refuseFamilies(clusters, options);
    this.sets = clusters.map((cluster) => new CidrSet(cluster, maskOf(cluster, clusters, options)));
    for (const set of this.sets)
      for (const text of options.serviceCIDRs ?? []) {
        const cidr = requireCidr(text);
        if (cidrsOverlap(set.cluster, cidr)) set.occupy(text);
      }
  }

  /** One range of each family, in their order. @throws IpamError `ERR_IPAM_FULL`; nothing stays taken then. */
  allocateNext(): readonly string[] {
    const ranges: string[] = [];
    try {
      for (const set of this.sets) ranges.push(set.allocateNext());
    } catch (error) {
      this.release(ranges);
      throw error;
    }
    return ranges;
  }

  /**
   * Takes the ranges that a Node brings.
   *
   * @throws IpamError `ERR_IPAM_OUT_OF_RANGE` for a range outside the cluster's, or more of them than it has families.
   */
  occupy(ranges: readonly string[]): void {
    for (const [index, range] of ranges.entries()) {
      const set = this.sets[index];
      if (set === undefined)
        throw new IpamError(
          'ERR_IPAM_OUT_OF_RANGE',
          `cidr ${range} at index ${index} does not exist in the cluster's configuration`,
        );
      set.occupy(range);
    }
  }

  /** Gives the ranges of a Node back; those that are not from here are no error. */
  release(ranges: readonly string[]): void {
    for (const [index, range] of ranges.entries()) {
      const set = this.sets[index];
      const cidr = parseCidr(range);
      if (set !== undefined && cidr !== undefined && cidrsOverlap(set.cluster, cidr))
        set.release(range);
    }
  }
}

function refuseFamilies(clusters: readonly Cidr[], options: PodCidrsOptions): void {
  const families = new Set(clusters.map(({ family }) => family));
  if (clusters.length === 0 || families.size !== clusters.length)
    throw new IpamError('ERR_IPAM_CONFIG', 'expected one or two pod CIDRs of different families');
  const { nodeMaskIPv4, nodeMaskIPv6 } = options;
  if (clusters.length === 1 && (nodeMaskIPv4 !== undefined || nodeMaskIPv6 !== undefined))
    throw new IpamError(
      'ERR_IPAM_CONFIG',
      'usage of --node-cidr-mask-size-ipv4 and --node-cidr-mask-size-ipv6 are not allowed with non dual-stack clusters',
      'Use the mask size for both families.',
    );
}

/** On two families the general size is ignored, as upstream does with a warning. */
function maskOf(
  { family }: Cidr,
  clusters: readonly Cidr[],
  options: PodCidrsOptions,
): number | undefined {
  if (clusters.length === 1) return options.nodeMask;
  return family === 'IPv4' ? options.nodeMaskIPv4 : options.nodeMaskIPv6;
}
