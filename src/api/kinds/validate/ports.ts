import type { FieldError } from '../../errors.ts';
import type { IntOrString } from '../../types.ts';
import { invalid, invalidEach } from './field-errors.ts';
import { checkPortName } from './names.ts';

/** Transport protocols, as the API lists them. */
export const PROTOCOLS: readonly string[] = ['SCTP', 'TCP', 'UDP'];

export const PORT_RANGE_PROBLEM = 'must be between 1 and 65535, inclusive';

/** A port number. */
export function validatePortNumber(field: string, value: number): readonly FieldError[] {
  return value >= 1 && value <= 65535 ? [] : [invalid(field, value, PORT_RANGE_PROBLEM)];
}

/** A port number or the name of a container's port. */
export function validatePortOrName(field: string, value: IntOrString): readonly FieldError[] {
  return typeof value === 'number'
    ? validatePortNumber(field, value)
    : invalidEach(field, value, checkPortName(value));
}
