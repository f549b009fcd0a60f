/** Rules for `x-kubernetes-list-type`, `x-kubernetes-list-map-keys` and `x-kubernetes-map-type`. */
import type { FieldError } from '../../errors.ts';
import type { JSONSchemaProps } from '../../types.ts';
import {
  forbidden,
  invalid,
  notSupported,
  required,
  type Errors,
} from '../validate/field-errors.ts';
import { goItems, invalidShown } from './go-shown.ts';
import { itemsOf } from './json-schema.ts';

/** What is wrong with how lists and maps of this schema are merged. */
export function validateListRules(schema: JSONSchemaProps, path: string): Errors {
  const listType = schema['x-kubernetes-list-type'];
  return [
    ...validateMapType(schema, path),
    ...validateListType(schema, path),
    ...validateKeysType(schema, path),
    ...(listType === 'map' ? validateMapList(schema, path) : []),
    ...validateItems(schema, path),
  ];
}

/** The type that an extension asks for. */
function validateType(
  schema: JSONSchemaProps,
  path: string,
  [type, extension]: readonly [string, string],
): Errors {
  const { type: given = '' } = schema;
  if (given === type) return [];
  const [field, why] = [`${path}.type`, `must be ${type} if ${extension} is specified`];
  return [given === '' ? required(field, why) : invalid(field, given, why)];
}

function validateMapType(schema: JSONSchemaProps, path: string): Errors {
  const mapType = schema['x-kubernetes-map-type'];
  if (mapType === undefined) return [];
  const types = ['atomic', 'granular'];
  return [
    ...validateType(schema, path, ['object', 'x-kubernetes-map-type']),
    ...(types.includes(mapType)
      ? []
      : [notSupported(`${path}.x-kubernetes-map-type`, mapType, types)]),
  ];
}

function validateListType(schema: JSONSchemaProps, path: string): Errors {
  const listType = schema['x-kubernetes-list-type'];
  if (listType === undefined) return [];
  const wrongType = validateType(schema, path, ['array', 'x-kubernetes-list-type']);
  const types = ['atomic', 'set', 'map'];
  return [
    ...wrongType,
    ...(wrongType.length === 0 && listType === 'set' ? validateSetItems(schema, path) : []),
    ...(types.includes(listType)
      ? []
      : [notSupported(`${path}.x-kubernetes-list-type`, listType, types)]),
  ];
}

/** Items of sets are compared as a whole. */
function validateSetItems(schema: JSONSchemaProps, path: string): Errors {
  const items = itemsOf(schema);
  if (items === undefined) return [];
  const listType = items['x-kubernetes-list-type'];
  const why = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  if (items.type === 'array' && listType !== undefined && listType !== 'atomic')
    return [invalid(`${path}.items.x-kubernetes-list-type`, listType, why)];
  if (items.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic')
    return [invalid(`${path}.items.x-kubernetes-map-type`, listType ?? null, why)];
  return [];
}

function validateKeysType(schema: JSONSchemaProps, path: string): Errors {
  const listType = schema['x-kubernetes-list-type'];
  if ((schema['x-kubernetes-list-map-keys'] ?? []).length === 0 || listType === 'map') return [];
  const field = `${path}.x-kubernetes-list-type`;
  const why = 'must be map if x-kubernetes-list-map-keys is non-empty';
  return [listType === undefined ? required(field, why) : invalid(field, listType, why)];
}

function validateMapList(schema: JSONSchemaProps, path: string): Errors {
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const items = itemsOf(schema);
  const errors: FieldError[] = [];
  if (keys.length === 0)
    errors.push(
      required(
        `${path}.x-kubernetes-list-map-keys`,
        'must not be empty if x-kubernetes-list-type is map',
      ),
    );
  if (schema.items === undefined)
    errors.push(required(`${path}.items`, 'must have a schema if x-kubernetes-list-type is map'));
  else if (items === undefined)
    errors.push(
      invalidShown(
        `${path}.items`,
        goItems(schema),
        'must only have a single schema if x-kubernetes-list-type is map',
      ),
    );
  else if (items.type !== 'object')
    errors.push(
      invalid(
        `${path}.items.type`,
        items.type ?? '',
        "must be object if parent array's x-kubernetes-list-type is map",
      ),
    );
  else errors.push(...validateKeys(keys, items, path));
  return errors;
}

function validateKeys(keys: readonly string[], items: JSONSchemaProps, path: string): Errors {
  const field = `${path}.x-kubernetes-list-map-keys`;
  return keys.flatMap((key, index) => {
    const errors: FieldError[] = [];
    const own = items.properties?.[key];
    if (own === undefined)
      errors.push(invalid(field, keys, 'entries must all be names of item properties'));
    else if (own.type === 'array' || own.type === 'object')
      errors.push(
        invalid(
          `${path}.items.properties[${key}].type`,
          items.type,
          "must be a scalar type if parent array's x-kubernetes-list-type is map",
        ),
      );
    if (keys.indexOf(key) < index)
      errors.push(invalid(field, keys, 'must not contain duplicate entries'));
    return errors;
  });
}

/** Items that are told apart are there, and so is what tells them apart. @see `validateMapListKeysMapSet` */
function validateItems(schema: JSONSchemaProps, path: string): Errors {
  const listType = schema['x-kubernetes-list-type'] ?? '';
  const items = itemsOf(schema);
  if (items === undefined || (listType !== 'set' && listType !== 'map')) return [];
  const keys = listType === 'map' ? (schema['x-kubernetes-list-map-keys'] ?? []) : [];
  return [
    ...(items.nullable === true
      ? [
          forbidden(
            `${path}.items.nullable`,
            `cannot be nullable when x-kubernetes-list-type is ${listType}`,
          ),
        ]
      : []),
    ...keys.flatMap((key) => {
      const own = items.properties?.[key];
      if (own === undefined) return [];
      const field = `${path}.items.properties[${key}]`;
      const isThere = own.default !== undefined || (items.required ?? []).includes(key);
      const why = 'this property is in x-kubernetes-list-map-keys, so it';
      return [
        ...(isThere
          ? []
          : [required(`${field}.default`, `${why} must have a default or be a required property`)]),
        ...(own.nullable === true
          ? [forbidden(`${field}.nullable`, `${why} cannot be nullable`)]
          : []),
      ];
    }),
  ];
}
