import { ApiError, type KubeObject, type Store, type WriteOptions } from '../api/index.ts';
import type { Clock, Logger } from '../observe/index.ts';
import { writeOptionsOf } from './change.ts';
import type {
  Announce,
  Change,
  Controller,
  CreationReview,
  EventNote,
  Snapshot,
} from './controller.ts';
import { EventQueue } from './event-queue.ts';
import { outcomeOf, release } from './outcome.ts';
import { logFailure, ReconcileFailure } from './reconcile-failure.ts';
import { snapshotOf } from './snapshot.ts';
import { WorkQueue } from './work-queue.ts';

export interface RunControllersOptions {
  readonly store: Store;
  /** Asked each time: it may come later. @default nobody is asked */
  readonly review?: () => CreationReview | undefined;
  /** In the order in which a round serves them. */
  readonly controllers: readonly Controller[];
  readonly clock: Clock;
  readonly log: Logger;
}

export interface RunningControllers extends AsyncDisposable {
  /** Resolves when no key waits to be reconciled now; delays, back-offs and Events do not count. */
  settled(): Promise<void>;
  /** Resolves when, besides, every Event is written down. */
  idle(): Promise<void>;
  /** Records an Event for a component that is no controller. @param source Its name: `kubelet`. */
  record(source: string, note: EventNote): void;
}

const KEYS_A_ROUND = 4;
/** The first round after a pause takes fewer keys by this factor: what it makes is served by the second. */
const FIRST_ROUND = 0.5;
/** A turn that has taken so long lets the rest of the process have its own before the round goes on. */
const TURN_MS = 4;
/** Events that are written down in a turn in which nothing has to be reconciled. */
const EVENTS_A_TURN = 32;

/**
 * Runs controllers against the store until disposed.
 *
 * Changes mark keys; rounds serve the marked keys, a few of each controller, so that many changes of one object cost
 * one reconcile, and the first Services of a start are served long before its last Pod is there. Between rounds, and
 * within long ones, the rest of the process has its turn. Events are for people: they are written down when there is
 * nothing else to do.
 */
export function runControllers(options: RunControllersOptions): RunningControllers {
  return new ControllerRunner(options);
}

interface Loop {
  readonly controller: Controller;
  readonly queue: WorkQueue;
  /** Keys whose changes wait for a review, and whether they are to be reconciled again after it. */
  readonly reviewed: Map<string, boolean>;
}

class ControllerRunner implements RunningControllers {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #events: EventQueue;
  readonly #snapshot: Snapshot;
  readonly #loops: readonly Loop[];
  readonly #watches: readonly Disposable[];
  #turn: NodeJS.Immediate | undefined;
  /** Which of the loops is the next one in this round. */
  #next = 0;
  /** Whether this round is the first one since nothing was to be done. */
  #isFirstRound = true;
  /** Whose change is being written. */
  #writer: Controller | undefined;
  /** Resolve `settled` and `idle`. */
  #awaitSettled: (() => void)[] = [];
  #awaitIdle: (() => void)[] = [];
  /** Aborted once it is disposed. */
  readonly #stop = new AbortController();
  /** What waits for a review. */
  readonly #pending = new Set<Promise<void>>();
  readonly #review: () => CreationReview | undefined;

