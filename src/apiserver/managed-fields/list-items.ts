import { isJsonObject } from '../../api/index.ts';
import { ApplyError } from './apply-error.ts';
import type { FieldType } from './typed-schema.ts';

type ListType = Extract<FieldType, { readonly kind: 'list' }>;

/** An item of a list that is merged item by item, and the path element that it goes by. */
export interface ListItem {
  readonly element: string;
  readonly value: unknown;
}

/** The path element of an item, or why it has none. */
export type Element = { readonly element: string } | { readonly why: string };

/**
 * The items of a list with their path elements.
 *
 * @throws ApplyError for an item that has none.
 */
export function itemsOf(list: readonly unknown[], type: ListType): readonly ListItem[] {
  return list.map((value, index) => {
    const found = elementOf(value, type);
    if ('why' in found) throw new ApplyError([{ path: '', why: `element ${index}: ${found.why}` }]);
    return { element: found.element, value };
  });
}

/** The items of a list by their path elements: most have one each. */
export function itemsByElement(
  list: readonly unknown[],
  type: ListType,
): ReadonlyMap<string, readonly unknown[]> {
  const items = new Map<string, unknown[]>();
  for (const { element, value } of itemsOf(list, type)) {
    const known = items.get(element);
    if (known === undefined) items.set(element, [value]);
    else known.push(value);
  }
  return items;
}

/** What an item goes by in a list that is a set or has keys. */
export function elementOf(value: unknown, { merge }: ListType): Element {
  if (merge.by === 'keys') return keysOf(value, merge);
  const prefix = 'associative list without keys has an element';
  if (isJsonObject(value)) return { why: `${prefix} that's a map type` };
  if (Array.isArray(value))
    return { why: 'not supported: associative list with lists as elements' };
  if (value === null) return { why: `${prefix} that's an explicit null` };
  return { element: `v:${JSON.stringify(value)}` };
}

function keysOf(
  value: unknown,
  { keys, defaults }: Extract<ListType['merge'], { readonly by: 'keys' }>,
): Element {
  if (!isJsonObject(value)) {
    const sort = value === null ? 'a null element' : 'non-map elements';
    return { why: `associative list with keys may not have ${sort}` };
  }
  const own: Record<string, unknown> = {};
  for (const key of keys) {
    const given = Object.hasOwn(value, key) ? value[key] : defaults[key];
    // An item that lacks one of several keys is another one than those that have it.
    if (given !== undefined) own[key] = given;
  }
  if (Object.keys(own).length > 0) return { element: `k:${JSON.stringify(own)}` };
  const names = keys.map((key) => JSON.stringify(key)).join(' ');
  return {
    why: `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
  };
}
