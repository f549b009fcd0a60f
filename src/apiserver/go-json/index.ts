/** Bodies of built-in kinds as Go reads JSON into their structs, and writes them again. */
import { ApiError, type JsonObject } from '../../api/index.ts';
import { goTypeOf } from '../protobuf/index.ts';
import { Problem, type Place } from './place.ts';
import { readerOf } from './reader.ts';

export { MAX_COMPLAINTS } from './place.ts';

/** An object as its struct holds it. */
export interface ReadObject {
  readonly value: JsonObject;
  /** Fields that the struct does not have, as `unknown field "spec.x"`, in the order of the body; the first ones. */
  readonly complaints: readonly string[];
}

/**
 * `value` as it is once it was read into the struct of its kind: without unknown fields, without the zeroes that JSON
 * leaves out, quantities in their one form. The value itself where nothing changes.
 *
 * @returns undefined for a kind that no struct is known of.
 * @throws ApiError BadRequest with Go's words for a value of another type than its field.
 */
export function readGoObject(
  value: JsonObject,
  { apiVersion, kind }: { readonly apiVersion: string; readonly kind: string },
): ReadObject | undefined {
  const type = goTypeOf(apiVersion, kind);
  if (type === undefined) return undefined;
  const place: Place = {
    fields: [],
    strict: [],
    struct: undefined,
    unknown: new Set(),
    error: undefined,
  };
  const read = tryRead(type, value, place);
  if (place.error !== undefined) {
    const version = apiVersion.slice(apiVersion.indexOf('/') + 1);
    throw new ApiError(
      'BadRequest',
      `${kind} in version "${version}" cannot be handled as a ${kind}: ${place.error}`,
    );
  }
  // A struct is read from an object alone.
  return { value: read as JsonObject, complaints: [...place.unknown] };
}

function tryRead(type: string, value: JsonObject, place: Place): unknown {
  try {
    return readerOf(type).read(value, place);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    place.error = error.message;
    return value;
  }
}
