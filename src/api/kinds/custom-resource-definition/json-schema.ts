import type { JSONSchemaProps } from '../../types.ts';

/** Schemas by name. */
export type Schemas = Readonly<Record<string, JSONSchemaProps>>;

/** The schema of all items; undefined where there is none, or a list of them. */
export function itemsOf({ items }: JSONSchemaProps): JSONSchemaProps | undefined {
  return isSchema(items) ? items : undefined;
}

/** Schemas of the first, second, … item, which JSON schema has and the API has not. */
export function tupleOf({ items }: JSONSchemaProps): readonly JSONSchemaProps[] {
  return Array.isArray(items) ? (items as readonly JSONSchemaProps[]) : [];
}

/** The schema in a field that holds one, or says yes or no. */
export function schemaOrBool(value: unknown): JSONSchemaProps | undefined {
  return isSchema(value) ? value : undefined;
}

/** In the order of their names: errors come in the same order each time. */
export function sortedSchemas(
  schemas: Schemas = {},
): readonly (readonly [string, JSONSchemaProps])[] {
  return Object.entries(schemas)
    .map(([name, schema]) => [name, schema ?? {}] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** The schema and all within it. */
export function* everySchema(schema: JSONSchemaProps): Generator<JSONSchemaProps> {
  yield schema;
  const { allOf = [], anyOf = [], oneOf = [], not } = schema;
  const named = [schema.properties, schema.patternProperties, schema.definitions];
  const inner: readonly (JSONSchemaProps | undefined)[] = [
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

function isSchema(value: unknown): value is JSONSchemaProps {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
