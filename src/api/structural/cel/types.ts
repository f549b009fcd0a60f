/** Types of expressions, as far as they can be told without running them. */
import { valuesOf, type StructuralSchema } from '../schema.ts';
import { escapeName } from './to-cel.ts';

/** A type: nothing is known of `dyn`. */
export interface CelKind {
  readonly name: string;
  /** Of lists, and of the values of maps. */
  readonly item?: CelKind;
  /** Of an object; read when it is asked for. */
  readonly field?: (name: string) => CelKind | undefined;
}

export const DYN: CelKind = { name: 'dyn' };
export const BOOL: CelKind = { name: 'bool' };
export const INT: CelKind = { name: 'int' };
export const STRING: CelKind = { name: 'string' };

/** Names of types that have no parts. */
export const simple = (name: string): CelKind => ({ name });

/** `list(T)`. */
export function listOf(item: CelKind): CelKind {
  return { name: `list(${item.name})`, item };
}

/** `map(string, T)`. */
export function mapOf(item: CelKind): CelKind {
  return { name: `map(string, ${item.name})`, item };
}

const FORMATS: Readonly<Record<string, CelKind>> = {
  byte: simple('bytes'),
  duration: simple('duration'),
  date: simple('timestamp'),
  'date-time': simple('timestamp'),
};
const SCALARS: Readonly<Record<string, CelKind>> = {
  boolean: BOOL,
  integer: INT,
  number: simple('double'),
};

const NAMES: StructuralSchema = {
  type: 'object',
  properties: { name: { type: 'string' }, generateName: { type: 'string' } },
};
const META: Readonly<Record<string, StructuralSchema>> = {
  apiVersion: { type: 'string' },
  kind: { type: 'string' },
  metadata: NAMES,
};

/**
 * The type of values of a schema; undefined where rules cannot name them.
 *
 * @param isObject Whether it is an object of the API itself. @see apiserver `cel/common.SchemaDeclType`
 */
export function typeOfSchema(schema: StructuralSchema, isObject = false): CelKind | undefined {
  if (schema['x-kubernetes-int-or-string'] === true) return DYN;
  const { type = '', items, format = '' } = schema;
  if (type === 'string') return FORMATS[format] ?? STRING;
  if (type === 'object') return typeOfMap(schema, isObject);
  const item = type === 'array' && items !== undefined ? typeOfSchema(items) : undefined;
  return item === undefined ? SCALARS[type] : listOf(item);
}

function typeOfMap(schema: StructuralSchema, isObject: boolean): CelKind | undefined {
  const values = valuesOf(schema);
  if (values !== undefined) {
    const value = typeOfSchema(values);
    return value && mapOf(value);
  }
  const { properties = {} } = schema;
  const isWhole = isObject || schema['x-kubernetes-embedded-resource'] === true;
  const own = isWhole ? { ...properties, ...META } : properties;
  return { name: 'object', field: (name) => fieldOf(own, name) };
}

function fieldOf(
  properties: Readonly<Record<string, StructuralSchema>>,
  name: string,
): CelKind | undefined {
  // A field after a dot may be a reserved word, too: kube-apiserver 1.36 takes `has(r.namespace)`.
  const found = Object.keys(properties).find(
    (property) => escapeName(property) === name || property === name,
  );
  const schema = found === undefined ? undefined : properties[found];
  return schema && typeOfSchema(schema);
}
