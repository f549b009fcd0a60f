import { ApiError, type KubeObject, type ListOptions } from '../../api/index.ts';
import { objectOf, type ApiContext, type Target } from '../context.ts';
import { storedFieldSelector } from '../convert.ts';
import { negotiate } from '../negotiate.ts';
import { representList, type IncludeObject, type View } from '../represent.ts';
import type { ApiRequest, ApiResponse } from '../request.ts';
import { checkListOptions } from './list-options.ts';
import { objectAnswer } from './object-answer.ts';
import { numberParameter } from './parameters.ts';
import { checkRevision, parseRevision } from './revisions.ts';

/** `GET …/NAME`. */
export function getObject(request: ApiRequest, target: Target, context: ApiContext): ApiResponse {
  const view = viewOf(request, context);
  checkRevision(request.query.get('resourceVersion'), context.store.revision);
  const object = objectOf(target, context);
  return objectAnswer(object, target, { view, status: 200 });
}

/** `GET` of a collection. */
export function listObjects(request: ApiRequest, target: Target, context: ApiContext): ApiResponse {
  const view = viewOf(request, context);
  const { store, snapshots } = context;
  const { query } = request;
  checkListOptions(query, false);
  const limit = numberParameter(query, 'limit');
  numberParameter(query, 'timeoutSeconds');
  const token = query.get('continue') ?? '';
  const scope = scopeOf(target, query);
  const page =
    token === ''
      ? snapshots.first(
          scope,
          { objects: listNow(request, target, context), revision: store.revision },
          limit,
        )
      : snapshots.next(scope, token, limit);
  const hasSelector =
    (query.get('labelSelector') ?? '') + (query.get('fieldSelector') ?? '') !== '';
  const metadata = {
    resourceVersion: String(page.revision),
    ...(page.continueToken !== undefined && { continue: page.continueToken }),
    ...(page.remaining > 0 && !hasSelector && { remainingItemCount: page.remaining }),
  };
  return {
    status: 200,
    kind: 'object',
    object: representList(page.objects, target, { view, metadata }),
  };
}

function listNow(
  { query }: ApiRequest,
  target: Target,
  { store }: ApiContext,
): readonly KubeObject[] {
  const revision = query.get('resourceVersion');
  checkListed(revision);
  checkRevision(revision, store.revision);
  checkExact(query, store.revision);
  return store.list<string>(target.definition.name, selectionOf(target, query));
}

/** Lists call it the client's fault. @throws ApiError BadRequest. */
function checkListed(revision: string | null): void {
  try {
    parseRevision(revision);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    throw new ApiError('BadRequest', `invalid resource version: ${error.message}`);
  }
}

/** Of what was listed before only what a client pages through is kept. */
function checkExact(query: URLSearchParams, present: number): void {
  if (query.get('resourceVersionMatch') !== 'Exact') return;
  if (parseRevision(query.get('resourceVersion')) !== present)
    throw new ApiError('Expired', `The resourceVersion for the provided list is too old.`);
}

/** What of a kind a request is about. */
export function selectionOf(
  { namespace, name, definition }: Target,
  query: URLSearchParams,
): ListOptions {
  const labelSelector = query.get('labelSelector') ?? '';
  const given = storedFieldSelector(query.get('fieldSelector') ?? '', definition);
  const byName = name === undefined ? '' : `metadata.name=${name}`;
  const fieldSelector = [given, byName].filter((text) => text !== '').join(',');
  return {
    ...(namespace !== undefined && definition.isNamespaced && { namespace }),
    ...(labelSelector !== '' && { labelSelector }),
    ...(fieldSelector !== '' && { fieldSelector }),
  };
}

/** What a list's pages must have in common. */
function scopeOf({ definition, namespace = '' }: Target, query: URLSearchParams): string {
  return JSON.stringify([
    definition.name,
    namespace,
    query.get('labelSelector') ?? '',
    query.get('fieldSelector') ?? '',
  ]);
}

/** How a request wants to see objects. @throws ApiError NotAcceptable. */
export function viewOf({ headers, query }: ApiRequest, { clock }: ApiContext): View {
  return {
    form: negotiate(headers.accept, true),
    includeObject: includeOf(query.get('includeObject') ?? ''),
    now: clock.now(),
  };
}

function includeOf(text: string): IncludeObject {
  if (text === '' || text === 'Metadata') return 'Metadata';
  if (text === 'None' || text === 'Object') return text;
  throw new ApiError(
    'BadRequest',
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(text)}: must be 'Metadata', 'Object', 'None', or empty`,
  );
}
