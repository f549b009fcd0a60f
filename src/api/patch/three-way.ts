import { ApiError } from '../errors.ts';
import { deepEqual } from '../deep-equal.ts';
import { resolveSchema, type OpenApiSchema } from '../openapi-schemas.ts';
import {
  copyFields,
  getField,
  isJsonObject,
  setField,
  withoutNulls,
  type JsonObject,
} from './json.ts';
import { keyOf } from './merge-key.ts';
import { orderMerged } from './merge-order.ts';
import { itemSchema, patchField, type PatchField } from './patch-schema.ts';

export interface ThreeWay {
  /** As it was applied last time; absent when it never was. */
  readonly lastApplied: JsonObject | undefined;
  /** As it should be applied now. */
  readonly modified: JsonObject;
  /** As it is. */
  readonly live: JsonObject;
  /** Of a built-in kind; without one lists are replaced, as in `kubectl apply` of custom resources. */
  readonly schema: OpenApiSchema | undefined;
}

/**
 * What `kubectl apply` makes of the live object: everything in `modified` is set, what was in `lastApplied` and is no
 * longer in `modified` goes, and what others have set stays.
 *
 * In one thing it is better than kubectl: lists that the schema gives several keys (a Service's ports, a container's) are
 * matched by all of them, where kubectl takes the port alone and mixes up 53/UDP and 53/TCP.
 *
 * @returns `live` itself when nothing changes.
 * @throws ApiError as `strategicMergePatch` for an item without its merge key.
 */
export function threeWayMerge({ lastApplied, modified, live, schema }: ThreeWay): JsonObject {
  return mergeObjects({ was: lastApplied, want: modified, live }, schema, false);
}

interface Sides<T> {
  readonly was: T | undefined;
  readonly want: T;
  readonly live: T;
}

function mergeObjects(
  { was, want, live }: Sides<JsonObject>,
  schema: OpenApiSchema | undefined,
  isRetainKeys: boolean,
): JsonObject {
  const result = copyFields(live);
  for (const [key, value] of Object.entries(want)) {
    if (value === null) delete result[key];
    else {
      const sides = { was: was && getField(was, key), want: value, live: getField(live, key) };
      setField(result, key, mergeValues(sides, patchField(schema, key)));
    }
  }
  for (const key of Object.keys(was ?? {})) if (!Object.hasOwn(want, key)) delete result[key];
  if (deepEqual(result, live)) return live;
  if (!isRetainKeys) return result;
  // Of a union (`strategy`, a volume) only the chosen member may stay.
  return Object.fromEntries(Object.entries(result).filter(([key]) => Object.hasOwn(want, key)));
}

function mergeValues({ was, want, live }: Sides<unknown>, field: PatchField): unknown {
  if (isJsonObject(want) && isJsonObject(live)) {
    if (field.isReplaced) return withoutNulls(want);
    const before = isJsonObject(was) ? was : undefined;
    return mergeObjects({ was: before, want, live }, field.schema, field.isRetainKeys);
  }
  if (Array.isArray(want) && Array.isArray(live) && field.isMerged) {
    const before = Array.isArray(was) ? was : undefined;
    return mergeLists({ was: before, want, live }, field);
  }
  return withoutNulls(want);
}

function mergeLists(
  { was = [], want, live }: Sides<readonly unknown[]>,
  field: PatchField,
): readonly unknown[] {
  const identity = identityOf(field);
  const applied = new Set(was.map(identity));
  const wanted = new Set(want.map(identity));
  const foreign = live.filter(
    (item) => !wanted.has(identity(item)) && !applied.has(identity(item)),
  );
  const lastById = byIdentity(was, identity);
  const liveById = byIdentity(live, identity);
  const items = want.map((item) => {
    const known = liveById.get(identity(item));
    if (!isJsonObject(item) || !isJsonObject(known)) return withoutNulls(item);
    const before = lastById.get(identity(item));
    const sides = { was: isJsonObject(before) ? before : undefined, want: item, live: known };
    return mergeObjects(sides, itemSchema(field.schema), field.isRetainKeys);
  });
  const merged = [...new Set([...items, ...foreign])];
  return orderMerged({ merged, wanted: want, server: live, identity });
}

function byIdentity(
  items: readonly unknown[],
  identity: (item: unknown) => string,
): ReadonlyMap<string, unknown> {
  return new Map(items.map((item) => [identity(item), item]));
}

/** The keys of an item as text; missing ones count as their default (a port's protocol is TCP). */
function identityOf({ schema, mergeKey }: PatchField): (item: unknown) => string {
  if (mergeKey === undefined) return (item) => JSON.stringify(item);
  const keys = schema?.['x-kubernetes-list-map-keys'] ?? [mergeKey];
  const items = itemSchema(schema);
  const properties = items && resolveSchema(items).properties;
  return (item) => {
    if (!isJsonObject(item))
      throw new ApiError('BadRequest', `expected a list of objects, found ${typeof item}`);
    keyOf(item, mergeKey);
    return JSON.stringify(keys.map((key) => getField(item, key) ?? properties?.[key]?.default));
  };
}
