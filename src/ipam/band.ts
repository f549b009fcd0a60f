import type { SparseBits } from './sparse-bits.ts';

/** A stretch of numbers, both ends included. */
export interface Band {
  readonly first: bigint;
  readonly last: bigint;
}

/** The low part that automatic choices leave to explicit ones, and the rest; either may be empty. */
export interface Bands {
  readonly staticBand: Band | undefined;
  readonly dynamicBand: Band | undefined;
}

/** How a band is sized. */
export interface BandRule {
  /** What the size is divided by. */
  readonly step: bigint;
  readonly max: bigint;
}

/** Ranges of this size or less have no static band; all others at least this much. */
const BAND_MIN = 16n;

/**
 * The size of the static band of a range: size/step, at least 16 and at most `max`; 0 for 16 numbers or fewer.
 *
 * @see KEP-3070 (addresses: step 16, max 256), KEP-3668 (node ports: step 32, max 128)
 */
export function staticBandSize(size: bigint, { step, max }: BandRule): bigint {
  if (size <= BAND_MIN) return 0n;
  const part = size / step;
  if (part < BAND_MIN) return BAND_MIN;
  return part > max ? max : part;
}

/** Splits `whole` after its first `bandSize` numbers. */
export function splitBands({ first, last }: Band, bandSize: bigint): Bands {
  const middle = first + bandSize;
  return {
    staticBand: bandOf(first, middle - 1n < last ? middle - 1n : last),
    dynamicBand: bandOf(middle, last),
  };
}

/**
 * A number that is not taken: the first from a preferred place on, round the end of the dynamic band, then the same in
 * the static one.
 *
 * @returns undefined when both are full.
 */
export function pickFree(bands: Bands, taken: SparseBits, preference: bigint): bigint | undefined {
  return scan(bands.dynamicBand, taken, preference) ?? scan(bands.staticBand, taken, preference);
}

function bandOf(first: bigint, last: bigint): Band | undefined {
  return first <= last ? { first, last } : undefined;
}

function scan(band: Band | undefined, taken: SparseBits, preference: bigint): bigint | undefined {
  if (band === undefined) return undefined;
  const start = band.first + (preference % (band.last - band.first + 1n));
  const above = taken.nextFree(start);
  if (above <= band.last) return above;
  const below = taken.nextFree(band.first);
  return below < start ? below : undefined;
}
