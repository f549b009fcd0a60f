/** Whether defaults are what their schemas ask for. @see apiextensions `defaulting.ValidateDefaults` */
import { deepEqual } from '../../deep-equal.ts';
import type { FieldError } from '../../errors.ts';
import type { KubeObject } from '../../object.ts';
import { isJsonObject } from '../../patch/json.ts';
import { pruneObject } from '../../structural/prune.ts';
import { evaluateRules } from '../../structural/rules.ts';
import type { StructuralSchema } from '../../structural/schema.ts';
import { validateValue } from '../../structural/validate.ts';
import type { JSONSchemaProps } from '../../types.ts';
import type { Errors } from '../validate/field-errors.ts';
import { invalidShown } from './go-shown.ts';
import { itemsOf, sortedSchemas } from './json-schema.ts';

const META: readonly string[] = ['apiVersion', 'kind', 'metadata'];

/** Every default in the schema that its schema refuses, or would prune. Below additionalProperties there are none. */
export function validateDefaults(schema: JSONSchemaProps, path: string): Errors {
  const items = itemsOf(schema);
  return [
    ...(schema.default === undefined ? [] : validateDefault(schema, `${path}.default`)),
    ...(items === undefined ? [] : validateDefaults(items, `${path}.items`)),
    ...sortedSchemas(schema.properties)
      // What every object has is looked at with its metadata, which the API server fills in.
      .filter(([name]) => schema['x-kubernetes-embedded-resource'] !== true || !META.includes(name))
      .flatMap(([name, inner]) => validateDefaults(inner, `${path}.properties[${name}]`)),
  ];
}

function validateDefault(schema: JSONSchemaProps, field: string): Errors {
  // A schema that got here is structural.
  const structural = schema as StructuralSchema;
  const value = schema.default;
  const pruned = isPruned(value, structural)
    ? []
    : [invalidShown(field, value, 'must not have unknown fields')];
  const errors = validateValue(value, structural, '');
  const all =
    errors.length > 0
      ? errors
      : // Rules are looked at as those of an object whose whole it is.
        evaluateRules({ object: value as KubeObject, old: undefined, schema: structural });
  return [...pruned, ...all.map((error) => within(error, field))];
}

function isPruned(value: unknown, schema: StructuralSchema): boolean {
  // What is no object of the API has no apiVersion, kind and metadata of its own.
  const holder: StructuralSchema = { type: 'object', properties: { value: schema } };
  const wrapped = { value };
  return (
    (!isJsonObject(value) && !Array.isArray(value)) ||
    deepEqual(pruneObject(wrapped, holder).value, wrapped)
  );
}

function within(error: FieldError, path: string): FieldError {
  const { field } = error;
  if (field === '' || field === '<nil>') return { ...error, field: path };
  return { ...error, field: field.startsWith('[') ? path + field : `${path}.${field}` };
}
