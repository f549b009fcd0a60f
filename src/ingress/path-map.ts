/** A Map by path that makes no look-up for paths of a length that none of its own has: hashing a new text costs more. */
export class PathMap<T> extends Map<string, T> {
  /** A bit for each length. */
  #lengths = 0;

  override get(path: string): T | undefined {
    return this.#mayHave(path.length) ? super.get(path) : undefined;
  }

  override set(path: string, value: T): this {
    this.#lengths |= bitOf(path.length);
    return super.set(path, value);
  }

  /** What stands for the first `length` characters of a path. */
  getPrefix(path: string, length: number): T | undefined {
    return this.#mayHave(length) ? super.get(path.slice(0, length)) : undefined;
  }

  #mayHave(length: number): boolean {
    return (this.#lengths & bitOf(length)) !== 0;
  }
}

/** Long paths share one. */
function bitOf(length: number): number {
  return 1 << Math.min(length, LAST_BIT);
}

const LAST_BIT = 31;
