import {
  ApiError,
  invalidField,
  invalidObject,
  invalidOptions,
  isJsonObject,
  jsonPatch,
  loadWarnings,
  mergePatch,
  notFound,
  prepareWrites,
  schemaOfKind,
  strategicMergePatch,
  type JsonObject,
  type KubeObject,
  type UpdateOptions,
} from '../../api/index.ts';
import { admitNew } from '../admission.ts';
import { authorizeCreation } from '../authorization/index.ts';
import { asObject, checkName, mediaTypeOf } from '../body.ts';
import { apiVersionOf, type ApiContext, type Target } from '../context.ts';
import { toStored, toVersion } from '../convert.ts';
import type { ApiRequest } from '../request.ts';
import { duplicateFields } from '../strict-json.ts';
import { applyConfiguration } from '../managed-fields/index.ts';
import { asTyped, type TypedBody } from '../typed-body.ts';
import { carryOut } from './carry-out.ts';
import { Patience } from './patience.ts';
import { judgeApplied, judgeFields } from './field-validation.ts';
import { withOwnersOnce } from './owner-references.ts';
import { checkFieldManager, isDryRun, isSet } from './parameters.ts';
import { guarded, trackerOf, writerOf } from './track.ts';
import { writeRequestOf } from './write-request.ts';

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
  const carryOutPatch = mediaTypeOf(request) === APPLY_PATCH ? applyObject : patchStored;
  const { definition, namespace, name = '' } = target;
  const read = (): KubeObject | undefined =>
    context.store.get<string>(definition.name, namespace, name);
  const patience = new Patience(request);
  for (;;) {
    const before = read();
    try {
      return await carryOutPatch(request, target, { context, patience });
    } catch (error) {
      const isConflict = error instanceof ApiError && error.reason === 'Conflict';
      if (!isConflict || read() === before || patience.triesLeft <= 0) throw error;
    }
  }
}

interface PatchContext {
  readonly context: ApiContext;
  readonly patience: Patience;
}

async function patchStored(
  request: ApiRequest,
  target: Target,
  { context, patience }: PatchContext,
): Promise<Patched> {
  const { definition, version, namespace, name = '' } = target;
  checkPatchType(request, target);
  checkOptions(request);
  const stored = context.store.get<string>(definition.name, namespace, name);
  if (stored === undefined) throw notFound(definition, name);
  const complaints = repeatedFields(request);
  const left = applyPatch(toVersion(stored, definition, version), request, target);
  const typed = readPatched(left, complaints, { request, target });
  const value = asPatched(typed.value, target);
  checkUid(value, stored, target);
  const judged = judgeFields({ ...typed, value }, target, request);
  const once = withOwnersOnce(value, ' after mutating admission happens');
  await Promise.all([prepareWrites([value]), loadWarnings()]);
  const told: string[] = [];
  const options = {
    isDryRun: isDryRun(request.query, 'PatchOptions'),
    request: writeRequestOf(request, { target, store: context.store }, told),
    ...partOf(target),
    manage: trackerOf(request, target, context),
  };
  const written = toStored(once.object, definition, version);
  const object = await carryOut(
    (review) => context.store.update(written, { ...options, ...review }),
    context,
    patience,
  );
  return { object, status: 200, warnings: [...judged, ...once.warnings, ...told] };
}

/** What a patch left, as the object that the path names. @throws ApiError BadRequest for another name. */
function asPatched(object: KubeObject, target: Target): KubeObject {
  checkName(object, target);
  const { name = '' } = target;
  return { ...object, metadata: { ...object.metadata, name } };
}

/** @throws ApiError Invalid where another life of the object is meant. */
function checkUid({ metadata: { uid } }: KubeObject, old: KubeObject, target: Target): void {
  if (uid === undefined || uid === '' || uid === old.metadata.uid) return;
  throw invalidObject(target.definition, old.metadata.name, [
    invalidField('metadata.uid', uid, 'field is immutable'),
  ]);
}

/** What a patch left, as its kind's struct. @throws ApiError Invalid where the struct cannot hold it. */
function readPatched(left: KubeObject, complaints: readonly string[], way: PatchWay): TypedBody {
  const { target, request } = way;
  try {
    const typed = asTyped({ value: left, complaints }, target);
    return typed;
  } catch (error) {
    const isWrong =
      error instanceof ApiError && / cannot be handled as a |^the API version/.test(error.message);
    if (!isWrong) throw error;
    const why = error.message.replace(/^.*? cannot be handled as a \w+: /, '');
    const isMerged = mediaTypeOf(request) === STRATEGIC_MERGE_PATCH;
    const shown = isMerged ? showGo(readPatch(request)) : JSON.stringify(left);
    throw invalidPatch(shown, isMerged ? mergeProblem(why) : why);
  }
}

interface PatchWay {
  readonly request: ApiRequest;
  readonly target: Target;
}

/** A strategic patch is put into the struct field by field, with words of its own. */
function mergeProblem(why: string): string {
  const [, got = '', wanted = ''] = /cannot unmarshal (\S+) .*of type (\S+)$/.exec(why) ?? [];
  if (wanted === '') return why;
  return /^(string|bool|u?int|float)/.test(wanted)
    ? `unrecognized type: ${wanted}`
    : `cannot restore struct from: ${got}`;
}

