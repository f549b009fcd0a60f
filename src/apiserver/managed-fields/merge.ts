import { isJsonObject, type JsonObject } from '../../api/index.ts';
import { itemsByElement, itemsOf } from './list-items.ts';
import { fieldTypeOf } from './owned-fields.ts';
import type { FieldType } from './typed-schema.ts';

type ListType = Extract<FieldType, { readonly kind: 'list' }>;

/**
 * `live` with everything that `config` sets; null in the place of a map or list takes nothing away.
 *
 * Both must have their type. @see structured-merge-diff `typed/merge.go`
 */
export function mergeValues(live: unknown, config: unknown, type: FieldType): unknown {
  if (live === undefined) return config;
  if (config === undefined) return live;
  if (type.kind === 'list')
    return type.merge.by === 'atomic' ? config : mergeLists(itemsIn(live), config, type);
  const isMap = (type.kind === 'map' || type.kind === 'any') && !type.isAtomic;
  return isMap && (config === null || isJsonObject(config))
    ? mergeMaps(live, config, type)
    : config;
}

function mergeMaps(live: unknown, config: JsonObject | null, type: FieldType): unknown {
  const [left, right] = [isJsonObject(live) ? live : {}, config ?? {}];
  if (Object.keys(left).length === 0 && Object.keys(right).length === 0) return config;
  const merged = new Map<string, unknown>(Object.entries(left));
  for (const [name, value] of Object.entries(right))
    merged.set(name, mergeValues(merged.get(name), value, fieldTypeOf(type, name)));
  return Object.fromEntries(merged);
}

function itemsIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/**
 * The items of both lists: those of `config` in its order, those of `live` alone where they stood among the others. What
 * `live` has several times under one key stays unless `config` has it.
 */
function mergeLists(live: readonly unknown[], config: unknown, type: ListType): unknown {
  const right = itemsOf(itemsIn(config), type);
  const left = itemsOf(live, type);
  if (left.length === 0 && right.length === 0) return config;
  const inLive = itemsByElement(live, type);
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
    const [before, ...others] = inLive.get(element) ?? [];
    merged.push(mergeValues(others.length === 0 ? before : undefined, value, type.items()));
    if (element !== shared[next]) continue;
    next += 1;
    at += 1;
  }
  takeOwn(undefined);
  return merged;
}
