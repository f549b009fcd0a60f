import { isJsonObject, setField, type JsonObject } from '../patch/json.ts';
import { OBJECT_FIELDS, valuesOf, type StructuralSchema } from './schema.ts';

/** An object without the fields that its schema does not have. */
export interface Pruned {
  /** The same object where nothing had to go. */
  readonly value: JsonObject;
  /** Paths of what went: `spec.colour`, `spec.items[0].x`. */
  readonly unknown: readonly string[];
}

/**
 * Drops unknown fields, as the API server does with custom resources before anything else.
 *
 * @see Kubernetes documentation, CustomResourceDefinitions, field pruning
 */
export function pruneObject(object: JsonObject, schema: StructuralSchema): Pruned {
  const unknown: string[] = [];
  const value = prune(object, schema, { path: '', isRoot: true, unknown });
  return { value: isJsonObject(value) ? value : object, unknown };
}

interface Place {
  readonly path: string;
  /** Whether the value is an object of the API itself. */
  readonly isRoot: boolean;
  /** Grows. */
  readonly unknown: string[];
}

function prune(value: unknown, schema: StructuralSchema, place: Place): unknown {
  if (Array.isArray(value)) return pruneList(value, schema, place);
  return isJsonObject(value) ? pruneMap(value, schema, place) : value;
}

function pruneList(
  value: readonly unknown[],
  { items }: StructuralSchema,
  { path, unknown }: Place,
): unknown {
  if (items === undefined) return value;
  const pruned = value.map((item, index) =>
    prune(item, items, { path: `${path}[${index}]`, isRoot: false, unknown }),
  );
  return pruned.every((item, index) => item === value[index]) ? value : pruned;
}

function pruneMap(value: JsonObject, schema: StructuralSchema, place: Place): unknown {
  const { path, unknown } = place;
  const isObject = place.isRoot || schema['x-kubernetes-embedded-resource'] === true;
  const kept: Record<string, unknown> = {};
  let hasChanged = false;
  for (const [name, field] of Object.entries(value)) {
    const fieldPath = path === '' ? name : `${path}.${name}`;
    const known = fieldSchema(name, schema);
    if (isObject && OBJECT_FIELDS.has(name)) setField(kept, name, field);
    else if (known === undefined) {
      hasChanged = true;
      unknown.push(fieldPath);
    } else {
      const pruned =
        known === 'any' ? field : prune(field, known, { path: fieldPath, isRoot: false, unknown });
      if (pruned !== field) hasChanged = true;
      setField(kept, name, pruned);
    }
  }
  return hasChanged ? kept : value;
}

/** The schema of a field; `any` for one that is kept as it is, undefined for one that goes. */
function fieldSchema(name: string, schema: StructuralSchema): StructuralSchema | 'any' | undefined {
  const { properties, additionalProperties } = schema;
  const own =
    properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;
  if (own !== undefined) return own;
  const values = valuesOf(schema);
  if (values !== undefined) return values;
  const isOpen =
    schema['x-kubernetes-preserve-unknown-fields'] === true || additionalProperties === true;
  return isOpen ? 'any' : undefined;
}
