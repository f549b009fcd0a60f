import type { KubeObject } from './object.ts';
import type { Ingress, IngressClass, ObjectMeta } from './types.ts';

const IS_DEFAULT = 'ingressclass.kubernetes.io/is-default-class';
/** From before there were IngressClass objects. */
const CLASS = 'kubernetes.io/ingress.class';

/**
 * A new Ingress with the cluster's default class where it names none; of several defaults the newest is taken.
 *
 * @see kubernetes `plugin/pkg/admission/network/defaultingressclass`
 */
export function withDefaultIngressClass(
  object: KubeObject,
  classes: readonly IngressClass[],
): KubeObject {
  // An Ingress by its kind, and read as one.
  const { metadata, spec } = object as unknown as Ingress;
  if (spec?.ingressClassName !== undefined) return object;
  if (Object.hasOwn(metadata.annotations ?? {}, CLASS)) return object;
  const [newest] = classes
    .map((ingressClass) => ingressClass.metadata)
    .filter(({ annotations }) => annotations?.[IS_DEFAULT] === 'true')
    .toSorted(newestFirst);
  if (newest === undefined) return object;
  return { ...object, spec: { ...spec, ingressClassName: newest.name } };
}

function newestFirst(left: ObjectMeta, right: ObjectMeta): number {
  const [a = '', b = ''] = [left.creationTimestamp, right.creationTimestamp];
  if (a !== b) return a > b ? -1 : 1;
  return left.name < right.name ? -1 : 1;
}
