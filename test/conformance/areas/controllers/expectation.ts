import type { Event } from '../../../../src/api/index.ts';

/** One row of the tables. */
export interface Row {
  readonly id: string;
  readonly kind: string;
  readonly title: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly expect: Readonly<Record<string, unknown>>;
  readonly events?: readonly EventRow[];
}

export interface EventRow {
  readonly reason: string;
  readonly message: string;
  readonly type: string;
  readonly on: string;
}

/** What came, by the names of what was expected; equal to it when the row holds. */
export type Outcome = Record<string, unknown>;

/** JSON with keys in order; `sets` are arrays whose order does not matter. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** Puts a list into an order of its own, for comparison. */
export function sorted<T>(list: readonly T[]): readonly T[] {
  return list.toSorted((a, b) => (canonical(a) < canonical(b) ? -1 : 1));
}

/** A list whose order is free, in the order in which it was expected. */
export function inOrderOf(wanted: unknown, list: readonly unknown[] = []): readonly unknown[] {
  const places = (Array.isArray(wanted) ? wanted : []).map((item: unknown) => canonical(item));
  const placeOf = (item: unknown): number => places.indexOf(canonical(item));
  return list.toSorted((a, b) => placeOf(a) - placeOf(b));
}

/** Only those fields of `actual` that `expected` asks about. */
export function pick(actual: unknown, expected: unknown): unknown {
  if (!isRecord(actual) || !isRecord(expected)) return actual;
  return Object.fromEntries(
    Object.keys(expected).map((key) => [key, pick(actual[key], expected[key])]),
  );
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Events as rows write them. */
export function eventRows(events: readonly Event[]): readonly EventRow[] {
  return events.map(({ reason = '', message = '', type = '', involvedObject }) => ({
    reason,
    message,
    type,
    on: involvedObject.kind ?? '',
  }));
}
