import type { KubeObject } from '../object.ts';

/** `Kind namespace/name`, as tables and problems name objects; without a namespace where none is written. */
export function describeObject(object: KubeObject): string {
  const { namespace, name } = object.metadata;
  return `${object.kind} ${namespace === undefined ? '' : `${namespace}/`}${name ?? ''}`;
}
