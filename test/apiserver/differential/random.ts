/** Choices that are the same for the same seed, so that what was found is found again. */
export interface Random {
  /** 0 to `below` - 1. */
  readonly below: (below: number) => number;
  /** True so often, of 1. */
  readonly chance: (of: number) => boolean;
  /** One of a list that is not empty. */
  readonly pick: <T>(list: readonly T[]) => T;
}

/** @param seed any text. @see mulberry32, whose numbers are good enough for choices. */
export function createRandom(seed: string): Random {
  let state = 7;
  for (let at = 0; at < seed.length; at += 1)
    state = Math.imul(state ^ seed.charCodeAt(at), 16_777_619);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    const mixed = Math.imul(state ^ (state >>> 15), state | 1);
    const more = mixed ^ (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61));
    return ((more ^ (more >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    below,
    chance: (of) => next() < of,
    // The index is within the list.
    pick: <T>(list: readonly T[]) => list[below(list.length)] as T,
  };
}
