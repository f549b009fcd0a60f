import {
  ApiError,
  formatGo,
  isJsonObject,
  schemaOfKind,
  type JsonObject,
  type KubeObject,
  type loadPatches,
} from '../../api/index.ts';
import { mediaTypeOf } from '../body.ts';
import { apiVersionOf, type Target } from '../context.ts';
import type { ApiRequest } from '../request.ts';
import { asTyped, type TypedBody } from '../typed-body.ts';
import { complaintsOf, validationMode } from './field-validation.ts';
import {
  fieldsOf,
  JSON_PATCH,
  readPatch,
  STRATEGIC_MERGE_PATCH,
  type PatchBody,
} from './patch-body.ts';

/** What a patch made of an object. */
export interface PatchedObject {
  readonly object: KubeObject;
  /** Texts for `Warning` headers. */
  readonly warnings: readonly string[];
}

/** What is patched, with what was loaded for it. */
export interface PatchTarget {
  readonly target: Target;
  readonly patches: Awaited<ReturnType<typeof loadPatches>>;
}

/**
 * `old` as the patch in `request`, which is no server-side apply, leaves it.
 *
 * @throws ApiError BadRequest for a patch that cannot be read, Invalid for one that cannot be applied or leaves what is no
 *   object of the kind.
 */
export function patchedObject(
  old: KubeObject,
  request: ApiRequest,
  { target, patches }: PatchTarget,
): PatchedObject {
  const patch = readPatch(request);
  const left = applied(old, patch, { request, target, patches });
  const typed = readPatched(left, patch, { request, target, patches });
  const mode = validationMode(request.query);
  const told = mode === 'Ignore' ? [] : [...patch.complaints, ...complaintsOf(typed, target)];
  if (mode === 'Strict' && told.length > 0) {
    const why = `strict decoding error: ${told.join(', ')}`;
    throw invalidPatch(shownIn(request, left, patch), why);
  }
  return { object: typed.value, warnings: told };
}

interface PatchWay extends PatchTarget {
  readonly request: ApiRequest;
}

function applied(
  old: KubeObject,
  patch: PatchBody,
  { request, target, patches }: PatchWay,
): JsonObject {
  const { jsonPatch, mergePatch, strategicMergePatch } = patches;
  const json = old as unknown as JsonObject; // the API's objects are JSON
  const type = mediaTypeOf(request);
  if (type === JSON_PATCH) return asFields(jsonPatch(json, patch.value));
  if (type !== STRATEGIC_MERGE_PATCH) return asFields(mergePatch(json, patch.value));
  const { kind } = target.definition;
  const apiVersion = apiVersionOf(target);
  const merged = strategicMergePatch(json, fieldsOf(patch), schemaOfKind(apiVersion, kind));
  // It is put into the kind's struct, whatever it says that it is.
  const isNamed = isTextOrAbsent(merged['apiVersion']) && isTextOrAbsent(merged['kind']);
  return isNamed ? { ...merged, apiVersion, kind } : merged;
}

const isTextOrAbsent = (value: unknown): boolean =>
  value === undefined || value === null || typeof value === 'string';

function asFields(value: unknown): JsonObject {
  if (isJsonObject(value)) return value;
  throw invalidPatch(JSON.stringify(value), `couldn't get version/kind; json parse error`);
}

/** What a patch left, as its kind's struct. @throws ApiError Invalid where the struct cannot hold it. */
function readPatched(left: JsonObject, patch: PatchBody, { request, target }: PatchWay): TypedBody {
  try {
    return asTyped({ value: left, complaints: [] }, target);
  } catch (error) {
    const isWrong =
      error instanceof ApiError && / cannot be handled as a |^the API version/.test(error.message);
    if (!isWrong) throw error;
    const why = error.message.replace(/^.*? cannot be handled as a \w+: /, '');
    const isStrategic = mediaTypeOf(request) === STRATEGIC_MERGE_PATCH;
    throw invalidPatch(shownIn(request, left, patch), isStrategic ? structProblem(why) : why);
  }
}

function shownIn(request: ApiRequest, left: JsonObject, patch: PatchBody): string {
  return mediaTypeOf(request) === STRATEGIC_MERGE_PATCH
    ? formatGo(patch.value)
    : JSON.stringify(left);
}

/** What of JSON goes into a struct field by field is refused in words of its own. @see apimachinery `fromUnstructured` */
export function structProblem(why: string): string {
  if (why.startsWith('illegal base64')) return `error decoding from json: ${why}`;
  const [, got = '', wanted = ''] = /cannot unmarshal (\S+) .*of type (\S+)$/.exec(why) ?? [];
  if (wanted === '') return why;
  const sort = SORTS[got] ?? got;
  if (wanted.startsWith('map[')) return `cannot restore map from ${sort}`;
  if (wanted.startsWith('[]')) return `cannot restore slice from ${sort}`;
  // Texts have types with names of their own, but nobody has an object for what is a struct.
  const isScalar = /^(string|bool|u?int\d*|float\d*)$/.test(wanted) || got === 'object';
  return isScalar ? scalarProblem(sort, wanted) : `cannot restore struct from: ${sort}`;
}

function scalarProblem(sort: string, wanted: string): string {
  const isText = !/^(bool|u?int|float)/.test(wanted);
  if (sort === 'int64' && isText) return `cannot convert int64 to ${wanted}`;
  return `unrecognized type: ${isText ? 'string' : wanted}`;
}

const SORTS: Readonly<Record<string, string>> = {
  object: 'map',
  array: 'slice',
  number: 'int64',
};

function invalidPatch(shown: string, why: string): ApiError {
  const message = `Invalid value: ${JSON.stringify(shown)}: ${why}`;
  return new ApiError('Invalid', ` "" is invalid: patch: ${message}`, {
    causes: [{ type: 'Invalid', field: 'patch', message }],
    details: {},
  });
}
