import { isJsonObject } from '../../api/index.ts';
import { ApplyError } from './apply-error.ts';
import type { FieldType } from './typed-schema.ts';

type ListType = Extract<FieldType, { readonly kind: 'list' }>;

/** An item of a list that is merged item by item, and the path element that it goes by. */
export interface ListItem {
  readonly element: string;
  readonly value: unknown;
}

/**
 * The items of a list with their path elements.
 *
 * @throws ApplyError for an item that lacks a key.
 */
export function itemsOf(list: readonly unknown[], type: ListType): readonly ListItem[] {
  return list.map((value, index) => ({ element: elementOfItem(value, type, index), value }));
}

function elementOfItem(value: unknown, { merge }: ListType, index: number): string {
  if (merge.by === 'atomic') throw new RangeError('an atomic list has no items of their own');
  if (merge.by === 'set') return `v:${JSON.stringify(value)}`;
  if (!isJsonObject(value))
    throw new ApplyError('', 'associative list may not have non-map elements');
  const keys: Record<string, unknown> = {};
  for (const key of merge.keys) {
    const given = value[key] ?? merge.defaults[key];
    if (given === undefined)
      throw new ApplyError(
        '',
        `element ${index}: associative list with keys has an element that omits key field ${JSON.stringify(key)} (and doesn't have default value)`,
      );
    keys[key] = given;
  }
  return `k:${JSON.stringify(keys)}`;
}
