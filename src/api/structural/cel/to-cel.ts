import type { CelInput } from '@bufbuild/cel';
import { isJsonObject, type JsonObject } from '../../patch/json.ts';
import { valuesOf, type StructuralSchema } from '../schema.ts';

/** Words that no field may be called by in an expression. @see CEL specification, reserved words */
const RESERVED = new Set([
  'as',
  'break',
  'const',
  'continue',
  'else',
  'false',
  'for',
  'function',
  'if',
  'import',
  'in',
  'let',
  'loop',
  'namespace',
  'null',
  'package',
  'return',
  'true',
  'var',
  'void',
  'while',
]);

/** The value as an expression sees it: whole numbers as `int` where the schema says so, fields under names that can be written. */
export function toCel(value: unknown, schema: StructuralSchema): CelInput {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number') return ofNumber(value, schema);
  if (Array.isArray(value)) {
    const { items = {} } = schema;
    return value.map((item) => toCel(item, items));
  }
  if (isJsonObject(value)) return ofMap(value, schema);
  // Texts and booleans are all that is left of JSON.
  return value as string | boolean;
}

function ofNumber(value: number, schema: StructuralSchema): CelInput {
  const isWhole =
    schema.type === 'integer' || (schema.type !== 'number' && Number.isInteger(value));
  return isWhole && Number.isInteger(value) ? BigInt(value) : value;
}

function ofMap(value: JsonObject, schema: StructuralSchema): CelInput {
  const { properties } = schema;
  const values = valuesOf(schema) ?? {};
  const entries = Object.entries(value)
    // A null field counts as absent unless it may be null.
    .filter(([name, field]) => field !== null || properties?.[name]?.nullable === true)
    .flatMap(([name, field]): [string, CelInput][] => {
      const own =
        properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;
      const input = toCel(field, own ?? values);
      const escaped = own === undefined ? name : escapeName(name);
      // Either name is asked for.
      return RESERVED.has(name) && escaped !== name
        ? [
            [escaped, input],
            [name, input],
          ]
        : [[escaped, input]];
    });
  return new Map(entries);
}

/** `__namespace__` for a reserved word, `a__dash__b` for `a-b`. @see KEP-2876, escaping of property names */
export function escapeName(name: string): string {
  if (RESERVED.has(name)) return `__${name}__`;
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !name.includes('__')) return name;
  return name
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__');
}
