import { schemaRef, type OpenApiSchema } from '../../api/index.ts';
import { protoDouble, protoMessage, type ProtoField } from './proto-writer.ts';

/** What schemas of custom resources have besides; @see apiextensions.k8s.io/v1 JSONSchemaProps */
interface LooseSchema extends OpenApiSchema {
  readonly description?: string;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly nullable?: boolean;
}

/**
 * A schema as OpenAPI v2 has it, as the message `Schema` of gnostic's `OpenAPIv2.proto`.
 *
 * Version 2 knows no `oneOf` and no `nullable`: as upstream, what is either a number or a text is called a text, and
 * what may be null or anything loses its type.
 */
export function schemaMessage(schema: LooseSchema): Buffer {
  const ref = schemaRef(schema);
  if (ref !== undefined)
    return protoMessage([
      [1, `#/definitions/${ref}`],
      [4, schema.description],
    ]);
  const type = typeOf(schema);
  const { items, properties, additionalProperties, required = [] } = schema;
  const isTyped = type !== undefined;
  return Buffer.concat([
    protoMessage([
      [2, schema.format],
      [4, schema.description],
    ]),
    protoDouble(7, schema.maximum),
    protoDouble(9, schema.minimum),
    protoMessage([
      [19, required],
      [21, isTyped ? valuesMessage(additionalProperties) : undefined],
      [22, type === undefined ? undefined : protoMessage([[1, type]])],
      [
        23,
        items === undefined || !isTyped ? undefined : protoMessage([[1, [schemaMessage(items)]]]),
      ],
      [
        25,
        properties === undefined || !isTyped ? undefined : namedSchemas(Object.entries(properties)),
      ],
      [31, extensionsOf(schema)],
    ]),
  ]);
}

/** `Definitions` and `Properties`: schemas by name. */
export function namedSchemas(schemas: readonly (readonly [string, OpenApiSchema])[]): Buffer {
  return protoMessage([
    [
      1,
      schemas.map(([name, schema]) =>
        protoMessage([
          [1, name],
          [2, schemaMessage(schema)],
        ]),
      ),
    ],
  ]);
}

/** `x-…` of a schema or an operation, as `NamedAny`; its value is YAML, which JSON is too. */
export function extension(name: string, value: unknown): Buffer {
  return protoMessage([
    [1, name],
    [2, protoMessage([[2, `${JSON.stringify(value)}\n`]])],
  ]);
}

function typeOf(schema: LooseSchema): string | undefined {
  const { type, oneOf, nullable } = schema;
  const isAny = nullable === true || schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (isAny || schema['x-kubernetes-int-or-string'] === true) return undefined;
  if (type !== undefined) return type;
  return oneOf?.some((part) => part.type === 'string') === true ? 'string' : undefined;
}

/** `AdditionalPropertiesItem`: a schema or a boolean. */
function valuesMessage(values: OpenApiSchema | boolean | undefined): Buffer | undefined {
  if (values === undefined) return undefined;
  const field: ProtoField =
    typeof values === 'boolean' ? [2, values] : [1, [schemaMessage(values)]];
  return protoMessage([field]);
}

function extensionsOf(schema: OpenApiSchema): readonly Buffer[] {
  return Object.entries(schema)
    .filter(([name, value]) => name.startsWith('x-kubernetes-') && value !== undefined)
    .map(([name, value]) => extension(name, value));
}
