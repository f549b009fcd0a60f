import { ApiError } from '../errors.ts';
import { formatGo, goTypeOf } from './format-go.ts';
import type { JsonObject } from './json.ts';

/** What the API server has no better answer to. */
export function failure(message: string): ApiError {
  return new ApiError('InternalError', message);
}

/** A directive whose value has another form than it must. */
export function badFormat(what: 'retainKeys' | 'setElementOrder list'): ApiError {
  return new ApiError('BadRequest', `invalid patch format of ${what}`);
}

/** A `$patch` that is no directive. */
export function badPatchType(directive: unknown, map: JsonObject): ApiError {
  const shown = typeof directive === 'string' ? directive : `%!s(${verbOf(directive)})`;
  return failure(`unknown patch type: ${shown} in map: ${formatGo(map)}`);
}

function verbOf(value: unknown): string {
  return value === null ? '<nil>' : `${goTypeOf(value)}=${formatGo(value)}`;
}

/** Something in the place of a list or map. */
export function badArgument(expected: string, value: unknown): ApiError {
  return failure(
    `expected a ${expected}, but received a ${value === null ? '%!s(<nil>)' : goTypeOf(value)}`,
  );
}
