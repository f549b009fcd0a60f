const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * Where the search for a free choice of `key` begins: 64 bits from the seed and the key alone.
 *
 * Upstream rolls dice here. A hash gives the same spread and makes a choice depend on who asks, not on who asked before:
 * the same objects get the same addresses after a restart, in whatever order they come, except where two keys meet.
 */
export function preferenceOf(seed: number, key: string): bigint {
  const low = lotOf(seed, key);
  const high = mix(fnv(key, low ^ FNV_PRIME));
  return (BigInt(high) << 32n) | BigInt(low);
}

/** The low 32 bits of the same, for choices among few: cheap enough to be drawn for every candidate. */
export function lotOf(seed: number, key: string): number {
  return mix(fnv(key, FNV_OFFSET ^ seed));
}

/** FNV-1a over the UTF-16 units of `text`. */
function fnv(text: string, basis: number): number {
  let hash = basis | 0;
  for (let index = 0; index < text.length; index += 1)
    hash = Math.imul(hash ^ text.charCodeAt(index), FNV_PRIME);
  return hash;
}

/** Spreads the difference of similar keys over all bits. @see MurmurHash3, fmix32 */
function mix(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
