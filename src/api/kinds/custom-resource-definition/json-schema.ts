import type { ValidationRule } from '../../structural/schema.ts';

/** A schema as people write it, with the fields that the API refuses. @see apiextensions.k8s.io/v1 JSONSchemaProps */
export interface JsonSchema {
  readonly id?: string;
  readonly $schema?: string;
  readonly $ref?: string;
  readonly description?: string;
  readonly type?: string;
  readonly nullable?: boolean;
  readonly format?: string;
  readonly title?: string;
  readonly default?: unknown;
  readonly maximum?: number;
  readonly exclusiveMaximum?: boolean;
  readonly minimum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly maxLength?: number;
  readonly minLength?: number;
  readonly pattern?: string;
  readonly maxItems?: number;
  readonly minItems?: number;
  readonly uniqueItems?: boolean;
  readonly multipleOf?: number;
  readonly enum?: readonly unknown[];
  readonly maxProperties?: number;
  readonly minProperties?: number;
  readonly required?: readonly string[];
  readonly items?: unknown;
  readonly allOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly not?: JsonSchema;
  readonly properties?: Schemas;
  readonly additionalProperties?: unknown;
  readonly patternProperties?: Schemas;
  readonly dependencies?: Readonly<Record<string, unknown>>;
  readonly additionalItems?: unknown;
  readonly definitions?: Schemas;
  readonly externalDocs?: { readonly description?: string; readonly url?: string };
  readonly example?: unknown;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-embedded-resource'?: boolean;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-map-type'?: string;
  readonly 'x-kubernetes-validations'?: readonly ValidationRule[];
}

/** Schemas by name. */
export type Schemas = Readonly<Record<string, JsonSchema>>;

/** The schema of all items; undefined where there is none, or a list of them. */
export function itemsOf({ items }: JsonSchema): JsonSchema | undefined {
  return isSchema(items) ? items : undefined;
}

/** Schemas of the first, second, … item, which JSON schema has and the API has not. */
export function tupleOf({ items }: JsonSchema): readonly JsonSchema[] {
  return Array.isArray(items) ? (items as readonly JsonSchema[]) : [];
}

/** The schema in a field that holds one, or says yes or no. */
export function schemaOrBool(value: unknown): JsonSchema | undefined {
  return isSchema(value) ? value : undefined;
}

/** In the order of their names: errors come in the same order each time. */
export function sortedSchemas(schemas: Schemas = {}): readonly (readonly [string, JsonSchema])[] {
  return Object.entries(schemas)
    .map(([name, schema]) => [name, schema ?? {}] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** The schema and all within it. */
export function* everySchema(schema: JsonSchema): Generator<JsonSchema> {
  yield schema;
  const { allOf = [], anyOf = [], oneOf = [], not } = schema;
  const named = [schema.properties, schema.patternProperties, schema.definitions];
  const inner: readonly (JsonSchema | undefined)[] = [
    itemsOf(schema),
    ...tupleOf(schema),
    ...allOf,
    ...anyOf,
    ...oneOf,
    not,
    ...named.flatMap((schemas) => sortedSchemas(schemas).map(([, one]) => one)),
    schemaOrBool(schema.additionalProperties),
    schemaOrBool(schema.additionalItems),
    ...Object.values(schema.dependencies ?? {}).map(schemaOrBool),
  ];
  for (const one of inner) if (one !== undefined) yield* everySchema(one);
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
