import { ApiError, invalidOptions, type FieldError } from '../../api/index.ts';

/** A whole number of the query; 0 where it is absent. @throws ApiError BadRequest for anything else. */
export function numberParameter(query: URLSearchParams, name: string): number {
  const text = query.get(name) ?? '';
  if (text === '') return 0;
  if (/^-?\d{1,15}$/.test(text)) return Number(text);
  throw new ApiError(
    'BadRequest',
    `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`,
  );
}

const MAX_MANAGER = 128;
/** Printable ASCII, none of it too long: what managers are called. */
const PLAIN_MANAGER = /^[ -~]{0,128}$/;

/**
 * What writes have in common: `fieldManager`, `dryRun`, `fieldValidation`.
 *
 * @param errors What is wrong besides. @throws ApiError Invalid. @see apimachinery `ValidatePatchOptions`
 */
export function checkWriteOptions(
  query: URLSearchParams,
  options: string,
  errors: readonly FieldError[] = [],
): void {
  const all = [
    ...errors,
    ...managerErrors(query),
    ...dryRunErrors(query),
    ...validationErrors(query),
  ];
  if (all.length > 0) throw invalidOptions(options, all);
}

/** Of a field manager that cannot be written down. @see apimachinery `ValidateFieldManager` */
function managerErrors(query: URLSearchParams): readonly FieldError[] {
  const manager = query.get('fieldManager') ?? '';
  if (PLAIN_MANAGER.test(manager)) return [];
  const errors: FieldError[] = [];
  const field = 'fieldManager';
  if (Buffer.byteLength(manager) > MAX_MANAGER) {
    const message = `Too long: may not be more than ${MAX_MANAGER} bytes`;
    errors.push({ type: 'TooLong', field, message });
  }
  const shown = JSON.stringify(manager)
    .replaceAll('\\u0007', '\\a')
    .replaceAll('\\u000b', '\\v')
    .replaceAll(/\\u00([0-9a-f]{2})/g, '\\x$1');
  for (const [at, letter] of Array.from(manager).entries()) {
    if (/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(letter)) continue;
    const code = (letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    const message = `Invalid value: ${shown}: invalid character U+${code} (at position ${at})`;
    errors.push({ type: 'Invalid', field, message });
  }
  return errors;
}

const VALIDATIONS = ['', 'Ignore', 'Strict', 'Warn'];

function validationErrors(query: URLSearchParams): readonly FieldError[] {
  const mode = query.get('fieldValidation') ?? '';
  if (VALIDATIONS.includes(mode)) return [];
  const supported = VALIDATIONS.map((value) => JSON.stringify(value)).join(', ');
  const message = `Unsupported value: ${JSON.stringify(mode)}: supported values: ${supported}`;
  return [{ type: 'NotSupported', field: 'fieldValidation', message }];
}

function dryRunErrors(query: URLSearchParams): readonly FieldError[] {
  const values = query.getAll('dryRun');
  if (values.every((value) => value === 'All')) return [];
  const message = `Unsupported value: ${JSON.stringify(values)}: supported values: "All"`;
  return [{ type: 'NotSupported', field: 'dryRun', message }];
}

/** Go's reading of a boolean parameter: absent, `0` and `false` are false, everything else is true. */
export function isSet(query: URLSearchParams, name: string): boolean {
  const text = query.get(name);
  return text !== null && !['0', 'false', 'False', 'FALSE', 'f', 'F'].includes(text);
}

/**
 * Whether a write is only tried.
 *
 * @throws ApiError Invalid for another value than `All`.
 */
export function isDryRun(query: URLSearchParams, options: string): boolean {
  const errors = dryRunErrors(query);
  if (errors.length > 0) throw invalidOptions(options, errors);
  return query.has('dryRun');
}
