/**
 * Address ranges for tests that listen on loopback aliases: test files run side by side, and so may whole test runs, but
 * two instances with the same aliases collide. So each file claims ranges of its own before it starts an instance.
 *
 * Range number n of 80 has Services in 10.(112+n).0.0/17, Pods in 10.(112+n).128.0/17, LoadBalancers in 127.3.n.0/24 and
 * the node ports from 22000 + 100 × n: clear of the defaults and of the ports that the OS hands out. Who holds the
 * port 61000 + n on 127.0.0.1 has range n.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { InstanceOptions } from '../../src/index.ts';

/** The ranges of one instance at a time. */
export interface Ranges {
  readonly options: Required<
    Pick<InstanceOptions, 'serviceCIDRs' | 'podCIDRs' | 'loadBalancerCIDR' | 'nodePortRange'>
  >;
  /** The same as arguments of `podlane up`. */
  readonly args: readonly string[];
  /** The first of 100. */
  readonly firstNodePort: number;
  /** The alias of the cluster's DNS. */
  readonly dnsAlias: string;
}

const COUNT = 80;
const FIRST_GUARD = 61_000;

/** Ranges that are this process' own until it ends. */
export async function claimRanges(): Promise<Ranges> {
  // Not all at the first one: runs that begin together would go through the same numbers.
  const start = process.pid % COUNT;
  for (let tried = 0; tried < COUNT; tried += 1) {
    const number = (start + tried) % COUNT;
    if (await holds(FIRST_GUARD + number)) return rangesOf(number);
  }
  throw new Error('every range of the tests is in use');
}

async function holds(port: number): Promise<boolean> {
  const guard = createServer().listen(port, '127.0.0.1');
  try {
    await once(guard, 'listening');
    guard.unref();
    return true;
  } catch {
    return false; // somebody else has it
  }
}

function rangesOf(number: number): Ranges {
  const second = 112 + number;
  const firstNodePort = 22_000 + number * 100;
  const options = {
    serviceCIDRs: [`10.${second}.0.0/17`],
    podCIDRs: [`10.${second}.128.0/17`],
    loadBalancerCIDR: `127.3.${number}.0/24`,
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
  return { options, args, firstNodePort, dnsAlias: `127.${second}.0.10` };
}
