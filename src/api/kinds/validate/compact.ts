/** Fields that a builder may leave undefined to say that they are absent. */
export type Loose<T> = { readonly [K in keyof T]: T[K] | undefined };

/** A copy of `object` without its undefined fields. */
export function compact<T extends object>(object: Loose<T>): T {
  const kept: Partial<T> = {};
  for (const key of Object.keys(object) as (keyof T)[]) {
    const value = object[key];
    if (value !== undefined) kept[key] = value;
  }
  return kept as T; // what is undefined in a Loose<T> may be absent from a T
}

/** `text`, or undefined where it is empty: Go cannot tell the two apart and the API prints neither. */
export function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

/** `list`, or undefined where it is empty. */
export function nonEmptyList<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list?.length === 0 ? undefined : list;
}

/** `value`, or undefined where it is 0. */
export function nonZero(value: number | undefined): number | undefined {
  return value === 0 ? undefined : value;
}
