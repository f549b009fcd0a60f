import { formatQuantity, parseQuantity, type Quantity } from '../quantity.ts';

/** Quantities by the resource that they are of, as Go's `ResourceList`. */
export type Amounts = ReadonlyMap<string, Quantity>;

const NONE: Quantity = { nanos: 0n, format: 'DecimalSI' };
const NANO = 1_000_000_000n;
const MILLI = 1_000_000n;

/** Amounts as objects have them; what is no quantity counts as nothing. */
export function readAmounts(amounts: Readonly<Record<string, unknown>> | undefined): Amounts {
  const read = new Map<string, Quantity>();
  for (const [name, amount] of Object.entries(amounts ?? {})) {
    const isWritten = typeof amount === 'string' || typeof amount === 'number';
    read.set(name, (isWritten ? parseQuantity(amount) : undefined) ?? NONE);
  }
  return read;
}

/** Amounts as objects have them, in order of their names. */
export function writeAmounts(amounts: Amounts): Readonly<Record<string, string>> {
  return Object.fromEntries(
    sorted(amounts).map(([name, quantity]) => [name, formatQuantity(quantity)]),
  );
}

/** `cpu=1,memory=1Gi`. */
export function showAmounts(amounts: Amounts): string {
  return sorted(amounts)
    .map(([name, quantity]) => `${name}=${formatQuantity(quantity)}`)
    .join(',');
}

/** The sum of both, name by name. */
export function addAmounts(left: Amounts, right: Amounts): Amounts {
  return combine(left, right, plus);
}

/** What of `left` is left when `right` is taken away; at least nothing. */
export function subtractAmounts(left: Amounts, right: Amounts): Amounts {
  const absent = new Map([...right.keys()].map((name) => [name, NONE]));
  return new Map(
    Array.from(new Map([...absent, ...left]), ([name, quantity]) => {
      const nanos = quantity.nanos - (right.get(name) ?? NONE).nanos;
      const { format } = quantity.nanos === 0n ? (right.get(name) ?? NONE) : quantity;
      return [name, nanos > 0n ? { nanos, format } : NONE];
    }),
  );
}

/** The greater of both, name by name. */
export function maxAmounts(left: Amounts, right: Amounts): Amounts {
  return combine(left, right, (a, b) => (a.nanos >= b.nanos ? a : b));
}

/** Those of these names. */
export function pickAmounts(amounts: Amounts, names: Iterable<string>): Amounts {
  const wanted = new Set(names);
  return new Map([...amounts].filter(([name]) => wanted.has(name)));
}

/** Whether both have the same names with the same amounts, however these are written. */
export function areSameAmounts(left: Amounts, right: Amounts): boolean {
  if (left.size !== right.size) return false;
  return [...left].every(([name, { nanos }]) => right.get(name)?.nanos === nanos);
}

/** Whole units, rounded up, as Go's `Quantity.Value`. */
export function unitsOf({ nanos }: Quantity): bigint {
  return roundUp(nanos, NANO);
}

/** Thousandths, rounded up, as Go's `Quantity.MilliValue`. */
export function millisOf({ nanos }: Quantity): bigint {
  return roundUp(nanos, MILLI);
}

/** So many of something. */
export function countOf(count: number): Quantity {
  return { nanos: BigInt(count) * NANO, format: 'DecimalSI' };
}

function plus(left: Quantity, right: Quantity): Quantity {
  const { format } = left.nanos === 0n ? right : left;
  return { nanos: left.nanos + right.nanos, format };
}

function combine(
  left: Amounts,
  right: Amounts,
  choose: (left: Quantity, right: Quantity) => Quantity,
): Amounts {
  const combined = new Map(left);
  for (const [name, quantity] of right) {
    const own = combined.get(name);
    combined.set(name, own === undefined ? quantity : choose(own, quantity));
  }
  return combined;
}

function sorted(amounts: Amounts): readonly (readonly [string, Quantity])[] {
  return [...amounts].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function roundUp(nanos: bigint, unit: bigint): bigint {
  const quotient = nanos / unit;
  return nanos > 0n && nanos % unit !== 0n ? quotient + 1n : quotient;
}
