import type { Store } from '../api/index.ts';
import type { Denial } from '../datapath/index.ts';
import type { Origin } from '../net/index.ts';
import type { Clock } from '../observe/index.ts';
import { silence } from '../pods/index.ts';
import { denialsIn } from './dns-denial.ts';
import type { Names } from './names.ts';

export interface PodResolverParts {
  readonly store: Store;
  readonly names: Names;
  readonly clock: Clock;
  /** @default 'drop' */
  readonly deny: Denial | undefined;
}

/** As resolv.conf(5) has them where it says nothing. */
const TIMEOUT_SECONDS = 5;
const ATTEMPTS = 2;

/**
 * Resolves names for what runs in Pods: who may not ask DNS hears nothing, as long as its resolver tries.
 *
 * @returns Addresses; none where there are none.
 */
export function resolveForPods({
  store,
  names,
  clock,
  deny = 'drop',
}: PodResolverParts): (name: string, origin: Origin) => Promise<readonly string[]> {
  return async (name, origin) => {
    const { addresses, steps } = await names.resolveAs(name, origin);
    const isDenied = denialsIn(steps).length > 0;
    if (addresses.length > 0 || !isDenied || deny === 'reject' || origin.kind !== 'pod')
      return addresses;
    const pod = store.get('Pod', origin.namespace, origin.name);
    const { nameservers, options } =
      pod === undefined ? names.nodeResolvConf : names.resolvConfOf(pod);
    const seconds = optionOf('timeout', options) ?? TIMEOUT_SECONDS;
    const attempts = optionOf('attempts', options) ?? ATTEMPTS;
    await silence(1000 * seconds * attempts * nameservers.length, clock, undefined);
    return addresses;
  };
}

function optionOf(name: string, options: readonly string[]): number | undefined {
  const value = options.find((option) => option.startsWith(`${name}:`))?.slice(name.length + 1);
  return value === undefined || !/^\d+$/.test(value) ? undefined : Number(value);
}
