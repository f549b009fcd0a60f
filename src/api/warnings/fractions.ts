import { isJsonObject } from '../patch/json.ts';
import { canonicalQuantity, nanosOf } from '../quantity.ts';

const THOUSANDTH = 1_000_000n;

/** Of amounts of bytes that are no whole number of them. @param names those that count bytes */
export function fractionWarnings(
  amounts: unknown,
  field: string,
  names: readonly string[],
): readonly string[] {
  if (!isJsonObject(amounts)) return [];
  return names.flatMap((name) => {
    const amount = amounts[name];
    if (typeof amount !== 'string' && typeof amount !== 'number') return [];
    const nanos = nanosOf(amount);
    // Upstream looks at thousandths, rounded up.
    const thousandths = (nanos + (nanos > 0n ? THOUSANDTH - 1n : 0n)) / THOUSANDTH;
    if (thousandths % 1000n === 0n) return [];
    const shown = JSON.stringify(canonicalQuantity(amount));
    return [`${field}[${name}]: fractional byte value ${shown} is invalid, must be an integer`];
  });
}
