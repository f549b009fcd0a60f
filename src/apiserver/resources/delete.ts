import {
  ApiError,
  invalidField,
  invalidOptions,
  type DeleteOptions,
  type JsonObject,
  type KindDefinition,
  type KubeObject,
  type Store,
} from '../../api/index.ts';
import { decodeBody, type DecodedBody } from '../body.ts';
import { objectOf, type ApiContext, type Target } from '../context.ts';
import { holdForCleanup } from '../custom-cleanup.ts';
import { readGoObject } from '../go-json/index.ts';
import { representList, representObject } from '../represent.ts';
import type { ApiRequest, ApiResponse } from '../request.ts';
import { carryOut } from './carry-out.ts';
import { Patience } from './patience.ts';
import { isDryRun, numberParameter } from './parameters.ts';
import { selectionOf, viewOf } from './read.ts';
import { writeRequestOf } from './write-request.ts';

/** Kinds whose delete answers the object and not a Status; @see `ReturnDeletedObject` of their registries */
const RETURNED = new Set([
  'Namespace',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'Pod',
  'PodTemplate',
  'ResourceQuota',
  'Service',
  'ServiceAccount',
]);

/** The one of its group that is not. */
const NOT_RETURNED = 'CSIStorageCapacity.storage.k8s.io';

/** Kinds whose dependents outlive them unless the client says otherwise. */
const ORPHANING = new Set(['Job', 'ReplicationController']);

/** `DELETE …/NAME`. */
export async function deleteObject(
  request: ApiRequest,
  target: Target,
  context: ApiContext,
): Promise<ApiResponse> {
  const view = viewOf(request, context);
  const given = await readOptions(request);
  const warnings: string[] = [];
  const { store } = context;
  const options = { ...given, request: writeRequestOf(request, { target, store }, warnings) };
  const old = objectOf(target, context);
  const { definition, namespace, name = '' } = target;
  const last = await carryOut(
    (review) => remove(old, definition, { store, options: { ...options, ...review } }),
    context,
    new Patience(request),
  );
  const isHeld =
    options.isDryRun === true
      ? (last.metadata.finalizers ?? []).length > 0
      : store.get<string>(definition.name, namespace, name) !== undefined;
  const object =
    isHeld || isReturned(definition)
      ? representObject(last, target, view)
      : successOf(old, definition);
  return { status: 200, kind: 'object', object, warnings };
}

/** `DELETE` of a collection. */
export async function deleteCollection(
  request: ApiRequest,
  target: Target,
  context: ApiContext,
): Promise<ApiResponse> {
  const view = viewOf(request, context);
  const { store } = context;
  const given = await readOptions(request);
  const warnings: string[] = [];
  const options = { ...given, request: writeRequestOf(request, { target, store }, warnings) };
  const { definition } = target;
  const found = store.list<string>(definition.name, selectionOf(target, request.query));
  const deleted: KubeObject[] = [];
  const patience = new Patience(request);
  for (const object of found) {
    const removeOne = (review: Pick<DeleteOptions, 'review'>): KubeObject =>
      remove(object, definition, { store, options: { ...options, ...review } });
    deleted.push(
      await carryOut(removeOne, context, patience.renewTries()).catch(passIfGone(object)),
    );
  }
  const metadata = { resourceVersion: String(store.revision) };
  return {
    status: 200,
    kind: 'object',
    object: representList(deleted, target, { view, metadata }),
    warnings,
  };
}

/** Others may have deleted it since the collection was looked at: it is told as it was. */
function passIfGone(object: KubeObject): (error: unknown) => KubeObject {
  return (error) => {
    if (error instanceof ApiError && error.reason === 'NotFound') return object;
    throw error;
  };
}

interface Removal {
  readonly store: Store;
  readonly options: DeleteOptions;
}

/** The object as the delete leaves it. */
function remove(
  object: KubeObject,
  definition: KindDefinition,
  { store, options: given }: Removal,
): KubeObject {
  const { kind, metadata } = object;
  const { name, namespace } = metadata;
  const options = withPolicy(given, object, definition);
  const ref = { kind: definition.name, name, ...(namespace !== undefined && { namespace }) };
  if (options.isDryRun === true || kind !== 'CustomResourceDefinition')
    return store.delete(ref, options);
  // What the delete is refused for is told before anything is held, and holding it makes another version of it.
  store.delete(ref, { ...options, isDryRun: true });
  holdForCleanup(store, name);
  const { preconditions: _, review: __, ...rest } = options;
  return store.delete(ref, rest);
}

