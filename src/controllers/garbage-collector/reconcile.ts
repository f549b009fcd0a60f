import {
  ANY_KIND,
  type DeleteOptions,
  type KubeObject,
  type OwnerReference,
  type StoreReader,
} from '../../api/index.ts';
import type { Change, Controller, Snapshot } from '../controller.ts';

const FOREGROUND = 'foregroundDeletion';
const ORPHAN = 'orphan';

/**
 * Deletes what lost all its owners, and carries out what a deletion says of dependents.
 *
 * Keys are `kind namespace name`: what happens to an object is decided from its owners and dependents as they are.
 *
 * @see kubernetes `pkg/controller/garbagecollector`
 */
export function createGarbageCollector(): Controller {
  return {
    name: 'garbage-collector-controller',
    watches: [{ kind: ANY_KIND, keys: concernedKeys }],
    reconcile: collect,
  };
}

/** The object itself, what hangs on it while it goes or is gone, and the owners that wait for it to go. */
function concernedKeys(object: KubeObject, reader: StoreReader): readonly string[] {
  const { uid = '', ownerReferences = [], deletionTimestamp } = object.metadata;
  const isGone = lookUp(keyOf(object), reader)?.metadata.uid !== uid;
  const isGoing = deletionTimestamp !== undefined;
  // Dependents come first: once the owner waits for nobody, they would no longer see that it waits for them.
  const keys = isGone || isGoing ? reader.ownedBy<string>(ANY_KIND, uid).map(keyOf) : [];
  if (ownerReferences.length > 0 || isGoing) keys.push(keyOf(object));
  for (const reference of ownerReferences) {
    const owner = ownerOf(object, reference, reader);
    if (owner?.metadata.deletionTimestamp !== undefined) keys.push(keyOf(owner));
  }
  return keys;
}

function collect(key: string, snapshot: Snapshot): readonly Change[] {
  const object = lookUp(key, snapshot);
  if (object === undefined) return [];
  if (object.metadata.deletionTimestamp === undefined) return collectDependent(object, snapshot);
  const { finalizers = [] } = object.metadata;
  if (finalizers.includes(ORPHAN)) return orphanDependents(object, snapshot);
  return finalizers.includes(FOREGROUND) ? awaitDependents(object, snapshot) : [];
}

/** An object is kept by one owner that stays; references to owners that go are then taken away. */
function collectDependent(object: KubeObject, snapshot: Snapshot): readonly Change[] {
  const { ownerReferences = [] } = object.metadata;
  if (ownerReferences.length === 0) return [];
  const owners = ownerReferences.map((reference) => ownerOf(object, reference, snapshot));
  const solid = ownerReferences.filter((_, index) => {
    const owner = owners[index];
    return owner !== undefined && !isWaiting(owner);
  });
  if (solid.length === ownerReferences.length) return [];
  if (solid.length > 0) return [withOwners(object, solid)];
  const dependents = dependentsOf(object, snapshot);
  if (!owners.some((owner) => owner !== undefined) || dependents.length === 0)
    return [remove(object, policyOf(object))];
  // Owners in a circle would wait for each other for ever.
  const isCircle = dependents.some(isWaiting);
  const unblocked = ownerReferences.map((reference) => ({
    ...reference,
    blockOwnerDeletion: false,
  }));
  const changes = isCircle ? [withOwners(object, unblocked)] : [];
  return [...changes, remove(object, 'Foreground')];
}

function orphanDependents(owner: KubeObject, snapshot: Snapshot): readonly Change[] {
  const freed = dependentsOf(owner, snapshot).map((dependent) =>
    withOwners(
      dependent,
      (dependent.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== owner.metadata.uid),
    ),
  );
  return [...freed, withoutFinalizer(owner, ORPHAN)];
}

/** Its dependents are deleted under their own keys; only those that block it are waited for. */
function awaitDependents(owner: KubeObject, snapshot: Snapshot): readonly Change[] {
  const isBlocked = dependentsOf(owner, snapshot).some(({ metadata }) =>
    metadata.ownerReferences?.some(
      ({ uid, blockOwnerDeletion }) => uid === owner.metadata.uid && blockOwnerDeletion === true,
    ),
  );
  return isBlocked ? [] : [withoutFinalizer(owner, FOREGROUND)];
}

function isWaiting({ metadata: { deletionTimestamp, finalizers = [] } }: KubeObject): boolean {
  return deletionTimestamp !== undefined && finalizers.includes(FOREGROUND);
}

function dependentsOf(
  { metadata: { uid = '' } }: KubeObject,
  reader: StoreReader,
): readonly KubeObject[] {
  return reader.ownedBy<string>(ANY_KIND, uid);
}

/** The owner, in the object's namespace or in none; another object of its name is not it. */
function ownerOf(
  { metadata }: KubeObject,
  { apiVersion, kind, name, uid }: OwnerReference,
  reader: StoreReader,
): KubeObject | undefined {
  const kindName = nameOfKind(apiVersion, kind);
  for (const namespace of [metadata.namespace, undefined]) {
    const owner = reader.get<string>(kindName, namespace, name);
    if (owner?.metadata.uid === uid) return owner;
  }
  return undefined;
}

function policyOf({ metadata: { finalizers = [] } }: KubeObject): Policy {
  if (finalizers.includes(ORPHAN)) return 'Orphan';
  return finalizers.includes(FOREGROUND) ? 'Foreground' : 'Background';
}

type Policy = NonNullable<DeleteOptions['propagationPolicy']>;

function remove({ apiVersion, kind, metadata }: KubeObject, propagationPolicy: Policy): Change {
  const { namespace, name, uid } = metadata;
  return {
    kind: 'delete',
    ref: {
      kind: nameOfKind(apiVersion, kind),
      name,
      ...(namespace !== undefined && { namespace }),
    },
    options: { propagationPolicy, ...(uid !== undefined && { preconditions: { uid } }) },
  };
}

function withOwners(object: KubeObject, ownerReferences: readonly OwnerReference[]): Change {
  const { ownerReferences: _, resourceVersion: __, ...metadata } = object.metadata;
  return { kind: 'update', object: { ...object, metadata: { ...metadata, ownerReferences } } };
}

function withoutFinalizer(object: KubeObject, finalizer: string): Change {
  const { finalizers = [], resourceVersion: _, ...metadata } = object.metadata;
  const kept = finalizers.filter((other) => other !== finalizer);
  return { kind: 'update', object: { ...object, metadata: { ...metadata, finalizers: kept } } };
}

/** The kind as the store knows it, which also takes `Deployment.apps`. */
function nameOfKind(apiVersion: string, kind: string): string {
  const slash = apiVersion.indexOf('/');
  return slash === -1 ? kind : `${kind}.${apiVersion.slice(0, slash)}`;
}

function keyOf({ apiVersion, kind, metadata }: KubeObject): string {
  return `${nameOfKind(apiVersion, kind)} ${metadata.namespace ?? ''} ${metadata.name}`;
}

function lookUp(key: string, reader: StoreReader): KubeObject | undefined {
  const [, kind = '', namespace = '', name = ''] = /^(\S+) (\S*) (.*)$/s.exec(key) ?? [];
  return reader.get<string>(kind, namespace === '' ? undefined : namespace, name);
}
