import { isJsonObject, setField } from './json.ts';

/** The directive that says what a map of a strategic merge patch does. */
export const PATCH = '$patch';

/** What a patch sets where there was nothing: without maps that are directives; undefined where it is one itself. */
export function cleanPatch(patch: unknown): unknown {
  if (Array.isArray(patch)) return patch.map(cleanPatch).filter((item) => item !== undefined);
  if (!isJsonObject(patch)) return patch;
  if (Object.hasOwn(patch, PATCH)) return undefined;
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(patch)) {
    const left = cleanPatch(value);
    if (left !== undefined) setField(kept, key, left);
  }
  return kept;
}
