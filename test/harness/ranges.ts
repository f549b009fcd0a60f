/**
 * Address ranges for tests that listen on loopback aliases. Test files run side by side, and two instances with the same
 * aliases collide, so each file that starts instances with aliases has a slot of its own here.
 */
import type { InstanceOptions } from '../../src/index.ts';

/** Test file → slots. A file with several instances at a time takes one slot for each. */
export const SLOTS = {
  'integration/guestbook': 21,
  'integration/traffic': 2,
  'integration/changes': 3,
  'integration/reload': 4,
  'integration/local-process': 5,
  'integration/shop': 6,
  'integration/two-names (first)': 7,
  'integration/two-names (second)': 8,
  'integration/restart': 9,
  'integration/kill': 10,
  'cli/environment': 11,
  'integration/leaks': 12,
  'cli/up-json': 13,
  'integration/package': 14,
  'integration/dns': 15,
} as const;

export type Slot = keyof typeof SLOTS;

/** The ranges of one instance: none of them meets another slot's, the defaults, or the OS' ephemeral ports. */
export interface Ranges {
  readonly options: Required<
    Pick<InstanceOptions, 'serviceCIDRs' | 'podCIDRs' | 'loadBalancerCIDR' | 'nodePortRange'>
  >;
  /** The same as arguments of `podlane up`. */
  readonly args: readonly string[];
  readonly firstNodePort: number;
}

/** What the instance of a slot may use: 100 node ports, a /16 of Services, a /16 of Pods and a /24 of LoadBalancers. */
export function rangesOf(slot: Slot): Ranges {
  const number = SLOTS[slot];
  const firstNodePort = 22_000 + number * 100;
  const options = {
    serviceCIDRs: [`10.${16 + number}.0.0/16`],
    podCIDRs: [`10.${144 + number}.0.0/16`],
    loadBalancerCIDR: `127.2.${number}.0/24`,
    nodePortRange: `${firstNodePort}-${firstNodePort + 99}`,
  };
  const args = [
    ...options.serviceCIDRs.flatMap((cidr) => ['--service-cidr', cidr]),
    ...options.podCIDRs.flatMap((cidr) => ['--pod-cidr', cidr]),
    '--load-balancer-cidr',
    options.loadBalancerCIDR,
    '--node-ports',
    options.nodePortRange,
  ];
  return { options, args, firstNodePort };
}
