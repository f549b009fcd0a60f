import {
  createKindRegistry,
  createStore,
  KINDS,
  type Allocator,
  type KindRegistry,
  type Store,
} from '../api/index.ts';
import { createIngressAdmission } from '../ingress/index.ts';
import { createServiceAllocator } from '../ipam/index.ts';
import type { AddressPlan } from '../net/index.ts';
import type { ResolvedOptions } from './options.ts';

/** The state of a cluster: what is in it, and the kinds it knows. */
export interface State {
  readonly store: Store;
  readonly kinds: KindRegistry;
}

/** An empty store with the admission of a cluster of these options. */
export function createState(
  options: ResolvedOptions,
  plan: AddressPlan,
  random: () => number,
): State {
  const { clock, log, seed, nodePortRange } = options;
  const kinds = createKindRegistry(KINDS);
  const services: Allocator = createServiceAllocator({
    serviceCIDRs: plan.serviceCIDRs.map(({ text }) => text),
    nodePortRange,
    seed,
  });
  const store = createStore({
    kinds,
    allocators: [services, createIngressAdmission(() => store)],
    hasServiceAccounts: true,
    now: () => clock.now(),
    random,
    onListenerError: (error) => log.error('a watcher failed', { part: 'api', error }),
  });
  return { store, kinds };
}
