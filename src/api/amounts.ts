import { canonicalQuantity, parseQuantity } from './quantity.ts';
import type { Quantity } from './types.ts';

/** Amounts by name, each in the one way in which the API writes it. */
export function canonicalAmounts(
  amounts: Readonly<Record<string, Quantity>>,
): Readonly<Record<string, Quantity>> {
  return Object.fromEntries(
    Object.entries(amounts).map(([name, amount]) => [name, canonicalQuantity(amount)]),
  );
}

/** Names of those that are no quantities. */
export function malformedAmounts(
  amounts: Readonly<Record<string, Quantity>> | undefined,
): readonly string[] {
  return Object.entries(amounts ?? {})
    .filter(([, amount]) => parseQuantity(amount) === undefined)
    .map(([name]) => name);
}
