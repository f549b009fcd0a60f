/** Several values under one key, each known by an id, in the order they came. */
export class MultiMap<V> {
  readonly #values = new Map<string, Map<string, V>>();

  /** The values under `key`. */
  get(key: string): readonly V[] {
    const values = this.#values.get(key);
    return values === undefined ? [] : [...values.values()];
  }

  set(key: string, id: string, value: V): void {
    const values = this.#values.get(key);
    if (values === undefined) this.#values.set(key, new Map([[id, value]]));
    else values.set(id, value);
  }

  delete(key: string, id: string): void {
    const values = this.#values.get(key);
    values?.delete(id);
    if (values?.size === 0) this.#values.delete(key);
  }
}
