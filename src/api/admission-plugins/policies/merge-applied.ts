import { deepEqual } from '../../deep-equal.ts';
import { resolveSchema, type OpenApiSchema } from '../../openapi-schemas.ts';
import { isJsonObject, type JsonObject } from '../../patch/json.ts';

/**
 * `live` with what `applied` says of it: fields one by one, items of lists by their keys, new ones last.
 *
 * Nothing is taken away. @see sigs.k8s.io/structured-merge-diff `TypedValue.Merge`
 */
export function mergeApplied(
  live: JsonObject,
  applied: JsonObject,
  schema: OpenApiSchema | undefined,
): JsonObject {
  const known = schema === undefined ? undefined : resolveSchema(schema);
  const merged: Record<string, unknown> = { ...live };
  for (const [name, value] of Object.entries(applied))
    merged[name] = mergeValue(merged[name], value, fieldSchema(known, name));
  return merged;
}

function mergeValue(live: unknown, applied: unknown, given: OpenApiSchema | undefined): unknown {
  const schema = given === undefined ? undefined : resolveSchema(given);
  if (isJsonObject(live) && isJsonObject(applied)) return mergeApplied(live, applied, schema);
  if (Array.isArray(live) && Array.isArray(applied)) return mergeList(live, applied, schema);
  return applied;
}

function mergeList(
  live: readonly unknown[],
  applied: readonly unknown[],
  schema: OpenApiSchema | undefined,
): readonly unknown[] {
  const keys = schema?.['x-kubernetes-list-map-keys'] ?? [];
  const isSet = schema?.['x-kubernetes-list-type'] === 'set';
  if (!isSet && keys.length === 0) return applied;
  const merged = [...live];
  for (const item of applied) {
    const at = merged.findIndex((other) =>
      isSet ? deepEqual(other, item) : isSame(other, item, keys),
    );
    if (at === -1) merged.push(item);
    else merged[at] = mergeValue(merged[at], item, schema?.items);
  }
  return merged;
}

function isSame(left: unknown, right: unknown, keys: readonly string[]): boolean {
  if (!isJsonObject(left) || !isJsonObject(right)) return false;
  return keys.every((key) => deepEqual(left[key], right[key]));
}

function fieldSchema(schema: OpenApiSchema | undefined, name: string): OpenApiSchema | undefined {
  const { additionalProperties, properties } = schema ?? {};
  const values = typeof additionalProperties === 'object' ? additionalProperties : undefined;
  return properties?.[name] ?? values;
}
