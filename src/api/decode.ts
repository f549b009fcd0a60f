import { ApiError, type FieldError } from './errors.ts';
import { goTypeError } from './go-type-error.ts';
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
 * @param known Was read before; what `value` shares with it is not looked at again.
 * @throws RangeError when there is no such type.
 */
export function decode(type: string, value: unknown, known?: unknown): Decoded {
  const reader = readerOf(type);
  if (reader.isRead(value, known)) return { value, errors: [] };
  const errors: FieldError[] = [];
  return { value: reader.read(value, { field: '', errors }), errors };
}

/**
 * As `decode`, for code that wants the object or an answer to the client.
 *
 * @throws ApiError BadRequest, with a cause a field, when a field is of a wrong type.
 */
export function decodeObject<T extends { readonly apiVersion: string; readonly kind: string }>(
  type: string,
  object: T,
  known?: T,
): T {
  // A struct that is no pointer is there even where nobody wrote it.
  const hasSpec = Object.hasOwn(object, 'spec') || !/(^| )spec:/.test(SHAPES[type] ?? '');
  const { value, errors } = decode(type, hasSpec ? object : { ...object, spec: {} }, known);
  const [first] = errors;
  if (first === undefined) return value as T; // decode has just checked it field by field
  throw new ApiError(
    'BadRequest',
    `${type} in version "${object.apiVersion}" cannot be handled as a ${type}: ${goTypeError(type, object, first)}`,
    { causes: errors },
  );
}

interface Context {
  /** Path of the value; '' at the top. */
  readonly field: string;
  /** Grows. */
  readonly errors: FieldError[];
}

interface Reader {
  /** Whether reading `value` would change nothing: most values are such, and asking is cheaper than reading. */
  readonly isRead: (value: unknown, known: unknown) => boolean;
  readonly read: (value: unknown, context: Context) => unknown;
}

interface Field extends Reader {
  readonly name: string;
  readonly isRequired: boolean;
}

const INT32_MAX = 2 ** 31;

const SCALARS: Readonly<Record<string, Reader>> = {
  '*': { isRead: (value) => value !== undefined && value !== null, read: (value) => value },
  s: scalar('string', '', (value) => typeof value === 'string'),
  b: scalar('boolean', false, (value) => typeof value === 'boolean'),
  i: scalar('integer', 0, isInt32),
  l: scalar('integer', 0, Number.isSafeInteger),
  n: scalar('number', 0, (value) => typeof value === 'number'),
  p: scalar('integer,string', 0, (value) => typeof value === 'string' || isInt32(value)),
  q: scalar('number,string', '0', (value) => ['string', 'number'].includes(typeof value)),
};

const structs = new Map<string, Reader>();

function readerOf(code: string): Reader {
  const scalarReader = SCALARS[code];
  if (scalarReader !== undefined) return scalarReader;
  if (code.startsWith('[')) return listOf(readerOf(code.slice(1, -1)));
  if (code.startsWith('{')) return mapOf(readerOf(code.slice(1, -1)));
  // Types refer to each other, so each is looked up when it is first met.
  let struct: Reader | undefined;
  return {
    isRead: (value, known) => (struct ??= structReader(code)).isRead(value, known),
    read: (value, context) => (struct ??= structReader(code)).read(value, context),
  };
}

function structReader(type: string): Reader {
  let reader = structs.get(type);
  if (reader === undefined) structs.set(type, (reader = structOf(type)));
  return reader;
}

function isInt32(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= -INT32_MAX && Number(value) < INT32_MAX;
}

function scalar(expected: string, zero: unknown, isOk: (value: unknown) => boolean): Reader {
  return {
    // None of them takes undefined or null.
    isRead: isOk,
    read: (value, context) => {
      if (value === undefined || value === null) return zero;
      if (isOk(value)) return value;
      return refuse(expected, value, context);
    },
  };
}

function listOf(item: Reader): Reader {
  return {
    isRead: (value, known) => {
      if (!Array.isArray(value)) return false;
      const before: readonly unknown[] | undefined = Array.isArray(known) ? known : undefined;
      for (let index = 0; index < value.length; index += 1)
        if (!item.isRead(value[index], before?.[index])) return false;
      return true;
    },
    read: (value, { field, errors }) => {
      if (value === undefined || value === null) return [];
      if (!Array.isArray(value)) return refuse('array', value, { field, errors });
      // Holes, which JSON has not, are read as nulls.
      const items = Array.from<unknown, unknown>(value, (given, index) =>
        item.read(given, { field: `${field}[${index}]`, errors }),
      );
      return items.every((given, index) => given === value[index]) ? value : items;
    },
  };
}

function mapOf(item: Reader): Reader {
  return {
    isRead: (value) => {
      if (!isObject(value)) return false;
      for (const key in value) if (!item.isRead(value[key], undefined)) return false;
      return true;
    },
    read: (value, { field, errors }) => {
      if (value === undefined || value === null) return {};
      if (!isObject(value)) return refuse('object', value, { field, errors });
      const entries = Object.entries(value).map(
        ([key, given]) => [key, item.read(given, { field: `${field}[${key}]`, errors })] as const,
      );
      return entries.every(([key, given]) => given === value[key])
        ? value
        : Object.fromEntries(entries);
    },
  };
}

function structOf(type: string): Reader {
  const shape = SHAPES[type];
  if (shape === undefined) throw new RangeError(`no type ${type}`);
  const fields = shape
    .split(' ')
    .filter((text) => text !== '')
    .map(parseField);
  const byName = new Map(fields.map((field) => [field.name, field]));
  const required = fields.filter(({ isRequired }) => isRequired);
  return {
    isRead: (value, known) => {
      if (!isObject(value)) return false;
      if (value === known) return true;
      const before = isObject(known) ? known : undefined;
      for (const key in value)
        if (byName.get(key)?.isRead(value[key], before?.[key]) !== true) return false;
      for (const { name } of required) if (value[name] === undefined) return false;
      return true;
    },
    read: (value, context) => {
      if (value === undefined || value === null) return readFields(fields, {}, context);
      return isObject(value)
        ? readFields(fields, value, context)
        : refuse('object', value, context);
    },
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
    ...readerOf(text.slice(colon + 1)),
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
