import { deepEqual, isJsonObject } from '../../api/index.ts';
import { fieldSet, isEmptySet, type FieldSet } from './field-set.ts';
import { itemsOf } from './list-items.ts';
import { isWhole } from './owned-fields.ts';
import { ANY_TYPE, type FieldType } from './typed-schema.ts';

/** What differs between two objects. */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

type Difference = 'added' | 'modified' | 'removed';

/** Paths by what happened at them; a path has at most one difference. */
interface Tree {
  readonly own: Difference | undefined;
  readonly children: ReadonlyMap<string, Tree>;
}

/** How `after` differs from `before`, path by path. */
export function compareFields(before: unknown, after: unknown, type: FieldType): Comparison {
  const tree = compareValues(before, after, type);
  return {
    added: select(tree, 'added'),
    modified: select(tree, 'modified'),
    removed: select(tree, 'removed'),
  };
}

function select({ own, children }: Tree, wanted: Difference): FieldSet {
  const kept = new Map<string, FieldSet>();
  for (const [element, child] of children) {
    const subset = select(child, wanted);
    if (!isEmptySet(subset)) kept.set(element, subset);
  }
  return fieldSet(own === wanted, kept);
}

const NO_CHILDREN: ReadonlyMap<string, Tree> = new Map();

const SAME: Tree = { own: undefined, children: NO_CHILDREN };

function compareValues(before: unknown, after: unknown, type: FieldType): Tree {
  // What a write leaves alone is shared with what was there before.
  if (before === after && before !== undefined) return SAME;
  const own = before === undefined ? 'added' : after === undefined ? 'removed' : undefined;
  if (isLeafPair(before, after, type)) {
    const isSame = own === undefined && deepEqual(before ?? null, after ?? null);
    return { own: own ?? (isSame ? undefined : 'modified'), children: NO_CHILDREN };
  }
  return { own, children: compareChildren(before, after, type) };
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

function compareChildren(
  before: unknown,
  after: unknown,
  type: FieldType,
): ReadonlyMap<string, Tree> {
  const [left, right] = [partsOf(before, type), partsOf(after, type)];
  const children = new Map<string, Tree>();
  for (const element of new Set([...left.keys(), ...right.keys()])) {
    const child = compareValues(left.get(element), right.get(element), typeOfPart(element, type));
    if (child.own !== undefined || child.children.size > 0) children.set(element, child);
  }
  return children;
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
