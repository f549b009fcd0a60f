import { cidrContains, ipFromBits, type Cidr, type Ip } from '../net/index.ts';
import { hostBounds, requireCidr, requireIp, type Bounds } from './address-block.ts';
import { IpamError } from './ipam-error.ts';
import { SparseBits } from './sparse-bits.ts';

/** One range of the CNI plugin's configuration. */
export interface HostLocalRange {
  /** A prefix with at least four addresses. */
  readonly subnet: string;
  /** @default the first usable address */
  readonly rangeStart?: string;
  /** @default the last usable address */
  readonly rangeEnd?: string;
  /** Never handed out. @default the first address after the network's */
  readonly gateway?: string;
}

/** What the plugin keeps on disk: reservations, and where it will go on. */
export interface HostLocalState {
  readonly reservations: readonly (readonly [id: string, address: string])[];
  readonly lastReserved: string | undefined;
}

interface Range extends Bounds {
  readonly subnet: Cidr;
  readonly gateway: Ip;
  readonly taken: SparseBits;
}

/**
 * Pod addresses as the CNI plugin host-local gives them: round robin from the last reservation, so that a released
 * address comes back only after the whole set was gone through.
 *
 * @see containernetworking/plugins, plugins/ipam/host-local
 */
export class HostLocal {
  readonly #ranges: readonly Range[];
  readonly #owners = new Map<string, Ip[]>();
  #lastReserved: Ip | undefined;

  /** @throws IpamError `ERR_IPAM_CONFIG` for ranges that make no sense. */
  constructor(ranges: readonly HostLocalRange[], state?: HostLocalState) {
    this.#ranges = ranges.map(canonicalRange);
    refuseOverlaps(this.#ranges);
    for (const [id, address] of state?.reservations ?? []) this.#keep(id, requireIp(address));
    this.#lastReserved =
      state?.lastReserved === undefined ? undefined : requireIp(state.lastReserved);
  }

  /**
   * Reserves an address for `id`, or the one that is asked for.
   *
   * @throws IpamError `ERR_IPAM_FULL`, `ERR_IPAM_TAKEN` (also when `id` has one already), `ERR_IPAM_OUT_OF_RANGE`.
   */
  add(id: string, requested?: Ip): Ip {
    const ip = requested === undefined ? this.#next(id) : this.#requested(requested);
    this.#keep(id, ip);
    this.#lastReserved = ip;
    return ip;
  }

  /** Gives back whatever `id` holds; nothing is an answer too. */
  delete(id: string): void {
    for (const ip of this.#owners.get(id) ?? []) {
      const range = this.#rangeOf(ip);
      range?.taken.delete(ip.bits - range.first.bits);
    }
    this.#owners.delete(id);
  }

  /** What a restart needs to go on as if nothing had happened. */
  state(): HostLocalState {
    return {
      reservations: [...this.#owners].flatMap(([id, ips]) =>
        ips.map(({ text }) => [id, text] as const),
      ),
      lastReserved: this.#lastReserved?.text,
    };
  }

  /** The ranges as error messages name them. */
  toString(): string {
    return this.#ranges.map(({ first, last }) => `${first.text}-${last.text}`).join(',');
  }

  #next(id: string): Ip {
    const [held] = this.#owners.get(id) ?? [];
    if (held !== undefined)
      throw new IpamError(
        'ERR_IPAM_TAKEN',
        `${held.text} has been allocated to ${id}, duplicate allocation is not allowed`,
      );
    const ip = this.#scan();
    if (ip === undefined)
      throw new IpamError(
        'ERR_IPAM_FULL',
        `no IP addresses available in range set: ${this.toString()}`,
      );
    return ip;
  }

