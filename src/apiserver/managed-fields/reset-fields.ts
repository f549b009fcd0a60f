import { metadataKeptByStatus } from '../../api/index.ts';
import type { Target } from '../context.ts';
import { fieldSet, type FieldSet } from './field-set.ts';

/** A field as path elements. */
type Path = readonly string[];

const STATUS: readonly Path[] = [['f:status']];
const SPEC: Path = ['f:spec'];
const CERTIFICATE_REQUEST = 'CertificateSigningRequest.certificates.k8s.io';

/**
 * `set` without the fields that this part of the API leaves as they are, whatever is sent.
 *
 * @see kubernetes `GetResetFields`
 */
export function withoutReset(set: FieldSet, target: Target): FieldSet {
  let left = set;
  for (const path of resetPaths(target)) left = without(left, path);
  return left;
}

function resetPaths({ definition, subresource }: Target): readonly Path[] {
  const isRequest = definition.name === CERTIFICATE_REQUEST;
  if (!definition.hasStatus) return [];
  if (subresource !== 'status') return isRequest ? [...STATUS, SPEC] : STATUS;
  const kept = metadataKeptByStatus(definition);
  if (kept === 'all') return [SPEC, ['f:metadata']];
  const fields = kept.map((field): Path => ['f:metadata', `f:${field}`]);
  return isRequest ? [SPEC, ['f:status', 'f:conditions']] : [SPEC, ...fields];
}

/** `set` without a path and all below it; the same set where there is none. */
function without(set: FieldSet, [element = '', ...rest]: Path): FieldSet {
  const subset = set.children.get(element);
  if (subset === undefined) return set;
  const left = rest.length === 0 ? undefined : without(subset, rest);
  if (left === subset) return set;
  const children = new Map(set.children);
  if (left === undefined || (left.children.size === 0 && !left.isMember)) children.delete(element);
  else children.set(element, left);
  return fieldSet(set.isMember, children);
}
