import { resolveSchema, schemaRef, type OpenApiSchema } from '../openapi-schemas.ts';

/** Scalars that the API tells apart when it decodes JSON. */
export type ScalarName =
  | 'string'
  | 'int32'
  | 'int64'
  | 'number'
  | 'boolean'
  | 'int-or-string'
  | 'quantity'
  | 'base64'
  | 'time';

/** What a value must look like for the API server to decode it. */
export type Shape =
  | { readonly kind: 'any' }
  | { readonly kind: 'scalar'; readonly name: ScalarName }
  | { readonly kind: 'array'; readonly items: Shape }
  | { readonly kind: 'map'; readonly values: Shape }
  | { readonly kind: 'struct'; fields(): ReadonlyMap<string, Shape> };

const ANY: Shape = { kind: 'any' };

/** Struct shapes by the name of their schema: many kinds share them, and some contain themselves. */
const compiled = new Map<string, Shape>();

const NAMED_SCALARS: Readonly<Record<string, ScalarName>> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': 'quantity',
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': 'int-or-string',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time': 'time',
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': 'time',
};

/** The shape of a schema; fields are compiled when first asked for. */
export function compileShape(schema: OpenApiSchema): Shape {
  const ref = schemaRef(schema);
  if (ref === undefined) return compilePlain(schema);
  const known = compiled.get(ref);
  if (known !== undefined) return known;
  const named = NAMED_SCALARS[ref];
  const shape: Shape =
    named === undefined ? compilePlain(resolveSchema(schema)) : { kind: 'scalar', name: named };
  compiled.set(ref, shape);
  return shape;
}

function compilePlain(schema: OpenApiSchema): Shape {
  switch (schema.type) {
    case 'object':
      return compileObject(schema);
    case 'array':
      return { kind: 'array', items: compileShape(schema.items ?? {}) };
    case 'string':
      return { kind: 'scalar', name: schema.format === 'byte' ? 'base64' : 'string' };
    case 'integer':
      return { kind: 'scalar', name: schema.format === 'int64' ? 'int64' : 'int32' };
    case 'number':
    case 'boolean':
      return { kind: 'scalar', name: schema.type };
    case undefined:
      return ANY;
    default:
      return schema.type satisfies never;
  }
}

function compileObject({ properties, additionalProperties }: OpenApiSchema): Shape {
  if (properties === undefined)
    return additionalProperties === undefined
      ? ANY
      : { kind: 'map', values: compileShape(additionalProperties) };
  let fields: ReadonlyMap<string, Shape> | undefined;
  return {
    kind: 'struct',
    fields: () =>
      (fields ??= new Map(
        Object.entries(properties).map(([name, schema]) => [name, compileShape(schema)]),
      )),
  };
}
