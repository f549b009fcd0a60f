import { ApiError } from '../../api/index.ts';

/** A whole number of the query; 0 where it is absent. @throws ApiError BadRequest for anything else. */
export function numberParameter(query: URLSearchParams, name: string): number {
  const text = query.get(name) ?? '';
  if (text === '') return 0;
  if (/^-?\d{1,15}$/.test(text)) return Number(text);
  throw new ApiError(
    'BadRequest',
    `unable to decode query parameter ${name}: strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`,
  );
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
  const message = `Unsupported value: ${JSON.stringify(wrong)}: supported values: "All"`;
  throw new ApiError('Invalid', `${options}.meta.k8s.io "" is invalid: dryRun: ${message}`, {
    causes: [{ type: 'NotSupported', field: 'dryRun', message }],
    details: { group: 'meta.k8s.io', kind: options },
  });
}
