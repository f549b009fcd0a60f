import { ApiError, type FieldError } from './errors.ts';
import { SHAPES } from './shapes.ts';

/** What `decode` made of a value. */
export interface Decoded {
  readonly value: unknown;
  /** Fields of a wrong type; empty when the value is what its type says. */
  readonly errors: readonly FieldError[];
}

/**
 * Reads `value` as Go reads JSON into a struct: unknown fields and nulls are left out, required fields that are
 * missing are `''`, 0, false, `[]` or `{}`, and every other type than the field's own is an error.
 *
 * What it returns without errors is truly what the generated TypeScript type says. The value itself comes back when
 * nothing has to change.
 *
 * @param type A name in `SHAPES`, such as `Service`.
 * @throws RangeError when there is no such type.
 */
export function decode(type: string, value: unknown): Decoded {
  const errors: FieldError[] = [];
  return { value: readType(type)(value, { field: '', errors }), errors };
}

/**
 * As `decode`, for code that wants the object or an answer to the client.
 *
 * @throws ApiError BadRequest, with a cause a field, when a field is of a wrong type.
 */
export function decodeObject<T extends { readonly apiVersion: string; readonly kind: string }>(
  type: string,
  object: T,
): T {
  // A struct that is no pointer is there even where nobody wrote it.
  const hasSpec = Object.hasOwn(object, 'spec') || !/(^| )spec:/.test(SHAPES[type] ?? '');
  const { value, errors } = decode(type, hasSpec ? object : { ...object, spec: {} });
  if (errors.length === 0) return value as T; // decode has just checked it field by field
  const why = errors
    .map(({ message }) => message.replace(/^Invalid value: "\w+": /, ''))
    .join(', ');
  throw new ApiError(
    'BadRequest',
    `${type} in version "${object.apiVersion}" cannot be handled as a ${type}: ${why}`,
    { causes: errors },
  );
}

interface Context {
  /** Path of the value; '' at the top. */
  readonly field: string;
  /** Grows. */
  readonly errors: FieldError[];
}

type Read = (value: unknown, context: Context) => unknown;

interface Field {
  readonly name: string;
  readonly isRequired: boolean;
  readonly read: Read;
}

const INT32_MAX = 2 ** 31;

const SCALARS: Readonly<Record<string, Read>> = {
  '*': (value) => value,
  s: scalar('string', '', (value) => typeof value === 'string'),
  b: scalar('boolean', false, (value) => typeof value === 'boolean'),
  i: scalar('integer', 0, isInt32),
  l: scalar('integer', 0, Number.isSafeInteger),
  n: scalar('number', 0, (value) => typeof value === 'number'),
  p: scalar('integer,string', 0, (value) => typeof value === 'string' || isInt32(value)),
  q: scalar('number,string', '0', (value) => ['string', 'number'].includes(typeof value)),
};

const structs = new Map<string, Read>();

/** Types refer to each other, so each is looked up when it is first met. */
function readType(code: string): Read {
  const scalarRead = SCALARS[code];
  if (scalarRead !== undefined) return scalarRead;
  if (code.startsWith('[')) return listOf(readType(code.slice(1, -1)));
  if (code.startsWith('{')) return mapOf(readType(code.slice(1, -1)));
  return (value, context) => {
    let read = structs.get(code);
    if (read === undefined) structs.set(code, (read = structOf(code)));
    return read(value, context);
  };
}

function isInt32(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= -INT32_MAX && Number(value) < INT32_MAX;
}

function scalar(expected: string, zero: unknown, isOk: (value: unknown) => boolean): Read {
  return (value, context) => {
    if (value === undefined || value === null) return zero;
    if (isOk(value)) return value;
    return refuse(expected, value, context);
  };
}

function listOf(readItem: Read): Read {
  return (value, { field, errors }) => {
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) return refuse('array', value, { field, errors });
    // Holes, which JSON has not, are read as nulls.
    const items = Array.from<unknown, unknown>(value, (item, index) =>
      readItem(item, { field: `${field}[${index}]`, errors }),
    );
    return items.every((item, index) => item === value[index]) ? value : items;
  };
}

function mapOf(readValue: Read): Read {
  return (value, { field, errors }) => {
    if (value === undefined || value === null) return {};
    if (!isObject(value)) return refuse('object', value, { field, errors });
    const entries = Object.entries(value).map(
      ([key, item]) => [key, readValue(item, { field: `${field}[${key}]`, errors })] as const,
    );
    return entries.every(([key, item]) => item === value[key])
      ? value
      : Object.fromEntries(entries);
  };
}

function structOf(type: string): Read {
  const shape = SHAPES[type];
  if (shape === undefined) throw new RangeError(`no type ${type}`);
  const fields = shape
    .split(' ')
    .filter((text) => text !== '')
    .map(parseField);
  return (value, context) => {
    if (value === undefined || value === null) return readFields(fields, {}, context);
    return isObject(value) ? readFields(fields, value, context) : refuse('object', value, context);
  };
}

function readFields(
  fields: readonly Field[],
  given: Readonly<Record<string, unknown>>,
  { field: path, errors }: Context,
): unknown {
  const read: Record<string, unknown> = {};
  let kept = 0;
  for (const { name, isRequired, read: readField } of fields) {
    const item = Object.hasOwn(given, name) ? given[name] : undefined;
    if ((item === undefined || item === null) && !isRequired) continue;
    const value = readField(item, { field: path === '' ? name : `${path}.${name}`, errors });
    read[name] = value;
    if (value === item) kept += 1;
  }
  const isSame = kept === Object.keys(given).length && kept === Object.keys(read).length;
  return isSame ? given : read;
}

function parseField(text: string): Field {
  const colon = text.indexOf(':');
  const isRequired = text[colon - 1] === '!';
  return {
    name: text.slice(0, isRequired ? colon - 1 : colon),
    // A selector that is missing is not the selector that selects everything.
    isRequired: isRequired && !text.endsWith(':LabelSelector'),
    read: readType(text.slice(colon + 1)),
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuse(expected: string, value: unknown, { field, errors }: Context): undefined {
  const actual = Array.isArray(value)
    ? 'array'
    : Number.isInteger(value)
      ? 'integer'
      : typeof value;
  const got = value === null ? 'null' : actual;
  errors.push({
    type: 'TypeInvalid',
    field: field === '' ? '<nil>' : field,
    message: `Invalid value: "${got}": ${field} in body must be of type ${expected}: "${got}"`,
  });
  return undefined;
}
