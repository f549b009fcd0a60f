import { ApiError } from '../errors.ts';
import type { OpenApiSchema } from '../openapi-schemas.ts';
import { dropDirectives, isDirective, PATCH } from './directives.ts';
import { formatGo } from './format-go.ts';
import { copyFields, getField, isJsonObject, setField, type JsonObject } from './json.ts';
import { orderMerged, type Identity } from './merge-order.ts';
import { itemSchema, patchField, type PatchField } from './patch-schema.ts';

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
 * @throws ApiError BadRequest for a patch that breaks its own rules, InternalError (as upstream) for an item without its
 *   merge key.
 */
export function strategicMergePatch(
  original: JsonObject,
  patch: JsonObject,
  schema: OpenApiSchema | undefined,
): JsonObject {
  const { [PATCH]: directive, ...rest } = patch;
  switch (directive) {
    case undefined:
    case 'merge':
      return mergeFields(original, rest, schema);
    case 'replace':
      return rest;
    case 'delete':
      return {};
    default:
      throw badRequest(`unknown patch type: ${formatGo(directive)} in map: ${formatGo(patch)}`);
  }
}

function mergeFields(
  original: JsonObject,
  patch: JsonObject,
  schema: OpenApiSchema | undefined,
): JsonObject {
  const result = retainKeys(copyFields(original), patch);
  const ordered = mergeOrderedLists(result, patch, schema);
  for (const [name, value] of Object.entries(patch)) {
    if (ordered.has(name) || name === RETAIN_KEYS || name.startsWith(ELEMENT_ORDER)) continue;
    const isDeletion = name.startsWith(DELETE_FROM);
    const key = isDeletion ? name.slice(DELETE_FROM.length) : name;
    const field = patchField(schema, key);
    if (isDeletion) deleteScalars(result, key, value);
    else if (value === null) delete result[key];
    else setField(result, key, mergeValue(getField(result, key), value, field));
  }
  return result;
}

function mergeValue(original: unknown, patch: unknown, field: PatchField): unknown {
  if (isJsonObject(original) && isJsonObject(patch)) {
    if (field.isReplaced) return dropDirectives(patch);
    return strategicMergePatch(original, patch, field.schema);
  }
  if (Array.isArray(original) && Array.isArray(patch) && field.isMerged)
    return mergeList(original, patch, field);
  return dropDirectives(patch);
}

/** Drops what `$retainKeys` does not name; it must name all that the patch sets. */
function retainKeys(object: Record<string, unknown>, patch: JsonObject): Record<string, unknown> {
  const retained = getField(patch, RETAIN_KEYS);
  if (retained === undefined) return object;
  if (!Array.isArray(retained)) throw badRequest('invalid patch format of retainKeys');
  const names: ReadonlySet<unknown> = new Set(retained);
  if (!Object.keys(patch).every((key) => isDirective(key) || names.has(key)))
    throw badRequest('invalid patch format of retainKeys');
  return Object.fromEntries(Object.entries(object).filter(([key]) => names.has(key)));
}

function deleteScalars(object: Record<string, unknown>, key: string, values: unknown): void {
  const list = getField(object, key);
  if (!Array.isArray(list) || !Array.isArray(values)) return;
  setField(
    object,
    key,
    list.filter((item) => !values.includes(item)),
  );
}

/** Merges the lists whose order the patch sets. @returns their names. */
function mergeOrderedLists(
  object: Record<string, unknown>,
  patch: JsonObject,
  schema: OpenApiSchema | undefined,
): ReadonlySet<string> {
  const done = new Set<string>();
  for (const [name, wanted] of Object.entries(patch)) {
    if (!name.startsWith(ELEMENT_ORDER)) continue;
    const key = name.slice(ELEMENT_ORDER.length);
    if (!Array.isArray(wanted)) throw badRequest(`${name} must be a list`);
    const patched = getField(patch, key);
    // null removes the list, and anything but a list is for the other rules.
    if (patched !== undefined && !Array.isArray(patched)) continue;
    const list = mergeOrdered(listOf(object, key), patched, {
      wanted,
      removed: listOf(patch, DELETE_FROM + key) ?? [],
      field: patchField(schema, key),
    });
    if (list !== undefined) setField(object, key, list);
    done.add(key);
  }
  return done;
}

interface ListOrder {
  readonly wanted: readonly unknown[];
  readonly removed: readonly unknown[];
  readonly field: PatchField;
}

