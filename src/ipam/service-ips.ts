import type { Cidr, Ip, IpFamily } from '../net/index.ts';
import { requireCidr } from './address-block.ts';
import { IpamError } from './ipam-error.ts';
import { preferenceOf } from './preference.ts';
import { MISMATCH, ServiceRange, type ServiceAllocatorKind } from './service-range.ts';
import { SparseBits } from './sparse-bits.ts';

export interface ServiceIpsOptions {
  /** What the API server is started with: one prefix a family, the primary one first. */
  readonly serviceCIDRs: readonly string[];
  /** Makes free choices repeatable. */
  readonly seed: number;
  /** @default 'ipaddress-objects' */
  readonly kind?: ServiceAllocatorKind;
}

interface Pool {
  /** Of the ServiceCIDR object. */
  readonly name: string;
  readonly range: ServiceRange;
}

/** The name of the ServiceCIDR object that stands for the API server's flags. */
export const DEFAULT_SERVICE_CIDR_NAME = 'kubernetes';

/**
 * The cluster IPs of all Services: what is taken, by whom, and the ranges that more may come from.
 *
 * Ranges may overlap, come and go (ServiceCIDR objects); an address stays taken whatever happens to its range.
 */
export class ServiceIps {
  /** The families that the cluster is configured for, the default one first. */
  readonly families: readonly IpFamily[];
  readonly #seed: number;
  readonly #kind: ServiceAllocatorKind;
  readonly #taken = { IPv4: new SparseBits(), IPv6: new SparseBits() } as const;
  readonly #owners = new Map<string, string>();
  #pools: readonly Pool[] = [];

  /** @throws IpamError `ERR_IPAM_CONFIG` */
  constructor({ serviceCIDRs, seed, kind = 'ipaddress-objects' }: ServiceIpsOptions) {
    const cidrs = serviceCIDRs.map(requireCidr);
    this.families = cidrs.map(({ family }) => family);
    if (cidrs.length === 0 || new Set(this.families).size !== cidrs.length)
      throw new IpamError(
        'ERR_IPAM_CONFIG',
        'expected one or two service CIDRs of different families',
      );
    this.#seed = seed;
    this.#kind = kind;
    this.setRanges(DEFAULT_SERVICE_CIDR_NAME, cidrs);
  }

  /** Replaces the ranges of a ServiceCIDR; none when it is not ready, is being deleted or is gone. */
  setRanges(name: string, cidrs: readonly Cidr[]): void {
    const kept = this.#pools.filter((pool) => pool.name !== name);
    const own = cidrs.map((cidr) => ({
      name,
      range: new ServiceRange(cidr, this.#kind, this.#taken[cidr.family]),
    }));
    // The flags' ranges first, so that others are used only when these are full.
    this.#pools = name === DEFAULT_SERVICE_CIDR_NAME ? [...own, ...kept] : [...kept, ...own];
  }

  /** Who holds `ip`. */
  ownerOf(ip: Ip): string | undefined {
    return this.#owners.get(ip.text);
  }

  /** Takes `ip` for `owner`. @throws IpamError `ERR_IPAM_OUT_OF_RANGE`, `ERR_IPAM_TAKEN` */
  allocate(ip: Ip, owner: string): void {
    this.check(ip);
    this.keep(ip, owner);
  }

  /** As `allocate`, but takes nothing. */
  check(ip: Ip): void {
    const pool = this.#pools.find(({ range }) => range.contains(ip));
    if (pool === undefined) throw this.#outOfRange(ip);
    if (this.#owners.has(ip.text))
      throw new IpamError('ERR_IPAM_TAKEN', 'provided IP is already allocated');
  }

  /** Takes `ip`, in range or not; an IPAddress object made by hand does that. */
  keep(ip: Ip, owner: string): void {
    this.#taken[ip.family].add(ip.bits);
    this.#owners.set(ip.text, owner);
  }

  /**
   * Takes a free address, the same one for the same owner and seed while nobody else has it.
   *
   * @throws IpamError `ERR_IPAM_FULL`
   */
  allocateNext(family: IpFamily, owner: string): Ip {
    const preference = preferenceOf(this.#seed, `${family} ${owner}`);
    for (const { range } of this.#pools) {
      if (range.bands.cidr.family !== family) continue;
      const ip = range.tryNext(preference);
      if (ip === undefined) continue;
      this.#owners.set(ip.text, owner);
      return ip;
    }
    throw new IpamError('ERR_IPAM_FULL', 'range is full');
  }

  /** The base of the first range of `family`: what a dry run shows. */
  standIn(family: IpFamily): Ip | undefined {
    return this.#pools.find(({ range }) => range.bands.cidr.family === family)?.range.bands.cidr
      .network;
  }

  /** Gives back what `owner` holds; nothing happens when it holds it no more. */
  release(ip: Ip, owner: string): void {
    if (this.#owners.get(ip.text) !== owner) return;
    this.#owners.delete(ip.text);
    this.#taken[ip.family].delete(ip.bits);
  }

  #outOfRange(ip: Ip): IpamError {
    const [first] = this.#pools;
    if (this.#kind === 'bitmap' && first !== undefined) return first.range.outOfRange(ip);
    return new IpamError('ERR_IPAM_OUT_OF_RANGE', MISMATCH);
  }
}
