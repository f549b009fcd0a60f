import type { KubeObject, ObjectMeta, OwnerReference } from '../api/index.ts';
import type { KnownObject } from './change.ts';

/** The reference by which a controller's object owns what it makes. @see metav1.NewControllerRef */
export function ownerReferenceTo(owner: KnownObject): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** The one owner that controls an object. */
export function controllerOf(object: {
  readonly metadata: ObjectMeta;
}): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find(({ controller }) => controller === true);
}

/** Whether `owner` controls `object`. */
export function isControlledBy(
  object: { readonly metadata: ObjectMeta },
  owner: KnownObject,
): boolean {
  return controllerOf(object)?.uid === owner.metadata.uid;
}

/** How Events and other references name an object. */
export function refOf({ kind, metadata }: KnownObject | KubeObject): {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
} {
  const { namespace, name } = metadata;
  return { kind, ...(namespace !== undefined && { namespace }), name };
}
