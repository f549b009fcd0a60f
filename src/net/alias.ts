import { cidrsOverlap, ipFromBits, parseCidr, type Cidr } from './ip.ts';
import { PodlaneError } from './podlane-error.ts';

/** The pools that cluster addresses come from; made only by `createAddressPlan`. */
export interface AddressPlan {
  readonly serviceCIDRs: readonly Cidr[];
  readonly podCIDRs: readonly Cidr[];
  readonly nodeCIDRs: readonly Cidr[];
  /** LoadBalancer addresses; inside 127.0.0.0/8 they are their own alias. */
  readonly loadBalancerCIDR: Cidr;
  /** Stands for the host itself, 127.0.0.1. */
  readonly hostAddress: string;
}

export interface AddressPlanOptions {
  /** @default 10.96.0.0/12 and fd00:10:96::/108 */
  readonly serviceCIDRs?: readonly string[];
  /** @default 10.244.0.0/16 and fd00:10:244::/56 */
  readonly podCIDRs?: readonly string[];
  /** Where Nodes have their addresses; a Node elsewhere is a `/32` more. @default 10.0.0.0/24 */
  readonly nodeCIDRs?: readonly string[];
  /** @default 127.1.0.0/24 */
  readonly loadBalancerCIDR?: string;
  /** @default 10.0.0.1 */
  readonly hostAddress?: string;
}

/** 127.0.0.0/8 as text and as the first octet. */
const LOOPBACK = '127.';
const HOST_ALIAS = '127.0.0.1';

/**
 * Reads the pools and makes sure that every alias means one address.
 *
 * @throws PodlaneError `ERR_ADDRESS_PLAN` for what is no CIDR, and for pools that overlap or whose aliases would.
 */
export function createAddressPlan(options: AddressPlanOptions = {}): AddressPlan {
  const plan = {
    serviceCIDRs: (options.serviceCIDRs ?? ['10.96.0.0/12', 'fd00:10:96::/108']).map(readCidr),
    podCIDRs: (options.podCIDRs ?? ['10.244.0.0/16', 'fd00:10:244::/56']).map(readCidr),
    nodeCIDRs: (options.nodeCIDRs ?? ['10.0.0.0/24']).map(readCidr),
    loadBalancerCIDR: readCidr(options.loadBalancerCIDR ?? '127.1.0.0/24'),
    hostAddress: options.hostAddress ?? '10.0.0.1',
  };
  const host = readCidr(`${HOST_ALIAS}/32`);
  refuseOverlaps([
    ...plan.serviceCIDRs.map((cidr) => ({ what: 'Services', cidr })),
    ...plan.podCIDRs.map((cidr) => ({ what: 'Pods', cidr })),
    ...nodePools(plan.nodeCIDRs).map((cidr) => ({ what: 'Nodes', cidr })),
    { what: 'LoadBalancers', cidr: plan.loadBalancerCIDR },
    ...(plan.nodeCIDRs.some((cidr) => cidrsOverlap(aliasCidr(cidr), host))
      ? []
      : [{ what: 'the host', cidr: host }]),
  ]);
  return plan;
}

/**
 * Where the host reaches a cluster address with no privileges: the same address with its first octet 127.
 *
 * @returns undefined for IPv6, which has one loopback address only.
 */
export function loopbackAlias(clusterAddress: string, plan?: AddressPlan): string | undefined {
  if (clusterAddress.includes(':')) return undefined;
  if (plan !== undefined && clusterAddress === plan.hostAddress) return HOST_ALIAS;
  const dot = clusterAddress.indexOf('.');
  return dot < 0 ? undefined : `127${clusterAddress.slice(dot)}`;
}

/**
 * The cluster address that a loopback alias stands for.
 *
 * 127.0.0.1 and ::1 are the host itself; as a destination they stand for the first Node, which listeners know.
 *
 * @returns undefined for an address that is no alias of any pool.
 */