function mergeOrdered(
  server: readonly unknown[] | undefined,
  patched: readonly unknown[] | undefined,
  { wanted, removed, field }: ListOrder,
): readonly unknown[] | undefined {
  checkOrder(patched ?? [], wanted, field);
  if (server === undefined && patched === undefined) return undefined;
  const kept = (server ?? []).filter((item) => !removed.includes(item));
  const merged = patched === undefined ? kept : mergeList(kept, patched, field);
  return orderMerged({ merged, wanted, server: server ?? [], identity: identityOf(field) });
}

function listOf(object: JsonObject, key: string): readonly unknown[] | undefined {
  const list = getField(object, key);
  return Array.isArray(list) ? list : undefined;
}

/** The patch's own items must stand in the order that it asks for. */
function checkOrder(
  patched: readonly unknown[],
  wanted: readonly unknown[],
  field: PatchField,
): void {
  const identity = identityOf(field);
  const places = wanted.map(identity);
  let last = -1;
  for (const item of patched) {
    if (isJsonObject(item) && Object.hasOwn(item, PATCH)) continue;
    const place = places.indexOf(identity(item));
    if (place < last || place === -1)
      throw badRequest(
        `The order in patch list:\n${formatGo(patched)}\n doesn't match $setElementOrder list:\n${formatGo(wanted)}\n`,
      );
    last = place;
  }
}

/** Items of maps are known by their merge key, scalars by themselves. */
function identityOf({ mergeKey }: PatchField): Identity {
  if (mergeKey === undefined) return (item) => item;
  return (item) => (isJsonObject(item) ? getField(item, mergeKey) : item);
}

function mergeList(
  original: readonly unknown[],
  patch: readonly unknown[],
  field: PatchField,
): readonly unknown[] {
  if (original.length === 0 && patch.length === 0) return original;
  const isOfMaps = [...original, ...patch].every(isJsonObject);
  const merged = isOfMaps
    ? mergeMaps(original as readonly JsonObject[], patch as readonly JsonObject[], field)
    : { server: original, wanted: patch, items: [...new Set([...original, ...patch])] };
  const { server, wanted, items } = merged;
  return orderMerged({ merged: items, wanted, server, identity: identityOf(field) });
}

interface MergedItems {
  readonly server: readonly unknown[];
  readonly wanted: readonly unknown[];
  readonly items: readonly unknown[];
}

function mergeMaps(
  original: readonly JsonObject[],
  patch: readonly JsonObject[],
  { mergeKey, schema }: PatchField,
): MergedItems {
  if (mergeKey === undefined) throw badRequest('cannot merge lists without merge key');
  const { server, wanted } = applyItemDirectives(original, patch, mergeKey);
  const items = [...server];
  for (const item of wanted) {
    const key = keyOf(item, mergeKey);
    const index = items.findIndex((known) => getField(known, mergeKey) === key);
    const known = items[index];
    // A patch's new items were written as patches too.
    if (known === undefined) items.push(dropDirectives(item) as JsonObject);
    else items[index] = strategicMergePatch(known, item, itemSchema(schema));
  }
  return { server, wanted, items };
}

interface Matched {
  readonly server: readonly JsonObject[];
  readonly wanted: readonly JsonObject[];
}

/** `$patch: delete` takes items out of the list, `$patch: replace` all of them. */
function applyItemDirectives(
  original: readonly JsonObject[],
  patch: readonly JsonObject[],
  mergeKey: string,
): Matched {
  let server = original;
  const wanted: JsonObject[] = [];
  for (const item of patch) {
    const directive = getField(item, PATCH);
    if (directive === undefined) wanted.push(item);
    else if (directive === 'replace') server = [];
    else if (directive === 'delete') {
      const key = keyOf(item, mergeKey);
      server = server.filter((known) => getField(known, mergeKey) !== key);
    } else if (directive === 'merge')
      throw badRequest('merging lists cannot yet be specified in the patch');
    else throw badRequest(`unknown patch type: ${formatGo(directive)} in map: ${formatGo(item)}`);
  }
  return { server, wanted };
}

/** @throws ApiError InternalError, which is what the API server answers, when the item lacks its merge key. */
export function keyOf(item: JsonObject, mergeKey: string): unknown {
  const key = getField(item, mergeKey);
  if (key !== undefined && key !== null) return key;
  throw new ApiError(
    'InternalError',
    `map: ${formatGo(item)} does not contain declared merge key: ${mergeKey}`,
  );
}

function badRequest(message: string): ApiError {
  return new ApiError('BadRequest', message);
}
