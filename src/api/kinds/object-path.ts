/** Reading objects of kinds that have no type here: what is not there, or is something else, counts as absent. */

const NO_ITEMS: readonly unknown[] = [];
const NO_FIELDS: Readonly<Record<string, unknown>> = {};

/** The value at a dotted path; undefined where the path leads nowhere. */
export function at(object: unknown, path: string): unknown {
  // Most paths are one field, and every write looks a hundred of them up.
  if (!path.includes('.')) return fieldOf(object, path);
  let value = object;
  for (const field of path.split('.')) {
    value = fieldOf(value, field);
    if (value === undefined) return undefined;
  }
  return value;
}

function fieldOf(object: unknown, field: string): unknown {
  return isFields(object) && Object.hasOwn(object, field) ? object[field] : undefined;
}

/** A scalar as text. */
export function word(object: unknown, path: string, absent = ''): string {
  const value = at(object, path);
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : absent;
}

/** A number. */
export function count(object: unknown, path: string): number {
  const value = at(object, path);
  return typeof value === 'number' ? value : 0;
}

/** A list. */
export function items(object: unknown, path: string): readonly unknown[] {
  const value = at(object, path);
  return Array.isArray(value) ? value : NO_ITEMS;
}

/** A map or struct. */
export function fields(object: unknown, path: string): Readonly<Record<string, unknown>> {
  const value = at(object, path);
  return isFields(value) && !Array.isArray(value) ? value : NO_FIELDS;
}

/** One field of each item, with commas between. */
export function listed(object: unknown, path: string, field: string): string {
  return items(object, path)
    .map((item) => word(item, field))
    .join(',');
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
