import {
  ApiError,
  loadPatches,
  loadWarnings,
  notFound,
  prepareWrites,
  type KubeObject,
} from '../../api/index.ts';
import { checkName, mediaTypeOf, requireName } from '../body.ts';
import type { ApiContext, Target } from '../context.ts';
import { toStored, toVersion } from '../convert.ts';
import type { ApiRequest } from '../request.ts';
import { carryOut } from './carry-out.ts';
import { withOwnersOnce } from './owner-references.ts';
import { isDryRun } from './parameters.ts';
import { APPLY_PATCH, checkPatchOptions, checkPatchType } from './patch-body.ts';
import type { PatchContext, Patched } from './patched.ts';
import { patchedObject } from './patched-object.ts';
import { Patience } from './patience.ts';
import { trackerOf } from './track.ts';
import { subresourceOf, tellingAnyway, writeRequestOf } from './write-request.ts';

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
  checkPatchType(request, target);
  checkPatchOptions(request);
  const isApplied = mediaTypeOf(request) === APPLY_PATCH;
  const carryOutPatch = isApplied ? (await import('./apply.ts')).applyObject : patchStored;
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

async function patchStored(
  request: ApiRequest,
  target: Target,
  { context, patience }: PatchContext,
): Promise<Patched> {
  const { definition, version, namespace, name = '' } = target;
  const patches = await loadPatches();
  const stored = context.store.get<string>(definition.name, namespace, name);
  if (stored === undefined) throw notFound(definition, name);
  const { object: left, warnings } = patchedObject(
    toVersion(stored, definition, version),
    request,
    { target, patches },
  );
  const told = [...warnings];
  const object = await tellingAnyway(told, () => {
    requireName(left, target);
    checkName(left, target);
    const once = withOwnersOnce(left, ' after mutating admission happens');
    told.push(...once.warnings);
    return writePatched(once.object, request, { target, told, context, patience });
  });
  return { object, status: 200, warnings: told };
}

interface PatchedWrite extends PatchContext {
  readonly target: Target;
  /** Takes what the client is to be told. */
  readonly told: string[];
}

async function writePatched(
  object: KubeObject,
  request: ApiRequest,
  { target, told, context, patience }: PatchedWrite,
): Promise<KubeObject> {
  await Promise.all([prepareWrites([object]), loadWarnings()]);
  const options = {
    isDryRun: isDryRun(request.query, 'PatchOptions'),
    isPatch: true,
    request: writeRequestOf(request, { target, store: context.store }, told),
    ...subresourceOf(target),
    manage: trackerOf(request, target, context),
  };
  const written = toStored(object, target.definition, target.version);
  return carryOut(
    (review) => context.store.update(written, { ...options, ...review }),
    context,
    patience,
  );
}
