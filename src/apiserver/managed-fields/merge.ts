import { isJsonObject, type JsonObject } from '../../api/index.ts';
import { ApplyError, within } from './apply-error.ts';
import { NO_FIELDS, type FieldSet } from './field-set.ts';
import { itemsOf } from './list-items.ts';
import { isWhole } from './owned-fields.ts';
import type { FieldType } from './typed-schema.ts';

/**
 * `live` with everything that `config` sets.
 *
 * @throws ApplyError for what the schema does not allow.
 */
export function mergeValues(live: unknown, config: unknown, type: FieldType): unknown {
  if (live === undefined || live === null || isWhole(config, type) || isWhole(live, type))
    return config;
  if (type.kind === 'list') return mergeLists(live, config, type);
  return mergeMaps(live, config, type);
}

function mergeMaps(live: unknown, config: unknown, type: FieldType): unknown {
  if (!isJsonObject(live) || !isJsonObject(config)) return config;
  const merged: Record<string, unknown> = { ...live };
  for (const [name, value] of Object.entries(config)) {
    const fieldType = type.kind === 'map' ? type.field(name) : type;
    if (fieldType === undefined) throw new ApplyError(`.${name}`, 'field not declared in schema');
    const present = Object.hasOwn(live, name) ? live[name] : undefined;
    merged[name] = within(`.${name}`, () => mergeValues(present, value, fieldType));
  }
  return merged;
}

type ListType = Extract<FieldType, { readonly kind: 'list' }>;

/**
 * The items of both lists, each once: those of `config` in its order, those of `live` alone where they stood among
 * the others.
 */
function mergeLists(live: unknown, config: unknown, type: ListType): unknown {
  if (!Array.isArray(live) || !Array.isArray(config)) return config;
  const left = itemsOf(live, type);
  const right = itemsOf(config, type);
  const inLive = new Map(left.map(({ element, value }) => [element, value]));
  const inConfig = new Set(right.map(({ element }) => element));
  const shared = right.map(({ element }) => element).filter((element) => inLive.has(element));
  const merged: unknown[] = [];
  let at = 0;
  /** Takes what `live` alone has up to the item `wanted`; other items of both come where `config` has them. */
  const takeOwn = (wanted: string | undefined): void => {
    for (; at < left.length; at += 1) {
      const item = left[at];
      if (item === undefined || item.element === wanted) return;
      if (!inConfig.has(item.element)) merged.push(item.value);
    }
  };
  let next = 0;
  for (const { element, value } of right) {
    takeOwn(shared[next]);
    merged.push(mergeValues(inLive.get(element), value, type.items()));
    if (element !== shared[next]) continue;
    next += 1;
    at += 1;
  }
  takeOwn(undefined);
  return merged;
}

/** `value` without the items and fields of `removed`; what that leaves empty goes too. */
export function removeFields(value: unknown, removed: FieldSet, type: FieldType): unknown {
  if (removed.children.size === 0 || isWhole(value, type)) return value;
  if (Array.isArray(value) && type.kind === 'list') {
    const kept = itemsOf(value, type)
      .filter(({ element }) => removed.children.get(element)?.isMember !== true)
      .map(({ element, value: item }) =>
        removeFields(item, removed.children.get(element) ?? NO_FIELDS, type.items()),
      );
    return kept.length === 0 ? undefined : kept;
  }
  if (!isJsonObject(value)) return value;
  return removeFromMap(value, removed, type);
}

function removeFromMap(value: JsonObject, removed: FieldSet, type: FieldType): unknown {
  const kept: [string, unknown][] = [];
  for (const [name, field] of Object.entries(value)) {
    const subset = removed.children.get(`f:${name}`) ?? NO_FIELDS;
    if (subset.isMember) continue;
    const fieldType = type.kind === 'map' ? type.field(name) : type;
    const left = fieldType === undefined ? field : removeFields(field, subset, fieldType);
    if (left !== undefined) kept.push([name, left]);
  }
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/** The set with every struct field that leads to one of its paths. */
export function withStructFields(set: FieldSet, type: FieldType): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const [element, subset] of set.children) {
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
  return (type.kind === 'map' ? type.field(element.slice(2)) : undefined) ?? { kind: 'any' };
}
