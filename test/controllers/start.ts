import {
  createKindRegistry,
  createStore,
  KINDS,
  type Allocator,
  type KubeObject,
  type Store,
} from '../../src/api/index.ts';
import { runControllers, type Controller } from '../../src/controllers/index.ts';
import { createFakeClock, createLogger, type FakeClock } from '../../src/observe/index.ts';

/** A store with some controllers and allocators at work, and nothing in it but the Namespace `default`. */
export interface TestCluster extends AsyncDisposable {
  readonly store: Store;
  readonly clock: FakeClock;
  /** Errors that controllers did not expect. */
  readonly errors: readonly string[];
  /** Creates an object; a status that the kind clears on create is written after. */
  create(object: KubeObject): KubeObject;
  settled(): Promise<void>;
  /** `reason: message` of every Event, in order of their names. */
  events(): readonly string[];
}

export interface TestClusterOptions {
  readonly controllers: readonly Controller[];
  readonly allocators?: readonly Allocator[];
  /** Whether Pods are given ServiceAccounts, which must be there. @default false */
  readonly hasServiceAccounts?: boolean;
}

export function startTestCluster({
  controllers,
  allocators = [],
  hasServiceAccounts = false,
}: TestClusterOptions): TestCluster {
  const clock = createFakeClock();
  const errors: string[] = [];
  const store = createStore({
    kinds: createKindRegistry(KINDS),
    allocators,
    hasServiceAccounts,
    now: () => clock.now(),
    random: () => 0.5,
  });
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  const log = createLogger('error', (line) => void errors.push(line));
  const running = runControllers({ store, controllers, clock, log });
  return {
    store,
    clock,
    errors,
    create: (object) => {
      const created = store.create(object);
      if (object['status'] === undefined) return created;
      return store.update({ ...created, status: object['status'] }, { subresource: 'status' });
    },
    settled: () => running.idle(),
    events: () => store.list('Event').map(({ reason, message }) => `${reason}: ${message}`),
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}
