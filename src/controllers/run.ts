import { ApiError, type KubeObject, type Store } from '../api/index.ts';
import type { Clock, Logger } from '../observe/index.ts';
import type { Announce, Change, Controller, EventNote, Snapshot } from './controller.ts';
import { EventRecorder } from './event-recorder.ts';
import { WorkQueue } from './work-queue.ts';

export interface RunControllersOptions {
  readonly store: Store;
  /** In the order in which a round serves them. */
  readonly controllers: readonly Controller[];
  readonly clock: Clock;
  readonly log: Logger;
}

export interface RunningControllers extends AsyncDisposable {
  /** Resolves when no key waits to be reconciled now; delays and back-offs do not count. */
  settled(): Promise<void>;
  /** Records an Event for a component that is no controller. @param source Its name: `kubelet`. */
  record(source: string, note: EventNote): void;
}

/** Reconciles before other work of the process gets its turn. */
const RECONCILES_A_TURN = 256;

/**
 * Runs controllers against the store until disposed.
 *
 * Changes mark keys; rounds serve the marked keys, controller by controller, so that many changes of one object
 * cost one reconcile. Writes of a controller mark keys of others, so a start settles within a few rounds.
 */
export function runControllers(options: RunControllersOptions): RunningControllers {
  return new ControllerRunner(options);
}

interface Loop {
  readonly controller: Controller;
  readonly queue: WorkQueue;
}

class ControllerRunner implements RunningControllers {
  readonly #store: Store;
  readonly #log: Logger;
  readonly #recorder: EventRecorder;
  readonly #snapshot: Snapshot;
  readonly #loops: readonly Loop[];
  readonly #watches: readonly Disposable[];
  #turn: NodeJS.Immediate | undefined;
  /** Whose change is being written. */
  #writer: Controller | undefined;
  #waiting: (() => void)[] = [];
  #isStopped = false;

  constructor({ store, controllers, clock, log }: RunControllersOptions) {
    this.#store = store;
    this.#log = log;
    this.#recorder = new EventRecorder(store, clock);
    this.#snapshot = snapshotOf(store, clock);
    const onReady = (): void => this.#schedule();
    this.#loops = controllers.map((controller) => ({
      controller,
      queue: new WorkQueue(clock, onReady),
    }));
    this.#watches = this.#loops.flatMap((loop) => this.#watch(loop));
  }

  settled(): Promise<void> {
    if (this.#turn === undefined) return Promise.resolve();
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }

  record(source: string, note: EventNote): void {
    try {
      this.#recorder.record(source, note);
    } catch (error) {
      // An Event is a courtesy: its namespace may be going away.
      this.#log.debug('event not recorded', { part: 'controllers', source, ...note, error });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true;
    for (const watch of this.#watches) watch[Symbol.dispose]();
    for (const { queue } of this.#loops) queue[Symbol.dispose]();
    clearImmediate(this.#turn);
    this.#finishTurns();
  }

  #watch({ controller, queue }: Loop): readonly Disposable[] {
    return controller.watches.map(({ kind, keys, ignoresOwnWrites = false }) =>
      this.#store.watch(
        kind,
        ({ object, old }) => {
          if (ignoresOwnWrites && this.#writer === controller) return;
          for (const key of keys(object, this.#store)) queue.add(key);
          if (old === undefined) return;
          for (const key of keys(old, this.#store)) queue.add(key);
        },
        { sendInitialEvents: true },
      ),
    );
  }

  #schedule(): void {
    if (this.#isStopped) return;
    this.#turn ??= setImmediate(() => this.#runTurn());
  }

  #runTurn(): void {
    let left = RECONCILES_A_TURN;
    while (left > 0 && this.#isBusy()) {
      for (const { controller, queue } of this.#loops) {
        for (const key of queue.take(Math.min(left, queue.readyCount))) {
          this.#reconcile({ controller, queue }, key);
          left -= 1;
        }
      }
    }
    if (this.#isBusy() && !this.#isStopped) this.#turn = setImmediate(() => this.#runTurn());
    else this.#finishTurns();
  }

  #isBusy(): boolean {
    return this.#loops.some(({ queue }) => queue.readyCount > 0);
  }

  #finishTurns(): void {
    this.#turn = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  #reconcile(loop: Loop, key: string): void {
    const { controller, queue } = loop;
    try {
      const changes = controller.reconcile(key, this.#snapshot);
      for (const change of changes)
        if (change.kind === 'requeue') queue.addAfter(key, change.afterMs);
      this.#writer = controller;
      for (const change of changes) this.#apply(controller, change);
      queue.succeeded(key);
    } catch (error) {
      this.#retry(loop, key, error);
    } finally {
      this.#writer = undefined;
    }
  }

  #retry({ controller, queue }: Loop, key: string, error: unknown): void {
    const isConflict = error instanceof ApiError && error.reason === 'Conflict';
    const failures = queue.failed(key, isConflict);
    const fields = { part: 'controllers', controller: controller.name, key, failures, error };
    const isExpected = error instanceof ApiError || error instanceof ReconcileFailure;
    if (isExpected) this.#log.debug('reconcile failed', fields);
    else this.#log.error('reconcile failed', fields);
  }

  #apply(controller: Controller, change: Change): void {
    switch (change.kind) {
      case 'create':
        this.#write(controller, change.announce, () => this.#store.create(change.object));
        return;
      case 'update':
        this.#write(controller, change.announce, () => this.#store.update(change.object));
        return;
      case 'updateStatus':
        this.#store.update(change.object, { subresource: 'status' });
        return;
      case 'finalize':
        this.#store.update(change.object, { subresource: 'finalize' });
        return;
      case 'delete':
        this.#write(controller, change.announce, () => this.#delete(change));
        return;
      case 'event':
        this.record(controller.eventSource ?? controller.name, change.event);
        return;
      case 'requeue':
        return;
      case 'fail':
        throw new ReconcileFailure(change.because);
      default:
        change satisfies never;
    }
  }

  #delete({ ref, options }: Extract<Change, { kind: 'delete' }>): KubeObject {
    return this.#store.delete(ref, options);
  }

  #write(controller: Controller, announce: Announce | undefined, write: () => KubeObject): void {
    const tell = (outcome: KubeObject | ApiError): void => {
      const event = announce?.(outcome);
      if (event !== undefined) this.record(controller.eventSource ?? controller.name, event);
    };
    let outcome: KubeObject;
    try {
      outcome = write();
    } catch (error) {
      if (error instanceof ApiError) tell(error);
      throw error;
    }
    tell(outcome);
  }
}

/** What a `fail` change becomes on its way to the retry. */
class ReconcileFailure extends Error {
  override readonly name = 'ReconcileFailure';
}

function snapshotOf(store: Store, clock: Clock): Snapshot {
  return {
    get now() {
      return clock.now();
    },
    get revision() {
      return store.revision;
    },
    get: (kind, namespace, name) => store.get(kind, namespace, name),
    list: (kind, listOptions) => store.list(kind, listOptions),
    ownedBy: (kind, uid) => store.ownedBy(kind, uid),
  };
}
