import { ipFromBits, parseCidr, parseIp, type Cidr, type Ip } from '../net/index.ts';
import { IpamError } from './ipam-error.ts';

/** The addresses of a prefix that may be given to somebody, both ends included. */
export interface Bounds {
  readonly first: Ip;
  readonly last: Ip;
}

/** The prefix behind `text`. @throws IpamError `ERR_IPAM_CONFIG` */
export function requireCidr(text: string): Cidr {
  const cidr = parseCidr(text);
  if (cidr === undefined) throw new IpamError('ERR_IPAM_CONFIG', `invalid CIDR address: ${text}`);
  return cidr;
}

/** The address behind `text`. @throws IpamError `ERR_IPAM_CONFIG` */
export function requireIp(text: string): Ip {
  const ip = parseIp(text);
  if (ip === undefined) throw new IpamError('ERR_IPAM_CONFIG', `invalid IP address: ${text}`);
  return ip;
}

/** The last address of `cidr`, broadcast included. */
export function lastOf(cidr: Cidr): Ip {
  return ipFromBits(cidr.family, cidr.network.bits + cidr.size - 1n);
}

/**
 * What a prefix has for hosts: IPv4 loses its first and last address, IPv6 only the first.
 *
 * @returns undefined when nothing is left (an IPv4 /31 or /32, an IPv6 /128).
 */
export function hostBounds(cidr: Cidr): Bounds | undefined {
  const { family, network, size } = cidr;
  // An IPv4 network ends with its broadcast address.
  const ends = family === 'IPv4' ? 2n : 1n;
  if (size <= ends) return undefined;
  return {
    first: ipFromBits(family, network.bits + 1n),
    last: ipFromBits(family, network.bits + size - ends),
  };
}
