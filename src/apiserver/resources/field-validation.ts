import {
  ApiError,
  checkShape,
  pruneObject,
  type JsonObject,
  type KubeObject,
} from '../../api/index.ts';
import type { Target } from '../context.ts';
import type { TypedBody } from '../typed-body.ts';
import type { ApiRequest } from '../request.ts';

/**
 * What `fieldValidation` asks for: nothing, warnings, or a refusal of unknown and repeated fields.
 *
 * @returns texts for `Warning` headers. @throws ApiError BadRequest under `Strict`.
 */
export function judgeFields(
  typed: TypedBody,
  target: Target,
  { query }: ApiRequest,
): readonly string[] {
  const mode = validationMode(query);
  if (mode === 'Ignore') return [];
  const all = complaintsOf(typed, target);
  if (all.length === 0 || mode !== 'Strict') return all;
  const { kind } = target.definition;
  throw new ApiError(
    'BadRequest',
    `${kind} in version "${target.version}" cannot be handled as a ${kind}: strict decoding error: ${all.join(', ')}`,
  );
}

/** What is unknown or repeated in a body. */
export function complaintsOf(
  { value, complaints, isPruned }: TypedBody,
  { definition, version }: Target,
): readonly string[] {
  if (isPruned) return complaints;
  const unknown = unknownFields(value, { definition, version });
  return [...unknown.map((field) => `unknown field ${JSON.stringify(field)}`), ...complaints];
}

/** What `fieldValidation` says. */
export function validationMode(query: URLSearchParams): string {
  return query.get('fieldValidation') || 'Warn';
}

/**
 * What `fieldValidation` asks for of a server-side apply: unknown fields are refused in every mode, later, where the
 * configuration meets its schema.
 *
 * @throws ApiError BadRequest for repeated keys under `Strict`.
 */
export function judgeApplied(
  complaints: readonly string[],
  { query }: ApiRequest,
): readonly string[] {
  const mode = validationMode(query);
  if (mode === 'Ignore' || complaints.length === 0) return [];
  const text = `error converting YAML to JSON: ${complaints.join(', ')}`;
  if (mode === 'Warn') return [text];
  throw new ApiError('BadRequest', `error strict decoding YAML: ${text}`);
}

function unknownFields(
  object: KubeObject,
  { definition, version }: Pick<Target, 'definition' | 'version'>,
): readonly string[] {
  const schema = definition.schemas?.[version];
  const own = checkShape(object).unknown.map(({ field }) => field);
  if (typeof schema !== 'object' || schema === null) return own;
  // The API's objects are JSON, and definitions hold structural schemas.
  const json = object as unknown as JsonObject;
  return [...own, ...pruneObject(json, schema).unknown];
}
