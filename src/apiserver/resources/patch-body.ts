import { ApiError, isJsonObject, type FieldError, type JsonObject } from '../../api/index.ts';
import { mediaTypeOf } from '../body.ts';
import type { Target } from '../context.ts';
import type { ApiRequest } from '../request.ts';
import { duplicateFields } from '../strict-json.ts';
import { checkWriteOptions } from './parameters.ts';

export const JSON_PATCH = 'application/json-patch+json';
export const MERGE_PATCH = 'application/merge-patch+json';
export const STRATEGIC_MERGE_PATCH = 'application/strategic-merge-patch+json';
export const APPLY_PATCH = 'application/apply-patch+yaml';

/** @throws ApiError UnsupportedMediaType for a body that is no patch of the target, before anybody looks at it. */
export function checkPatchType(request: ApiRequest, { definition }: Target): void {
  // Letters are compared as they are, other than for the bodies of other requests.
  const [type = ''] = (request.headers['content-type'] ?? '').split(';', 1);
  const isCustom = definition.origin !== 'builtin';
  const accepted = [JSON_PATCH, MERGE_PATCH, APPLY_PATCH];
  if (accepted.includes(type) || (!isCustom && type === STRATEGIC_MERGE_PATCH)) return;
  if (!isCustom)
    throw new ApiError('UnsupportedMediaType', '415: Unsupported Media Type', { details: {} });
  throw new ApiError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );
}

/** @throws ApiError Invalid for options that cannot be taken, or not by patches of this type. */
export function checkPatchOptions(request: ApiRequest): void {
  const { query } = request;
  const errors: FieldError[] = [];
  if (mediaTypeOf(request) === APPLY_PATCH) {
    const message = 'Required value: is required for apply patch';
    if ((query.get('fieldManager') ?? '') === '')
      errors.push({ type: 'Required', field: 'fieldManager', message });
  } else if (query.has('force')) {
    const message = 'Forbidden: may not be specified for non-apply patch';
    errors.push({ type: 'Forbidden', field: 'force', message });
  }
  checkWriteOptions(query, 'PatchOptions', errors);
}

/** A patch as it was sent. */
export interface PatchBody {
  /** A list of operations, or null, for a JSON patch. */
  readonly value: unknown;
  /** What `fieldValidation` tells of the patch itself. */
  readonly complaints: readonly string[];
}

/** Reads a patch that is no configuration. @throws ApiError BadRequest. */
export function readPatch(request: ApiRequest): PatchBody {
  const type = mediaTypeOf(request);
  const text = request.body.toString();
  const isStrategic = type === STRATEGIC_MERGE_PATCH;
  const value = parse(text, isStrategic ? '' : 'error decoding patch: ');
  const repeated = duplicateFields(text);
  if (type === JSON_PATCH) {
    if (request.query.get('fieldValidation') !== 'Ignore') checkOperations(value);
    const complaints = [...unknownMembers(value), ...repeated];
    return { value, complaints: complaints.map((complaint) => `json patch ${complaint}`) };
  }
  if (value === null && !isStrategic) throw new ApiError('BadRequest', 'Invalid JSON Patch');
  if (value !== null && !isJsonObject(value))
    throw mistyped(value, 'value of type map[string]interface {}', isStrategic ? '' : undefined);
  return { value: value ?? {}, complaints: repeated };
}

function parse(text: string, prefix: string): unknown {
  const broken = (why: string): ApiError => new ApiError('BadRequest', `${prefix}${why}`);
  if (text.trim() === '') throw broken('unexpected end of JSON input');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw broken(error instanceof Error ? error.message : String(error));
  }
}

function mistyped(value: unknown, where: string, prefix = 'error decoding patch: '): ApiError {
  const got = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  return new ApiError('BadRequest', `${prefix}json: cannot unmarshal ${got} into Go ${where}`);
}

const MEMBERS = ['op', 'path', 'from'];

/** @throws ApiError BadRequest for what is no list of operations. */
function checkOperations(value: unknown): void {
  if (value === null) return;
  if (!Array.isArray(value)) throw mistyped(value, 'value of type []handlers.jsonPatchOp');
  for (const operation of value as readonly unknown[]) {
    if (operation === null) continue;
    if (!isJsonObject(operation)) throw mistyped(operation, 'value of type handlers.jsonPatchOp');
    for (const [name, member] of Object.entries(operation))
      if (MEMBERS.includes(name) && member !== null && typeof member !== 'string')
        throw mistyped(member, `struct field jsonPatchOp.${name} of type string`);
  }
}

function unknownMembers(value: unknown): readonly string[] {
  const operations: readonly unknown[] = Array.isArray(value) ? value : [];
  return operations.flatMap((operation, index) =>
    Object.keys(isJsonObject(operation) ? operation : {})
      .filter((name) => !MEMBERS.includes(name) && name !== 'value')
      .map((name) => `unknown field ${JSON.stringify(`[${index}].${name}`)}`),
  );
}

/** The fields of a patch that is no list of operations. */
export function fieldsOf({ value }: PatchBody): JsonObject {
  return isJsonObject(value) ? value : {};
}
