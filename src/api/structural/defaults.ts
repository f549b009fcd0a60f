import { isJsonObject, setField, type JsonObject } from '../patch/json.ts';
import { valuesOf, type StructuralSchema } from './schema.ts';

/**
 * `value` with the schema's defaults where nothing is; the same value where nothing was missing.
 *
 * A null that the schema does not allow counts as absent, but for items of lists.
 *
 * @see apiextensions `defaulting.PruneNonNullableNullsWithoutDefaults`
 */
export function withDefaults(value: unknown, schema: StructuralSchema): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? value : mapList(value, (item) => withDefaults(item, items));
  }
  return isJsonObject(value) ? mapDefaults(value, schema) : value;
}

function mapDefaults(value: JsonObject, schema: StructuralSchema): unknown {
  const { properties = {} } = schema;
  const values = valuesOf(schema);
  const changed: [string, unknown][] = [];
  for (const [name, field] of Object.entries(properties)) {
    const present = Object.hasOwn(value, name) ? value[name] : undefined;
    const filled = withDefaults(presentOrDefault(present, field), field);
    if (filled !== present) changed.push([name, filled]);
  }
  for (const [name, present] of values === undefined ? [] : Object.entries(value)) {
    if (values === undefined || Object.hasOwn(properties, name)) continue;
    const filled = withDefaults(presentOrDefault(present, values), values);
    if (filled !== present) changed.push([name, filled]);
  }
  return changed.length === 0 ? value : withFields(value, changed);
}

/** A copy with these fields; undefined takes one away. */
function withFields(value: JsonObject, changed: readonly (readonly [string, unknown])[]): unknown {
  const copy: Record<string, unknown> = { ...value };
  for (const [name, filled] of changed) {
    if (filled === undefined) delete copy[name];
    else setField(copy, name, filled);
  }
  return copy;
}

/** @returns undefined for nothing, and for a null that is not allowed, where there is no default. */
function presentOrDefault(present: unknown, schema: StructuralSchema): unknown {
  const isMissing = present === undefined || (present === null && schema.nullable !== true);
  return isMissing ? structuredClone(schema.default) : present;
}

function mapList(list: readonly unknown[], change: (item: unknown) => unknown): readonly unknown[] {
  const changed = list.map(change);
  return changed.every((item, index) => item === list[index]) ? list : changed;
}
