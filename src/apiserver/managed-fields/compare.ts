import { deepEqual, isJsonObject } from '../../api/index.ts';
import { fieldSet, isEmptySet, NO_FIELDS, union, type FieldSet } from './field-set.ts';
import { itemsByElement } from './list-items.ts';
import { fieldTypeOf, isWhole } from './owned-fields.ts';
import type { FieldType } from './typed-schema.ts';

type ListType = Extract<FieldType, { readonly kind: 'list' }>;

/** What differs between two objects. */
export interface Comparison {
  /** Added, or another value now. */
  readonly changed: FieldSet;
  readonly removed: FieldSet;
}

const SAME: Comparison = { changed: NO_FIELDS, removed: NO_FIELDS };
const CHANGED: Comparison = { changed: fieldSet(true, new Map()), removed: NO_FIELDS };
const REMOVED: Comparison = { changed: NO_FIELDS, removed: fieldSet(true, new Map()) };

/** How `after` differs from `before`, path by path. */
export function compareFields(before: unknown, after: unknown, type: FieldType): Comparison {
  // What a write leaves alone is shared with what was there before.
  if (before === after && before !== undefined) return SAME;
  if (isLeafPair(before, after, type)) return compareLeaves(before, after);
  const inside =
    type.kind === 'list' ? compareLists(before, after, type) : compareMaps(before, after, type);
  return {
    changed: fieldSet(before === undefined, inside.changed),
    removed: fieldSet(before !== undefined && after === undefined, inside.removed),
  };
}

/** What differs inside of two values, by path element. */
interface Inside {
  readonly changed: Map<string, FieldSet>;
  readonly removed: Map<string, FieldSet>;
}

function compareMaps(before: unknown, after: unknown, type: FieldType): Inside {
  const inside: Inside = { changed: new Map(), removed: new Map() };
  const [left, right] = [isJsonObject(before) ? before : {}, isJsonObject(after) ? after : {}];
  const compare = (name: string): void =>
    note(inside, `f:${name}`, compareFields(left[name], right[name], fieldTypeOf(type, name)));
  for (const name of Object.keys(right)) compare(name);
  for (const name of Object.keys(left)) if (!Object.hasOwn(right, name)) compare(name);
  return inside;
}

function compareLists(before: unknown, after: unknown, type: ListType): Inside {
  const inside: Inside = { changed: new Map(), removed: new Map() };
  const left = itemsByElement(Array.isArray(before) ? before : [], type);
  const right = itemsByElement(Array.isArray(after) ? after : [], type);
  const compare = (element: string): void =>
    note(
      inside,
      element,
      compareItems(left.get(element) ?? [], right.get(element) ?? [], type.items()),
    );
  for (const element of right.keys()) compare(element);
  for (const element of left.keys()) if (!right.has(element)) compare(element);
  return inside;
}

/** Items that go by the same path element; several of them are looked at as one. */
function compareItems(
  left: readonly unknown[],
  right: readonly unknown[],
  type: FieldType,
): Comparison {
  if (left.length <= 1 && right.length <= 1) return compareFields(left[0], right[0], type);
  if (left.length > 1 && right.length > 1) return deepEqual(left, right) ? SAME : CHANGED;
  const single = compareFields(
    left.length === 1 ? left[0] : undefined,
    right.length === 1 ? right[0] : undefined,
    type,
  );
  return left.length > 1
    ? { changed: single.changed, removed: union(single.removed, REMOVED.removed) }
    : { changed: union(single.changed, CHANGED.changed), removed: single.removed };
}

function note(inside: Inside, element: string, { changed, removed }: Comparison): void {
  if (!isEmptySet(changed)) inside.changed.set(element, changed);
  if (!isEmptySet(removed)) inside.removed.set(element, removed);
}

function compareLeaves(before: unknown, after: unknown): Comparison {
  if (before === undefined) return CHANGED;
  if (after === undefined) return REMOVED;
  return deepEqual(before ?? null, after ?? null) ? SAME : CHANGED;
}

/** Whether two values are compared as a whole: two empty ones are, too. */
function isLeafPair(before: unknown, after: unknown, type: FieldType): boolean {
  const sides = [before, after].filter((side) => side !== undefined && side !== null);
  if (sides.some((side) => isWhole(side, type))) return true;
  return sides.every(isEmpty);
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return isJsonObject(value) && Object.keys(value).length === 0;
}
