/** A value in which null is nothing, as the API reads it: fields with it go, items of lists are objects without fields. */
export function withoutNulls<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  // What is left out was optional.
  if (Array.isArray(value))
    return value.map((item: unknown) => (item === null ? {} : withoutNulls(item))) as T;
  const fields = Object.entries(value).filter(([, field]) => field !== null);
  return Object.fromEntries(fields.map(([name, field]) => [name, withoutNulls(field)])) as T;
}