function isReturned({ name, group }: KindDefinition): boolean {
  return RETURNED.has(name) || (group === 'storage.k8s.io' && name !== NOT_RETURNED);
}

/** What remains to be said about an object that is gone. */
function successOf({ metadata }: KubeObject, { group, plural }: KindDefinition): object {
  const { name, uid } = metadata;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name, ...(group !== '' && { group }), kind: plural, uid },
  };
}

/** Options of the body, or of the query where there is none. */
async function readOptions(request: ApiRequest): Promise<DeleteOptions> {
  const { query, body } = request;
  const given = body.length === 0 ? optionsOfQuery(query) : typedOptions(await decodeBody(request));
  if (given['orphanDependents'] !== undefined && given['propagationPolicy'] !== undefined)
    throw bothPolicies(given['propagationPolicy']);
  const grace = given['gracePeriodSeconds'];
  const dryRun = Array.isArray(given['dryRun']) ? given['dryRun'].map(String) : [];
  const both = new URLSearchParams(
    [...query.getAll('dryRun'), ...dryRun].map((way) => ['dryRun', way]),
  );
  const isTried = isDryRun(both, 'DeleteOptions');
  const policy = policyOf(given);
  return {
    isDryRun: isTried,
    ...(policy !== undefined && { propagationPolicy: policy }),
    ...(typeof grace === 'number' && { gracePeriodSeconds: grace }),
    ...preconditionsOf(given['preconditions']),
  };
}

/** What the client says of dependents; undefined where it leaves that to the object and its kind. */
function policyOf(given: JsonObject): DeleteOptions['propagationPolicy'] {
  const { orphanDependents, propagationPolicy } = given;
  if (typeof orphanDependents === 'boolean') return orphanDependents ? 'Orphan' : 'Background';
  return propagationPolicy as 'Background' | undefined; // the store refuses any other text
}

/** An object that goes already goes on as it does; others as their kind has it. @see registry `shouldOrphanDependents` */
function withPolicy(
  options: DeleteOptions,
  { metadata: { finalizers = [] } }: KubeObject,
  { name }: KindDefinition,
): DeleteOptions {
  const isSaid = options.propagationPolicy !== undefined;
  const isUnderWay = finalizers.some((one) => one === 'orphan' || one === 'foregroundDeletion');
  return isSaid || isUnderWay || !ORPHANING.has(name)
    ? options
    : { ...options, propagationPolicy: 'Orphan' };
}

/** @throws ApiError BadRequest for options of a wrong type. */
function typedOptions({ value }: DecodedBody): JsonObject {
  try {
    const read = readGoObject(value, { apiVersion: 'v1', kind: 'DeleteOptions' });
    return read?.value ?? value;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    throw new ApiError('BadRequest', error.message.replace(/^.*?: (?=json: )/, ''));
  }
}

function bothPolicies(policy: unknown): ApiError {
  const why = 'orphanDependents and deletionPropagation cannot be both set';
  return invalidOptions('DeleteOptions', [invalidField('propagationPolicy', policy, why)]);
}

function optionsOfQuery(query: URLSearchParams): JsonObject {
  const policy = query.get('propagationPolicy');
  return {
    ...(policy !== null && { propagationPolicy: policy }),
    ...(query.has('gracePeriodSeconds') && {
      gracePeriodSeconds: numberParameter(query, 'gracePeriodSeconds'),
    }),
    ...(query.get('orphanDependents') === 'true' && { orphanDependents: true }),
  };
}

function preconditionsOf(value: unknown): Pick<DeleteOptions, 'preconditions'> {
  if (typeof value !== 'object' || value === null) return {};
  const { uid, resourceVersion } = value as {
    readonly uid?: unknown;
    readonly resourceVersion?: unknown;
  };
  return {
    preconditions: {
      ...(typeof uid === 'string' && { uid }),
      ...(typeof resourceVersion === 'string' && { resourceVersion }),
    },
  };
}
