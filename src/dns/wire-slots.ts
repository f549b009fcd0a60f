/** Slots are tried one after the other; where so many are taken, the first is given to the newcomer. */
const MAX_TRIES = 16;
const FIRST_COUNT = 256;
/** A slot is two numbers: the hash, and the place. */
const PAIR = 2;

/**
 * Places by hash, in one piece of memory: a look-up reaches for one line of it, as a rule.
 *
 * Whoever makes hashes meet pushes out what they meet, and makes nobody search for long.
 */
export class WireSlots {
  #pairs = new Int32Array(FIRST_COUNT * PAIR);
  #mask = FIRST_COUNT - 1;
  #taken = 0;

  /** The first slot with this hash; -1 for none. */
  first(hash: number): number {
    return this.#seek(hash, 0);
  }

  /** The next slot with this hash behind `slot`; -1 for none. */
  next(slot: number, hash: number): number {
    return this.#seek(hash, ((slot - hash) & this.#mask) + 1);
  }

  placeAt(slot: number): number {
    return this.#pairs[slot * PAIR + 1] ?? 0;
  }

  /** @param entry.known The place that `place` is instead of; 0 for none. */
  set(hash: number, { place, known }: { readonly place: number; readonly known: number }): void {
    if (this.#taken * 2 >= this.#mask) this.#grow();
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const slot = (hash + tries) & this.#mask;
      const there = this.placeAt(slot);
      if (there !== 0 && there !== known) continue;
      if (there === 0) this.#taken += 1;
      this.#put(slot, hash, place);
      return;
    }
    this.#put(hash & this.#mask, hash, place);
  }

  clear(): void {
    if (this.#taken > 0) this.#pairs.fill(0);
    this.#taken = 0;
  }

  #seek(hash: number, from: number): number {
    const pairs = this.#pairs;
    for (let tries = from; tries < MAX_TRIES; tries += 1) {
      const slot = (hash + tries) & this.#mask;
      if (pairs[slot * PAIR + 1] === 0) return -1;
      if (pairs[slot * PAIR] === hash) return slot;
    }
    return -1;
  }

  #put(slot: number, hash: number, place: number): void {
    this.#pairs[slot * PAIR] = hash;
    this.#pairs[slot * PAIR + 1] = place;
  }

  #grow(): void {
    const pairs = this.#pairs;
    const count = (this.#mask + 1) * 2;
    this.#pairs = new Int32Array(count * PAIR);
    this.#mask = count - 1;
    this.#taken = 0;
    for (let at = 0; at < pairs.length; at += PAIR) {
      const place = pairs[at + 1] ?? 0;
      if (place !== 0) this.set(pairs[at] ?? 0, { place, known: 0 });
    }
  }
}
