/** Bits a word; also the fan-out from one level to the next. */
const WORD_BITS = 32n;
const WORD_SHIFT = 5n;
const FULL_WORD = -1;

/**
 * A set of non-negative indices of any size that finds the next index outside it without scanning.
 *
 * Level 0 has a bit for each index, level 1 a bit for each full word of level 0, and so on. Words that are all zero are
 * not kept, so memory grows with the members alone, and a search climbs over full stretches: for 2^n indices it looks
 * at no more than n/5 words up and down.
 *
 *     level 1            [ 1 0 0 … ]        bit 0: word 0 of level 0 is full
 *     level 0   [ 1 1 … 1 ] [ 0 1 0 … ]     a bit an index
 */
export class SparseBits {
  readonly #levels: Map<bigint, number>[] = [];
  #size = 0;

  /** How many members there are. */
  get size(): number {
    return this.#size;
  }

  has(index: bigint): boolean {
    return (this.#word(0, index >> WORD_SHIFT) & maskOf(index)) !== 0;
  }

  /** @returns false when it was a member already. */
  add(index: bigint): boolean {
    if (this.has(index)) return false;
    this.#size += 1;
    this.#raise(index);
    return true;
  }

  /** @returns false when it was no member. */
  delete(index: bigint): boolean {
    if (!this.has(index)) return false;
    this.#size -= 1;
    this.#lower(index);
    return true;
  }

  /** The smallest index at or above `from` that is no member. */
  nextFree(from: bigint): bigint {
    let level = 0;
    let index = from;
    for (;;) {
      const key = index >> WORD_SHIFT;
      const free = ~this.#word(level, key) & (FULL_WORD << bitOf(index));
      if (free !== 0) return this.#descend(level, key * WORD_BITS + BigInt(lowestBit(free)));
      index = key + 1n;
      level += 1;
    }
  }

  /** The members, in no order. */
  *members(): IterableIterator<bigint> {
    for (const [key, word] of this.#levels[0] ?? [])
      for (let bit = 0; bit < Number(WORD_BITS); bit += 1)
        if ((word & (1 << bit)) !== 0) yield key * WORD_BITS + BigInt(bit);
  }

  #descend(level: number, start: bigint): bigint {
    let index = start;
    for (let below = level - 1; below >= 0; below -= 1)
      index = index * WORD_BITS + BigInt(lowestBit(~this.#word(below, index)));
    return index;
  }

  #raise(start: bigint): void {
    let index = start;
    for (let level = 0; ; level += 1) {
      const key = index >> WORD_SHIFT;
      const word = this.#word(level, key) | maskOf(index);
      (this.#levels[level] ??= new Map()).set(key, word);
      if (word !== FULL_WORD) return;
      index = key;
    }
  }

  #lower(start: bigint): void {
    let index = start;
    for (let level = 0; ; level += 1) {
      const key = index >> WORD_SHIFT;
      const before = this.#word(level, key);
      const word = before & ~maskOf(index);
      if (word === 0) this.#levels[level]?.delete(key);
      else this.#levels[level]?.set(key, word);
      if (before !== FULL_WORD) return;
      index = key;
    }
  }

  #word(level: number, key: bigint): number {
    return this.#levels[level]?.get(key) ?? 0;
  }
}

function bitOf(index: bigint): number {
  return Number(index & (WORD_BITS - 1n));
}

function maskOf(index: bigint): number {
  return 1 << bitOf(index);
}

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}
