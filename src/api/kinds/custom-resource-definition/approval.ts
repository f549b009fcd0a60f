import type { FieldError } from '../../errors.ts';
import type { KubeObject } from '../../object.ts';
import { invalid, required } from '../validate/field-errors.ts';
import { definitionSpec } from './definition.ts';
import { APPROVED, approvalOf, approvalReason, isProtected } from './names.ts';

const FIELD = `metadata.annotations[${APPROVED}]`;

/** What is wrong with the approval; a client that leaves it as it was is not troubled. */
export function validateApproval(
  object: KubeObject,
  old: KubeObject | undefined,
): readonly FieldError[] {
  if (!isProtected(definitionSpec(object).group ?? '')) return [];
  const approval = approvalOf(object);
  if (old !== undefined && approvalOf(old) === approval) return [];
  const why = approvalReason(object);
  if (approval === 'Missing') return [required(FIELD, why)];
  return approval === 'Invalid'
    ? [invalid(FIELD, object.metadata.annotations?.[APPROVED] ?? '', why)]
    : [];
}
