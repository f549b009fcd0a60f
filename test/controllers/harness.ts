import {
  createKindRegistry,
  createStore,
  formatTime,
  KINDS,
  type Allocator,
  type Event,
  type KindName,
  type KindRow,
  type KubeObject,
  type ObjectOf,
  type Pod,
  type Store,
} from '../../src/api/index.ts';
import { runControllers, type Controller } from '../../src/controllers/index.ts';
import { createFakeClock, SILENT, type FakeClock } from '../../src/observe/index.ts';

export interface BenchOptions {
  readonly controllers: readonly Controller[];
  readonly namespaces?: readonly string[];
  readonly allocators?: readonly Allocator[];
  /** @default KINDS */
  readonly kinds?: readonly KindRow[];
}

/** A store with controllers at work, a clock that the test moves, and a stand-in for the kubelet. */
export interface Bench extends AsyncDisposable {
  readonly store: Store;
  readonly clock: FakeClock;
  settled(): Promise<void>;
  /** Creates or replaces an object and waits until the controllers are done with it. */
  apply(object: object): Promise<void>;
  /** Changes one object in the store and waits. */
  edit<K extends KindName>(
    kind: K,
    name: string,
    change: (object: ObjectOf<K>) => object,
  ): Promise<void>;
  remove(kind: KindName, name: string): Promise<void>;
  /** Objects of a kind in namespace `default`. */
  list<K extends KindName>(kind: K): readonly ObjectOf<K>[];
  get<K extends KindName>(kind: K, name: string): ObjectOf<K>;
  /** Gives Pods that are not deleted a Node and an address, and makes them ready; then waits. @returns how many changed */
  runPods(filter?: (pod: Pod) => boolean): Promise<number>;
  /** Removes Pods that are being deleted; then waits. */
  reapPods(): Promise<void>;
  /** Pods run and go until nothing changes any more. */
  converge(): Promise<void>;
  /** `reason: message` of every Event, in order of their first time. */
  events(): readonly string[];
}

/** Starts controllers on an empty store with three Nodes. */
export function createBench({
  controllers,
  namespaces = ['default'],
  allocators = [],
  kinds = KINDS,
}: BenchOptions): Bench {
  const clock = createFakeClock();
  let seed = 1;
  const store = createStore({
    kinds: createKindRegistry(kinds),
    allocators,
    now: () => clock.now(),
    random: () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647,
  });
  for (const name of namespaces)
    store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  for (const [name, zone] of [
    ['n1', 'za'],
    ['n2', 'zb'],
    ['n3', 'zc'],
  ] as const)
    store.create(nodeIn(name, zone));
  const running = runControllers({ store, controllers, clock, log: SILENT });
  let addresses = 0;
  const bench: Bench = {
    store,
    clock,
    settled: () => running.idle(),
    async apply(object) {
      const { kind, metadata } = object as KubeObject;
      const placed = {
        ...object,
        metadata: { namespace: 'default', ...metadata },
      } as unknown as KubeObject;
      const present = store.get(kind, placed.metadata.namespace, metadata.name);
      if (present === undefined) store.create(placed);
      else store.update(placed);
      await running.idle();
    },
    async edit(kind, name, change) {
      store.update(change(bench.get(kind, name)) as KubeObject);
      await running.idle();
    },
    async remove(kind, name) {
      store.delete({ kind, namespace: 'default', name });
      await running.idle();
    },
    list: (kind) => store.list(kind, { namespace: 'default' }),
    get(kind, name) {
      const object = store.get(kind, 'default', name);
      if (object === undefined) throw new Error(`no ${kind} ${name}`);
      return object;
    },
    async runPods(filter = () => true) {
      const idle = store
        .list('Pod')
        .filter((pod) => pod.metadata.deletionTimestamp === undefined)
        .filter((pod) => (pod.status?.phase ?? 'Pending') === 'Pending' && filter(pod));
      for (const pod of idle) {
        addresses += 1;
        startPod(store, pod, {
          ip: `10.244.${addresses >> 8}.${addresses & 255}`,
          node: `n${(addresses % 3) + 1}`,
          now: clock.now(),
        });
      }
      await running.idle();
      return idle.length;
    },
    async reapPods() {
      for (const pod of store.list('Pod'))
        if (pod.metadata.deletionTimestamp !== undefined) reap(store, pod);
      await running.idle();
    },
    async converge() {
      for (let round = 0; round < 100; round += 1) {
        const before = store.revision;
        await bench.runPods();
        await bench.reapPods();
        if (store.revision === before) return;
      }
      throw new Error('the controllers never come to rest');
    },
    events: () =>
      store
        .list('Event')
        .toSorted((a, b) => suffixOf(a).localeCompare(suffixOf(b)))
        .map(({ reason, message }) => `${reason}: ${message}`),
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
  return bench;
}

/** A Node that is ready, with four cores. */
export function nodeIn(name: string, zone: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: { 'kubernetes.io/hostname': name, 'topology.kubernetes.io/zone': zone },
    },
    status: { allocatable: { cpu: '4' }, conditions: [{ type: 'Ready', status: 'True' }] },
  };
}

/** The Pod's status as a kubelet reports it. */
export function statusOf(
  now: number,
  { ip, isReady = true }: { readonly ip: string; readonly isReady?: boolean },
): object {
  const time = formatTime(now);
  return {
    phase: 'Running',
    podIP: ip,
    podIPs: [{ ip }],
    startTime: time,
    conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime: time }],
  };
}

/** Events are named after the nanosecond of their making. */
function suffixOf({ metadata }: Event): string {
  return metadata.name.replace(/^.*\./, '');
}

function startPod(
  store: Store,
  pod: Pod,
  { ip, node, now }: { ip: string; node: string; now: number },
): void {
  const nodeName = pod.spec?.nodeName ?? node;
  const bound = store.update({ ...pod, spec: { ...pod.spec, nodeName } });
  store.update({ ...bound, status: statusOf(now, { ip }) }, { subresource: 'status' });
}

function reap(store: Store, { metadata }: Pod): void {
  const { name, namespace = '' } = metadata;
  store.delete({ kind: 'Pod', namespace, name }, { gracePeriodSeconds: 0 });
}
