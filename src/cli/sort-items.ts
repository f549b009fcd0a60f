import type { ListedItem } from '../control/index.ts';
import { parseExpression, printGoValue, valuesOf } from '../json-path/index.ts';
import { UsageError } from './usage-error.ts';

/**
 * Sorts as `--sort-by` does: numbers and quantities by size, the rest by name with the numbers in it by size; what has no such field comes
 * first.
 *
 * @param path As `{.metadata.name}`; braces and the first dot may be left out.
 * @throws UsageError when no item has the field.
 */
export function sortItems(items: readonly ListedItem[], path: string): readonly ListedItem[] {
  const expression = parseExpression(path);
  const keyed = items.map((item) => ({ item, key: valuesOf(expression, item.object)[0] }));
  if (items.length > 0 && keyed.every(({ key }) => key === undefined))
    throw new UsageError(
      `couldn't find any field with path "${path}" in the list of objects`,
      'For example --sort-by=.metadata.creationTimestamp.',
    );
  return keyed.toSorted((a, b) => compareKeys(a.key, b.key)).map(({ item }) => item);
}

const collator = new Intl.Collator('en', { numeric: true });

function compareKeys(a: unknown, b: unknown): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  const [left, right] = [sizeOf(a), sizeOf(b)];
  if (left !== undefined && right !== undefined) return left - right;
  return collator.compare(printGoValue(a), printGoValue(b));
}

const UNITS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** Of a number, or of a quantity as `100m`. */
function sizeOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return undefined;
  const { digits, unit = '' } =
    /^(?<digits>[+-]?\d+(?:\.\d+)?)(?<unit>[numkMGTPE]|[KMGTPE]i)?$/.exec(value)?.groups ?? {};
  return digits === undefined ? undefined : Number(digits) * (UNITS[unit] ?? 1);
}
