/** Shorthands for rules that are about one field each. */
import type { FieldError } from '../../errors.ts';
import { parseQuantity } from '../../quantity.ts';
import type { Errors } from '../validate/field-errors.ts';

/** `error` where it applies. */
export function when(applies: boolean, error: () => FieldError): Errors {
  return applies ? [error()] : [];
}

/** Whether `*` stands among the words. */
export function hasWildcard(words: readonly string[] = []): boolean {
  return words.includes('*');
}

/** -1, 0 or 1; undefined for no quantity. */
export function signOf(quantity: string | number | undefined): number | undefined {
  if (quantity === undefined) return undefined;
  const amount = parseQuantity(quantity);
  if (amount === undefined) return undefined;
  return amount.nanos > 0n ? 1 : amount.nanos < 0n ? -1 : 0;
}

/** Items of which one is not there are read as empty. */
export function structs<T extends object>(
  list: readonly (T | null | undefined)[] | undefined,
): readonly Partial<T>[] {
  return (list ?? []).map((item) => item ?? {});
}
