import { copyFields, getField, isJsonObject, setField, withoutNulls } from './json.ts';

/**
 * Applies a JSON merge patch: nulls remove, objects merge, everything else replaces.
 *
 * As at the API server, nulls in the objects of a list remove too, but not where the list takes the place of an object.
 *
 * @see RFC 7386 §2; github.com/evanphx/json-patch v4
 */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(target)) return withoutNulls(patch);
  if (!isJsonObject(patch)) return patch;
  const result = copyFields(target);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else setField(result, key, mergePatch(getField(result, key), value));
  }
  return result;
}
