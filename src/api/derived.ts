import type { KindName, KubeObject } from './object.ts';
import type { Store, StoreReader } from './store.ts';
import { throwLater } from './throw-later.ts';

/** How objects of one kind reach the entries of a derived table. */
export interface DerivedInput {
  readonly kind: KindName;
  /** Keys of the entries that `object` is read by. Called for the old and the new object of a change. */
  readonly keys: (object: KubeObject, reader: StoreReader) => readonly string[];
}

export interface DerivedOptions<V> {
  readonly store: Store;
  readonly inputs: readonly DerivedInput[];
  /** The entry of `key`, from the store as it is now; undefined when there is none. Pure. */
  readonly compute: (key: string, reader: StoreReader) => V | undefined;
  /** Told of what `compute` and listeners throw; other entries and listeners are served all the same. @default thrown again, later */
  readonly onError?: (error: unknown) => void;
}

export interface DerivedChange<V> {
  readonly key: string;
  readonly value: V | undefined;
  readonly old: V | undefined;
}

/**
 * A table computed from the store, entry by entry: a change recomputes the keys that it touches and nothing else.
 *
 * Entries are brought up to date when they are read, and at the latest in the microtask after the change;
 * listeners hear of each batch once.
 */
export class DerivedTable<V> implements Disposable {
  readonly #options: DerivedOptions<V>;
  readonly #onError: (error: unknown) => void;
  readonly #entries = new Map<string, V>();
  readonly #stale = new Set<string>();
  readonly #listeners = new Set<(changes: readonly DerivedChange<V>[]) => void>();
  readonly #watches: readonly Disposable[];
  /** Changes that a read has brought about and listeners have not yet heard of. */
  #unheard: DerivedChange<V>[] = [];
  #isScheduled = false;
  #revision = 0;

  constructor(options: DerivedOptions<V>) {
    this.#options = options;
    this.#onError = options.onError ?? throwLater;
    this.#watches = options.inputs.map(({ kind, keys }) =>
      options.store.watch(
        kind,
        ({ object, old }) => {
          this.#invalidate([
            ...keys(object, options.store),
            ...(old === undefined ? [] : keys(old, options.store)),
          ]);
        },
        { sendInitialEvents: true },
      ),
    );
    this.#refresh();
    // Nobody listened to what was there before.
    this.#unheard = [];
  }

  /** Rises whenever an entry changes. */
  get revision(): number {
    this.#refresh();
    return this.#revision;
  }

  get(key: string): V | undefined {
    this.#refresh();
    return this.#entries.get(key);
  }

  entries(): ReadonlyMap<string, V> {
    this.#refresh();
    return this.#entries;
  }

  /** Calls `listener` after each batch of changes until disposed. */
  onChange(listener: (changes: readonly DerivedChange<V>[]) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  [Symbol.dispose](): void {
    for (const watch of this.#watches) watch[Symbol.dispose]();
    this.#listeners.clear();
  }

  #invalidate(keys: readonly string[]): void {
    for (const key of keys) this.#stale.add(key);
    if (this.#stale.size === 0 || this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#refresh();
      this.#announce();
    });
  }

  #refresh(): void {
    if (this.#stale.size === 0) return;
    const keys = [...this.#stale];
    this.#stale.clear();
    for (const key of keys) {
      const old = this.#entries.get(key);
      const value = this.#compute(key);
      if (value === old) continue;
      if (value === undefined) this.#entries.delete(key);
      else this.#entries.set(key, value);
      this.#revision += 1;
      this.#unheard.push({ key, value, old });
    }
  }

  /** An entry that cannot be computed is none. */
  #compute(key: string): V | undefined {
    try {
      return this.#options.compute(key, this.#options.store);
    } catch (error) {
      this.#onError(error);
      return undefined;
    }
  }

  #announce(): void {
    const changes = this.#unheard;
    if (changes.length === 0) return;
    this.#unheard = [];
    for (const listener of this.#listeners) {
      try {
        listener(changes);
      } catch (error) {
        this.#onError(error);
      }
    }
  }
}
