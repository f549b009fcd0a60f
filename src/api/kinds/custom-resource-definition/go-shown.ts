/** Values as the API server shows them: its own structs as JSON, which have no names of fields but Go's. */
import type { FieldError } from '../../errors.ts';
import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
  CustomResourceValidation,
  ExternalDocumentation,
  JSONSchemaProps,
  ValidationRule,
} from '../../types.ts';
import { invalid } from '../validate/field-errors.ts';
import { itemsOf, schemaOrBool, tupleOf, type Schemas } from './json-schema.ts';

/** An error about a value that is shown as Go's JSON. */
export function invalidShown(field: string, value: unknown, why: string): FieldError {
  const error = invalid(field, value, why);
  const [shown, escaped] = [JSON.stringify(value), showGo(value)];
  return { ...error, message: error.message.replace(shown, () => escaped) };
}

/** Go's encoder writes what could end a script by its number. */
function showGo(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&]/g,
    (character) => `\\u00${character.charCodeAt(0).toString(16)}`,
  );
}

type Show = (value: never, schema: JSONSchemaProps) => unknown;

/** What a field shows where nobody set it. */
const ZERO = { text: '', flag: false, other: null } as const;

type Row = readonly [go: string, json: keyof JSONSchemaProps, zero: keyof typeof ZERO, show?: Show];

const schemas: Show = (list: readonly JSONSchemaProps[]) => list.map(goSchema);
const named: Show = (map: Schemas) =>
  Object.fromEntries(
    Object.keys(map)
      .toSorted()
      .map((name) => [name, goSchema(map[name] ?? {})]),
  );
const orBool: Show = (value: unknown) => {
  const schema = schemaOrBool(value);
  return {
    Allows: schema !== undefined || value === true,
    Schema: schema === undefined ? null : goSchema(schema),
  };
};

/** In the order of the struct. @see apiextensions `JSONSchemaProps` */
const FIELDS: readonly Row[] = [
  ['ID', 'id', 'text'],
  ['Schema', '$schema', 'text'],
  ['Ref', '$ref', 'other'],
  ['Description', 'description', 'text'],
  ['Type', 'type', 'text'],
  ['Nullable', 'nullable', 'flag'],
  ['Format', 'format', 'text'],
  ['Title', 'title', 'text'],
  ['Default', 'default', 'other'],
  ['Maximum', 'maximum', 'other'],
  ['ExclusiveMaximum', 'exclusiveMaximum', 'flag'],
  ['Minimum', 'minimum', 'other'],
  ['ExclusiveMinimum', 'exclusiveMinimum', 'flag'],
  ['MaxLength', 'maxLength', 'other'],
  ['MinLength', 'minLength', 'other'],
  ['Pattern', 'pattern', 'text'],
  ['MaxItems', 'maxItems', 'other'],
  ['MinItems', 'minItems', 'other'],
  ['UniqueItems', 'uniqueItems', 'flag'],
  ['MultipleOf', 'multipleOf', 'other'],
  ['Enum', 'enum', 'other'],
  ['MaxProperties', 'maxProperties', 'other'],
  ['MinProperties', 'minProperties', 'other'],
  ['Required', 'required', 'other'],
  ['Items', 'items', 'other', (_, schema) => goItems(schema)],
  ['AllOf', 'allOf', 'other', schemas],
  ['OneOf', 'oneOf', 'other', schemas],
  ['AnyOf', 'anyOf', 'other', schemas],
  ['Not', 'not', 'other', goSchema],
  ['Properties', 'properties', 'other', named],
  ['AdditionalProperties', 'additionalProperties', 'other', orBool],
  ['PatternProperties', 'patternProperties', 'other', named],
  ['Dependencies', 'dependencies', 'other'],
  ['AdditionalItems', 'additionalItems', 'other', orBool],
  ['Definitions', 'definitions', 'other', named],
  ['ExternalDocs', 'externalDocs', 'other', goDocs],
  ['Example', 'example', 'other'],
  ['XPreserveUnknownFields', 'x-kubernetes-preserve-unknown-fields', 'other'],
  ['XEmbeddedResource', 'x-kubernetes-embedded-resource', 'flag'],
  ['XIntOrString', 'x-kubernetes-int-or-string', 'flag'],
  ['XListMapKeys', 'x-kubernetes-list-map-keys', 'other'],
  ['XListType', 'x-kubernetes-list-type', 'other'],
  ['XMapType', 'x-kubernetes-map-type', 'other'],
  [
    'XValidations',
    'x-kubernetes-validations',
    'other',
    (rules: readonly ValidationRule[]) => rules.map(goRule),
  ],
];

