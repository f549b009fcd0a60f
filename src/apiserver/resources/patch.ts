import {
  ApiError,
  isJsonObject,
  jsonPatch,
  mergePatch,
  notFound,
  schemaOfKind,
  strategicMergePatch,
  type JsonObject,
  type KubeObject,
} from '../../api/index.ts';
import { mediaTypeOf } from '../body.ts';
import { apiVersionOf, type ApiContext, type Target } from '../context.ts';
import { toStored, toVersion } from '../convert.ts';
import type { ApiRequest } from '../request.ts';
import { judgeFields } from './field-validation.ts';
import { isDryRun } from './parameters.ts';

/** What a patch came to. */
export interface Patched {
  readonly object: KubeObject;
  /** 201 when an apply made the object. */
  readonly status: 200 | 201;
  readonly warnings: readonly string[];
}

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC_MERGE_PATCH = 'application/strategic-merge-patch+json';
const APPLY_PATCH = 'application/apply-patch+yaml';

/**
 * Carries out a PATCH of any of the API's types.
 *
 * @throws ApiError NotFound, UnsupportedMediaType, BadRequest for a patch that cannot be read, and what a write throws.
 */
export async function patchObject(
  request: ApiRequest,
  target: Target,
  context: ApiContext,
): Promise<Patched> {
  const isTried = isDryRun(request.query, 'PatchOptions');
  const { definition, version, namespace, name = '', subresource } = target;
  const stored = context.store.get<string>(definition.name, namespace, name);
  if (stored === undefined) throw notFound(definition, name);
  const old = toVersion(stored, definition, version);
  const value = applyPatch(old, request, target);
  const warnings = judgeFields({ value, complaints: [] }, target, request);
  const isPart = subresource === 'status' || subresource === 'finalize';
  const object = context.store.update(toStored(value, definition, version), {
    isDryRun: isTried,
    ...(isPart && { subresource }),
  });
  return { object, status: 200, warnings };
}

/** `old` as the patch in `request` leaves it. @throws ApiError UnsupportedMediaType, BadRequest. */
export function applyPatch(old: KubeObject, request: ApiRequest, target: Target): KubeObject {
  const isCustom = target.definition.origin !== 'builtin';
  const type = mediaTypeOf(request);
  const json = old as unknown as JsonObject;
  switch (type) {
    case JSON_PATCH:
      return patched(jsonPatch(json, readPatch(request)));
    case MERGE_PATCH:
      return patched(mergePatch(json, readObjectPatch(request)));
    case STRATEGIC_MERGE_PATCH: {
      if (isCustom) break;
      const schema = schemaOfKind(apiVersionOf(target), target.definition.kind);
      return patched(strategicMergePatch(json, readObjectPatch(request), schema));
    }
    default:
  }
  const accepted = [
    JSON_PATCH,
    MERGE_PATCH,
    ...(isCustom ? [] : [STRATEGIC_MERGE_PATCH]),
    APPLY_PATCH,
  ];
  throw new ApiError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );
}

/** The store reads the fields' types. */
function patched(value: unknown): KubeObject {
  if (!isJsonObject(value)) throw new ApiError('BadRequest', 'the patch does not leave an object');
  return value as unknown as KubeObject;
}

function readPatch({ body }: ApiRequest): unknown {
  try {
    return JSON.parse(body.toString());
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ApiError('BadRequest', `error decoding patch: ${why}`);
  }
}

function readObjectPatch(request: ApiRequest): JsonObject {
  const value = readPatch(request);
  if (isJsonObject(value)) return value;
  throw new ApiError('BadRequest', 'error decoding patch: the patch is no JSON object');
}
