import { deepEqual } from '../deep-equal.ts';
import type { FieldError } from '../errors.ts';
import { requiredField } from '../field-errors.ts';
import { duplicate, notSupported, tooLong, tooMany } from '../kinds/validate/field-errors.ts';
import { isJsonObject, type JsonObject } from '../patch/json.ts';
import { hasFormat } from './formats.ts';
import { compilePattern } from './patterns.ts';
import { OBJECT_FIELDS, valuesOf, type StructuralSchema } from './schema.ts';

/**
 * Every way in which `value` is not what the schema asks for, in the API server's words.
 *
 * @param path Of the value, '' for the whole object. @see apiextensions `validation.ValidateCustomResource`
 */
export function validateValue(
  value: unknown,
  schema: StructuralSchema,
  path: string,
): readonly FieldError[] {
  if (value === null && schema.nullable === true) return [];
  const wrongType = checkType(value, schema, path);
  return [
    ...(wrongType === undefined ? [] : [wrongType]),
    ...checkEnum(value, schema, path),
    ...checkByType(value, schema, path),
    ...checkCombinations(value, schema, path),
  ];
}

/** A value that is wrong: the API says so with its path once more. */
function inBody(path: string, value: unknown, why: string): FieldError {
  return {
    type: 'Invalid',
    field: path,
    message: `Invalid value: ${JSON.stringify(value)}: ${path} in body ${why}`,
  };
}

/** What has the type and not the format is of the wrong type, too. */
function ofType(path: string, value: unknown, format: string): FieldError {
  const error = inBody(path, value, `must be of type ${format}: ${JSON.stringify(String(value))}`);
  return { ...error, type: 'TypeInvalid' };
}

function checkType(value: unknown, schema: StructuralSchema, path: string): FieldError | undefined {
  const actual = typeOf(value);
  if (schema['x-kubernetes-int-or-string'] === true)
    return actual === 'integer' || actual === 'string'
      ? undefined
      : typeError(path, 'integer,string', actual);
  const { type } = schema;
  if (type === undefined || type === actual || (type === 'number' && actual === 'integer'))
    return undefined;
  // Of numbers and what is neither text nor list the API names the format instead.
  if (schema.format !== undefined && !['string', 'array', 'null'].includes(actual))
    return typeError(path, schema.format, formatOf(actual));
  return typeError(path, type, actual);
}

function formatOf(actual: string): string {
  if (actual === 'number') return 'float64';
  return actual === 'integer' ? 'int64' : '';
}