/** Go's names of the fields that somebody set, in the struct's order. */
export function goFieldsOf(schema: JSONSchemaProps): readonly string[] {
  return FIELDS.filter(([, json, zero]) => isSet(schema[json]) && schema[json] !== ZERO[zero]).map(
    ([go]) => go,
  );
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** A schema. */
export function goSchema(schema: JSONSchemaProps): object {
  return Object.fromEntries(
    FIELDS.map(([go, json, zero, show]) => {
      const value = schema[json];
      if (!isSet(value)) return [go, ZERO[zero]];
      // Each row reads what its own field holds.
      return [go, show === undefined ? value : show(value as never, schema)];
    }),
  );
}

/** Items, of which there is one schema or a list. */
export function goItems(schema: JSONSchemaProps): object {
  const [one, list] = [itemsOf(schema), tupleOf(schema)];
  return {
    Schema: one === undefined ? null : goSchema(one),
    JSONSchemas: list.length === 0 ? null : list.map(goSchema),
  };
}

function goDocs({ description = '', url = '' }: ExternalDocumentation): object {
  return { Description: description, URL: url };
}

/** A rule of `x-kubernetes-validations`. */
export function goRule(rule: ValidationRule | null): object {
  const { message = '', messageExpression = '', fieldPath = '' } = rule ?? {};
  return {
    Rule: rule?.rule ?? '',
    Message: message,
    MessageExpression: messageExpression,
    Reason: rule?.reason ?? null,
    FieldPath: fieldPath,
    OptionalOldSelf: rule?.optionalOldSelf ?? null,
  };
}

/** A version, without what all versions say alike. */
export function goVersion(version: CustomResourceDefinitionVersion): object {
  const { schema, subresources, additionalPrinterColumns, selectableFields } = version;
  const { name = '', served = false, storage = false, deprecated = false } = version;
  return {
    Name: name,
    Served: served,
    Storage: storage,
    Deprecated: deprecated,
    DeprecationWarning: version.deprecationWarning ?? null,
    Schema: goValidation(schema),
    Subresources: goSubresources(subresources),
    AdditionalPrinterColumns: additionalPrinterColumns?.map(goColumn) ?? null,
    SelectableFields:
      selectableFields?.map(({ jsonPath = '' }) => ({ JSONPath: jsonPath })) ?? null,
  };
}

function goValidation(holder: CustomResourceValidation | undefined): object | null {
  if (holder === undefined) return null;
  const { openAPIV3Schema } = holder;
  return { OpenAPIV3Schema: openAPIV3Schema === undefined ? null : goSchema(openAPIV3Schema) };
}

function goSubresources(subresources: CustomResourceSubresources | undefined): object | null {
  if (subresources === undefined) return null;
  const { status, scale } = subresources;
  return {
    Status: status ?? null,
    Scale:
      scale === undefined
        ? null
        : {
            SpecReplicasPath: scale.specReplicasPath ?? '',
            StatusReplicasPath: scale.statusReplicasPath ?? '',
            LabelSelectorPath: scale.labelSelectorPath ?? null,
          },
  };
}

function goColumn(column: CustomResourceColumnDefinition): object {
  return {
    Name: column.name ?? '',
    Type: column.type ?? '',
    Format: column.format ?? '',
    Description: column.description ?? '',
    Priority: column.priority ?? 0,
    JSONPath: column.jsonPath ?? '',
  };
}