  constructor({ store, controllers, clock, log, review }: RunControllersOptions) {
    this.#store = store;
    this.#review = review ?? (() => undefined);
    this.#clock = clock;
    this.#log = log;
    this.#events = new EventQueue({ store, clock, log });
    this.#snapshot = snapshotOf(store, clock);
    const onReady = (): void => this.#schedule();
    this.#loops = controllers.map((controller) => ({
      controller,
      queue: new WorkQueue(clock, onReady, controller.isNewestFirst),
      reviewed: new Map(),
    }));
    this.#watches = this.#loops.flatMap((loop) => this.#watch(loop));
  }

  settled(): Promise<void> {
    if (!this.#isBusy() && !this.#isReviewing()) return Promise.resolve();
    return new Promise((resolve) => void this.#awaitSettled.push(resolve));
  }

  idle(): Promise<void> {
    if (this.#turn === undefined && !this.#isReviewing()) return Promise.resolve();
    return new Promise((resolve) => void this.#awaitIdle.push(resolve));
  }

  record(source: string, note: EventNote): void {
    this.#events.add(source, note);
    this.#schedule();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    for (const watch of this.#watches) watch[Symbol.dispose]();
    for (const { queue } of this.#loops) queue[Symbol.dispose]();
    clearImmediate(this.#turn);
    this.#turn = undefined;
    await Promise.all(this.#pending);
    release(this.#awaitSettled);
    release(this.#awaitIdle);
  }

  get #isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  #watch({ controller, queue }: Loop): readonly Disposable[] {
    return controller.watches.map(({ kind, keys, isOfInterest, ignoresOwnWrites = false }) =>
      this.#store.watch(
        kind,
        ({ object, old }) => {
          if (ignoresOwnWrites && this.#writer === controller) return;
          if (old !== undefined && isOfInterest?.(object, old) === false) return;
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
    this.#turn = undefined;
    if (this.#isBusy()) this.#reconcileSome();
    else this.#events.write(EVENTS_A_TURN);
    const isBusy = this.#isBusy();
    if (!isBusy) {
      this.#isFirstRound = true;
      if (!this.#isReviewing()) release(this.#awaitSettled);
    }
    if (isBusy || !this.#events.isEmpty) this.#schedule();
    else if (!this.#isReviewing()) release(this.#awaitIdle);
  }

  /** To the end of the round, or of the turn. */
  #reconcileSome(): void {
    const until = this.#clock.now() + TURN_MS;
    const share = this.#isFirstRound ? FIRST_ROUND : 1;
    for (const loop of this.#loops.slice(this.#next)) {
      const { keysARound = KEYS_A_ROUND } = loop.controller;
      for (const key of loop.queue.take(Math.ceil(keysARound * share))) this.#reconcile(loop, key);
      this.#next += 1;
      if (this.#clock.now() >= until) break;
    }
    if (this.#next < this.#loops.length) return;
    this.#next = 0;
    this.#isFirstRound = false;
  }

  #isBusy(): boolean {
    return this.#loops.some(({ queue }) => queue.readyCount > 0);
  }

  #isReviewing(): boolean {
    return this.#loops.some(({ reviewed }) => reviewed.size > 0);
  }

  #reconcile(loop: Loop, key: string): void {
    const { controller, queue, reviewed } = loop;
    if (reviewed.has(key)) {
      reviewed.set(key, true);
      return;
    }
    try {
      const changes = controller.reconcile(key, this.#snapshot);
      for (const change of changes)
        if (change.kind === 'requeue') queue.addAfter(key, change.afterMs);
      const review = changes.some(({ kind }) => kind === 'create') ? this.#review() : undefined;
      if (review?.isNeeded() === true) {
        const pending = this.#applyReviewed(loop, { key, changes, review });
        this.#pending.add(pending);
        void pending.finally(() => this.#pending.delete(pending));
      } else {
        for (const change of changes) this.#applyOwn(controller, change);
        queue.succeeded(key);
      }
    } catch (error) {
      this.#retry(loop, key, error);
    }
  }

  #applyOwn(controller: Controller, change: Change): void {
    this.#writeAs(controller, () => this.#apply(controller, change));
  }

  #writeAs<T>(controller: Controller, write: () => T): T {
    this.#writer = controller;
    try {
      return write();
    } finally {
      this.#writer = undefined;
    }
  }

  /** One change after another; what happens to the key meanwhile is looked at when all are done. */
  async #applyReviewed(loop: Loop, { key, changes, review }: ReviewedChanges): Promise<void> {
    const { controller, queue, reviewed } = loop;
    reviewed.set(key, false);
    try {
      for (const change of changes) {
        if (this.#isStopped) return;
        if (change.kind === 'create') await this.#createReviewed(controller, change, review);
        else this.#applyOwn(controller, change);
      }
      queue.succeeded(key);
    } catch (error) {
      if (!this.#isStopped) this.#retry(loop, key, error);
    } finally {
      const isWaiting = reviewed.get(key) === true;
      reviewed.delete(key);
      if (isWaiting) queue.add(key);
      this.#schedule();
    }
  }

  async #createReviewed(
    controller: Controller,
    change: Creation,
    review: CreationReview,
  ): Promise<void> {
    const { signal } = this.#stop;
    const options = writeOptionsOf(controller);
    const write = (reviewed: Pick<WriteOptions, 'review'>): KubeObject => {
      signal.throwIfAborted();
      return this.#writeAs(controller, () =>
        this.#store.create(change.object, { ...options, ...reviewed }),
      );
    };
    const outcome = await outcomeOf(review.carryOut(write, signal));
    if (this.#isStopped) return;
    this.#writeAs(controller, () => this.#create(controller, change, outcome));
  }

  #retry({ controller, queue }: Loop, key: string, error: unknown): void {
    const isConflict = error instanceof ApiError && error.reason === 'Conflict';
    const failures = queue.failed(key, isConflict);
    logFailure(this.#log, { controller: controller.name, key, failures, error });
  }

  #apply(controller: Controller, change: Change): void {
    const options = writeOptionsOf(controller);
    switch (change.kind) {
      case 'create':
        this.#create(controller, change, () => this.#store.create(change.object, options));
        return;
      case 'update':
        this.#write(controller, change.announce, () => this.#store.update(change.object, options));
        return;
      case 'updateStatus':
        this.#store.update(change.object, { ...options, subresource: 'status' });
        return;
      case 'finalize':
        this.#store.update(change.object, { ...options, subresource: 'finalize' });
        return;
      case 'delete':
        this.#write(controller, change.announce, () =>
          this.#store.delete(change.ref, { ...options, ...change.options }),
        );
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

  #create(
    controller: Controller,
    { announce, whenRefused }: Creation,
    make: () => KubeObject,
  ): void {
    try {
      this.#write(controller, announce, make);
    } catch (error) {
      if (error instanceof ApiError)
        for (const change of whenRefused?.(error) ?? []) this.#apply(controller, change);
      throw error;
    }
  }

  #write(controller: Controller, announce: Announce | undefined, write: () => KubeObject): void {
    // What others say because of the write comes after what is said of it.
    const slot = this.#events.nextSlot();
    const tell = (outcome: KubeObject | ApiError): void => {
      const event = announce?.(outcome);
      if (event === undefined) return;
      this.#events.add(controller.eventSource ?? controller.name, event, slot);
      this.#schedule();
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

type Creation = Extract<Change, { kind: 'create' }>;

interface ReviewedChanges {
  readonly key: string;
  readonly changes: readonly Change[];
  readonly review: CreationReview;
}
