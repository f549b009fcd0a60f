/** Rules for what a version, or all versions, say: schema, subresources, columns, selectable fields. */
import { Buffer } from 'node:buffer';
import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
  JSONSchemaProps,
} from '../../types.ts';
import {
  duplicate,
  forbidden,
  invalid,
  required,
  tooMany,
  type Errors,
} from '../validate/field-errors.ts';
import { validateDefaults } from './default-rules.ts';
import type { VersionParts } from './definition.ts';
import { followFieldPath } from './field-path.ts';
import { goFieldsOf, goSchema, invalidShown } from './go-shown.ts';
import { validateSchema } from './open-api-rules.ts';
import { structuralProblem, validateStructural } from './structural-rules.ts';

/** In the order in which the API lists them. */
const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const COLUMN_FORMATS = [
  'byte',
  'date',
  'date-time',
  'double',
  'float',
  'int32',
  'int64',
  'password',
];
const MAX_SELECTABLE_FIELDS = 8;
const MAX_WARNING = 256;

/** Go's names of what the root may say where the status is apart. */
const AT_ROOT = [
  'Description',
  'Type',
  'Format',
  'Title',
  'Maximum',
  'ExclusiveMaximum',
  'Minimum',
  'ExclusiveMinimum',
  'MaxLength',
  'MinLength',
  'Pattern',
  'MaxItems',
  'MinItems',
  'UniqueItems',
  'MultipleOf',
  'Required',
  'Items',
  'Properties',
  'ExternalDocs',
  'Example',
  'XPreserveUnknownFields',
  'XValidations',
];

/** The schema of a version. @see `validateCustomResourceDefinitionValidation` */
export function validateVersionSchema(
  holder: VersionParts['schema'],
  { path, hasStatus }: { readonly path: string; readonly hasStatus: boolean },
): Errors {
  const schema = holder?.openAPIV3Schema;
  if (schema === undefined) return [];
  const field = `${path}.openAPIV3Schema`;
  const problem = structuralProblem(schema);
  const shape = problem === undefined ? validateShape(schema, field) : [];
  const errors = [
    ...(hasStatus ? validateRoot(schema, field) : []),
    ...(schema.nullable === true
      ? [forbidden(`${field}.nullable`, 'nullable cannot be true at the root')]
      : []),
    ...shape,
  ];
  const found = validateSchema(schema, {
    path: field,
    isRoot: true,
    isMeta: false,
    noDefault: undefined,
    lost: undefined,
    hasRules: problem === undefined && shape.length === 0,
  });
  const all = [...errors, ...found.schema, ...found.rules];
  // What cannot be read has been told, as a rule, where it stands.
  return all.length === 0 && problem !== undefined ? [invalid(field, '', problem)] : all;
}

function validateShape(schema: JSONSchemaProps, field: string): Errors {
  const errors = validateStructural(schema, field);
  if (errors.length > 0) return errors;
  return validateDefaults({ ...schema, 'x-kubernetes-embedded-resource': true }, field);
}

/** The status is looked at by its own schema, which must not be anywhere else. */
function validateRoot(schema: JSONSchemaProps, field: string): Errors {
  for (const name of goFieldsOf(schema)) {
    if (name === 'Type' && schema.type !== 'object')
      return [
        invalid(
          `${field}.type`,
          schema.type,
          'only "object" is allowed as the type at the root of the schema if the status subresource is enabled',
        ),
      ];
    if (!AT_ROOT.includes(name))
      return [
        invalidShown(
          field,
          goSchema(schema),
          `only [${AT_ROOT.join(' ')}] fields are allowed at the root of the schema if the status subresource is enabled`,
        ),
      ];
  }
  return [];
}

/** What users of a version are told. */
export function validateDeprecation(
  { deprecated, deprecationWarning }: CustomResourceDefinitionVersion,
  field: string,
): Errors {
  if (deprecationWarning === undefined) return [];
  return deprecationProblems(deprecationWarning, deprecated === true).map((why) =>
    invalid(field, deprecationWarning, why),
  );
}

function deprecationProblems(text: string, isDeprecated: boolean): readonly string[] {
  if (!isDeprecated) return ['can only be set for deprecated versions'];
  const odd = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.exec(text);
  const at = Buffer.byteLength(text.slice(0, odd?.index ?? 0));
  return [
    ...(Buffer.byteLength(text) > MAX_WARNING ? ['must be <= 256 characters long'] : []),
    ...(text === '' ? ['must not be an empty string'] : []),
    ...(odd === null
      ? []
      : [
          `must only contain printable UTF-8 characters; non-printable character found at index ${at}`,
        ]),
  ];
}

