import { deepEqual } from './deep-equal.ts';
import { ApiError, type FieldError } from './errors.ts';
import { conflict, invalidObject, resourceDetails, resourceName } from './field-errors.ts';
import type { KindDefinition } from './kind.ts';
import {
  finalizeNamespace,
  isNamespace,
  keepNamespace,
  prepareNamespace,
} from './namespace-life.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts';
import type { KubeObject, ObjectOf, KindName } from './object.ts';
import type { UpdateOptions } from './store.ts';
import { metadataKeptByStatus } from './status-metadata.ts';
import { formatTime } from './time.ts';
import type { ObjectMeta } from './types.ts';

/** What a new object is given by the server. */
export interface NewObjectContext {
  readonly definition: KindDefinition;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly random: () => number;
  readonly isTaken: (name: string) => boolean;
}

/** No vowels, so that no words come about; @see apimachinery `util/rand` */
const NAME_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';
const GENERATED_LENGTH = 5;
const MAX_GENERATE_NAME = 63 - GENERATED_LENGTH;
const NAME_TRIES = 8;
const HEX = '0123456789abcdef';

/** In the order in which the API server writes them. */
const META_FIELDS = [
  'name',
  'generateName',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
] as const satisfies readonly (keyof ObjectMeta)[];

/**
 * `object` with what the server sets on creation: name, uid, time, generation.
 *
 * @throws ApiError AlreadyExists when no free name was found for its generateName.
 */
export function fillNewObject(object: KubeObject, context: NewObjectContext): KubeObject {
  const { definition, now, random } = context;
  const { metadata } = object;
  if ((metadata.resourceVersion ?? '') !== '')
    throw new ApiError(
      'InternalError',
      'resourceVersion should not be set on objects to be created',
    );
  const { deletionTimestamp: _, deletionGracePeriodSeconds: __, ...given } = metadata;
  return withMetadata(object, {
    ...given,
    name: chooseName(metadata, context),
    uid: randomUid(random),
    creationTimestamp: formatTime(now),
    // Nobody counts it for other kinds: it is what the client says.
    generation: definition.hasGeneration ? 1 : metadata.generation,
    resourceVersion: undefined,
  });
}

/** The object as its strategy wants it created. @throws ApiError Invalid. */
export function finishCreate(definition: KindDefinition, object: KubeObject): KubeObject {
  const shaped = shapeNew(definition, isNamespace(object) ? prepareNamespace(object) : object);
  const errors = [
    ...validateObjectMeta(shaped, definition),
    ...(definition.validate?.(shaped, undefined) ?? []),
  ];
  if (errors.length > 0) throw invalidObject(definition, shaped.metadata.name, errors);
  return shaped;
}

function shapeNew(definition: KindDefinition, object: KubeObject): KubeObject {
  // Strategies take and give objects of their own kind.
  if (definition.prepareForCreate !== undefined)
    return definition.prepareForCreate(object) as KubeObject;
  if (!definition.hasStatus || isNamespace(object)) return object;
  const { status: _, ...rest } = object;
  return rest;
}

/** `object` with its defaults. */
export function applyDefaults(
  definition: KindDefinition,
  object: KubeObject,
  old: KubeObject | undefined,
): KubeObject {
  // Defaulting takes and gives objects of its own kind.
  const context = { old: old as ObjectOf<KindName> | undefined };
  return (definition.defaults?.(object, context) as KubeObject | undefined) ?? object;
}

/** @throws ApiError Conflict when `object` was read before `old` came, or is of another life. */
export function checkPreconditions(
  definition: KindDefinition,
  object: KubeObject,
  { old, isPatch }: { readonly old: KubeObject; readonly isPatch: boolean },
): void {
  const { name, uid, resourceVersion } = object.metadata;
  const isOther = (uid ?? '') !== '' && uid !== old.metadata.uid;
  // A patch of the uid is a change that is not allowed.
  if (isOther && !isPatch) throw otherLife(definition, object.metadata, old.metadata.uid);
  if (resourceVersion !== undefined && !/^\d*$/.test(resourceVersion))
    throw new ApiError(
      'InternalError',
      `strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: invalid syntax`,
    );
  if ((resourceVersion ?? '') !== '' && resourceVersion !== old.metadata.resourceVersion)
    throw conflict(
      definition,
      name,
      'the object has been modified; please apply your changes to the latest version and try again',
    );
}

