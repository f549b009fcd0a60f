/** How the API words what is wrong with one field. @see apimachinery `util/validation/field` */
import type { FieldError } from '../../errors.ts';
import { invalidField, requiredField } from '../../field-errors.ts';

export {
  forbiddenField as forbidden,
  invalidField as invalid,
  requiredField as required,
} from '../../field-errors.ts';

/** What is wrong; empty when nothing is. */
export type Errors = readonly FieldError[];

/** A value that stands twice where it may stand once. */
export function duplicate(field: string, value: unknown, why = ''): FieldError {
  const reason = why === '' ? '' : `: ${why}`;
  return { type: 'Duplicate', field, message: `Duplicate value: ${show(value)}${reason}` };
}

/** A value outside of an enumeration; the API lists `supported` as given. */
export function notSupported(
  field: string,
  value: unknown,
  supported: readonly string[],
): FieldError {
  const list = supported.map((item) => JSON.stringify(item)).join(', ');
  const message = `Unsupported value: ${show(value)}: supported values: ${list}`;
  return { type: 'NotSupported', field, message };
}

/** Text or data above its limit. */
export function tooLong(field: string, maxBytes: number): FieldError {
  return { type: 'TooLong', field, message: `Too long: may not be more than ${maxBytes} bytes` };
}

/** A list above its limit. */
export function tooMany(field: string, actual: number, max: number): FieldError {
  return {
    type: 'TooMany',
    field,
    message: `Too many: ${actual}: must have at most ${max} ${max === 1 ? 'item' : 'items'}`,
  };
}

/** `invalid` for each of `problems`. */
export function invalidEach(
  field: string,
  value: unknown,
  problems: readonly string[],
): readonly FieldError[] {
  return problems.map((problem) => invalidField(field, value, problem));
}

/** `notSupported` or nothing, for a field that must hold one of `supported`. */
export function oneOf(
  field: string,
  value: string | undefined,
  supported: readonly string[],
): readonly FieldError[] {
  if (value === undefined || value === '') return [requiredField(field)];
  return supported.includes(value) ? [] : [notSupported(field, value, supported)];
}

/** As `oneOf`, for a field that may be absent. */
export function optionalOneOf(
  field: string,
  value: string | undefined,
  supported: readonly string[],
): readonly FieldError[] {
  return value === undefined || supported.includes(value)
    ? []
    : [notSupported(field, value, supported)];
}

/** Go prints an absent value as `null`. */
function show(value: unknown): string {
  return JSON.stringify(value) ?? 'null';
}

/** A reference to something that is not there. */
export function notFoundValue(field: string, value: unknown): FieldError {
  return { type: 'NotFound', field, message: `Not found: ${show(value)}` };
}

/** A number below 0, where the API counts. */
export function validateCount(field: string, value: number | undefined): readonly FieldError[] {
  return value !== undefined && value < 0
    ? [invalidField(field, value, 'must be greater than or equal to 0')]
    : [];
}
