import { DerivedTable, type DerivedChange, type DerivedOptions } from './derived.ts';

/** Other ways to look entries up, kept equal to a table. */
export interface Index<V> {
  readonly add: (value: V) => void;
  readonly remove: (value: V) => void;
}

/**
 * A derived table with an index beside it that is never behind, not even for who asks in the tick of a write.
 *
 * The index changes by the entries that were computed anew, so that its cost does not grow with the table either.
 */
export class IndexedTable<V> implements Disposable {
  readonly #table: DerivedTable<V>;
  readonly #index: Index<V>;
  /** Keys that were computed since the index was brought up to date. */
  readonly #computed = new Set<string>();
  /** What the index holds. */
  readonly #indexed = new Map<string, V>();

  constructor({ compute, ...options }: DerivedOptions<V>, index: Index<V>) {
    this.#index = index;
    this.#table = new DerivedTable<V>({
      ...options,
      compute: (key, reader) => {
        this.#computed.add(key);
        return compute(key, reader);
      },
    });
  }

  get revision(): number {
    return this.#table.revision;
  }

  get(key: string): V | undefined {
    return this.#table.get(key);
  }

  entries(): ReadonlyMap<string, V> {
    return this.#table.entries();
  }

  /** Brings the index up to date; to be called before each look into it. */
  refresh(): void {
    const entries = this.#table.entries();
    if (this.#computed.size === 0) return;
    for (const key of this.#computed) {
      const old = this.#indexed.get(key);
      const value = entries.get(key);
      if (old !== undefined) this.#index.remove(old);
      if (value === undefined) this.#indexed.delete(key);
      else {
        this.#index.add(value);
        this.#indexed.set(key, value);
      }
    }
    this.#computed.clear();
  }

  onChange(listener: (changes: readonly DerivedChange<V>[]) => void): Disposable {
    return this.#table.onChange(listener);
  }

  [Symbol.dispose](): void {
    this.#table[Symbol.dispose]();
  }
}
