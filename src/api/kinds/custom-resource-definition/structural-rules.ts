/** Whether a schema is structural. @see apiextensions `schema.ValidateStructural` */
import { deepEqual } from '../../deep-equal.ts';
import type { FieldError } from '../../errors.ts';
import { patternProblem } from '../../structural/patterns.ts';
import type { JSONSchemaProps } from '../../types.ts';
import { forbidden, invalid, required, type Errors } from '../validate/field-errors.ts';
import { validateCompleteness } from './completeness.ts';
import { goFieldsOf } from './go-shown.ts';
import { itemsOf, schemaOrBool, sortedSchemas, tupleOf } from './json-schema.ts';

type Level = 'root' | 'item' | 'field';

interface Place {
  readonly level: Level;
  readonly path: string;
}

/** Why a schema cannot even be looked at as structural. @see apiextensions `schema.NewStructural` */
export function structuralProblem(schema: JSONSchemaProps): string | undefined {
  const own = unsupportedField(schema);
  if (own !== undefined) return `OpenAPIV3Schema '${own}' is not supported`;
  for (const inner of logicOf(schema)) {
    const problem = structuralProblem(inner);
    if (problem !== undefined) return problem;
  }
  if (schema['x-kubernetes-preserve-unknown-fields'] === false)
    return "internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined";
  if (tupleOf(schema).length > 0)
    return "OpenAPIV3Schema 'items' must be a schema, but is an array";
  for (const inner of fieldsOf(schema)) {
    const problem = structuralProblem(inner);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function unsupportedField(schema: JSONSchemaProps): string | undefined {
  const texts = [
    ['id', schema.id],
    ['schema', schema.$schema],
    ['$ref', schema.$ref],
  ] as const;
  const text = texts.find(([, value = '']) => value !== '');
  if (text !== undefined) return text[0];
  const hasAny = (value: object | undefined): boolean => Object.keys(value ?? {}).length > 0;
  if (hasAny(schema.patternProperties)) return 'patternProperties';
  if (hasAny(schema.dependencies)) return 'dependencies';
  if (schema.additionalItems !== undefined) return 'additionalItems';
  return hasAny(schema.definitions) ? 'definitions' : undefined;
}

function logicOf({
  not,
  allOf = [],
  anyOf = [],
  oneOf = [],
}: JSONSchemaProps): readonly JSONSchemaProps[] {
  return [...(not === undefined ? [] : [not]), ...allOf, ...anyOf, ...oneOf];
}

function fieldsOf(schema: JSONSchemaProps): readonly JSONSchemaProps[] {
  const [items, values] = [itemsOf(schema), schemaOrBool(schema.additionalProperties)];
  return [
    ...(items === undefined ? [] : [items]),
    ...sortedSchemas(schema.properties).map(([, inner]) => inner),
    ...(values === undefined ? [] : [values]),
  ];
}

/** Every rule of structural schemas that the schema breaks, in the order of the texts. */
export function validateStructural(schema: JSONSchemaProps, path: string): Errors {
  const errors = [
    ...validateInvariants(schema, { level: 'root', path }),
    ...validateCompleteness(schema, schema, { structural: path, logic: path }),
  ];
  const text = ({ field, message }: FieldError): string => `${field}: ${message}`;
  return errors.toSorted((a, b) => (text(a) < text(b) ? -1 : Number(text(a) > text(b))));
}

function validateInvariants(schema: JSONSchemaProps, { level, path }: Place): Errors {
  const items = itemsOf(schema);
  const values = schemaOrBool(schema.additionalProperties);
  const hasValues = schema.additionalProperties !== undefined;
  return [
    ...(schema.type === 'array' && items === undefined
      ? [required(`${path}.items`, 'must be specified')]
      : []),
    ...(items === undefined
      ? []
      : validateInvariants(items, { level: 'item', path: `${path}.items` })),
    ...sortedSchemas(schema.properties).flatMap(([name, inner]) =>
      validateInvariants(inner, { level: 'field', path: `${path}.properties[${name}]` }),
    ),
    ...(hasValues && level === 'root'
      ? [forbidden(`${path}.additionalProperties`, 'must not be used at the root')]
      : []),
    ...(values === undefined
      ? []
      : validateInvariants(values, { level: 'field', path: `${path}.additionalProperties` })),
    ...validateIntOrString(schema, path),
    ...validateLogic(schema, {
      path,
      skipsAnyOf: isIntOrString(schema.anyOf),
      skipsAllOf: isIntOrString(schema.allOf?.[0]?.anyOf),
    }),
    ...validateType(schema, { level, path }),
    ...validateMetaFields(schema, { level, path }),
  ];
}

function validateIntOrString(schema: JSONSchemaProps, path: string): Errors {
  if (schema['x-kubernetes-int-or-string'] !== true) return [];
  return (['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource'] as const)
    .filter((field) => schema[field] === true)
    .map((field) =>
      invalid(`${path}.${field}`, true, 'must be false if x-kubernetes-int-or-string is true'),
    );
}

const NO_TYPE: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

function validateType(schema: JSONSchemaProps, { level, path }: Place): Errors {
  const { type = '' } = schema;
  const field = `${path}.type`;
  const isFree =
    schema['x-kubernetes-int-or-string'] === true ||
    schema['x-kubernetes-preserve-unknown-fields'] === true;
  const isEmbedded = schema['x-kubernetes-embedded-resource'] === true;
  return [
    ...(isEmbedded ? validateEmbedded(schema, path) : []),
    ...(type === '' && !isFree && !isEmbedded ? [required(field, NO_TYPE[level])] : []),
    ...(level === 'root' && type !== '' && type !== 'object'
      ? [invalid(field, type, 'must be object at the root')]
      : []),
  ];
}

function validateEmbedded(
  { type = '', additionalProperties }: JSONSchemaProps,
  path: string,
): Errors {
  const why = 'must be object if x-kubernetes-embedded-resource is true';
  const field = `${path}.type`;
  const wrong = type === '' ? required(field, why) : invalid(field, type, why);
  return [
    ...(type === 'object' ? [] : [wrong]),
    ...(additionalProperties === undefined
      ? []
      : [
          forbidden(
            `${path}.additionalProperties`,
            'must not be used if x-kubernetes-embedded-resource is set',
          ),
        ]),
  ];
}

/** What is said of `apiVersion`, `kind` and `metadata`, which every object has. */
function validateMetaFields(schema: JSONSchemaProps, { level, path }: Place): Errors {
  const { properties = {} } = schema;
  const isEmbedded = schema['x-kubernetes-embedded-resource'] === true;
  const isObject = level === 'root' || isEmbedded;
  const { metadata } = properties;
  const isEmpty =
    isEmbedded &&
    schema['x-kubernetes-preserve-unknown-fields'] !== true &&
    Object.keys(properties).length === 0;
  return [
    ...(['kind', 'apiVersion'] as const)
      .filter((name) => isObject && properties[name] && properties[name].type !== 'string')
      .map((name) =>
        invalid(`${path}.properties[${name}].type`, properties[name]?.type ?? '', 'must be string'),
      ),
    ...(metadata === undefined
      ? []
      : validateMetadata(metadata, {
          isObject,
          isRoot: level === 'root',
          path: `${path}.properties[metadata]`,
        })),
    ...(isEmpty
      ? [
          required(
            `${path}.properties`,
            'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
          ),
        ]
      : []),
  ];
}

const NAMES: readonly string[] = ['name', 'generateName'];

function validateMetadata(
  metadata: JSONSchemaProps,
  { isObject, isRoot, path }: { isObject: boolean; isRoot: boolean; path: string },
): Errors {
  const { type = '', properties = {} } = metadata;
  const errors =
    isObject && type !== 'object' ? [invalid(`${path}.type`, type, 'must be object')] : [];
  if (!isRoot) return errors;
  const hasNamesAlone = Object.keys(properties).every((name) => NAMES.includes(name));
  const said = goFieldsOf(metadata).filter(
    (field) => !['Type', 'Default', ...(hasNamesAlone ? ['Properties'] : [])].includes(field),
  );
  const why =
    'must not specify anything other than name and generateName, but metadata is implicitly specified';
  return said.length === 0 ? errors : [...errors, forbidden(path, why)];
}

/** The way in which people say that both are fine. */
function isIntOrString(anyOf: readonly JSONSchemaProps[] | undefined): boolean {
  return deepEqual(anyOf, [{ type: 'integer' }, { type: 'string' }]);
}

interface Logic {
  readonly path: string;
  readonly skipsAnyOf: boolean;
  readonly skipsAllOf: boolean;
}

function validateLogic(schema: JSONSchemaProps, { path, skipsAnyOf, skipsAllOf }: Logic): Errors {
  const { anyOf = [], allOf = [], oneOf = [], not, pattern = '' } = schema;
  const plain = { skipsAnyOf: false, skipsAllOf: false };
  const problem = pattern === '' ? undefined : patternProblem(pattern);
  return [
    ...(skipsAnyOf ? [] : anyOf).flatMap((inner, index) =>
      validateNested(inner, { ...plain, path: `${path}.anyOf[${index}]` }),
    ),
    ...allOf.flatMap((inner, index) =>
      validateNested(inner, {
        skipsAnyOf: skipsAllOf && index === 0,
        skipsAllOf: false,
        path: `${path}.allOf[${index}]`,
      }),
    ),
    ...oneOf.flatMap((inner, index) =>
      validateNested(inner, { ...plain, path: `${path}.oneOf[${index}]` }),
    ),
    ...(not === undefined ? [] : validateNested(not, { ...plain, path: `${path}.not` })),
    ...(problem === undefined
      ? []
      : [
          invalid(
            `${path}.pattern`,
            pattern,
            `must be a valid regular expression, but isn't: ${problem}`,
          ),
        ]),
  ];
}

/** What belongs to the shape alone, in the order in which it is looked for. */
const SHAPE = [
  ['type', 'empty'],
  ['additionalProperties', 'undefined'],
  ['default', 'undefined'],
  ['title', 'empty'],
  ['description', 'empty'],
  ['nullable', 'false'],
  ['x-kubernetes-preserve-unknown-fields', 'false'],
  ['x-kubernetes-embedded-resource', 'false'],
  ['x-kubernetes-int-or-string', 'false'],
  ['x-kubernetes-list-map-keys', 'empty'],
  ['x-kubernetes-list-type', 'undefined'],
  ['x-kubernetes-map-type', 'undefined'],
  ['x-kubernetes-validations', 'empty'],
] as const;

/** Below `allOf` and its like values are judged; what shape they have is said elsewhere. */
function validateNested(schema: JSONSchemaProps, logic: Logic): Errors {
  const { path } = logic;
  const plain = { skipsAnyOf: false, skipsAllOf: false };
  const items = itemsOf(schema);
  return [
    ...validateLogic(schema, logic),
    ...(items === undefined ? [] : validateNested(items, { ...plain, path: `${path}.items` })),
    ...sortedSchemas(schema.properties).flatMap(([name, inner]) =>
      validateNested(inner, { ...plain, path: `${path}.properties[${name}]` }),
    ),
    ...SHAPE.filter(([field]) => isSaid(schema[field])).map(([field, what]) =>
      forbidden(`${path}.${field}`, `must be ${what} to be structural`),
    ),
    ...(schema.properties?.['metadata'] === undefined
      ? []
      : [forbidden(`${path}.properties[metadata]`, 'must not be specified in a nested context')]),
  ];
}

function isSaid(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return value !== undefined && value !== null && value !== '' && value !== false;
}
