import { deepEqual, isJsonObject, type JsonObject } from '../../api/index.ts';
import { isWhole } from './owned-fields.ts';
import { ANY_TYPE, type FieldType } from './typed-schema.ts';

type ListType = Extract<FieldType, { readonly kind: 'list' }>;

/**
 * What of an object decides which fields its creator owns: names of fields, keys of list items, and whether what a blank
 * object has is as it was. Two objects with one outline are owned alike, whatever their values.
 *
 * @param blank What is there before the creation; it has no lists.
 */
export function outlineOf(value: unknown, blank: unknown, type: FieldType): string {
  if (value === undefined || value === null) return value === null ? 'n' : 'u';
  if (isWhole(value, type)) return blank === undefined ? 'w' : deepEqual(blank, value) ? '=' : '!';
  if (Array.isArray(value)) return type.kind === 'list' ? outlineOfList(value, type) : '[]';
  return isJsonObject(value) ? outlineOfFields(value, blank, type) : '?';
}

function outlineOfFields(value: JsonObject, blank: unknown, type: FieldType): string {
  const before = isJsonObject(blank) ? blank : undefined;
  let text = '{';
  for (const name in value) {
    const fieldType = type.kind === 'map' ? (type.field(name) ?? ANY_TYPE) : ANY_TYPE;
    // The length tells where a name ends: clients choose them.
    text += `${name.length}:${name}${outlineOf(value[name], before?.[name], fieldType)}`;
  }
  return `${text}}`;
}

function outlineOfList(list: readonly unknown[], type: ListType): string {
  let text = '[';
  for (const item of list)
    text += `${keyOfItem(item, type)},${outlineOf(item, undefined, type.items())}`;
  return `${text}]`;
}

/** Of an item that lacks a key, too. */
function keyOfItem(item: unknown, { merge }: ListType): string {
  if (merge.by !== 'keys' || !isJsonObject(item)) return JSON.stringify(item ?? null);
  let text = '';
  for (const key of merge.keys) text += `${outlineOfKey(item[key])},`;
  return text;
}

function outlineOfKey(value: unknown): string {
  return typeof value === 'string' ? `${value.length}:${value}` : JSON.stringify(value ?? null);
}
