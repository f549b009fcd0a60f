import { ApiError, invalidOptions } from '../../api/index.ts';

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

/** @throws ApiError Invalid for a field manager that cannot be written down. @see `ValidateFieldManager` */
export function checkFieldManager(query: URLSearchParams, options: string): void {
  const manager = query.get('fieldManager') ?? '';
  const errors: string[] = [];
  if (manager.length > MAX_MANAGER)
    errors.push(`Too long: may not be more than ${MAX_MANAGER} bytes`);
  const letters = Array.from(manager);
  const at = letters.findIndex((letter) => !/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(letter));
  if (at !== -1) {
    const code = (letters[at]?.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    const shown = JSON.stringify(manager).replaceAll(/\\u00([0-9a-f]{2})/g, '\\x$1');
    errors.push(`Invalid value: ${shown}: invalid character U+${code} (at position ${at})`);
  }
  const [message] = errors;
  if (message === undefined) return;
  const type = message.startsWith('Too') ? 'TooLong' : 'Invalid';
  throw invalidOptions(options, [{ type, field: 'fieldManager', message }]);
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
  const values = query.getAll('dryRun').filter((value) => value !== '');
  const wrong = values.find((value) => value !== 'All');
  if (wrong === undefined) return values.length > 0;
  const message = `Unsupported value: ${JSON.stringify(values)}: supported values: "All"`;
  throw invalidOptions(options, [{ type: 'NotSupported', field: 'dryRun', message }]);
}
