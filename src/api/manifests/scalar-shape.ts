import type { ScalarName, Shape } from './shape.ts';

/** A scalar as the API decodes it, or what is wrong with it. */
export interface CheckedScalar {
  readonly value: unknown;
  /** In the API's words, without the value. */
  readonly problem?: string;
}

/** Decodes a JSON value as the scalar that a field wants. */
export function checkScalar(value: unknown, name: ScalarName): CheckedScalar {
  return CHECK[name](value);
}

const CHECK: Readonly<Record<ScalarName, (value: unknown) => CheckedScalar>> = {
  string: (value) => (typeof value === 'string' ? { value } : mistyped(value, 'string')),
  boolean: (value) => (typeof value === 'boolean' ? { value } : mistyped(value, 'boolean')),
  number: (value) => (typeof value === 'number' ? { value } : mistyped(value, 'number')),
  int32: (value) => checkInteger(value, 'int32', 'integer'),
  int64: (value) => checkInteger(value, 'int64', 'integer'),
  'int-or-string': (value) =>
    typeof value === 'string' ? { value } : checkInteger(value, 'int32', 'integer or string'),
  quantity: checkQuantity,
  base64: checkBase64,
  time: checkTime,
};

/** What Go makes of a JSON null in a map or a list. */
export function zeroOf(shape: Shape): unknown {
  switch (shape.kind) {
    case 'any':
      return null;
    case 'array':
      return [];
    case 'map':
    case 'struct':
      return {};
    case 'scalar':
      return ZERO[shape.name];
    default:
      return shape satisfies never;
  }
}

const ZERO: Readonly<Record<ScalarName, unknown>> = {
  string: '',
  int32: 0,
  int64: 0,
  number: 0,
  boolean: false,
  'int-or-string': 0,
  quantity: '0',
  base64: '',
  time: null,
};

/** JSON's name of a value's type, with integers told apart. */
export function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (Number.isInteger(value)) return 'integer';
  return typeof value;
}

function mistyped(value: unknown, expected: string): CheckedScalar {
  return { value, problem: `must be of type ${expected}, found ${typeName(value)}` };
}

function checkInteger(value: unknown, name: 'int32' | 'int64', expected: string): CheckedScalar {
  if (typeof value !== 'number' || !Number.isInteger(value)) return mistyped(value, expected);
  const limit = name === 'int32' ? 2 ** 31 : 2 ** 63;
  if (value >= -limit && value < limit) return { value };
  return { value, problem: `must fit into ${name}` };
}

const QUANTITY =
  /^[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[numkMGTPE]|[KMGTPE]i|[eE][-+]?[0-9]+)?$/;

/** A number is a quantity too, and is kept as text like all of them. */
function checkQuantity(value: unknown): CheckedScalar {
  if (typeof value === 'number') return { value: String(value) };
  if (typeof value !== 'string') return mistyped(value, 'string or number');
  if (QUANTITY.test(value)) return { value };
  const problem =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
  return { value, problem };
}

/** Go's standard encoding: padded, line breaks ignored. */
function checkBase64(value: unknown): CheckedScalar {
  if (typeof value !== 'string') return mistyped(value, 'string');
  const compact = value.includes('\n') ? value.replaceAll(/[\r\n]/g, '') : value;
  if (compact.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(compact)) return { value };
  const wrong = compact.search(/[^A-Za-z0-9+/]/);
  const at = wrong === -1 ? compact.length - (compact.length % 4) : wrong;
  return { value, problem: `illegal base64 data at input byte ${at}` };
}

const RFC3339 =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:[.,]\d+)?(?:Z|[-+]\d{2}:\d{2})$/;

function checkTime(value: unknown): CheckedScalar {
  if (typeof value !== 'string') return mistyped(value, 'string');
  if (RFC3339.test(value)) return { value };
  return { value, problem: 'must be a time such as "2026-01-31T09:00:00Z" (RFC 3339)' };
}