  /** Goes once round the set, beginning after the last reservation and ending with it. */
  #scan(): Ip | undefined {
    const last = this.#lastReserved;
    const found =
      last === undefined ? -1 : this.#ranges.findIndex((range) => inBounds(range, last));
    const start = Math.max(found, 0);
    const offset =
      found < 0 || last === undefined
        ? 0n
        : last.bits - (this.#ranges[start]?.first.bits ?? 0n) + 1n;
    for (let step = 0; step <= this.#ranges.length; step += 1) {
      const range = this.#ranges[(start + step) % this.#ranges.length];
      if (range === undefined) return undefined;
      const index = range.taken.nextFree(step === 0 ? offset : 0n);
      if (index <= range.last.bits - range.first.bits)
        return ipFromBits(range.subnet.family, range.first.bits + index);
    }
    return undefined;
  }

  #requested(ip: Ip): Ip {
    const range = this.#rangeOf(ip);
    if (range === undefined)
      throw new IpamError(
        'ERR_IPAM_OUT_OF_RANGE',
        `${ip.text} not in range set ${this.toString()}`,
      );
    if (range.gateway.bits === ip.bits)
      throw new IpamError('ERR_IPAM_TAKEN', `requested ip ${ip.text} is subnet's gateway`);
    if (range.taken.has(ip.bits - range.first.bits))
      throw new IpamError(
        'ERR_IPAM_TAKEN',
        `requested IP address ${ip.text} is not available in range set ${this.toString()}`,
      );
    return ip;
  }

  #keep(id: string, ip: Ip): void {
    const range = this.#rangeOf(ip);
    range?.taken.add(ip.bits - range.first.bits);
    this.#owners.set(id, [...(this.#owners.get(id) ?? []), ip]);
  }

  #rangeOf(ip: Ip): Range | undefined {
    return this.#ranges.find((range) => inBounds(range, ip));
  }
}

function inBounds({ first, last }: Bounds, ip: Ip): boolean {
  return ip.family === first.family && ip.bits >= first.bits && ip.bits <= last.bits;
}

function canonicalRange(config: HostLocalRange): Range {
  const subnet = requireCidr(config.subnet);
  const bounds = hostBounds(subnet);
  if (bounds === undefined || subnet.size < 4n)
    throw new IpamError('ERR_IPAM_CONFIG', `Network ${subnet.text} too small to allocate from`);
  const gateway = config.gateway === undefined ? bounds.first : requireIp(config.gateway);
  if (!cidrContains(subnet, gateway))
    throw new IpamError('ERR_IPAM_CONFIG', `gateway ${gateway.text} not in network ${subnet.text}`);
  const first = edgeOf(subnet, config.rangeStart) ?? bounds.first;
  const last = edgeOf(subnet, config.rangeEnd) ?? bounds.last;
  if (last.bits < first.bits)
    throw new IpamError(
      'ERR_IPAM_CONFIG',
      `${last.text} is in network ${subnet.text} but before start ${first.text}`,
    );
  const taken = new SparseBits();
  if (inBounds({ first, last }, gateway)) taken.add(gateway.bits - first.bits);
  return { subnet, first, last, gateway, taken };
}

function edgeOf(subnet: Cidr, text: string | undefined): Ip | undefined {
  if (text === undefined) return undefined;
  const ip = requireIp(text);
  if (ip.family !== subnet.family)
    throw new IpamError(
      'ERR_IPAM_CONFIG',
      `IP ${ip.text} is not the same protocol as subnet ${subnet.text}`,
    );
  if (!cidrContains(subnet, ip))
    throw new IpamError('ERR_IPAM_CONFIG', `${ip.text} not in network ${subnet.text}`);
  return ip;
}

function refuseOverlaps(ranges: readonly Range[]): void {
  const [head] = ranges;
  if (head === undefined) throw new IpamError('ERR_IPAM_CONFIG', 'empty range set');
  for (const [index, range] of ranges.entries()) {
    if (range.subnet.family !== head.subnet.family)
      throw new IpamError('ERR_IPAM_CONFIG', 'mixed address families');
    const other = ranges
      .slice(index + 1)
      .find(
        ({ first, last }) =>
          inBounds(range, first) || inBounds(range, last) || inBounds({ first, last }, range.first),
      );
    if (other !== undefined)
      throw new IpamError(
        'ERR_IPAM_CONFIG',
        `subnets ${range.first.text}-${range.last.text} and ${other.first.text}-${other.last.text} overlap`,
      );
  }
}
