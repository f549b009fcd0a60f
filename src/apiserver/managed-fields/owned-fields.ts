import { isJsonObject, type JsonObject } from '../../api/index.ts';
import { fieldSet, NO_FIELDS, type FieldSet } from './field-set.ts';
import { itemsByElement } from './list-items.ts';
import { ANY_TYPE, type FieldType } from './typed-schema.ts';

/** The fields that a value sets. @see structured-merge-diff `typed/tofieldset.go` */
export function fieldsSetBy(value: unknown, type: FieldType): FieldSet {
  if (isOwnedWhole(value, type)) return fieldSet(true, new Map());
  if (type.kind === 'list') return Array.isArray(value) ? ofList(value, type) : NO_FIELDS;
  return isJsonObject(value) ? ofMap(value, type) : NO_FIELDS;
}

function ofMap(value: JsonObject, type: FieldType): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const [name, field] of Object.entries(value)) {
    const below = fieldsSetBy(field, fieldTypeOf(type, name));
    const isStructField = type.kind === 'map' && type.isDeclared(name);
    // An empty list sets nothing of its own: whoever adds to it owns what is added.
    const isMember = below.isMember || field === null || isEmptyMap(field) || !isStructField;
    if (isMember || below.children.size > 0)
      children.set(`f:${name}`, fieldSet(isMember, below.children));
  }
  return fieldSet(false, children);
}

function ofList(
  list: readonly unknown[],
  type: Extract<FieldType, { readonly kind: 'list' }>,
): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const [element, [item, ...others]] of itemsByElement(list, type)) {
    // Of several that cannot be told apart nothing is owned but all of them.
    const below = others.length === 0 ? fieldsSetBy(item, type.items()) : NO_FIELDS;
    children.set(element, fieldSet(true, below.children));
  }
  return fieldSet(false, children);
}

/** The type of a field of a map; anything where the schema does not say. */
export function fieldTypeOf(type: FieldType, name: string): FieldType {
  return (type.kind === 'map' ? type.field(name) : undefined) ?? ANY_TYPE;
}

/** Whether a value is owned by whoever sets it, and not what is in it. */
function isOwnedWhole(value: unknown, type: FieldType): boolean {
  if (value !== null) return isWhole(value, type);
  return type.kind === 'list' ? type.merge.by === 'atomic' : type.kind === 'scalar';
}

/** Whether a value is owned as a whole or not at all. */
export function isWhole(value: unknown, type: FieldType): boolean {
  if (value === null || value === undefined) return true;
  switch (type.kind) {
    case 'scalar':
      return true;
    case 'list':
      return type.merge.by === 'atomic' || !Array.isArray(value);
    case 'map':
      return type.isAtomic || !isJsonObject(value);
    case 'any':
      return type.isAtomic || !isJsonObject(value);
    default:
      return type satisfies never;
  }
}

function isEmptyMap(value: unknown): boolean {
  return isJsonObject(value) && Object.keys(value).length === 0;
}
