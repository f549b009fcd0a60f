import type {
  ApiError,
  DeleteOptions,
  KindMap,
  KindName,
  KubeObject,
  ObjectOf,
  WriteOptions,
} from '../api/index.ts';
import type { Announce, Change, Controller, ControllerWatch } from './controller.ts';

/** An object of a kind that has a type. */
export type KnownObject = KindMap[keyof KindMap];

/** Creates `object`; without a name the store makes one from `generateName`. */
export function create(
  object: KnownObject,
  announce?: Announce,
  whenRefused?: (error: ApiError) => readonly Change[],
): Change {
  return {
    kind: 'create',
    object: generic(object),
    ...(announce && { announce }),
    ...(whenRefused && { whenRefused }),
  };
}

/** Replaces everything of `object` but its status. */
export function update(object: KnownObject, announce?: Announce): Change {
  return { kind: 'update', object: generic(object), ...(announce && { announce }) };
}

/** Replaces the status of `object` alone. */
export function updateStatus(object: KnownObject): Change {
  return { kind: 'updateStatus', object: generic(object) };
}

export interface RemoveOptions {
  readonly announce?: Announce;
  readonly options?: DeleteOptions;
}

/** Deletes `object`, provided that it is still the one with its uid. */
export function remove(object: KnownObject, { announce, options }: RemoveOptions = {}): Change {
  const { namespace, name, uid } = object.metadata;
  return {
    kind: 'delete',
    ref: { kind: object.kind, ...(namespace !== undefined && { namespace }), name },
    options: { ...options, ...(uid !== undefined && { preconditions: { uid } }) },
    ...(announce && { announce }),
  };
}

/** A watch whose `keys` see objects of their own type. */
export function watchKind<K extends KindName>(
  kind: K,
  keys: (object: ObjectOf<K>, reader: Parameters<ControllerWatch['keys']>[1]) => readonly string[],
): ControllerWatch {
  return { kind, keys: (object, reader) => keys(object as unknown as ObjectOf<K>, reader) };
}

/** The key under which a namespaced object is reconciled: `namespace/name`. */
export function keyOf({ metadata }: KnownObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

/** What `keyOf` made, in its parts. */
export function splitKey(key: string): readonly [namespace: string, name: string] {
  const slash = key.indexOf('/');
  return [key.slice(0, slash), key.slice(slash + 1)];
}

/** Generated types are interfaces, which TypeScript does not take for an object with an index signature. */
function generic(object: KnownObject): KubeObject {
  return object as unknown as KubeObject;
}

const ACCOUNTS = ['system:serviceaccounts', 'system:serviceaccounts:kube-system'];
const writers = new WeakMap<Controller, WriteOptions>();

/** Each controller writes as the ServiceAccount that it has in a cluster. */
export function writeOptionsOf(controller: Controller): WriteOptions {
  const known = writers.get(controller);
  if (known !== undefined) return known;
  const name = `system:serviceaccount:kube-system:${controller.name}`;
  const user = { name, groups: [...ACCOUNTS, 'system:authenticated'] };
  const options: WriteOptions = { request: { user, warn: () => undefined } };
  writers.set(controller, options);
  return options;
}
