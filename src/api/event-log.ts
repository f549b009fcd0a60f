import { ApiError } from './errors.ts';
import type { KubeObject } from './object.ts';
import type { StoreEvent } from './store.ts';

/** Which objects a watcher wants to hear of. */
export type ObjectPredicate = (object: KubeObject) => boolean;

export interface Watcher {
  /** A kind's name; undefined for every kind. */
  readonly kind: string | undefined;
  /** The only name that it matches; undefined for several. Thousands may each wait for an object of their own. */
  readonly name?: string | undefined;
  readonly matches: ObjectPredicate;
  readonly listener: (event: StoreEvent) => void;
}

export interface EventLogOptions {
  /** How many events are kept for those who come back. */
  readonly historySize: number;
  /** The revision before the first event; what led to it is not kept. @default 0 */
  readonly firstRevision?: number;
  /** Told of what listeners throw; the others hear the event all the same. */
  readonly onListenerError: (error: unknown) => void;
}

interface Subscription extends Watcher {
  /** Events up to this revision are known to the watcher; one that is over wants no more. */
  seen: number;
}

/** Who hears of a kind. */
interface Audience {
  /** In the order of subscription. */
  readonly all: readonly Subscription[];
  /** Those who watch one object, by its name; they hear after the others. */
  readonly byName: ReadonlyMap<string, readonly Subscription[]>;
}

const NOBODY: readonly Subscription[] = [];

/**
 * The order of events: each gets the next revision, and every watcher hears them in that order, once.
 *
 * An event that a listener's write brings about waits until the one under way was told to all.
 */
export class EventLog {
  readonly #options: EventLogOptions;
  readonly #subscriptions = new Set<Subscription>();
  /** Made when it is first needed after somebody came or went. */
  readonly #audiences = new Map<string, Audience>();
  /** The last events; the oldest is at `#revision - #history.length + 1`, modulo the size. */
  readonly #history: StoreEvent[] = [];
  readonly #queue: StoreEvent[] = [];
  readonly #firstRevision: number;
  #revision: number;
  #isTelling = false;

  constructor(options: EventLogOptions) {
    this.#options = options;
    this.#firstRevision = options.firstRevision ?? 0;
    this.#revision = this.#firstRevision;
  }

  /** The revision of the last event. */
  get revision(): number {
    return this.#revision;
  }

  /** Appends an event whose revision must be the next one, and tells it. */
  append(event: StoreEvent): void {
    this.#revision = event.revision;
    if (this.#options.historySize > 0)
      this.#history[event.revision % this.#options.historySize] = event;
    this.#queue.push(event);
    this.#tellAll();
  }

  /** Events after `revision`, in order. @throws ApiError Expired when some are no longer kept. */
  since(revision: number): readonly StoreEvent[] {
    const size = this.#options.historySize;
    const oldest = Math.max(this.#firstRevision, this.#revision - size) + 1;
    if (revision + 1 < oldest)
      throw new ApiError('Expired', `too old resource version: ${revision} (${oldest - 1})`);
    const events: StoreEvent[] = [];
    for (let at = revision + 1; at <= this.#revision; at += 1) {
      const event = this.#history[at % size];
      if (event !== undefined) events.push(event);
    }
    return events;
  }

  /** Tells `watcher` of `first` and then of each change from now on. */
  subscribe(watcher: Watcher, first: readonly StoreEvent[]): Disposable {
    const subscription: Subscription = { ...watcher, seen: this.#revision };
    this.#subscriptions.add(subscription);
    this.#audiences.clear();
    // What the listener writes meanwhile waits, or it would hear of a change before the state it changed.
    const wasTelling = this.#isTelling;
    this.#isTelling = true;
    for (const event of first) if (isFor(watcher, event.kind)) this.#tell(subscription, event);
    this.#isTelling = wasTelling;
    this.#tellAll();
    return {
      [Symbol.dispose]: () => {
        subscription.seen = Infinity;
        this.#subscriptions.delete(subscription);
        this.#audiences.clear();
      },
    };
  }

  #tellAll(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    for (let event = this.#queue.shift(); event !== undefined; event = this.#queue.shift()) {
      const { all, byName } = this.#audienceOf(event.kind);
      for (const subscription of all) this.#tellOnce(subscription, event);
      for (const subscription of byName.get(event.object.metadata.name) ?? NOBODY)
        this.#tellOnce(subscription, event);
    }
    this.#isTelling = false;
  }

  #tellOnce(subscription: Subscription, event: StoreEvent): void {
    if (subscription.seen >= event.revision) return;
    subscription.seen = event.revision;
    this.#tell(subscription, event);
  }

  #audienceOf(kind: string): Audience {
    const known = this.#audiences.get(kind);
    if (known !== undefined) return known;
    const hearing = [...this.#subscriptions].filter((subscription) => isFor(subscription, kind));
    const byName = Map.groupBy(hearing, ({ name }) => name);
    const all = byName.get(undefined) ?? NOBODY;
    byName.delete(undefined);
    // Only the group of those without a name had no key.
    const audience = { all, byName: byName as ReadonlyMap<string, readonly Subscription[]> };
    this.#audiences.set(kind, audience);
    return audience;
  }

  #tell({ matches, listener }: Subscription, event: StoreEvent): void {
    const seen = viewOf(event, matches);
    if (seen === undefined) return;
    try {
      listener(seen);
    } catch (error) {
      this.#options.onListenerError(error);
    }
  }
}

const isFor = ({ kind }: Watcher, kindOfEvent: string): boolean =>
  kind === undefined || kind === kindOfEvent;

/** `event` as somebody sees it who sees only what matches: what leaves is deleted, what enters is added. */
function viewOf(event: StoreEvent, matches: ObjectPredicate): StoreEvent | undefined {
  const { object, old, type } = event;
  if (type === 'ADDED') return matches(object) ? event : undefined;
  if (type === 'DELETED') return matches(old ?? object) ? event : undefined;
  const isIn = matches(object);
  const wasIn = old !== undefined && matches(old);
  if (isIn && wasIn) return event;
  const { kind, revision } = event;
  if (isIn) return { type: 'ADDED', kind, object, revision };
  if (!wasIn) return undefined;
  const metadata = { ...old.metadata, resourceVersion: String(revision) };
  return { type: 'DELETED', kind, object: { ...old, metadata }, old, revision };
}
