import { ApiError, invalidOptions } from '../../api/index.ts';
import { isSet } from './parameters.ts';

type Refusal = readonly [field: string, type: 'NotSupported' | 'Forbidden', message: string];

/**
 * Refuses combinations of a list's or a watch's options that mean nothing.
 *
 * @throws ApiError Invalid with a cause a field, BadRequest for a version beside a continue token.
 * @see apimachinery `pkg/apis/meta/internalversion/validation`
 */
export function checkListOptions(query: URLSearchParams, isWatch: boolean): void {
  const refusals = isWatch ? watchRefusals(query) : listRefusals(query);
  const causes = refusals.map(([field, type, message]) => ({ field, type, message }));
  if (causes.length > 0) throw invalidOptions('ListOptions', causes);
  const revision = query.get('resourceVersion') ?? '';
  if (!isWatch && textOf(query, 'continue') !== '' && revision !== '' && revision !== '0')
    throw new ApiError(
      'BadRequest',
      'specifying resource version is not allowed when using continue',
    );
}

const MATCH = 'resourceVersionMatch';

function listRefusals(query: URLSearchParams): readonly Refusal[] {
  const match = textOf(query, MATCH);
  const refusals: Refusal[] = [];
  if (match !== '') refusals.push(...matchRefusals(query, match));
  if (query.has('sendInitialEvents'))
    refusals.push([
      'sendInitialEvents',
      'Forbidden',
      'Forbidden: sendInitialEvents is forbidden for list',
    ]);
  return refusals;
}

function matchRefusals(query: URLSearchParams, match: string): readonly Refusal[] {
  const revision = textOf(query, 'resourceVersion');
  const refusals: Refusal[] = [];
  const forbid = (why: string): void => {
    refusals.push([MATCH, 'Forbidden', `Forbidden: ${why}`]);
  };
  if (revision === '')
    forbid('resourceVersionMatch is forbidden unless resourceVersion is provided');
  if (textOf(query, 'continue') !== '')
    forbid('resourceVersionMatch is forbidden when continue is provided');
  if (match !== 'Exact' && match !== 'NotOlderThan')
    refusals.push([
      MATCH,
      'NotSupported',
      `Unsupported value: ${JSON.stringify(match)}: supported values: "Exact", "NotOlderThan", ""`,
    ]);
  if (match === 'Exact' && revision === '0')
    forbid('resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
  return refusals;
}

function watchRefusals(query: URLSearchParams): readonly Refusal[] {
  const match = textOf(query, MATCH);
  const refusals: Refusal[] = [];
  const forbid = (why: string): void => {
    refusals.push([MATCH, 'Forbidden', `Forbidden: ${why}`]);
  };
  if (isSet(query, 'sendInitialEvents') && match !== 'NotOlderThan')
    forbid('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  if (query.has('sendInitialEvents') && match !== '' && match !== 'NotOlderThan')
    refusals.push([
      MATCH,
      'NotSupported',
      `Unsupported value: ${JSON.stringify(match)}: supported values: "NotOlderThan"`,
    ]);
  if (!query.has('sendInitialEvents') && match !== '')
    forbid('resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided');
  return refusals;
}

const textOf = (query: URLSearchParams, name: string): string => query.get(name) ?? '';
