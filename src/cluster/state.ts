import {
  ApiError,
  createKindRegistry,
  createStore,
  KINDS,
  type Allocator,
  type KindRegistry,
  type Store,
  type StoreOptions,
} from '../api/index.ts';
import { createIngressAdmission, type AdmissionFacts } from '../ingress/index.ts';
import { createServiceAllocator } from '../ipam/index.ts';
import { PodlaneError, type AddressPlan } from '../net/index.ts';
import type { DataFolder } from '../persistence/index.ts';
import type { ResolvedOptions } from './options.ts';

/** The state of a cluster: what is in it, and the kinds it knows. */
export interface State {
  readonly store: Store;
  readonly kinds: KindRegistry;
  /** What the webhook of ingress-nginx has done. */
  readonly admissionFacts: () => AdmissionFacts;
}

export interface StateParts {
  readonly options: ResolvedOptions;
  readonly plan: AddressPlan;
  readonly random: () => number;
  /** What it begins with, and where it is kept. @default an empty store in memory */
  readonly data?: DataFolder | undefined;
}

/**
 * A store with the admission of a cluster of these options.
 *
 * @throws PodlaneError `ERR_OPTION` where the options leave no place for what is stored.
 */
export function createState({ options, plan, random, data }: StateParts): State {
  const { clock, log, seed, nodePortRange } = options;
  const kinds = createKindRegistry(KINDS);
  const services: Allocator = createServiceAllocator({
    serviceCIDRs: plan.serviceCIDRs.map(({ text }) => text),
    nodePortRange,
    seed,
  });
  const ingresses = createIngressAdmission({ reader: () => store, now: () => clock.now() });
  const store: Store = restoreStore(data, {
    kinds,
    allocators: [services, ingresses],
    hasServiceAccounts: true,
    now: () => clock.now(),
    random,
    onListenerError: (error) => log.error('a watcher failed', { part: 'api', error }),
  });
  return { store, kinds, admissionFacts: ingresses.facts };
}

/** @throws PodlaneError for Services whose addresses or ports are of other ranges. */
function restoreStore(data: DataFolder | undefined, options: StoreOptions): Store {
  if (data === undefined) return createStore(options);
  try {
    return createStore({ ...options, stored: data.state, journal: data.journal });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    throw new PodlaneError(
      'ERR_OPTION',
      `what ${data.path} holds does not fit the ranges of this instance: ${error.message}`,
      {
        cause: error,
        hint: 'Give --node-ports and the families of --service-cidr as before, or another --data-dir.',
      },
    );
  }
}
