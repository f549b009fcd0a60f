import {
  ApiError,
  conflict,
  isJsonObject,
  loadWarnings,
  notFound,
  prepareWrites,
  type JsonObject,
  type KubeObject,
} from '../../api/index.ts';
import { admitNew } from '../admission.ts';
import { authorizeCreation } from '../authorization/index.ts';
import { checkName, requireName } from '../body.ts';
import { apiVersionOf, type ApiContext, type Target } from '../context.ts';
import { toStored, toVersion } from '../convert.ts';
import { loadApply } from '../managed-fields/index.ts';
import type { ApiRequest } from '../request.ts';
import { asTyped } from '../typed-body.ts';
import { carryOut } from './carry-out.ts';
import { judgeApplied } from './field-validation.ts';
import { withOwnersOnce } from './owner-references.ts';
import { isDryRun, isSet } from './parameters.ts';
import { structProblem } from './patched-object.ts';
import type { Patched, PatchContext } from './patched.ts';
import { guarded, writerOf } from './track.ts';
import { subresourceOf, tellingAnyway, writeRequestOf } from './write-request.ts';

/** Server-side apply. @throws ApiError Conflict, and as `patchObject`. */
export async function applyObject(
  request: ApiRequest,
  target: Target,
  { context, patience }: PatchContext,
): Promise<Patched> {
  const { definition, namespace, name = '' } = target;
  const stored = context.store.get<string>(definition.name, namespace, name);
  if (stored === undefined && target.subresource !== undefined) throw notFound(definition, name);
  if (stored === undefined) authorizeCreation(request, context.store);
  const { applied, warnings } = await appliedTo(stored, request, { target, context });
  const told = [...warnings];
  const object = await tellingAnyway(told, () => {
    if (stored === undefined) checkLife(applied, target);
    requireName(applied, target);
    checkName(applied, target);
    const once = withOwnersOnce(applied, ' after mutating admission happens');
    told.push(...once.warnings);
    const isNew = stored === undefined;
    return writeApplied(once.object, request, { target, told, context, patience, isNew });
  });
  return { object, status: stored === undefined ? 201 : 200, warnings: told };
}

interface AppliedWrite extends PatchContext {
  readonly target: Target;
  readonly isNew: boolean;
  /** Takes what the client is to be told. */
  readonly told: string[];
}

async function writeApplied(
  applied: KubeObject,
  request: ApiRequest,
  { target, told, context, patience, isNew }: AppliedWrite,
): Promise<KubeObject> {
  const { definition, version } = target;
  await Promise.all([prepareWrites([applied]), loadWarnings()]);
  const options = {
    isDryRun: isDryRun(request.query, 'PatchOptions'),
    isPatch: true,
    request: writeRequestOf(request, { target, store: context.store }, told),
    ...subresourceOf(target),
    manage: guarded((object) => withManagersOf(object, applied), { request, target, context }),
  };
  const manageNew: typeof options.manage = (complete, old) =>
    admitNew(options.manage(complete, old), definition.name, context.store);
  const written = toStored(applied, definition, version);
  return carryOut(
    (review) =>
      isNew
        ? context.store.create(written, { ...options, ...review, manage: manageNew })
        : context.store.update(written, { ...options, ...review }),
    context,
    patience,
  );
}

interface Place {
  readonly target: Target;
  readonly context: ApiContext;
}

/** What the configuration makes of what is stored, with its managers. */
async function appliedTo(
  stored: KubeObject | undefined,
  request: ApiRequest,
  { target, context }: Place,
): Promise<{ readonly applied: KubeObject; readonly warnings: readonly string[] }> {
  const { definition, version } = target;
  const [{ parseYamlBody }, { applyConfiguration, showConfiguration }] = await Promise.all([
    import('../yaml-body.ts'),
    loadApply(),
  ]);
  const { value, complaints } = parseYamlBody(request.body.toString());
  checkApplied(value, target);
  const live = stored === undefined ? undefined : toVersion(stored, definition, version);
  const merged = applyConfiguration(
    live,
    { object: value, isForced: isSet(request.query, 'force') },
    writerOf(request, target, context),
  );
  // Its managers' sets are of what was applied, with what JSON leaves out.
  const applied = asKind(merged, target, () => showConfiguration(value, target));
  const warnings = judgeApplied(complaints, request);
  return { applied, warnings };
}

/** What was merged as its kind's struct holds it. @throws ApiError InternalError, which is what the API server answers. */
function asKind(merged: KubeObject, target: Target, show: () => string): KubeObject {
  try {
    return asTyped({ value: merged, complaints: [] }, target).value;
  } catch (error) {
    const [, why] = /^.*? cannot be handled as a \w+: (.*)$/s.exec(String(error)) ?? [];
    if (why === undefined) throw error;
    const shown = show();
    const type = shown.slice(shown.indexOf('; ') + 2);
    throw new ApiError(
      'InternalError',
      `failed to convert new object (${shown}) to proper version: unable to convert unstructured object to ${type}: ${structProblem(why)}`,
    );
  }
}

/** A kind that is seen through another one, and where it has what that says. */
export interface SeenThrough extends Place {
  /** The kind that is applied. */
  readonly seen: Target;
  /** What of the object itself a configuration of the other kind says. */
  readonly configOf: (config: JsonObject) => JsonObject;
}

/** What a configuration of another kind makes of `stored`, with its managers. @throws ApiError as `applyObject` */
export async function appliedThrough(
  stored: KubeObject,
  request: ApiRequest,
  { target, context, seen, configOf }: SeenThrough,
): Promise<KubeObject> {
  const [{ parseYamlBody }, { applyConfiguration, checkConfiguration }] = await Promise.all([
    import('../yaml-body.ts'),
    loadApply(),
  ]);
  const { value } = parseYamlBody(request.body.toString());
  checkApplied(value, seen);
  checkConfiguration(value, seen);
  const { definition, version } = target;
  const merged = applyConfiguration(
    toVersion(stored, definition, version),
    { object: configOf(value), isForced: isSet(request.query, 'force') },
    writerOf(request, target, context),
  );
  return toStored(merged, definition, version);
}

/** What is applied says what it is. @throws ApiError BadRequest. */
function checkApplied(value: JsonObject, target: Target): void {
  const [apiVersion, kind] = [value['apiVersion'] ?? '', value['kind'] ?? ''];
  const shown = typeof apiVersion === 'string' ? apiVersion : '';
  if (apiVersion !== apiVersionOf(target) || kind !== target.definition.kind)
    throw new ApiError(
      'BadRequest',
      `invalid object type: ${shown.includes('/') ? shown : `/${shown}`}, Kind=${typeof kind === 'string' ? kind : ''}`,
    );
  const { metadata } = value;
  const managers = isJsonObject(metadata) ? metadata['managedFields'] : undefined;
  if (managers !== undefined && managers !== null)
    throw new ApiError('BadRequest', 'metadata.managedFields must be nil');
}

/** @throws ApiError Conflict for a life that is over. */
function checkLife(
  { metadata: { uid = '' } }: KubeObject,
  { definition, name = '' }: Target,
): void {
  if (uid === '') return;
  throw conflict(
    definition,
    name,
    `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
  );
}

/** `object` with the managers of another one. */
export function withManagersOf(object: KubeObject, { metadata }: KubeObject): KubeObject {
  const { managedFields } = metadata;
  if (managedFields === undefined) return object;
  return { ...object, metadata: { ...object.metadata, managedFields } };
}
