import { ApiError } from '../errors.ts';
import { formatGo } from './format-go.ts';
import { getField, type JsonObject } from './json.ts';

/** The key of an item. @throws ApiError InternalError, which is what the API server answers, when it lacks it. */
export function keyOf(item: JsonObject, mergeKey: string): unknown {
  const key = getField(item, mergeKey);
  if (key !== undefined) return key;
  throw new ApiError(
    'InternalError',
    `map: ${formatGo(item)} does not contain declared merge key: ${mergeKey}`,
  );
}
