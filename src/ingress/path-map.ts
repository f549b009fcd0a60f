/** A Map by path that makes no look-up for paths of a length that none of its own has: hashing a new text costs more. */
export class PathMap<T> extends Map<string, T> {
  readonly #lengths = new Set<number>();

  override get(path: string): T | undefined {
    return this.#lengths.has(path.length) ? super.get(path) : undefined;
  }

  override set(path: string, value: T): this {
    this.#lengths.add(path.length);
    return super.set(path, value);
  }

  /** What stands for the first `length` characters of a path. */
  getPrefix(path: string, length: number): T | undefined {
    return this.#lengths.has(length) ? super.get(path.slice(0, length)) : undefined;
  }
}
