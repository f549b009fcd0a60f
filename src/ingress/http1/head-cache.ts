/** What is longer is read anew each time. */
const MAX_TEXT = 2048;
const MAX_ENTRIES = 2048;
/** For how many look-ups nothing is remembered after a round that was not worth it. */
const REST = 16_384;

/**
 * Remembers what was made of texts that come again and again: clients repeat their field lines with each request, and
 * backends theirs with each response.
 *
 * It is emptied when full; and where few texts came twice it rests for a while.
 */
export class HeadCache<T> {
  #entries = new Map<string, T>();
  #hits = 0;
  #rest = 0;

  get(text: string): T | undefined {
    if (this.#rest > 0) {
      this.#rest -= 1;
      return undefined;
    }
    if (text.length > MAX_TEXT) return undefined;
    const found = this.#entries.get(text);
    if (found !== undefined) this.#hits += 1;
    return found;
  }

  put(text: string, value: T): void {
    if (this.#rest > 0 || text.length > MAX_TEXT) return;
    if (this.#entries.size >= MAX_ENTRIES) {
      if (this.#hits < MAX_ENTRIES) this.#rest = REST;
      this.#entries = new Map();
      this.#hits = 0;
      return;
    }
    this.#entries.set(text, value);
  }
}
