import { ApiError } from '../errors.ts';
import { PATCH } from './directives.ts';
import { formatGo } from './format-go.ts';
import { getField, isJsonObject, type JsonObject } from './json.ts';
import { keyOf } from './merge-key.ts';
import { orderMerged, type Identity } from './merge-order.ts';
import { badArgument, badPatchType, failure } from './strategic-errors.ts';

/** How a list is merged. */
export interface ListWay {
  /** The field that tells items apart; undefined for lists of scalars. */
  readonly mergeKey: string | undefined;
  /** Whether the patch says which scalars go. */
  readonly isDeletion: boolean;
  /** An item as its patch leaves it. */
  readonly merge: (item: JsonObject, patch: JsonObject) => JsonObject;
}

/**
 * `original` with the items of `patch`, in the order of the patch.
 *
 * @throws ApiError as `strategicMergePatch`. @see apimachinery `strategicpatch`, mergeSlice
 */
export function mergeList(
  original: readonly unknown[],
  patch: readonly unknown[],
  { mergeKey, isDeletion, merge }: ListWay,
): readonly unknown[] {
  if (original.length === 0 && patch.length === 0) return original;
  checkAlike(original, patch);
  if (!isJsonObject(original[0] ?? patch[0])) {
    if (isDeletion) return original.filter((item) => !patch.includes(item));
    const merged = [...new Set([...original, ...patch])];
    return orderMerged({ merged, wanted: patch, server: original, identity: (item) => item });
  }
  if (mergeKey === undefined) throw failure('cannot merge lists without merge key for struct');
  // Every item is a map.
  const maps = [original, patch] as readonly (readonly JsonObject[])[];
  const { server, wanted } = obeyItems(maps[0] ?? [], maps[1] ?? [], mergeKey);
  const merged = mergeItems(server, wanted, { mergeKey, merge });
  for (const item of [...merged, ...wanted]) keyOf(item, mergeKey);
  return orderMerged({ merged, wanted, server, identity: identityOf(mergeKey) });
}

/** What a list is put in order by. */
export interface ListOrder {
  readonly wanted: readonly unknown[];
  readonly server: readonly unknown[] | undefined;
  readonly patched: readonly unknown[] | undefined;
  readonly mergeKey: string | undefined;
}

/** A merged list in the order that `$setElementOrder` wants. @throws ApiError InternalError for items without their key. */
export function orderList(
  merged: readonly unknown[],
  { wanted, server = [], patched = [], mergeKey }: ListOrder,
): readonly unknown[] {
  checkAlike(server, patched);
  // A list of maps that is not merged has no key that its items could have.
  if (mergeKey !== undefined || merged.some(isJsonObject))
    for (const item of [...merged, ...wanted]) keyOf(asMap(item), mergeKey ?? '');
  return orderMerged({ merged, wanted, server, identity: identityOf(mergeKey) });
}

/** The patch's own items must stand in the order that it asks for. @throws ApiError InternalError. */
export function checkOrder(
  patched: readonly unknown[],
  wanted: readonly unknown[],
  mergeKey: string | undefined,
): void {
  if (wanted.length === 0 || patched.length === 0) return;
  let place = 0;
  for (const item of patched) {
    if (isJsonObject(item) && Object.hasOwn(item, PATCH)) continue;
    while (place < wanted.length && !isSame(item, wanted[place], mergeKey)) place += 1;
    if (place === wanted.length)
      throw failure(
        `The order in patch list:\n${formatGo(patched)}\n doesn't match $setElementOrder list:\n${formatGo(wanted)}\n`,
      );
    place += 1;
  }
}

function isSame(left: unknown, right: unknown, mergeKey: string | undefined): boolean {
  if (mergeKey === undefined) return left === right;
  return keyOf(asMap(left), mergeKey) === keyOf(asMap(right), mergeKey);
}

function asMap(item: unknown): JsonObject {
  if (isJsonObject(item)) return item;
  throw badArgument('map[string]interface {}', item);
}

/** Items of maps are known by their merge key, scalars by themselves. */
function identityOf(mergeKey: string | undefined): Identity {
  if (mergeKey === undefined) return (item) => item;
  return (item) => (isJsonObject(item) ? getField(item, mergeKey) : item);
}

/** @throws ApiError unless there are items, all of one sort. */
function checkAlike(...lists: readonly (readonly unknown[])[]): void {
  const sorts = new Set(lists.flat().map(sortOf));
  const [first] = sorts;
  if (first === 'list') {
    const message = 'the server rejected our request due to an error in our request';
    throw new ApiError('Invalid', message, { details: {} });
  }
  if (sorts.size === 0) throw failure('no elements in any of the given slices');
  if (sorts.size > 1) throw failure(`list element types are not identical: ${formatGo(lists)}`);
}

function sortOf(item: unknown): string {
  if (Array.isArray(item)) return 'list';
  if (isJsonObject(item)) return 'map';
  return typeof item === 'number' && !Number.isInteger(item) ? 'fraction' : typeof item;
}

interface Obeyed {
  readonly server: readonly JsonObject[];
  readonly wanted: readonly JsonObject[];
}

/** `$patch: delete` takes items out of the list, `$patch: replace` all of them. */
function obeyItems(
  original: readonly JsonObject[],
  patch: readonly JsonObject[],
  mergeKey: string,
): Obeyed {
  let server = original;
  let isReplaced = false;
  const wanted: JsonObject[] = [];
  for (const item of patch) {
    const directive = getField(item, PATCH);
    if (!Object.hasOwn(item, PATCH)) wanted.push(item);
    else if (directive === 'replace') isReplaced = true;
    else if (directive === 'delete') {
      const key = keyOf(item, mergeKey);
      server = server.filter((known) => getField(known, mergeKey) !== key);
    } else if (directive === 'merge')
      throw failure('merging lists cannot yet be specified in the patch');
    else throw badPatchType(directive, item);
  }
  return isReplaced ? { server: wanted, wanted: [] } : { server, wanted };
}

function mergeItems(
  server: readonly JsonObject[],
  wanted: readonly JsonObject[],
  { mergeKey, merge }: { readonly mergeKey: string; readonly merge: ListWay['merge'] },
): readonly JsonObject[] {
  const items = [...server];
  for (const item of wanted) {
    const key = keyOf(item, mergeKey);
    const index = items.findIndex((known) => getField(known, mergeKey) === key);
    const known = items[index];
    if (known === undefined) items.push(item);
    else items[index] = merge(known, item);
  }
  return items;
}