/** The failure of a write of an object that is not the one that is there. @param present its uid, '' where there is none */
export function otherLife(
  definition: KindDefinition,
  { namespace, name, uid = '' }: ObjectMeta,
  present = '',
): ApiError {
  const parts = ['', storagePrefix(definition), namespace, name];
  const key = parts.filter((part) => part !== undefined).join('/');
  return conflict(
    definition,
    name,
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${present}`,
  );
}

/** Where etcd has kinds that are not under their plurals. @see kubernetes `SpecialDefaultResourcePrefixes` */
const STORAGE_PREFIXES: Readonly<Record<string, string>> = {
  Endpoints: 'services/endpoints',
  Ingress: 'ingress',
  Node: 'minions',
  ReplicationController: 'controllers',
  Service: 'services/specs',
};

/** Where etcd has objects of a kind, as messages show it. */
function storagePrefix({ name, group, plural, origin }: KindDefinition): string {
  const isQualified = origin !== 'builtin' || /^api(extensions|registration)\./.test(group);
  return STORAGE_PREFIXES[name] ?? (isQualified ? `${group}/${plural}` : plural);
}

/** What of `object` this kind of update takes, and the rest of `old`. */
export function mergeUpdate(
  definition: KindDefinition,
  object: KubeObject,
  { old, subresource }: { readonly old: KubeObject; readonly subresource: Subresource },
): KubeObject {
  if (subresource === 'status') return mergeStatus(definition, object, old);
  if (subresource === 'finalize')
    return isNamespace(object) && isNamespace(old) ? finalizeNamespace(object, old) : old;
  const merged = withMetadata(object, restoreMetadata(object.metadata, old.metadata));
  const kept = definition.hasStatus ? withField(merged, 'status', old['status']) : merged;
  return isNamespace(kept) && isNamespace(old) ? keepNamespace(kept, old) : kept;
}

function mergeStatus(definition: KindDefinition, object: KubeObject, old: KubeObject): KubeObject {
  const reported = withField(old, 'status', object['status']);
  const kept = metadataKeptByStatus(definition);
  if (kept === 'all' || object.metadata === old.metadata) return reported;
  return withMetadata(reported, {
    ...restoreMetadata(object.metadata, old.metadata),
    ...Object.fromEntries(kept.map((field) => [field, old.metadata[field]])),
  });
}

/** The same of what admission made of the object, which has its managers by then. */
export function mergeMutated(
  definition: KindDefinition,
  mutated: KubeObject,
  change: { readonly old: KubeObject; readonly subresource: Subresource },
): KubeObject {
  const merged = mergeUpdate(definition, mutated, change);
  const { managedFields } = mutated.metadata;
  return withMetadata(merged, { ...merged.metadata, managedFields });
}

type Subresource = UpdateOptions['subresource'];

/** The object as its strategy wants it stored instead of `old`. @throws ApiError Invalid. */
export function finishUpdate(
  definition: KindDefinition,
  object: KubeObject,
  { old, subresource }: { readonly old: KubeObject; readonly subresource: Subresource },
): KubeObject {
  const prepared = subresource === undefined ? shapeUpdate(definition, object, old) : object;
  const shared = shareFields(prepared, old);
  const counted = subresource === 'status' ? shared : countGeneration(definition, shared, old);
  const isOfStatus = subresource === 'status';
  const errors = [
    ...validateObjectMetaUpdate(counted, old, { definition, isOfStatus }),
    ...validateChanged(definition, counted, { old, isOfStatus }),
  ];
  if (errors.length > 0) throw invalidObject(definition, counted.metadata.name, errors);
  return counted;
}

function validateChanged(
  definition: KindDefinition,
  object: KubeObject,
  { old, isOfStatus }: { readonly old: KubeObject; readonly isOfStatus: boolean },
): readonly FieldError[] {
  if (isOfStatus && definition.validateStatus !== undefined)
    return definition.validateStatus(object, old);
  return definition.validate?.(object, old) ?? [];
}

function shapeUpdate(definition: KindDefinition, object: KubeObject, old: KubeObject): KubeObject {
  // Strategies take and give objects of their own kind.
  return (definition.prepareForUpdate?.(object, old) as KubeObject | undefined) ?? object;
}

/** What an update cannot change is as it was; what it left out of the rest too. */
function restoreMetadata(metadata: ObjectMeta, old: ObjectMeta): MetaDraft {
  return {
    ...metadata,
    generateName: metadata.generateName ?? old.generateName,
    // Only a patch comes with another one, which it may not.
    uid: metadata.uid || old.uid,
    creationTimestamp: old.creationTimestamp,
    generation: old.generation,
    resourceVersion: old.resourceVersion,
    deletionTimestamp: old.deletionTimestamp ?? metadata.deletionTimestamp,
    deletionGracePeriodSeconds:
      metadata.deletionGracePeriodSeconds ?? old.deletionGracePeriodSeconds,
  };
}

/** `object` with what says the same as in `old` being the same: stored objects share what did not change. */
function shareFields(object: KubeObject, old: KubeObject): KubeObject {
  const shared: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(object))
    shared[field] = deepEqual(value, old[field]) ? old[field] : value;
  // The same fields with values that say the same.
  return shared as KubeObject;
}

/** One more when anything but metadata, and status where that is apart, says something else than before. */
function countGeneration(
  definition: KindDefinition,
  object: KubeObject,
  old: KubeObject,
): KubeObject {
  if (!definition.hasGeneration) return object;
  const isApart = (field: string): boolean =>
    field === 'metadata' || (field === 'status' && definition.hasStatus);
  const fields = [...Object.keys(object), ...Object.keys(old)];
  const isChanged = fields.some((field) => !isApart(field) && object[field] !== old[field]);
  // Rows take objects of their own kind.
  const isNew = definition.isNewGeneration?.(object, old, isChanged) ?? isChanged;
  if (!isNew) return object;
  const generation = (old.metadata.generation ?? 0) + 1;
  return withMetadata(object, { ...object.metadata, generation });
}

type MetaDraft = { readonly [F in keyof ObjectMeta]: ObjectMeta[F] | undefined };

/** `object` with this metadata, in the API server's order and without what is undefined or empty. */
export function withMetadata(object: KubeObject, draft: MetaDraft): KubeObject {
  const metadata: Record<string, unknown> = { name: '' };
  for (const field of META_FIELDS) {
    const value = draft[field];
    if (value !== undefined && value !== null && !isEmpty(value)) metadata[field] = value;
  }
  const { apiVersion, kind, metadata: _, ...rest } = object;
  // The list of fields holds every field of ObjectMeta that is served.
  return { apiVersion, kind, metadata: metadata as unknown as ObjectMeta, ...rest };
}

/** Go leaves out empty texts, maps and lists. */
function isEmpty(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value === '';
  for (const _ in value) return false;
  return true;
}

function withField(object: KubeObject, field: string, value: unknown): KubeObject {
  if (value !== undefined) return { ...object, [field]: value };
  if (!Object.hasOwn(object, field)) return object;
  const { [field]: _, ...rest } = object;
  return rest as KubeObject;
}

function chooseName(metadata: ObjectMeta, context: NewObjectContext): string {
  const { name, generateName = '' } = metadata;
  if (name !== undefined && name !== '') return name;
  if (generateName === '') return '';
  const base = generateName.slice(0, MAX_GENERATE_NAME);
  for (let tries = 0; tries < NAME_TRIES; tries += 1) {
    const candidate = base + randomLetters(context.random);
    if (!context.isTaken(candidate)) return candidate;
  }
  throw new ApiError(
    'AlreadyExists',
    `${resourceName(context.definition)} "${generateName}" already exists, the server was not able to generate a unique name for the object`,
    { details: resourceDetails(context.definition, generateName), retryAfterSeconds: 1 },
  );
}

/** The end of a generated name. */
export function randomLetters(random: () => number): string {
  let text = '';
  for (let index = 0; index < GENERATED_LENGTH; index += 1)
    text += NAME_LETTERS[Math.floor(random() * NAME_LETTERS.length)];
  return text;
}

/** A version 4 UUID (RFC 9562 §5.4). */
function randomUid(random: () => number): string {
  let uid = '';
  for (const place of 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx') {
    if (place === 'x') uid += HEX[Math.floor(random() * 16)];
    else uid += place === 'y' ? HEX[8 + Math.floor(random() * 4)] : place;
  }
  return uid;
}

/** `object` as of this revision of the store. */
export function withRevision(object: KubeObject, revision: number): KubeObject {
  const metadata = { ...object.metadata, resourceVersion: String(revision) };
  // What had a revision before has its place in the order of fields.
  return object.metadata.resourceVersion === undefined
    ? withMetadata(object, metadata)
    : { ...object, metadata };
}
