import { cidrContains, parseCidr, parseIp, type Cidr } from '../net/index.ts';

const read = new WeakMap<readonly string[], readonly Cidr[]>();

/** Whether an address lies in one of the prefixes. */
export function isInSources(sources: readonly string[], address: string): boolean {
  const ip = parseIp(address);
  return ip !== undefined && cidrsOf(sources).some((cidr) => cidrContains(cidr, ip));
}

/** Each list is read once: it is asked for every request. */
function cidrsOf(sources: readonly string[]): readonly Cidr[] {
  const known = read.get(sources);
  if (known !== undefined) return known;
  const cidrs = sources.flatMap((text) => parseCidr(text) ?? []);
  read.set(sources, cidrs);
  return cidrs;
}
