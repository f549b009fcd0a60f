import { loadWarnings, otherLife, prepareWrites, type KubeObject } from '../../api/index.ts';
import { admitNew } from '../admission.ts';
import { authorizeCreation } from '../authorization/index.ts';
import { checkName, requireName } from '../body.ts';
import { decodeObject } from '../decode-object.ts';
import type { ApiContext, Target } from '../context.ts';
import { toStored } from '../convert.ts';
import type { ApiRequest, ApiResponse } from '../request.ts';
import { asTyped } from '../typed-body.ts';
import { carryOut } from './carry-out.ts';
import { Patience } from './patience.ts';
import { judgeFields } from './field-validation.ts';
import { objectAnswer } from './object-answer.ts';
import { withOwnersOnce } from './owner-references.ts';
import { checkWriteOptions, isDryRun } from './parameters.ts';
import { patchObject } from './patch.ts';
import { trackerOf } from './track.ts';
import { viewOf } from './read.ts';
import { checkUpdatedVersion, isCreatedByUpdate } from './update-strategy.ts';
import { subresourceOf, tellingAnyway, writeRequestOf } from './write-request.ts';

/** `POST` to a collection. */
export async function createObject(
  request: ApiRequest,
  target: Target,
  context: ApiContext,
): Promise<ApiResponse> {
  const view = viewOf(request, context);
  checkWriteOptions(request.query, 'CreateOptions');
  const isTried = isDryRun(request.query, 'CreateOptions');
  const typed = asTyped(await decodeObject(request, target), target);
  const judged = judgeFields(typed, target, request);
  const { object, warnings } = withOwnersOnce(typed.value);
  const { definition, version } = target;
  await prepareWrites([object]);
  await loadWarnings();
  const track = trackerOf(request, target, context);
  const told = [...judged, ...warnings];
  const options = {
    isDryRun: isTried,
    request: writeRequestOf(request, { target, store: context.store }, told),
    manage: (complete: KubeObject, old: KubeObject | undefined) =>
      admitNew(track(complete, old), definition.name, context.store),
  };
  const stored = toStored(object, definition, version);
  const created = await tellingAnyway(told, () =>
    carryOut(
      (review) => context.store.create(stored, { ...options, ...review }),
      context,
      new Patience(request),
    ),
  );
  return objectAnswer(created, target, { view, status: 201, warnings: told });
}

/** `PUT …/NAME`, and of its status. */
export async function replaceObject(
  request: ApiRequest,
  target: Target,
  context: ApiContext,
): Promise<ApiResponse> {
  const view = viewOf(request, context);
  checkWriteOptions(request.query, 'UpdateOptions');
  const isTried = isDryRun(request.query, 'UpdateOptions');
  const typed = asTyped(await decodeObject(request, target), target);
  requireName(typed.value, target);
  checkName(typed.value, target);
  const judged = judgeFields(typed, target, request);
  const { object, warnings } = withOwnersOnce(typed.value);
  const { definition, version, name = '' } = target;
  const named = { ...object, metadata: { ...object.metadata, name } };
  await prepareWrites([named]);
  await loadWarnings();
  const told = [...judged, ...warnings];
  const options = {
    isDryRun: isTried,
    request: writeRequestOf(request, { target, store: context.store }, told),
    ...subresourceOf(target),
    manage: trackerOf(request, target, context),
  };
  const isNew = isCreatedByUpdate(target, context);
  if (isNew) checkMaking(named, request, { target, context });
  else checkUpdatedVersion(named, target, context);
  const stored = toStored(named, definition, version);
  const manageNew: typeof options.manage = (complete, old) =>
    admitNew(options.manage(complete, old), definition.name, context.store);
  const updated = await tellingAnyway(told, () =>
    carryOut(
      (review) =>
        isNew
          ? context.store.create(withoutVersion(stored), {
              ...options,
              ...review,
              manage: manageNew,
            })
          : context.store.update(stored, { ...options, ...review }),
      context,
      new Patience(request),
    ),
  );
  return objectAnswer(updated, target, { view, status: isNew ? 201 : 200, warnings: told });
}

/** @throws ApiError Forbidden for who may not create, Conflict where a life of the object is meant that is over. */
function checkMaking(
  { metadata }: KubeObject,
  request: ApiRequest,
  { target, context }: { readonly target: Target; readonly context: ApiContext },
): void {
  authorizeCreation(request, context.store);
  if ((metadata.uid ?? '') !== '') throw otherLife(target.definition, metadata);
}

/** What version it once was of is no matter to what is made. */
function withoutVersion(object: KubeObject): KubeObject {
  const { resourceVersion: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** `PATCH …/NAME`, and of its status. */
export async function patchResource(
  request: ApiRequest,
  target: Target,
  context: ApiContext,
): Promise<ApiResponse> {
  const view = viewOf(request, context);
  const { object, status, warnings } = await patchObject(request, target, context);
  return objectAnswer(object, target, { view, status, warnings });
}
