import { cidrContains, ipFromBits, type Cidr, type Ip } from '../net/index.ts';
import { hostBounds, requireCidr, requireIp } from './address-block.ts';
import { pickFree, splitBands, staticBandSize, type Band, type Bands } from './band.ts';
import { IpamError } from './ipam-error.ts';
import { SparseBits } from './sparse-bits.ts';

/**
 * Which of upstream's two allocators to be: `ipaddress-objects` is what 1.36 has; `bitmap` is its predecessor, which
 * words refusals differently and uses no more than 65 536 addresses of an IPv6 range.
 */
export type ServiceAllocatorKind = 'ipaddress-objects' | 'bitmap';

/** How a Service range is divided. */
export interface ServiceBands extends Bands {
  readonly cidr: Cidr;
  /** Undefined when the range gives no address at all. */
  readonly usable: Band | undefined;
  readonly usableCount: bigint;
  readonly bandSize: bigint;
}

/** What `ServiceRange.restore` takes back. */
export interface RangeSnapshot {
  readonly range: string;
  readonly addresses: readonly string[];
}

/** The range that an API server without `--service-cluster-ip-range` uses. */
export const DEFAULT_SERVICE_CIDR = '10.0.0.0/24';

const BAND_RULE = { step: 16n, max: 256n } as const;
const MIN_RANGE_SIZE = 8n;
/** The object allocator counts in 64 bits; a wider range gives nothing. */
const OBJECTS_MIN_IPV6_PREFIX = 64;
const BITMAP_MAX_SIZE = 65_536n;

/** Refuses a range that the API server would not start with. @throws IpamError `ERR_IPAM_CONFIG` */
export function checkServiceRange(cidr: Cidr): void {
  if (cidr.size < MIN_RANGE_SIZE)
    throw new IpamError(
      'ERR_IPAM_CONFIG',
      `the service cluster IP range must be at least ${MIN_RANGE_SIZE} IP addresses`,
      `Give ${cidr.text} a shorter prefix.`,
    );
}

/** The bands of `cidr`. @see KEP-3070 */
export function serviceBands(
  cidr: Cidr,
  kind: ServiceAllocatorKind = 'ipaddress-objects',
): ServiceBands {
  const usable = usableOf(cidr, kind);
  if (usable === undefined)
    return {
      cidr,
      usable,
      usableCount: 0n,
      bandSize: 0n,
      staticBand: undefined,
      dynamicBand: undefined,
    };
  const bandSize = staticBandSize(cidr.size, BAND_RULE);
  return {
    cidr,
    usable,
    usableCount: usable.last - usable.first + 1n,
    bandSize,
    ...splitBands(usable, bandSize),
  };
}

/** The address that `default/kubernetes` has: the first usable one of the primary range. */
export function kubernetesServiceIP(cidr: Cidr): string | undefined {
  const bounds = hostBounds(cidr);
  return bounds?.first.text;
}

/** One Service range: explicit requests from anywhere in it, free choices from the dynamic band first. */
export class ServiceRange {
  readonly bands: ServiceBands;
  readonly #kind: ServiceAllocatorKind;
  readonly #taken: SparseBits;

  /** @param taken Addresses in use, by number; shared by ranges that may overlap. */
  constructor(
    cidr: Cidr,
    kind: ServiceAllocatorKind = 'ipaddress-objects',
    taken: SparseBits = new SparseBits(),
  ) {
    this.bands = serviceBands(cidr, kind);
    this.#kind = kind;
    this.#taken = taken;
  }

  /** Whether `ip` may be asked for: the base and, in IPv4, the last address may not. */
  contains(ip: Ip): boolean {
    const { usable, cidr } = this.bands;
    return (
      usable !== undefined &&
      cidrContains(cidr, ip) &&
      ip.bits >= usable.first &&
      ip.bits <= usable.last
    );
  }

  /** Takes `ip`. @throws IpamError `ERR_IPAM_OUT_OF_RANGE`, `ERR_IPAM_TAKEN` */
  allocate(ip: Ip): void {
    if (!this.contains(ip)) throw this.outOfRange(ip);
    if (!this.#taken.add(ip.bits))
      throw new IpamError('ERR_IPAM_TAKEN', 'provided IP is already allocated');
  }

  /** Takes a free address. @throws IpamError `ERR_IPAM_FULL` */
  allocateNext(preference: bigint): Ip {
    const ip = this.tryNext(preference);
    if (ip === undefined) throw new IpamError('ERR_IPAM_FULL', 'range is full');
    return ip;
  }

  /** As `allocateNext`, with undefined for a full range. */
  tryNext(preference: bigint): Ip | undefined {
    const bits = pickFree(this.bands, this.#taken, preference);
    if (bits === undefined) return undefined;
    this.#taken.add(bits);
    return ipFromBits(this.bands.cidr.family, bits);
  }

  /** Gives `ip` back; one that is free or not from here is no error. */
  release(ip: Ip): void {
    if (this.contains(ip)) this.#taken.delete(ip.bits);
  }

  snapshot(): RangeSnapshot {
    const { cidr } = this.bands;
    const own = [...this.#taken.members()].map((bits) => ipFromBits(cidr.family, bits));
    return {
      range: cidr.text,
      addresses: own.filter((ip) => this.contains(ip)).map(({ text }) => text),
    };
  }

  /** Replaces what is taken. @throws IpamError `ERR_IPAM_OUT_OF_RANGE` for the snapshot of another range. */
  restore({ range, addresses }: RangeSnapshot): void {
    if (requireCidr(range).text !== this.bands.cidr.text)
      throw new IpamError('ERR_IPAM_OUT_OF_RANGE', MISMATCH);
    for (const text of this.snapshot().addresses) this.#taken.delete(requireIp(text).bits);
    for (const text of addresses) this.allocate(requireIp(text));
  }

  /** Why `ip` cannot be had. */
  outOfRange(ip: Ip): IpamError {
    const message =
      this.#kind === 'bitmap'
        ? `the provided IP (${ip.text}) is not in the valid range. The range of valid IPs is ${this.bands.cidr.text}`
        : MISMATCH;
    return new IpamError('ERR_IPAM_OUT_OF_RANGE', message);
  }
}

/** What the object allocator says of an address that no range has. */
export const MISMATCH = 'the provided network does not match the current range';

function usableOf(cidr: Cidr, kind: ServiceAllocatorKind): Band | undefined {
  const bounds = hostBounds(cidr);
  if (bounds === undefined) return undefined;
  const [first, last] = [bounds.first.bits, bounds.last.bits];
  if (cidr.family === 'IPv4') return { first, last };
  if (kind === 'bitmap') {
    const end = cidr.network.bits + BITMAP_MAX_SIZE - 1n;
    return { first, last: end < last ? end : last };
  }
  return cidr.prefixLength < OBJECTS_MIN_IPV6_PREFIX ? undefined : { first, last };
}
