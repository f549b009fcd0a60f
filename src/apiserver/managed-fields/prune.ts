import { isJsonObject, type JsonObject } from '../../api/index.ts';
import {
  difference,
  intersection,
  isEmptySet,
  NO_FIELDS,
  union,
  type FieldSet,
} from './field-set.ts';
import { itemsOf } from './list-items.ts';
import { fieldsSetBy, fieldTypeOf } from './owned-fields.ts';
import { ANY_TYPE, type FieldType } from './typed-schema.ts';

/** Whose the fields of a merged object are. */
export interface Pruning {
  /** What anybody owns from now on. */
  readonly owned: FieldSet;
  /** What the applier set the last time. */
  readonly previous: FieldSet;
  readonly type: FieldType;
}

/**
 * `merged` without what the applier set the last time, sets no more, and nobody else owns.
 *
 * @see structured-merge-diff `merge/update.go`, prune
 */
export function prune(merged: unknown, { owned, previous, type }: Pruning): unknown {
  if (isEmptySet(previous)) return merged;
  const named = (set: FieldSet): FieldSet => withStructFields(set, type);
  const all = named(fieldsSetBy(merged, type));
  const without = removeFields(merged, named(previous), type);
  const kept = union(named(fieldsSetBy(without, type)), named(owned));
  const back = removeFields(merged, difference(all, kept), type);
  // What hangs below something that went, and was not the applier's, comes back.
  const gone = difference(all, named(fieldsSetBy(back, type)));
  return removeFields(merged, intersection(gone, named(previous)), type);
}

/** `value` without the items and fields of `removed`; null where nothing is left. */
function removeFields(value: unknown, removed: FieldSet, type: FieldType): unknown {
  if (Array.isArray(value)) return type.kind === 'list' ? fromList(value, removed, type) : null;
  return isJsonObject(value) ? fromMap(value, removed, type) : value;
}

function fromList(
  list: readonly unknown[],
  removed: FieldSet,
  type: Extract<FieldType, { readonly kind: 'list' }>,
): unknown {
  if (type.merge.by === 'atomic') return null;
  const kept: unknown[] = [];
  for (const { element, value } of itemsOf(list, type)) {
    const subset = removed.children.get(element) ?? NO_FIELDS;
    if (!subset.isMember) kept.push(removeBelow(value, subset, type.items()));
  }
  return kept.length === 0 ? null : kept;
}

function fromMap(value: JsonObject, removed: FieldSet, type: FieldType): unknown {
  if ((type.kind === 'map' || type.kind === 'any') && type.isAtomic) return null;
  const kept: [string, unknown][] = [];
  for (const [name, field] of Object.entries(value)) {
    const subset = removed.children.get(`f:${name}`) ?? NO_FIELDS;
    if (!subset.isMember) kept.push([name, removeBelow(field, subset, fieldTypeOf(type, name))]);
  }
  return kept.length === 0 ? null : Object.fromEntries(kept);
}

function removeBelow(value: unknown, subset: FieldSet, type: FieldType): unknown {
  return subset.children.size === 0 ? value : removeFields(value, subset, type);
}

/** The set with every struct field that leads to one of its paths, and without nodes that lead nowhere. */
function withStructFields(set: FieldSet, type: FieldType): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const [element, subset] of set.children) {
    if (isEmptySet(subset)) continue;
    const name = element.slice(2);
    const isStructField =
      element.startsWith('f:') &&
      type.kind === 'map' &&
      type.isDeclared(name) &&
      subset.children.size > 0;
    const below = withStructFields(subset, typeBelow(element, type));
    children.set(element, { ...below, isMember: subset.isMember || isStructField });
  }
  return { isMember: set.isMember, children };
}

function typeBelow(element: string, type: FieldType): FieldType {
  if (type.kind === 'list') return type.items();
  return element.startsWith('f:') ? fieldTypeOf(type, element.slice(2)) : ANY_TYPE;
}