function typeError(field: string, wanted: string, actual: string): FieldError {
  const shown = JSON.stringify(actual);
  return {
    type: 'TypeInvalid',
    field,
    message: `Invalid value: ${shown}: ${field} in body must be of type ${wanted}: ${shown}`,
  };
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function checkEnum(
  value: unknown,
  { enum: allowed }: StructuralSchema,
  path: string,
): readonly FieldError[] {
  if (allowed === undefined || allowed.some((item) => deepEqual(item, value))) return [];
  return [
    notSupported(
      path,
      value,
      allowed.map((item) => (typeof item === 'string' ? item : JSON.stringify(item))),
    ),
  ];
}

function checkByType(
  value: unknown,
  schema: StructuralSchema,
  path: string,
): readonly FieldError[] {
  if (typeof value === 'string') return checkText(value, schema, path);
  if (typeof value === 'number') return checkNumber(value, schema, path);
  if (Array.isArray(value)) return checkList(value, schema, path);
  return isJsonObject(value) ? checkMap(value, schema, path) : [];
}

function checkText(text: string, schema: StructuralSchema, path: string): readonly FieldError[] {
  const { minLength, maxLength, pattern, format } = schema;
  const errors: FieldError[] = [];
  const length = Array.from(text).length;
  if (maxLength !== undefined && length > maxLength) errors.push(tooLong(path, maxLength));
  if (minLength !== undefined && length < minLength)
    errors.push(inBody(path, text, `should be at least ${minLength} chars long`));
  if (pattern !== undefined && compilePattern(pattern)?.test(text) === false)
    errors.push(inBody(path, text, `should match '${pattern}'`));
  if (format !== undefined && !hasFormat(text, format)) errors.push(ofType(path, text, format));
  return errors;
}

function checkNumber(value: number, schema: StructuralSchema, path: string): readonly FieldError[] {
  const { multipleOf, format } = schema;
  const isOutside = format === 'int32' && (value < -(2 ** 31) || value > 2 ** 31 - 1);
  return [
    ...checkBounds(value, schema, path),
    ...(multipleOf !== undefined && value % multipleOf !== 0
      ? [inBody(path, value, `should be a multiple of ${multipleOf}`)]
      : []),
    ...(isOutside ? [ofType(path, value, 'int32')] : []),
  ];
}

function checkBounds(value: number, schema: StructuralSchema, path: string): readonly FieldError[] {
  const { minimum = -Infinity, maximum = Infinity, exclusiveMinimum, exclusiveMaximum } = schema;
  const isAbove = exclusiveMaximum === true ? value >= maximum : value > maximum;
  const isBelow = exclusiveMinimum === true ? value <= minimum : value < minimum;
  const orEqual = (isExclusive: boolean | undefined): string =>
    isExclusive === true ? '' : 'or equal to ';
  return [
    ...(isAbove
      ? [inBody(path, value, `should be less than ${orEqual(exclusiveMaximum)}${maximum}`)]
      : []),
    ...(isBelow
      ? [inBody(path, value, `should be greater than ${orEqual(exclusiveMinimum)}${minimum}`)]
      : []),
  ];
}

function checkList(
  list: readonly unknown[],
  schema: StructuralSchema,
  path: string,
): readonly FieldError[] {
  const { minItems, maxItems, items, uniqueItems } = schema;
  const errors: FieldError[] = [];
  if (maxItems !== undefined && list.length > maxItems)
    errors.push(tooMany(path, list.length, maxItems));
  if (minItems !== undefined && list.length < minItems)
    errors.push(inBody(path, list.length, `should have at least ${minItems} items`));
  if (items !== undefined)
    errors.push(...list.flatMap((item, index) => validateValue(item, items, `${path}[${index}]`)));
  if (uniqueItems === true && new Set(list.map((item) => JSON.stringify(item))).size < list.length)
    errors.push(inBody(path, list, "shouldn't contain duplicates"));
  return [...errors, ...checkKeys(list, schema, path)];
}

/** Items of sets and of lists with keys must differ. @see KEP-555 */
function checkKeys(
  list: readonly unknown[],
  schema: StructuralSchema,
  path: string,
): readonly FieldError[] {
  const type = schema['x-kubernetes-list-type'];
  if (type !== 'set' && type !== 'map') return [];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const seen = new Set<string>();
  return list.flatMap((item, index) => {
    const key = type === 'set' ? item : keysOf(item, keys);
    const text = JSON.stringify(key);
    if (seen.has(text)) return [duplicate(`${path}[${index}]`, key)];
    seen.add(text);
    return [];
  });
}

function keysOf(item: unknown, keys: readonly string[]): JsonObject {
  const fields = isJsonObject(item) ? item : {};
  return Object.fromEntries(
    keys.toSorted().flatMap((key) => (fields[key] === undefined ? [] : [[key, fields[key]]])),
  );
}

function checkMap(map: JsonObject, schema: StructuralSchema, path: string): readonly FieldError[] {
  const { required = [], minProperties = 0, maxProperties = Infinity } = schema;
  const count = Object.keys(map).length;
  return [
    ...required
      .filter((name) => map[name] === undefined)
      .map((name) => requiredField(fieldPath(path, name))),
    ...(count > maxProperties ? [tooMany(path, count, maxProperties)] : []),
    ...(count < minProperties
      ? [inBody(path, count, `should have at least ${minProperties} properties`)]
      : []),
    ...checkFields(map, schema, path),
  ];
}

function checkFields(
  map: JsonObject,
  schema: StructuralSchema,
  path: string,
): readonly FieldError[] {
  const { properties = {} } = schema;
  const values = valuesOf(schema);
  const isObject = path === '' || schema['x-kubernetes-embedded-resource'] === true;
  return Object.entries(map).flatMap(([name, field]) => {
    if (isObject && OBJECT_FIELDS.has(name)) return [];
    const own = Object.hasOwn(properties, name) ? properties[name] : values;
    return own === undefined ? [] : validateValue(field, own, fieldPath(path, name));
  });
}

const fieldPath = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

function checkCombinations(
  value: unknown,
  { allOf = [], anyOf, oneOf, not }: StructuralSchema,
  path: string,
): readonly FieldError[] {
  const isValid = (schema: StructuralSchema): boolean =>
    validateValue(value, schema, path).length === 0;
  const errors = allOf.flatMap((schema) => validateValue(value, schema, path));
  if (anyOf !== undefined && !anyOf.some(isValid))
    errors.push(inBody(path, value, 'must validate at least one schema (anyOf)'));
  if (oneOf !== undefined) {
    const found = oneOf.filter(isValid).length;
    if (found !== 1)
      errors.push(
        inBody(
          path,
          value,
          `must validate one and only one schema (oneOf). ${found === 0 ? 'Found none valid' : `Found ${found} valid alternatives`}`,
        ),
      );
  }
  if (not !== undefined && isValid(not))
    errors.push(inBody(path, value, 'must not validate the schema (not)'));
  return errors;
}
