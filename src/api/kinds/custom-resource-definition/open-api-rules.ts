/** Rules for each schema of a definition. @see apiextensions `ValidateCustomResourceDefinitionOpenAPISchema` */
import type { JSONSchemaProps } from '../../types.ts';
import { forbidden, invalid, notSupported, type Errors } from '../validate/field-errors.ts';
import { itemsOf, schemaOrBool, sortedSchemas, tupleOf } from './json-schema.ts';
import { validateListRules } from './list-rules.ts';
import { validateExpressions } from './rule-expressions.ts';
import { validateRuleTexts } from './rule-texts.ts';

/** Errors of the schema, and of the rules in it that were looked at because the schema has none. */
export interface SchemaErrors {
  readonly schema: Errors;
  readonly rules: Errors;
}

/** Where a schema stands. */
export interface SchemaPlace {
  readonly path: string;
  readonly isRoot: boolean;
  /** Inside of `apiVersion`, `kind` or `metadata` of an object. */
  readonly isMeta: boolean;
  /** Why there may be no default; undefined where there may be one. */
  readonly noDefault: string | undefined;
  /** Of the outermost part whose old value nobody can find again. */
  readonly lost: string | undefined;
  /** Whether rules are read: not where nothing is known of types, and not where they have no place. */
  readonly hasRules: boolean;
}

const META: readonly string[] = ['apiVersion', 'kind', 'metadata'];
const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];

/** Every error of the schema and of all within it. */
export function validateSchema(schema: JSONSchemaProps, place: SchemaPlace): SchemaErrors {
  const { path } = place;
  const inner = innerPlaces(schema, place).map(([within, where]) => validateSchema(within, where));
  const own = [
    ...validateStandard(schema, place),
    ...(schema.uniqueItems === true
      ? [
          forbidden(
            `${path}.uniqueItems`,
            'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
          ),
        ]
      : []),
    ...validateValues(schema, path),
  ];
  const errors = [
    ...own,
    ...inner.flatMap((found) => found.schema),
    ...(schema['x-kubernetes-preserve-unknown-fields'] === false
      ? [
          invalid(
            `${path}.x-kubernetes-preserve-unknown-fields`,
            false,
            'must be true or undefined',
          ),
        ]
      : []),
    ...validateListRules(schema, path),
    ...validateRuleTexts(schema, path),
  ];
  const rules = inner.flatMap((found) => found.rules);
  const isClean = errors.length === 0 && (schema['x-kubernetes-validations'] ?? []).length > 0;
  const checked = isClean && place.hasRules ? validateExpressions(schema, place) : [];
  return { schema: errors, rules: [...rules, ...checked] };
}

/** Fields of JSON schema that the API has not, and when they are there. */
const REFUSED: readonly (readonly [keyof JSONSchemaProps, (value: unknown) => boolean])[] = [
  ['id', (value) => value !== undefined && value !== ''],
  ['additionalItems', (value) => value !== undefined],
  ['patternProperties', hasAny],
  ['definitions', hasAny],
  ['dependencies', (value) => value !== undefined],
  ['$ref', (value) => value !== undefined],
];

function hasAny(value: unknown): boolean {
  return Object.keys(value ?? {}).length > 0;
}

function validateStandard(
  schema: JSONSchemaProps,
  { path, noDefault, isMeta }: SchemaPlace,
): Errors {
  const { type = '' } = schema;
  const refusals: readonly (readonly [boolean, string, string])[] = [
    [
      schema.default !== undefined && noDefault !== undefined,
      'default',
      `must not be set ${noDefault}`,
    ],
    ...REFUSED.map(
      ([field, isThere]) => [isThere(schema[field]), field, `${field} is not supported`] as const,
    ),
    [type === 'null', 'type', 'type cannot be set to null, use nullable as an alternative'],
    [tupleOf(schema).length > 0, 'items', 'items must be a schema object and not an array'],
    [
      isMeta && schema['x-kubernetes-embedded-resource'] === true,
      'x-kubernetes-embedded-resource',
      'must not be used inside of resource meta',
    ],
  ];
  return [
    ...(type !== '' && !TYPES.includes(type) ? [notSupported(`${path}.type`, type, TYPES)] : []),
    ...refusals
      .filter(([isRefused]) => isRefused)
      .map(([, field, why]) => forbidden(`${path}.${field}`, why)),
  ];
}

/** A struct has fields, a map values; nothing has both. */
function validateValues(
  { properties, additionalProperties }: JSONSchemaProps,
  path: string,
): Errors {
  const isBoth =
    additionalProperties !== undefined &&
    additionalProperties !== true &&
    Object.keys(properties ?? {}).length > 0;
  const why = 'additionalProperties and properties are mutual exclusive';
  return isBoth ? [forbidden(`${path}.additionalProperties`, why)] : [];
}

type Inner = readonly [JSONSchemaProps, SchemaPlace];

/** Each schema in this one, in the order in which they are looked at. */
function innerPlaces(schema: JSONSchemaProps, place: SchemaPlace): readonly Inner[] {
  const { path } = place;
  const { not, allOf = [], oneOf = [], anyOf = [], definitions, dependencies = {} } = schema;
  const at = (step: string, more: Partial<SchemaPlace> = {}): SchemaPlace => ({
    ...place,
    isRoot: false,
    ...more,
    path: `${path}.${step}`,
  });
  const unchecked = { hasRules: false };
  const listed = { allOf, oneOf, anyOf };
  const lost = schema['x-kubernetes-list-type'] === 'map' ? place.lost : (place.lost ?? path);
  const [items, values] = [itemsOf(schema), schemaOrBool(schema.additionalProperties)];
  const meta = 'inside additionalProperties applying to object metadata';
  return [
    ...one(values, at('additionalProperties', place.isMeta ? { noDefault: meta } : {})),
    ...sortedSchemas(schema.properties).map(([name, inner]): Inner => [
      inner,
      propertyPlace(schema, place, name),
    ]),
    ...one(not, at('not', unchecked)),
    ...Object.entries(listed).flatMap(([name, list]) =>
      list.map((inner, index): Inner => [inner, at(`${name}[${index}]`, unchecked)]),
    ),
    ...sortedSchemas(definitions).map(([name, inner]): Inner => [
      inner,
      at(`definitions[${name}]`, unchecked),
    ]),
    ...one(items, at('items', { lost })),
    ...tupleOf(schema).map((inner, index): Inner => [inner, at(`items[${index}]`, { lost })]),
    ...Object.entries(dependencies).flatMap(([name, inner]) =>
      one(schemaOrBool(inner), at(`dependencies[${name}]`, unchecked)),
    ),
  ];
}

function one(schema: JSONSchemaProps | undefined, place: SchemaPlace): readonly Inner[] {
  return schema === undefined ? [] : [[schema, place]];
}

function propertyPlace(schema: JSONSchemaProps, place: SchemaPlace, name: string): SchemaPlace {
  const { isRoot, path } = place;
  const isObject = isRoot || schema['x-kubernetes-embedded-resource'] === true;
  const isMeta = place.isMeta || (isObject && META.includes(name));
  const isAtomic = schema['x-kubernetes-map-type'] === 'atomic';
  return {
    ...place,
    path: `${path}.properties[${name}]`,
    isRoot: false,
    isMeta,
    noDefault: isRoot && META.includes(name) ? `in top-level ${name}` : place.noDefault,
    lost: isAtomic ? (place.lost ?? path) : place.lost,
  };
}
