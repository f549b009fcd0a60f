import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Clock, Logger } from '../../observe/index.ts';
import type { Answering } from '../answer-bytes.ts';
import { observeAgain, type FinishedAnswer } from '../finished-answer.ts';
import type { MayAsk } from '../query.ts';
import type { Revision } from '../revision.ts';
import { asBuffer } from '../wire/index.ts';
import type { AskedThere, FromThread, Reply, ThreadLot, ThreadSetup } from './messages.ts';

export interface WorkersOptions {
  /** At least 1. */
  readonly count: number;
  /** Where sockets that are open already let others beside them. */
  readonly addresses: ThreadSetup['addresses'];
  readonly answering: Answering;
  readonly mayAsk: MayAsk | undefined;
  /** What finished answers hold for. */
  readonly revision: Revision;
  readonly log: Logger;
  readonly clock: Clock;
}

/** Threads on the same ports. */
export interface Workers extends AsyncDisposable {
  /** Those that run: one that ends is missing until another takes its place. */
  readonly threads: readonly Worker[];
}

/** How long the place of a thread that ended stays empty. */
const RESTART_MS = 1000;
/** The compiler does not rewrite what is no import. */
const THREAD = new URL(`./thread${import.meta.url.slice(-3)}`, import.meta.url);

/**
 * Starts threads that answer datagrams beside this one; the OS spreads the clients over them.
 *
 * A thread holds finished answers and nothing else, so there is one place that decides: what it has no answer for it
 * asks this thread, in lots. That a revision is over shows in shared memory, at once. Observers run here, in the order in
 * which a thread answered.
 *
 * @throws Error when a thread cannot open its sockets; none is left running then.
 */
export async function startWorkers(options: WorkersOptions): Promise<Workers> {
  const pool = new WorkerPool(options);
  try {
    await pool.start();
    return pool;
  } catch (error) {
    await pool[Symbol.asyncDispose]();
    throw error;
  }
}

class WorkerPool implements Workers {
  readonly #options: WorkersOptions;
  readonly #threads = new Set<Worker>();
  readonly #timers = new Set<Disposable>();
  #isDisposed = false;

  constructor(options: WorkersOptions) {
    this.#options = options;
  }

  get threads(): readonly Worker[] {
    return [...this.#threads];
  }

  async start(): Promise<void> {
    const { count } = this.#options;
    await Promise.all(Array.from({ length: count }, () => once(this.#startThread(), 'message')));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    for (const timer of this.#timers) timer[Symbol.dispose]();
    await Promise.all(this.threads.map((thread) => thread.terminate()));
  }

  #startThread(): Worker {
    const { addresses, answering, mayAsk, revision, log } = this.#options;
    const workerData: ThreadSetup = { addresses, revision: revision.memory };
    const thread = new Worker(THREAD, { name: 'dns', workerData });
    const post = (replies: readonly Reply[]): void =>
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin
      thread.postMessage(replies);
    const desk = new Desk({ answering, mayAsk, revision }, post);
    this.#threads.add(thread);
    thread.on('message', (message: FromThread) => {
      if (message.kind === 'lot') desk.take(message);
    });
    thread.on('error', (error) => log.error('thread failed', { part: 'dns', error }));
    thread.on('exit', (code) => {
      this.#threads.delete(thread);
      if (!this.#isDisposed) this.#startLater(code);
    });
    return thread;
  }

  #startLater(code: number): void {
    const { log, clock } = this.#options;
    log.warn('thread ended, another takes its place', { part: 'dns', code });
    const timer = clock.setTimer(RESTART_MS, () => {
      this.#timers.delete(timer);
      this.#startThread();
    });
    this.#timers.add(timer);
  }
}

/** The main thread's side of one thread. */
class Desk {
  readonly #answering: Answering;
  readonly #mayAsk: MayAsk | undefined;
  readonly #revision: Revision;
  readonly #post: (replies: readonly Reply[]) => void;
  /** What the thread holds, by number: in the order in which it got them. */
  readonly #finished = new Map<number, FinishedAnswer>();
  #newest = 0;

  constructor(
    { answering, mayAsk, revision }: Pick<WorkersOptions, 'answering' | 'mayAsk' | 'revision'>,
    post: (replies: readonly Reply[]) => void,
  ) {
    this.#answering = answering;
    this.#mayAsk = mayAsk;
    this.#revision = revision;
    this.#post = post;
  }

  take({ asked, answered, forgotten }: ThreadLot): void {
    for (const { answer, ...seen } of answered) {
      const finished = this.#finished.get(answer);
      if (finished !== undefined) observeAgain(finished, seen);
    }
    if (forgotten > 0) this.#forget(forgotten);
    const replies = asked.flatMap((query) => this.#answer(query) ?? []);
    if (replies.length > 0) this.#post(replies);
  }

  /** @returns undefined where the reply comes later. */
  #answer({ ticket, query, client, mayKeep }: AskedThere): Reply | undefined {
    if (this.#mayAsk?.(client) === false) return { ticket, reply: undefined };
    const revision = this.#revision.current;
    const reply = this.#answering.answerBytes(query, client);
    if (reply instanceof Promise) {
      void this.#answerLater(ticket, reply);
      return undefined;
    }
    const message = { ticket, reply: reply && Uint8Array.from(reply) };
    if (!mayKeep) return message;
    const finished = this.#answering.finished(asBuffer(query), client.transport);
    // What is put into another order each time is put so here.
    if (finished === undefined || finished.isArranged) return message;
    this.#newest += 1;
    this.#finished.set(this.#newest, finished);
    const { nameEnd, isCaseless, observers, cell } = finished;
    const isObserved = observers.length > 0;
    const changes = this.#revision.changesOf(cell);
    const holds = { number: this.#newest, revision, cell, changes };
    return { ...message, finished: { ...holds, nameEnd, isCaseless, isObserved } };
  }

  async #answerLater(ticket: number, later: Promise<Buffer | undefined>): Promise<void> {
    const reply = await later;
    this.#post([{ ticket, reply: reply && Uint8Array.from(reply) }]);
  }

  #forget(last: number): void {
    for (const number of this.#finished.keys()) {
      if (number > last) return;
      this.#finished.delete(number);
    }
  }
}
