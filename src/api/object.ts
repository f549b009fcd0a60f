import type { KindMap, ObjectMeta } from './types.ts';

/** Any API object; objects in the store are never changed in place. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

/**
 * How code names a kind: the Kubernetes kind for those with a generated type (`Service`),
 * `Kind.group` for any other (`Widget.example.org`, `Event.events.k8s.io`).
 */
export type KindName = keyof KindMap | (string & {});

/** Stands for every kind where a list, a watch or a look-up of owned objects takes one. */
export const ANY_KIND = '*';

/** The object type behind a kind's name. */
export type ObjectOf<K extends KindName> = K extends keyof KindMap ? KindMap[K] : KubeObject;

/** Names one object; `namespace` is absent for cluster-scoped kinds. */
export interface ObjectRef {
  readonly kind: KindName;
  readonly namespace?: string;
  readonly name: string;
}

/** `kind namespace/name`, as messages name objects. */
export function describeRef(ref: ObjectRef): string {
  const kind = ref.kind.replace(/\..*$/, '').toLowerCase();
  return ref.namespace === undefined
    ? `${kind} ${ref.name}`
    : `${kind} ${ref.namespace}/${ref.name}`;
}
