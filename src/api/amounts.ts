import { canonicalQuantity } from './quantity.ts';
import type { Quantity } from './types.ts';

/** Amounts by name, each in the one way in which the API writes it. */
export function canonicalAmounts(
  amounts: Readonly<Record<string, Quantity>>,
): Readonly<Record<string, Quantity>> {
  return Object.fromEntries(
    Object.entries(amounts).map(([name, amount]) => [name, canonicalQuantity(amount)]),
  );
}
