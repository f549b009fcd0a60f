import type { Store } from '../api/index.ts';
import type { Clock, Logger } from '../observe/index.ts';
import type { EventNote } from './controller.ts';
import { EventRecorder, type PendingEvent } from './event-recorder.ts';

/** When something was said, and its place among what is not written down yet. */
export interface EventSlot {
  readonly index: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface EventQueueOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Events that wait until there is nothing better to do. */
export class EventQueue {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #recorder: EventRecorder;
  readonly #pending: PendingEvent[] = [];

  constructor({ store, clock, log }: EventQueueOptions) {
    this.#clock = clock;
    this.#log = log;
    this.#recorder = new EventRecorder(store);
  }

  get isEmpty(): boolean {
    return this.#pending.length === 0;
  }

  /** The place of what is said now. */
  nextSlot(): EventSlot {
    return { index: this.#pending.length, at: this.#clock.now() };
  }

  add(source: string, note: EventNote, { index, at }: EventSlot = this.nextSlot()): void {
    this.#pending.splice(index, 0, this.#recorder.prepare(source, note, at));
  }

  /** Writes down the oldest `count`. */
  write(count: number): void {
    for (const event of this.#pending.splice(0, count)) this.#write(event);
  }

  #write(event: PendingEvent): void {
    try {
      this.#recorder.record(event);
    } catch (error) {
      // An Event is a courtesy: its namespace may be gone.
      const { source, note } = event;
      this.#log.debug('event not recorded', { part: 'controllers', source, ...note, error });
    }
  }
}
