import {
  createKindRegistry,
  createStore,
  KINDS,
  type Allocator,
  type KubeObject,
  type Store,
} from '../../../../src/api/index.ts';
import { runControllers, type Controller } from '../../../../src/controllers/index.ts';
import { createFakeClock, createLogger } from '../../../../src/observe/index.ts';

/** A store with the given allocators and controllers at work. */
export interface TestCluster extends AsyncDisposable {
  readonly store: Store;
  /** What controllers had to say. */
  readonly log: readonly string[];
  create(object: object): KubeObject;
  settled(): Promise<void>;
}

export interface TestClusterOptions {
  readonly allocators?: readonly Allocator[];
  readonly controllers?: readonly Controller[];
}

/** Starts a cluster with the Namespaces `default` and `ns1`. */
export function startCluster({
  allocators = [],
  controllers = [],
}: TestClusterOptions): TestCluster {
  const clock = createFakeClock();
  const log: string[] = [];
  const store = createStore({
    kinds: createKindRegistry(KINDS),
    allocators,
    now: () => clock.now(),
    random: () => 0.5,
  });
  for (const name of ['default', 'ns1'])
    store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  const running = runControllers({
    store,
    controllers,
    clock,
    log: createLogger('debug', (line) => log.push(line)),
  });
  return {
    store,
    log,
    create: (object) => store.create(object as KubeObject),
    settled: () => running.idle(),
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}
