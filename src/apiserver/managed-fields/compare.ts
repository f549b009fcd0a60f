import { deepEqual, isJsonObject } from '../../api/index.ts';
import { fieldSet, isEmptySet, NO_FIELDS, type FieldSet } from './field-set.ts';
import { itemsOf } from './list-items.ts';
import { isWhole } from './owned-fields.ts';
import { ANY_TYPE, type FieldType } from './typed-schema.ts';

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
  const changed = new Map<string, FieldSet>();
  const removed = new Map<string, FieldSet>();
  const left = partsOf(before, type);
  const right = partsOf(after, type);
  const compare = (element: string): void => {
    const partType = typeOfPart(element, type);
    const child = compareFields(left.get(element), right.get(element), partType);
    if (!isEmptySet(child.changed)) changed.set(element, child.changed);
    if (!isEmptySet(child.removed)) removed.set(element, child.removed);
  };
  for (const element of right.keys()) compare(element);
  for (const element of left.keys()) if (!right.has(element)) compare(element);
  return {
    changed: fieldSet(before === undefined, changed),
    removed: fieldSet(before !== undefined && after === undefined, removed),
  };
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

function partsOf(value: unknown, type: FieldType): ReadonlyMap<string, unknown> {
  if (Array.isArray(value) && type.kind === 'list')
    return new Map(itemsOf(value, type).map(({ element, value: item }) => [element, item]));
  if (!isJsonObject(value)) return new Map();
  return new Map(Object.entries(value).map(([name, field]) => [`f:${name}`, field]));
}

function typeOfPart(element: string, type: FieldType): FieldType {
  if (type.kind === 'list') return type.items();
  if (type.kind === 'map') return type.field(element.slice(2)) ?? ANY_TYPE;
  return ANY_TYPE;
}
