import { isJsonObject, setField } from './json.ts';

/** The directive that says what a map of a strategic merge patch does. */
export const PATCH = '$patch';

/** Whether a field of a patch is an instruction and no field of the object. */
export function isDirective(key: string): boolean {
  return (
    key === PATCH ||
    key === '$retainKeys' ||
    key.startsWith('$setElementOrder/') ||
    key.startsWith('$deleteFromPrimitiveList/')
  );
}

/** What a patch sets where there was nothing: its values without directives, deletions and nulls. */
export function dropDirectives(patch: unknown): unknown {
  if (Array.isArray(patch)) return patch.filter(isKept).map(dropDirectives);
  if (!isJsonObject(patch)) return patch;
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(patch))
    if (value !== null && !isDirective(key)) setField(kept, key, dropDirectives(value));
  return kept;
}

function isKept(item: unknown): boolean {
  if (!isJsonObject(item)) return true;
  return item[PATCH] !== 'delete' && item[PATCH] !== 'replace';
}