export function clusterAddressOf(alias: string, plan: AddressPlan): string | undefined {
  if (alias === HOST_ALIAS || alias === '::1') return plan.hostAddress;
  const address = alias.startsWith('::ffff:') ? alias.slice(7) : alias;
  if (address === HOST_ALIAS) return plan.hostAddress;
  if (!address.startsWith(LOOPBACK)) return undefined;
  const bits = ipv4Number(address);
  if (bits === undefined) return undefined;
  for (const { start, end, firstOctet } of poolsOf(plan))
    if (bits >= start && bits <= end) return firstOctet + address.slice(LOOPBACK.length);
  return undefined;
}

/** Whether `address` is canonical IPv4 text inside 127.0.0.0/8. */
export function isLoopback(address: string): boolean {
  return address.startsWith(LOOPBACK) || address === '::1';
}

/** An alias range and the first octet that it stands for. */
interface AliasPool {
  readonly start: number;
  readonly end: number;
  /** With its dot. */
  readonly firstOctet: string;
}

const pools = new WeakMap<AddressPlan, readonly AliasPool[]>();

function poolsOf(plan: AddressPlan): readonly AliasPool[] {
  const known = pools.get(plan);
  if (known !== undefined) return known;
  const made = [plan.loadBalancerCIDR, ...plan.serviceCIDRs, ...plan.podCIDRs, ...plan.nodeCIDRs]
    .filter(({ family }) => family === 'IPv4')
    .map((cidr) => {
      const alias = aliasCidr(cidr);
      const start = Number(alias.network.bits);
      const firstOctet = cidr.network.text.slice(0, cidr.network.text.indexOf('.') + 1);
      return { start, end: start + Number(alias.size) - 1, firstOctet };
    });
  pools.set(plan, made);
  return made;
}

/** The number of canonical IPv4 text; no BigInt, since every connection asks. */
function ipv4Number(text: string): number | undefined {
  let bits = 0;
  let octet = 0;
  let dots = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 46) {
      bits = bits * 256 + octet;
      octet = 0;
      dots += 1;
    } else if (code >= 48 && code <= 57) octet = octet * 10 + code - 48;
    else return undefined;
  }
  return dots === 3 ? bits * 256 + octet : undefined;
}

function readCidr(text: string): Cidr {
  const cidr = parseCidr(text);
  if (cidr !== undefined) return cidr;
  throw new PodlaneError('ERR_ADDRESS_PLAN', `${text} is no CIDR`, {
    hint: 'Write a prefix such as 10.96.0.0/12.',
  });
}

/** Where the addresses of `cidr` are reached from the host. */
function aliasCidr(cidr: Cidr): Cidr {
  if (cidr.family === 'IPv6') return cidr;
  if (cidr.prefixLength < 8)
    throw new PodlaneError(
      'ERR_ADDRESS_PLAN',
      `${cidr.text} is too large to have aliases in 127.0.0.0/8`,
      {
        hint: 'Use a prefix of /8 or longer.',
      },
    );
  const network = ipFromBits('IPv4', (cidr.network.bits & 0xff_ff_ffn) | (127n << 24n));
  return { ...cidr, network, text: `${network.text}/${cidr.prefixLength}` };
}

function refuseOverlaps(all: readonly { readonly what: string; readonly cidr: Cidr }[]): void {
  const aliases = all.map(({ what, cidr }) => ({ what, cidr, alias: aliasCidr(cidr) }));
  for (const [index, a] of aliases.entries())
    for (const b of aliases.slice(index + 1)) {
      if (!cidrsOverlap(a.alias, b.alias)) continue;
      const shared = a.alias.prefixLength > b.alias.prefixLength ? a.alias : b.alias;
      throw new PodlaneError(
        'ERR_ADDRESS_PLAN',
        `${a.cidr.text} of ${a.what} and ${b.cidr.text} of ${b.what} would share the loopback addresses ${shared.text}`,
        { hint: 'Choose prefixes that differ in what follows the first octet.' },
      );
    }
}

/** Without those inside another: a Node's own address inside a Node range adds nothing. */
function nodePools(cidrs: readonly Cidr[]): readonly Cidr[] {
  const kept: Cidr[] = [];
  for (const cidr of cidrs.toSorted((a, b) => a.prefixLength - b.prefixLength))
    if (!kept.some((other) => cidrsOverlap(other, cidr))) kept.push(cidr);
  return kept;
}
