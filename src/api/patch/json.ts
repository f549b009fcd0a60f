/** A JSON object; values are never changed in place. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether the value is a JSON object, neither a list nor null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * `object` as an object to be filled, with all of its fields.
 *
 * A field named `__proto__` is one like any other in JSON, so it is defined and not assigned.
 */
export function copyFields(object: JsonObject): Record<string, unknown> {
  const copy: Record<string, unknown> = { ...object };
  return copy;
}

/** Sets a field by any name. */
export function setField(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') object[key] = value;
  else
    Object.defineProperty(object, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
}

/** The object's own field; undefined for what it inherits. */
export function getField(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** The value without the nulls in it, which in a patch mean absence. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isJsonObject(value)) return value;
  const kept: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(value))
    if (field !== null) setField(kept, key, withoutNulls(field));
  return kept;
}