/** Where the scale is. @see `ValidateCustomResourceDefinitionSubresources` */
export function validateSubresources(
  subresources: CustomResourceSubresources | undefined,
  path: string,
): Errors {
  const { scale } = subresources ?? {};
  if (scale === undefined) return [];
  const { specReplicasPath = '', statusReplicasPath = '', labelSelectorPath = '' } = scale;
  const under = (field: string, text: string, roots: readonly string[]): Errors => {
    const at = `${path}.scale.${field}`;
    const simple = validateJsonPath(text, at);
    if (simple.length > 0 || roots.some((root) => text.startsWith(`${root}.`))) return simple;
    const where = roots.length > 1 ? `either ${roots.join(' or ')}` : roots.join('');
    return [invalid(at, text, `should be a json path under ${where}`)];
  };
  const needed = (field: string, text: string, root: string): Errors =>
    text === '' ? [required(`${path}.scale.${field}`)] : under(field, text, [root]);
  return [
    ...needed('specReplicasPath', specReplicasPath, '.spec'),
    ...needed('statusReplicasPath', statusReplicasPath, '.status'),
    ...(labelSelectorPath === ''
      ? []
      : under('labelSelectorPath', labelSelectorPath, ['.spec', '.status'])),
  ];
}

function validateJsonPath(text: string, field: string): Errors {
  return text.startsWith('.')
    ? []
    : [invalid(field, text, 'must be a simple json path starting with .')];
}

/** A column of `kubectl get`. @see `ValidateCustomResourceColumnDefinition` */
export function validateColumn(column: CustomResourceColumnDefinition, path: string): Errors {
  const { name = '', type = '', format = '', jsonPath = '' } = column;
  const types = `must be one of ${COLUMN_TYPES.join(',')}`;
  return [
    ...(name === '' ? [required(`${path}.name`)] : []),
    ...(type === '' ? [required(`${path}.type`, types)] : []),
    ...(type === '' || COLUMN_TYPES.includes(type) ? [] : [invalid(`${path}.type`, type, types)]),
    ...(format === '' || COLUMN_FORMATS.includes(format)
      ? []
      : [invalid(`${path}.format`, format, `must be one of ${COLUMN_FORMATS.join(',')}`)]),
    ...(jsonPath === ''
      ? [required(`${path}.JSONPath`)]
      : validateJsonPath(jsonPath, `${path}.JSONPath`)),
  ];
}

const SELECTABLE_TYPES: readonly string[] = ['string', 'boolean', 'integer'];

/** Fields that field selectors may name. @param noSchema what is said where there is no schema */
export function validateSelectableFields(
  { schema, selectableFields = [] }: VersionParts,
  path: string,
  noSchema: string,
): Errors {
  if (selectableFields.length === 0) return [];
  const field = `${path}.selectableFields`;
  const root = schema?.openAPIV3Schema;
  if (root === undefined) return [invalid(field, '', noSchema)];
  const seen = new Set<string>();
  const errors = selectableFields.flatMap((one, index) =>
    validateSelectableField(one?.jsonPath ?? '', {
      root,
      seen,
      field: `${field}[${index}].jsonPath`,
    }),
  );
  if (seen.size <= MAX_SELECTABLE_FIELDS) return errors;
  return [...errors, tooMany(field, seen.size, MAX_SELECTABLE_FIELDS)];
}

interface Selectable {
  readonly root: JSONSchemaProps;
  /** Grows. */
  readonly seen: Set<string>;
  readonly field: string;
}

function validateSelectableField(text: string, { root, seen, field }: Selectable): Errors {
  if (text === '') return [required(field)];
  const path = followFieldPath(text, root, true);
  if (path.kind === 'wrong') return [invalid(field, text, `is an invalid path: ${path.why}`)];
  const name = path.names.join('.');
  const isKnown = seen.has(name);
  seen.add(name);
  return [
    ...(path.names[0] === 'metadata'
      ? [invalid(field, text, 'must not point to fields in metadata')]
      : []),
    ...(SELECTABLE_TYPES.includes(path.schema.type ?? '')
      ? []
      : [
          invalid(
            field,
            text,
            'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
          ),
        ]),
    ...(isKnown ? [duplicate(field, text)] : []),
  ];
}
