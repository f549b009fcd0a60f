import { IpamError, preferenceOf, ServiceRange } from '../../ipam/index.ts';
import { parseIp, type Cidr, type Ip } from '../../net/index.ts';

/** Addresses of load balancers and who has them. */
export class AddressPool {
  readonly cidr: Cidr;
  readonly #range: ServiceRange;
  readonly #seed: number;
  readonly #held = new Map<string, Ip>();
  readonly #owners = new Map<string, string>();

  constructor(cidr: Cidr, seed: number) {
    this.cidr = cidr;
    this.#range = new ServiceRange(cidr);
    this.#seed = seed;
  }

  /** The address that `key` has. */
  heldBy(key: string): Ip | undefined {
    return this.#held.get(key);
  }

  /** Who has an address. */
  ownerOf(ip: Ip): string | undefined {
    return this.#owners.get(ip.text);
  }

  /** The pool's address behind `text`; undefined for one that is not from here. */
  find(text: string | undefined): Ip | undefined {
    const ip = parseIp(text ?? '');
    return ip !== undefined && this.#range.contains(ip) ? ip : undefined;
  }

  /** Takes `ip`, unless somebody else has it. What `key` had goes back. */
  take(key: string, ip: Ip): boolean {
    const owner = this.ownerOf(ip);
    if (owner !== undefined) return owner === key;
    this.release(key);
    this.#range.allocate(ip);
    this.#keep(key, ip);
    return true;
  }

  /** Takes a free address, the same for the same key and seed while nobody else has it; undefined when none is left. */
  takeNext(key: string): Ip | undefined {
    try {
      const ip = this.#range.allocateNext(preferenceOf(this.#seed, `loadbalancers/${key}`));
      this.#keep(key, ip);
      return ip;
    } catch (error) {
      if (error instanceof IpamError) return undefined;
      throw error;
    }
  }

  release(key: string): void {
    const ip = this.#held.get(key);
    if (ip === undefined) return;
    this.#range.release(ip);
    this.#held.delete(key);
    this.#owners.delete(ip.text);
  }

  #keep(key: string, ip: Ip): void {
    this.#held.set(key, ip);
    this.#owners.set(ip.text, key);
  }
}
