import { isJsonObject, type JsonObject } from '../../api/index.ts';
import { ApplyError, within } from './apply-error.ts';
import { fieldSet, showPath, type FieldSet } from './field-set.ts';
import { itemsOf } from './list-items.ts';
import type { FieldType } from './typed-schema.ts';

/**
 * The fields that a configuration sets.
 *
 * @throws ApplyError for a field that the schema does not have, and for list items with the same keys.
 */
export function fieldsSetBy(value: unknown, type: FieldType): FieldSet {
  return fieldSet(false, childrenOf(value, type));
}

/** What of a value is owned apart from the value itself. */
function childrenOf(value: unknown, type: FieldType): ReadonlyMap<string, FieldSet> {
  if (isJsonObject(value)) return ofMap(value, type);
  return Array.isArray(value) ? ofList(value, type) : new Map();
}

function ofMap(value: JsonObject, type: FieldType): ReadonlyMap<string, FieldSet> {
  const children = new Map<string, FieldSet>();
  if (type.kind === 'scalar' || type.kind === 'list') return children;
  for (const [name, field] of Object.entries(value)) {
    const fieldType = type.kind === 'any' ? type : type.field(name);
    if (fieldType === undefined) throw new ApplyError(`.${name}`, 'field not declared in schema');
    const isStructField = type.kind === 'map' && type.isDeclared(name);
    const below = isWhole(field, fieldType)
      ? new Map<string, FieldSet>()
      : within(`.${name}`, () => childrenOf(field, fieldType));
    // An empty list sets nothing of its own: whoever adds to it owns what is added.
    const isLeaf = isWhole(field, fieldType) || isEmptyMap(field);
    const own = fieldSet(isLeaf || !isStructField, below);
    if (own.isMember || own.children.size > 0) children.set(`f:${name}`, own);
  }
  return children;
}

function ofList(value: readonly unknown[], type: FieldType): ReadonlyMap<string, FieldSet> {
  const children = new Map<string, FieldSet>();
  if (type.kind !== 'list' || type.merge.by === 'atomic') return children;
  for (const { element, value: item } of itemsOf(value, type)) {
    const shown = showPath([element]);
    if (children.has(element)) throw new ApplyError('', `duplicate entries for key ${shown}`);
    children.set(
      element,
      fieldSet(
        true,
        within(shown, () => childrenOf(item, type.items())),
      ),
    );
  }
  return children;
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
      return !isJsonObject(value);
    default:
      return type satisfies never;
  }
}

function isEmptyMap(value: unknown): boolean {
  return isJsonObject(value) && Object.keys(value).length === 0;
}
