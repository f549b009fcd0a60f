import { resolveSchema, schemaRef, type OpenApiSchema } from '../../api/index.ts';

/** How a value is merged and owned; @see Kubernetes documentation, server-side apply, merge strategy */
export type FieldType =
  | { readonly kind: 'scalar'; readonly of: 'string' | 'numeric' | 'boolean' | 'untyped' }
  | {
      readonly kind: 'list';
      readonly items: () => FieldType;
      readonly merge:
        | { readonly by: 'atomic' }
        | { readonly by: 'set' }
        | {
            readonly by: 'keys';
            /** In order. */
            readonly keys: readonly string[];
            readonly defaults: Readonly<Record<string, unknown>>;
          };
    }
  | {
      readonly kind: 'map';
      readonly isAtomic: boolean;
      /** The type of a field; undefined for one that the schema does not have. */
      readonly field: (name: string) => FieldType | undefined;
      /** Whether the field is one of a struct and no key of a map. */
      readonly isDeclared: (name: string) => boolean;
    }
  /** Anything: maps are merged key by key where it is not atomic, lists are owned as a whole. */
  | { readonly kind: 'any'; readonly isAtomic: boolean };

const UNTYPED: FieldType = { kind: 'scalar', of: 'untyped' };
const NUMERIC: FieldType = { kind: 'scalar', of: 'numeric' };
const TEXT: FieldType = { kind: 'scalar', of: 'string' };
const BOOLEAN: FieldType = { kind: 'scalar', of: 'boolean' };

/** A value that no schema describes. */
export const ANY_TYPE: FieldType = { kind: 'any', isAtomic: false };

/** An object of any kind within another one. */
const RAW_EXTENSION = 'io.k8s.apimachinery.pkg.runtime.RawExtension';
const RAW: FieldType = { kind: 'any', isAtomic: true };

/** Compiled types by the name of their schema. */
const named = new Map<string, FieldType>();

/** The type that an OpenAPI schema describes. */
export function compileType(schema: OpenApiSchema): FieldType {
  const ref = schemaRef(schema);
  if (ref === undefined) return compilePlain(schema, schema);
  if (ref === RAW_EXTENSION) return RAW;
  // A reference may say how its target is merged.
  const isPlainRef = schema['x-kubernetes-map-type'] === undefined;
  const known = isPlainRef ? named.get(ref) : undefined;
  if (known !== undefined) return known;
  const type = compilePlain(resolveSchema(schema), schema);
  if (isPlainRef) named.set(ref, type);
  return type;
}

function compilePlain(schema: OpenApiSchema, outer: OpenApiSchema): FieldType {
  if (schema['x-kubernetes-int-or-string'] === true || schema.oneOf !== undefined) return UNTYPED;
  const { type, properties } = schema;
  if (type === 'array') return compileList(schema);
  if (type === undefined && properties === undefined) return ANY_TYPE;
  return type === 'object' || type === undefined ? compileObject(schema, outer) : scalarOf(schema);
}

/** @see kube-openapi `schemaconv` convertPrimitive */
function scalarOf({ type, format = '' }: OpenApiSchema): FieldType {
  if (type === 'boolean') return BOOLEAN;
  if (type !== 'string') return NUMERIC;
  return format === '' || format === 'byte' ? TEXT : UNTYPED;
}

function compileObject(schema: OpenApiSchema, outer: OpenApiSchema): FieldType {
  const { properties, additionalProperties } = schema;
  const mapType = outer['x-kubernetes-map-type'] ?? schema['x-kubernetes-map-type'];
  const isOpen = schema['x-kubernetes-preserve-unknown-fields'] === true;
  // JSON schema lets a boolean stand for any value.
  const others = typeof additionalProperties === 'object' ? additionalProperties : undefined;
  if (properties === undefined && others === undefined && mapType === undefined) return ANY_TYPE;
  const fields = new Map<string, FieldType>();
  let ofOthers: FieldType | undefined;
  const declared = (name: string): OpenApiSchema | undefined =>
    properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;
  return {
    kind: 'map',
    isAtomic: mapType === 'atomic',
    isDeclared: (name) => declared(name) !== undefined,
    field: (name) => {
      const known = fields.get(name);
      if (known !== undefined) return known;
      const found = declared(name);
      if (found !== undefined) {
        const type = compileType(found);
        fields.set(name, type);
        return type;
      }
      if (others !== undefined) return (ofOthers ??= compileType(others));
      return isOpen || properties === undefined ? ANY_TYPE : undefined;
    },
  };
}

function compileList(schema: OpenApiSchema): FieldType {
  const { items = {} } = schema;
  const keys = (schema['x-kubernetes-list-map-keys'] ?? []).toSorted();
  const listType = schema['x-kubernetes-list-type'];
  let type: FieldType | undefined;
  const common = { kind: 'list' as const, items: () => (type ??= compileType(items)) };
  if (listType === 'set') return { ...common, merge: { by: 'set' } };
  if (listType !== 'map' || keys.length === 0) return { ...common, merge: { by: 'atomic' } };
  const { properties = {} } = resolveSchema(items);
  const defaults = Object.fromEntries(
    keys.flatMap((key) => {
      const value = properties[key]?.default;
      return value === undefined ? [] : [[key, value]];
    }),
  );
  return { ...common, merge: { by: 'keys', keys, defaults } };
}
