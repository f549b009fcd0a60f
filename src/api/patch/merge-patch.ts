import { copyFields, getField, isJsonObject, setField } from './json.ts';

/**
 * Applies a JSON merge patch: nulls remove, objects merge, everything else replaces.
 *
 * @see RFC 7386 §2
 */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const result = isJsonObject(target) ? copyFields(target) : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else setField(result, key, mergePatch(getField(result, key), value));
  }
  return result;
}
