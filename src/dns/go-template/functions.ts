import { format } from './format.ts';
import { GoTemplateError } from './go-template-error.ts';
import {
  isList,
  isMap,
  isTrue,
  print,
  toInteger,
  toText,
  type Method,
  type Value,
} from './value.ts';

type Order = -1 | 0 | 1;

/** What every template may call. @see Go `text/template`, "Functions"; CoreDNS adds parseInt. */
export const FUNCTIONS: Readonly<Record<string, Method>> = {
  and: (...values) => values.find((value) => !isTrue(value)) ?? values.at(-1),
  or: (...values) => values.find(isTrue) ?? values.at(-1),
  not: (value) => !isTrue(value),
  eq: (first, ...others) => {
    if (others.length === 0) throw new GoTemplateError('missing argument for comparison');
    return others.some((other) => compare(first, other) === 0);
  },
  ne: (a, b) => compare(a, b) !== 0,
  lt: (a, b) => compare(a, b) < 0,
  le: (a, b) => compare(a, b) <= 0,
  gt: (a, b) => compare(a, b) > 0,
  ge: (a, b) => compare(a, b) >= 0,
  len: (value) => {
    if (typeof value === 'string') return BigInt(Buffer.byteLength(value));
    if (isList(value)) return BigInt(value.length);
    if (isMap(value)) return BigInt(value.size);
    throw new GoTemplateError(`len of ${print(value)}`);
  },
  index: (value, ...keys) => keys.reduce(indexOf, value),
  slice: (value, ...bounds) => sliceOf(value, bounds.map(toInteger).map(Number)),
  print: (...values) => joinPrinted(values),
  println: (...values) => `${values.map(print).join(' ')}\n`,
  printf: (pattern, ...values) => format(toText(pattern), values),
  urlquery: (...values) => encodeURIComponent(joinPrinted(values)).replaceAll('%20', '+'),
  parseInt: (text, base, bits) => parseUnsigned(toText(text), toInteger(base), toInteger(bits)),
};

/** A blank stands between two values of which neither is text. */
function joinPrinted(values: readonly Value[]): string {
  return values
    .map((value, index) => {
      const isApart =
        index > 0 && typeof value !== 'string' && typeof values[index - 1] !== 'string';
      return (isApart ? ' ' : '') + print(value);
    })
    .join('');
}

function compare(a: Value, b: Value): Order {
  const isComparable = typeof a === typeof b && typeof a !== 'object' && typeof b !== 'object';
  if (!isComparable || a === undefined || b === undefined)
    throw new GoTemplateError(`incompatible types for comparison: ${print(a)}, ${print(b)}`);
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function indexOf(value: Value, key: Value): Value {
  if (isMap(value)) return value.get(toText(key)) ?? '';
  const at = Number(toInteger(key));
  const isText = typeof value === 'string';
  if (!isList(value) && !isText) throw new GoTemplateError(`can't index ${print(value)}`);
  const items = isText ? [...Buffer.from(value)].map(BigInt) : value;
  if (at < 0 || at >= items.length) throw new GoTemplateError(`index out of range: ${at}`);
  return items[at];
}

function sliceOf(value: Value, [start = 0, end]: readonly number[]): Value {
  if (typeof value !== 'string' && !isList(value))
    throw new GoTemplateError(`can't slice ${print(value)}`);
  const length = typeof value === 'string' ? Buffer.byteLength(value) : value.length;
  const last = end ?? length;
  if (start < 0 || start > last || last > length)
    throw new GoTemplateError(`index out of range: ${start}:${last}`);
  return typeof value === 'string'
    ? Buffer.from(value).subarray(start, last).toString()
    : value.slice(start, last);
}

/** @see Go `strconv.ParseUint` */
function parseUnsigned(text: string, base: bigint, bits: bigint): bigint {
  const radix = Number(base === 0n ? 10n : base);
  const digits = '0123456789abcdefghijklmnopqrstuvwxyz'.slice(0, radix);
  const lower = text.toLowerCase();
  if (
    radix < 2 ||
    radix > 36 ||
    lower === '' ||
    Array.from(lower).some((digit) => !digits.includes(digit))
  )
    throw new GoTemplateError(`parsing "${text}": invalid syntax`);
  let value = 0n;
  for (const digit of lower) value = value * BigInt(radix) + BigInt(digits.indexOf(digit));
  const limit = bits === 0n ? 64n : bits;
  if (limit < 0n || limit > 64n) throw new GoTemplateError(`invalid bit size ${bits}`);
  if (value >= 1n << limit) throw new GoTemplateError(`parsing "${text}": value out of range`);
  return value;
}
