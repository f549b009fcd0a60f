import { deepEqual } from '../../deep-equal.ts';
import type { FieldError } from '../../errors.ts';
import { forbidden, invalid, invalidEach, tooLong } from './field-errors.ts';
import { checkConfigKey } from './names.ts';

const MAX_BYTES = 1_048_576;
const IMMUTABLE = 'field is immutable when `immutable` is set';
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Values by key, as ConfigMaps and Secrets hold them. */
export type KeyValues = Readonly<Record<string, string>>;

/** Keys can be names of files. */
export function validateKeys(field: string, values: KeyValues = {}): readonly FieldError[] {
  return Object.keys(values).flatMap((key) =>
    invalidEach(`${field}[${key}]`, key, checkConfigKey(key)),
  );
}

/** Values are base64. */
export function validateBase64(field: string, values: KeyValues = {}): readonly FieldError[] {
  return Object.entries(values).flatMap(([key, value]) =>
    isBase64(value) ? [] : [invalid(`${field}[${key}]`, '<omitted>', 'illegal base64 data')],
  );
}

/** Whether `value` is base64 in whole quadruples; line breaks are let through. */
function isBase64(value: string): boolean {
  return BASE64.test(value.replaceAll(/[\r\n]/g, ''));
}

/** All values together take at most a mebibyte. */
export function validateSize(field: string, sizeBytes: number): readonly FieldError[] {
  return sizeBytes > MAX_BYTES ? [tooLong(field, MAX_BYTES)] : [];
}

interface Freezable {
  readonly immutable?: boolean;
}

/** What was declared immutable stays as it is, and stays immutable. */
export function validateFrozen<T extends Freezable>(
  object: T,
  old: T,
  fields: readonly (keyof T & string)[],
): readonly FieldError[] {
  if (old.immutable !== true) return [];
  const isEmpty = (value: unknown): boolean => Object.keys(value ?? {}).length === 0;
  const isSame = (field: keyof T): boolean =>
    (isEmpty(object[field]) && isEmpty(old[field])) || deepEqual(object[field], old[field]);
  return [
    ...(object.immutable === true ? [] : [forbidden('immutable', IMMUTABLE)]),
    ...fields.filter((field) => !isSame(field)).map((field) => forbidden(field, IMMUTABLE)),
  ];
}
