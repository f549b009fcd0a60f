import type { OpenApiSchema } from '../openapi-schemas.ts';
import { cleanPatch, PATCH } from './directives.ts';
import {
  copyFields,
  getField,
  isJsonObject,
  setField,
  withoutNulls,
  type JsonObject,
} from './json.ts';
import { lookUpField } from './look-up-field.ts';
import { itemSchema, type PatchField } from './patch-schema.ts';
import { badArgument, badFormat, badPatchType } from './strategic-errors.ts';
import { checkOrder, mergeList, orderList } from './strategic-lists.ts';

const DELETE_FROM = '$deleteFromPrimitiveList/';
const ELEMENT_ORDER = '$setElementOrder/';
const RETAIN_KEYS = '$retainKeys';

/**
 * Applies a strategic merge patch as the API server does.
 *
 * Lists of maps merge by the key that the schema names, and the directives `$patch`, `$retainKeys`,
 * `$setElementOrder/LIST` and `$deleteFromPrimitiveList/LIST` are obeyed.
 *
 * @param schema Of the kind; @see schemaOfKind
 * @returns A new object; neither argument is changed.
 * @throws ApiError BadRequest for directives in a wrong form, Invalid for lists of lists, InternalError (as upstream) for
 *   everything else that cannot be merged.
 * @see apimachinery `strategicpatch`, mergeMap
 */
export function strategicMergePatch(
  original: JsonObject,
  patch: JsonObject,
  schema: OpenApiSchema | undefined,
): JsonObject {
  const { [PATCH]: directive, ...rest } = patch;
  if (Object.hasOwn(patch, PATCH)) {
    if (directive === 'replace') return rest;
    if (directive === 'delete') return {};
    throw badPatchType(directive, patch);
  }
  return mergeFields(original, patch, schema);
}

function mergeFields(
  original: JsonObject,
  patch: JsonObject,
  schema: OpenApiSchema | undefined,
): JsonObject {
  const result = retainKeys(copyFields(original), patch);
  const done = mergeOrderedLists(result, patch, schema);
  for (const [name, value] of Object.entries(patch)) {
    if (done.has(name) || name === RETAIN_KEYS || name.startsWith(ELEMENT_ORDER)) continue;
    const isDeletion = name.startsWith(DELETE_FROM);
    const key = isDeletion ? name.slice(DELETE_FROM.length) : name;
    const present = getField(result, key);
    if (value === null) delete result[key];
    else if (isDeletion && !Array.isArray(present)) continue;
    else if (isDeletion && !Array.isArray(value)) continue;
    else setOrDrop(result, key, mergeValue(present, value, { key, schema, isDeletion }));
  }
  return result;
}

/** Undefined where only a directive was to be set. */
function setOrDrop(object: Record<string, unknown>, key: string, value: unknown): void {
  if (value === undefined) delete object[key];
  else setField(object, key, value);
}

interface Field {
  readonly key: string;
  readonly schema: OpenApiSchema | undefined;
  /** Whether the patch says which items go. */
  readonly isDeletion: boolean;
}

function mergeValue(
  original: unknown,
  patch: unknown,
  { key, schema, isDeletion }: Field,
): unknown {
  if (isJsonObject(original) && isJsonObject(patch)) {
    const field = lookUpField(schema, key, 'struct');
    return field.isReplaced ? patch : strategicMergePatch(original, patch, field.schema);
  }
  if (Array.isArray(original) && Array.isArray(patch)) {
    const field = lookUpField(schema, key, 'list');
    if (!field.isMerged && !isDeletion) return patch;
    return mergeList(original, patch, wayOf(field, isDeletion));
  }
  return cleanPatch(withoutNulls(patch));
}

function wayOf(field: PatchField, isDeletion = false): Parameters<typeof mergeList>[2] {
  const items = itemSchema(field.schema);
  return {
    mergeKey: field.mergeKey,
    isDeletion,
    merge: (item, patch) => strategicMergePatch(item, patch, items),
  };
}

/** Drops what `$retainKeys` does not name; it must name all that the patch sets. */
function retainKeys(object: Record<string, unknown>, patch: JsonObject): Record<string, unknown> {
  const retained = getField(patch, RETAIN_KEYS);
  if (!Object.hasOwn(patch, RETAIN_KEYS)) return object;
  if (!Array.isArray(retained)) throw badFormat('retainKeys');
  const names: ReadonlySet<unknown> = new Set(retained);
  const isNamed = ([key, value]: readonly [string, unknown]): boolean =>
    value === null ||
    key === RETAIN_KEYS ||
    key.startsWith(DELETE_FROM) ||
    key.startsWith(ELEMENT_ORDER) ||
    names.has(key);
  if (!Object.entries(patch).every(isNamed)) throw badFormat('retainKeys');
  return Object.fromEntries(Object.entries(object).filter(([key]) => names.has(key)));
}

/** Merges the lists whose order the patch sets. @returns their names. */
function mergeOrderedLists(
  object: Record<string, unknown>,
  patch: JsonObject,
  schema: OpenApiSchema | undefined,
): ReadonlySet<string> {
  const done = new Set<string>();
  for (const [name, order] of Object.entries(patch)) {
    if (!name.startsWith(ELEMENT_ORDER)) continue;
    const key = name.slice(ELEMENT_ORDER.length);
    const wanted = asList(order);
    const server = Object.hasOwn(object, key) ? asList(object[key]) : undefined;
    const patched = Object.hasOwn(patch, key) ? asList(patch[key]) : undefined;
    const field = lookUpField(schema, key, 'list');
    checkOrder(patched ?? [], wanted, field.mergeKey);
    if (server === undefined && patched === undefined) continue;
    const merged = mergeOrdered(server, patched, field);
    setField(object, key, orderList(merged, { wanted, server, patched, mergeKey: field.mergeKey }));
    done.add(key);
  }
  return done;
}

function mergeOrdered(
  server: readonly unknown[] | undefined,
  patched: readonly unknown[] | undefined,
  field: PatchField,
): readonly unknown[] {
  if (patched === undefined) return server ?? [];
  // Cleaning a list leaves a list.
  if (server === undefined) return cleanPatch(patched) as readonly unknown[];
  return field.isMerged ? mergeList(server, patched, wayOf(field)) : patched;
}

/** @throws ApiError InternalError for anything but a list. */
function asList(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw badArgument('[]interface {}', value);
}