/** As Go prints maps: `map[spec:map[replicas:bad]]`. */
function showGo(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(showGo).join(' ')}]`;
  if (!isJsonObject(value))
    return value === null ? '<nil>' : JSON.stringify(value).replace(/^"|"$/g, '');
  const pairs = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `map[${pairs.map(([key, item]) => `${key}:${showGo(item)}`).join(' ')}]`;
}

function invalidPatch(shown: string, why: string): ApiError {
  const message = `Invalid value: ${JSON.stringify(shown)}: ${why}`;
  return new ApiError('Invalid', ` "" is invalid: patch: ${message}`, {
    causes: [{ type: 'Invalid', field: 'patch', message }],
    details: {},
  });
}

/** @throws ApiError Invalid for options that only an apply has, or that cannot be written down. */
function checkOptions({ query }: ApiRequest): void {
  checkFieldManager(query, 'PatchOptions');
  if (!query.has('force')) return;
  const message = 'Forbidden: may not be specified for non-apply patch';
  throw invalidOptions('PatchOptions', [{ type: 'Forbidden', field: 'force', message }]);
}

/** What of its object a subresource writes. */
function partOf({ subresource }: Target): Pick<UpdateOptions, 'subresource'> {
  return subresource === 'status' || subresource === 'finalize' ? { subresource } : {};
}

/** Server-side apply. @throws ApiError Conflict, and as `patchObject`. */
async function applyObject(
  request: ApiRequest,
  target: Target,
  { context, patience }: PatchContext,
): Promise<Patched> {
  const { query, body } = request;
  if ((query.get('fieldManager') ?? '') === '') throw requiredManager();
  const { parseYamlBody } = await import('../yaml-body.ts');
  const { value, complaints } = parseYamlBody(body.toString());
  checkApplied(value, target);
  const config = asObject(value, target);
  checkName(config, target);
  if (config.metadata.managedFields !== undefined)
    throw new ApiError('BadRequest', 'metadata.managedFields must be nil');
  const warnings = judgeApplied(complaints, request);
  await Promise.all([prepareWrites([config]), loadWarnings()]);
  const { definition, version, namespace, name = '' } = target;
  const stored = context.store.get<string>(definition.name, namespace, name);
  if (stored === undefined && target.subresource !== undefined) throw notFound(definition, name);
  if (stored === undefined) authorizeCreation(request, context.store);
  const live = stored === undefined ? undefined : toVersion(stored, definition, version);
  if (stored !== undefined) checkUid(config, stored, target);
  const named = { ...config, metadata: { ...config.metadata, name } };
  const applied = applyConfiguration(
    live,
    { object: named, isForced: isSet(query, 'force') },
    writerOf(request, target, context),
  );
  const told: string[] = [];
  const options = {
    isDryRun: isDryRun(query, 'PatchOptions'),
    request: writeRequestOf(request, { target, store: context.store }, told),
    manage: guarded((object) => withManagersOf(object, applied), { request, target, context }),
  };
  // Its managers' sets are of what was applied, with what JSON leaves out.
  const { value: typed } = asTyped({ value: applied, complaints: [] }, target);
  const written = toStored(typed, definition, version);
  const manageNew: typeof options.manage = (complete, old) =>
    admitNew(options.manage(complete, old), definition.name, context.store);
  const object = await carryOut(
    (review) =>
      stored === undefined
        ? context.store.create(written, { ...options, ...review, manage: manageNew })
        : context.store.update(written, { ...options, ...partOf(target), ...review }),
    context,
    patience,
  );
  return { object, status: stored === undefined ? 201 : 200, warnings: [...warnings, ...told] };
}

/** What is applied says what it is. @throws ApiError BadRequest. */
function checkApplied(value: JsonObject, target: Target): void {
  const [apiVersion, kind] = [value['apiVersion'] ?? '', value['kind'] ?? ''];
  if (apiVersion === apiVersionOf(target) && kind === target.definition.kind) return;
  const shown = typeof apiVersion === 'string' ? apiVersion : '';
  const qualified = shown.includes('/') ? shown : `/${shown}`;
  throw new ApiError(
    'BadRequest',
    `invalid object type: ${qualified}, Kind=${typeof kind === 'string' ? kind : ''}`,
  );
}

function withManagersOf(object: KubeObject, { metadata }: KubeObject): KubeObject {
  const { managedFields } = metadata;
  if (managedFields === undefined) return object;
  return { ...object, metadata: { ...object.metadata, managedFields } };
}

function requiredManager(): ApiError {
  const message = 'Required value: is required for apply patch';
  return invalidOptions('PatchOptions', [{ type: 'Required', field: 'fieldManager', message }]);
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
  throw unknownPatch(isCustom);
}

/** @throws ApiError UnsupportedMediaType, before anybody looks at the patch. */
function checkPatchType(request: ApiRequest, { definition }: Target): void {
  const type = mediaTypeOf(request);
  const isCustom = definition.origin !== 'builtin';
  const isKnown = type === JSON_PATCH || type === MERGE_PATCH;
  if (!isKnown && (isCustom || type !== STRATEGIC_MERGE_PATCH)) throw unknownPatch(isCustom);
}

function unknownPatch(isCustom: boolean): ApiError {
  if (!isCustom)
    return new ApiError('UnsupportedMediaType', '415: Unsupported Media Type', { details: {} });
  const accepted = [JSON_PATCH, MERGE_PATCH, APPLY_PATCH];
  return new ApiError(
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
  const text = body.toString();
  if (text.trim() === '')
    throw new ApiError('BadRequest', 'error decoding patch: unexpected end of JSON input');
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ApiError('BadRequest', `error decoding patch: ${why}`);
  }
}

function readObjectPatch(request: ApiRequest): JsonObject {
  const value = readPatch(request);
  if (isJsonObject(value)) return value;
  const got = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  const isMerged = mediaTypeOf(request) === STRATEGIC_MERGE_PATCH;
  throw new ApiError(
    'BadRequest',
    `${isMerged ? '' : 'error decoding patch: '}json: cannot unmarshal ${got} into Go value of type map[string]interface {}`,
  );
}
