import {
  ApiError,
  isJsonObject,
  jsonPatch,
  loadRuleEvaluator,
  mergePatch,
  notFound,
  schemaOfKind,
  strategicMergePatch,
  type JsonObject,
  type KubeObject,
  type UpdateOptions,
} from '../../api/index.ts';
import { admitNew } from '../admission.ts';
import { asObject, checkName, mediaTypeOf } from '../body.ts';
import { apiVersionOf, type ApiContext, type Target } from '../context.ts';
import { toStored, toVersion } from '../convert.ts';
import type { ApiRequest } from '../request.ts';
import { duplicateFields } from '../strict-json.ts';
import { applyConfiguration } from '../managed-fields/index.ts';
import { asTyped } from '../typed-body.ts';
import { judgeApplied, judgeFields } from './field-validation.ts';
import { isDryRun, isSet } from './parameters.ts';
import { trackerOf, writerOf } from './track.ts';

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
  if (mediaTypeOf(request) === APPLY_PATCH) return applyObject(request, target, context);
  const { definition, version, namespace, name = '' } = target;
  const stored = context.store.get<string>(definition.name, namespace, name);
  if (stored === undefined) throw notFound(definition, name);
  const complaints = repeatedFields(request);
  const left = applyPatch(toVersion(stored, definition, version), request, target);
  const typed = asTyped({ value: left, complaints }, target);
  const value = asPatched(typed.value, target);
  const warnings = judgeFields({ ...typed, value }, target, request);
  await loadRuleEvaluator([value]);
  const object = context.store.update(toStored(value, definition, version), {
    isDryRun: isDryRun(request.query, 'PatchOptions'),
    ...partOf(target),
    manage: trackerOf(request, target, context),
  });
  return { object, status: 200, warnings };
}

/** What a patch left, as the object that the path names: it may have taken away, or changed, what says so. */
function asPatched(object: KubeObject, target: Target): KubeObject {
  const { definition, name = '' } = target;
  const given: unknown = object.metadata.name ?? '';
  if (given === '' || given === name) return { ...object, metadata: { ...object.metadata, name } };
  const field = 'metadata.name';
  const message = `Invalid value: ${JSON.stringify(given)}: field is immutable`;
  const { group, kind } = definition;
  throw new ApiError(
    'Invalid',
    `${group === '' ? kind : `${kind}.${group}`} "${name}" is invalid: ${field}: ${message}`,
    {
      causes: [{ type: 'Invalid', field, message }],
      details: { name, ...(group !== '' && { group }), kind },
    },
  );
}

/** What of its object a subresource writes. */
function partOf({ subresource }: Target): Pick<UpdateOptions, 'subresource'> {
  return subresource === 'status' || subresource === 'finalize' ? { subresource } : {};
}

/** Server-side apply. @throws ApiError Conflict, and as `patchObject`. */
async function applyObject(
  request: ApiRequest,
  target: Target,
  context: ApiContext,
): Promise<Patched> {
  const { query, body } = request;
  if ((query.get('fieldManager') ?? '') === '') throw requiredManager();
  const { parseYamlBody } = await import('../yaml-body.ts');
  const { value, complaints } = parseYamlBody(body.toString());
  const config = asObject(value, target);
  checkName(config, target);
  if (config.metadata.managedFields !== undefined)
    throw new ApiError('BadRequest', 'metadata.managedFields must be nil');
  const warnings = judgeApplied(complaints, request);
  await loadRuleEvaluator([config]);
  const { definition, version, namespace, name = '' } = target;
  const stored = context.store.get<string>(definition.name, namespace, name);
  if (stored === undefined && target.subresource !== undefined) throw notFound(definition, name);
  const live = stored === undefined ? undefined : toVersion(stored, definition, version);
  const named = { ...config, metadata: { ...config.metadata, name } };
  const applied = applyConfiguration(
    live,
    { object: named, isForced: isSet(query, 'force') },
    writerOf(request, target, context),
  );
  const options = {
    isDryRun: isDryRun(query, 'PatchOptions'),
    manage: (object: KubeObject): KubeObject => withManagersOf(object, applied),
  };
  // Its managers' sets are of what was applied, with what JSON leaves out.
  const { value: typed } = asTyped({ value: applied, complaints: [] }, target);
  const written = toStored(typed, definition, version);
  const object =
    stored === undefined
      ? context.store.create(written, {
          ...options,
          manage: (complete) => admitNew(options.manage(complete), definition.name),
        })
      : context.store.update(written, { ...options, ...partOf(target) });
  return { object, status: stored === undefined ? 201 : 200, warnings };
}

function withManagersOf(object: KubeObject, { metadata }: KubeObject): KubeObject {
  const { managedFields } = metadata;
  if (managedFields === undefined) return object;
  return { ...object, metadata: { ...object.metadata, managedFields } };
}

function requiredManager(): ApiError {
  const field = 'fieldManager';
  const message = 'Required value: is required for apply patch';
  return new ApiError('Invalid', `PatchOptions.meta.k8s.io "" is invalid: ${field}: ${message}`, {
    causes: [{ type: 'Required', field, message }],
    details: { group: 'meta.k8s.io', kind: 'PatchOptions' },
  });
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

/** Of a patch that is JSON, and not too deep; others are refused where they are read. */
function repeatedFields(request: ApiRequest): readonly string[] {
  readPatch(request);
  return duplicateFields(request.body.toString());
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
