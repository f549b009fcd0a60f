import {
  formatTime,
  type Event,
  type KubeObject,
  type ObjectReference,
  type Store,
} from '../api/index.ts';
import type { EventNote } from './controller.ts';

/** Similar Events (alike but for the message) about one object before they are combined. @see client-go events_cache.go */
const SIMILAR_LIMIT = 10;
const SIMILAR_WITHIN_MS = 600_000;
/** Events that one source may record about one object in a burst, and how fast that comes back. */
const BURST = 25;
const REFILL_MS = 300_000;
/** kube-apiserver's `--event-ttl`. */
const EVENT_TTL_MS = 3_600_000;

/** An Event on its way into the store. */
export interface PendingEvent {
  /** The component that speaks: `deployment-controller`. */
  readonly source: string;
  readonly note: EventNote;
  /** The object as it was when it happened. */
  readonly about: NamedReference;
  /** Milliseconds since 1970. */
  readonly at: number;
}

type NamedReference = ObjectReference & { readonly name: string };

interface Recorded {
  readonly namespace: string;
  readonly name: string;
  lastAt: number;
}

interface Similar {
  messages: Set<string>;
  lastAt: number;
}

interface Allowance {
  left: number;
  at: number;
}

/**
 * Writes Events as client-go's correlator does: repeated ones are counted, many similar ones combined into one,
 * floods dropped, and each forgotten an hour after it last happened.
 */
export class EventRecorder {
  readonly #store: Store;
  /** By source, object, type, reason and message; in order of the last occurrence. */
  readonly #recorded = new Map<string, Recorded>();
  readonly #similar = new Map<string, Similar>();
  readonly #allowances = new Map<string, Allowance>();
  #sequence = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  /** What `note` is about may be gone by the time it is written down; so this looks at it now. @param at milliseconds since 1970 */
  prepare(source: string, note: EventNote, at: number): PendingEvent {
    return { source, note, about: this.#referenceTo(note), at };
  }

  /** @throws ApiError when the Event cannot be stored. */
  record({ source, note, about, at: now }: PendingEvent): void {
    this.#expire(now);
    const object = `${source} ${about.kind} ${about.namespace ?? ''}/${about.name} ${about.uid ?? ''}`;
    const similarKey = `${object} ${note.type} ${note.reason}`;
    const isCombined = this.#isOneOfMany(similarKey, note.message, now);
    const message = isCombined ? `(combined from similar events): ${note.message}` : note.message;
    const part = about.fieldPath ?? '';
    const key = isCombined ? similarKey : `${similarKey} ${part} ${note.message}`;
    if (this.#isFlood(object, now)) return;
    if (this.#count(key, message, now)) return;
    const timestamp = formatTime(now);
    const name = `${about.name}.${this.#nextSuffix(now)}`;
    const namespace = about.namespace ?? 'default';
    const event: Event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace },
      involvedObject: about,
      reason: note.reason,
      message,
      source: { component: source, ...(note.host === undefined ? {} : { host: note.host }) },
      firstTimestamp: timestamp,
      lastTimestamp: timestamp,
      count: 1,
      type: note.type,
      reportingComponent: source,
      reportingInstance: note.host ?? '',
    };
    this.#store.create(event as unknown as KubeObject);
    this.#recorded.set(key, { namespace, name, lastAt: now });
  }

  #referenceTo({ about }: EventNote): NamedReference {
    const object = this.#store.get(about.kind, about.namespace, about.name);
    const { kind: wanted, ...given } = about;
    if (object === undefined) return { kind: wanted.replace(/\..*$/, ''), ...given };
    const { kind, apiVersion, metadata } = object;
    const { uid = '', resourceVersion = '' } = metadata;
    return { kind, ...given, uid, apiVersion, resourceVersion };
  }

  #isOneOfMany(key: string, message: string, now: number): boolean {
    const present = this.#similar.get(key);
    const similar =
      present !== undefined && now - present.lastAt <= SIMILAR_WITHIN_MS
        ? present
        : { messages: new Set<string>(), lastAt: now };
    this.#similar.set(key, similar);
    similar.lastAt = now;
    similar.messages.add(message);
    if (similar.messages.size < SIMILAR_LIMIT) return false;
    for (const oldest of similar.messages) {
      similar.messages.delete(oldest);
      break;
    }
    return true;
  }

  #isFlood(object: string, now: number): boolean {
    const { left, at } = this.#allowances.get(object) ?? { left: BURST, at: now };
    const refilled = Math.min(BURST, left + (now - at) / REFILL_MS);
    const isFlood = refilled < 1;
    this.#allowances.set(object, { left: isFlood ? refilled : refilled - 1, at: now });
    return isFlood;
  }

  /** Counts one more occurrence of an Event that is still there. */
  #count(key: string, message: string, now: number): boolean {
    const recorded = this.#recorded.get(key);
    if (recorded === undefined) return false;
    const event = this.#store.get('Event', recorded.namespace, recorded.name);
    if (event === undefined) return false;
    const count = (event.count ?? 1) + 1;
    this.#store.update({
      ...event,
      message,
      count,
      lastTimestamp: formatTime(now),
    });
    recorded.lastAt = now;
    this.#recorded.delete(key);
    this.#recorded.set(key, recorded);
    return true;
  }

  /** Nanoseconds since 1970 in hexadecimal, as client-go names Events; the sequence keeps names of one millisecond apart. */
  #nextSuffix(now: number): string {
    this.#sequence = (this.#sequence + 1) % 1_000_000;
    return (BigInt(Math.trunc(now)) * 1_000_000n + BigInt(this.#sequence)).toString(16);
  }

  #expire(now: number): void {
    for (const [key, { namespace, name, lastAt }] of this.#recorded) {
      if (now - lastAt < EVENT_TTL_MS) break;
      this.#recorded.delete(key);
      if (this.#store.get('Event', namespace, name) !== undefined)
        this.#store.delete({ kind: 'Event', namespace, name });
    }
    if (this.#recorded.size > 0) return;
    this.#similar.clear();
    this.#allowances.clear();
  }
}
