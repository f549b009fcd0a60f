import {
  ApiError,
  createKindRegistry,
  createStore,
  KINDS,
  type Event,
  type KindRow,
  type KindName,
  type KubeObject,
  type ObjectOf,
  type Pod,
  statefulSetKind,
  toApiStatus,
  type Store,
} from '../../../../../src/api/index.ts';
import {
  ADMIN,
  route,
  Snapshots,
  SUBRESOURCES,
  type ApiContext,
} from '../../../../../src/apiserver/index.ts';
import {
  createDisruptionController,
  createEndpointSliceController,
  createGarbageCollector,
  createNamespaceController,
  createPodGarbageCollector,
  createTtlAfterFinishedController,
  createWorkloadControllers,
  runControllers,
  type RunningControllers,
} from '../../../../../src/controllers/index.ts';
import { createServiceAllocator } from '../../../../../src/ipam/index.ts';
import { createFakeClock, SILENT, type FakeClock } from '../../../../../src/observe/index.ts';
import { Kubelet } from './kubelet.ts';
import { Trace } from './trace.ts';

/** Nothing is waited for longer than this, which is more than any back-off of the tables. */
const QUIET_MS = 25_000;
const STEP_MS = 50;

/** What the API answered. */
export interface Answered {
  readonly code: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A cluster of three Nodes with the recorded controllers, a stand-in for the kubelets, and a clock that is moved. */
export class Stage implements AsyncDisposable {
  readonly clock: FakeClock = createFakeClock();
  readonly namespace: string;
  readonly store: Store;
  readonly trace: Trace;
  readonly kubelet: Kubelet;
  /** Every Event as it was written and counted, as rows. */
  readonly eventsSeen: (readonly string[])[] = [];
  readonly #context: ApiContext;
  readonly #running: RunningControllers;

  /** @param featureGates Those that are on and are off by default. */
  constructor(namespace: string, featureGates: readonly string[] = []) {
    this.namespace = namespace;
    let seed = 11;
    const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    const kinds = createKindRegistry(kindsWith(featureGates));
    this.store = createStore({
      kinds,
      allocators: [createServiceAllocator({ serviceCIDRs: ['10.96.0.0/12'] })],
      now: () => this.clock.now(),
      random,
    });
    this.#context = {
      store: this.store,
      kinds,
      clock: this.clock,
      random,
      log: SILENT,
      snapshots: new Snapshots(),
      subresources: SUBRESOURCES,
    };
    this.store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    for (const name of ['k1', 'k2', 'k3']) this.addNode(name);
    this.store.watch('Event', ({ type, object }) => {
      if (type !== 'DELETED') this.eventsSeen.push(eventRow(object));
    });
    this.trace = new Trace(this.store, namespace);
    this.kubelet = new Kubelet(this.store, this.clock);
    this.#running = runControllers({
      store: this.store,
      controllers: [
        createNamespaceController(),
        createEndpointSliceController(),
        ...createWorkloadControllers(),
        createDisruptionController(),
        createTtlAfterFinishedController(),
        createPodGarbageCollector(),
        createGarbageCollector(),
      ],
      clock: this.clock,
      log: SILENT,
    });
  }

  addNode(name: string): void {
    this.store.create({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels: { 'kubernetes.io/hostname': name } },
      status: { conditions: [{ type: 'Ready', status: 'True' }] },
    });
  }

  /** Creates an object in the scenario's namespace. */
  create(object: object): KubeObject {
    const { metadata, ...rest } = object as KubeObject;
    return this.store.create({
      ...rest,
      metadata: { namespace: this.namespace, ...metadata },
    });
  }

  get<K extends KindName>(kind: K, name: string): ObjectOf<K> {
    const object = this.find(kind, name);
    if (object === undefined) throw new Error(`no ${kind} ${name}`);
    return object;
  }

  find<K extends KindName>(kind: K, name: string): ObjectOf<K> | undefined {
    return this.store.get(kind, kind === 'Node' ? undefined : this.namespace, name);
  }

  list<K extends KindName>(kind: K): readonly ObjectOf<K>[] {
    return this.store.list(kind, { namespace: this.namespace });
  }

  /** Changes an object as a user does: everything but its status. */
  edit<K extends KindName>(kind: K, name: string, change: (object: ObjectOf<K>) => object): void {
    this.store.update(change(this.get(kind, name)) as KubeObject);
  }

  setPodStatus(pod: Pod, status: Pod['status']): void {
    const present = this.get('Pod', pod.metadata.name);
    this.store.update(
      { ...present, status: { ...present.status, ...status } },
      {
        subresource: 'status',
      },
    );
  }

  /** Asks the API server as an administrator. */
  async ask(method: string, path: string, body?: object): Promise<Answered> {
    const [pathname = '', query = ''] = path.split('?');
    try {
      const answer = await route(
        {
          method,
          path: pathname,
          query: new URLSearchParams(query),
          headers: { 'content-type': 'application/json', accept: 'application/json' },
          body: Buffer.from(body === undefined ? '' : JSON.stringify(body)),
          user: ADMIN,
          signal: AbortSignal.timeout(60_000),
        },
        this.#context,
      );
      const found = answer.kind === 'object' ? answer.object : {};
      return { code: answer.status, body: found as Answered['body'] };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return { code: error.status, body: { ...toApiStatus(error) } };
    }
  }

  /** Until the controllers have nothing to do, at this moment. */
  async settled(): Promise<void> {
    await this.#running.idle();
  }

  /** Lets time pass until nothing has happened for a while; `look` sees every state between two steps of a kubelet. */
  async comeToRest(look: () => void): Promise<void> {
    let quietMs = 0;
    for (let passed = 0; passed < 600_000 && quietMs < QUIET_MS; passed += STEP_MS) {
      const before = this.store.revision;
      await this.settled();
      look();
      while (this.kubelet.step()) {
        await this.settled();
        look();
      }
      const isBusy = this.store.revision !== before || this.kubelet.isBusy;
      quietMs = isBusy ? 0 : quietMs + STEP_MS;
      this.clock.advance(STEP_MS);
    }
    await this.settled();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.trace[Symbol.dispose]();
    this.kubelet[Symbol.dispose]();
    await this.#running[Symbol.asyncDispose]();
  }
}

function eventRow({
  type = '',
  reason = '',
  involvedObject,
  message = '',
  source,
}: Event): readonly string[] {
  return [type, reason, involvedObject.kind ?? '', message, source?.component ?? ''];
}

function kindsWith(featureGates: readonly string[]): readonly KindRow[] {
  const keepsMaxUnavailable = featureGates.includes('MaxUnavailableStatefulSet');
  return KINDS.map((row) =>
    row.name === 'StatefulSet' ? statefulSetKind({ keepsMaxUnavailable }) : row,
  );
}
