import type { FieldError } from '../errors.ts';
import { defineKind, type KindRow } from '../kind.ts';
import type { ControllerRevision } from '../types.ts';
import { AGE, NAME, NONE, text } from './columns.ts';
import { required, validateCount } from './validate/field-errors.ts';
import { validateImmutable } from './workload/validate.ts';

/** What a workload looked like at some time. */
export const CONTROLLER_REVISION: KindRow<'ControllerRevision'> = defineKind('ControllerRevision', {
  validate: (revision, old) => [
    ...validateCount('revision', revision.revision),
    ...(old
      ? validateImmutable('data', revision.data, old.data)
      : validateData(revision.data ?? null)),
  ],
  columns: [
    NAME,
    text('Controller', controllerText),
    text('Revision', ({ revision }) => revision),
    AGE,
  ],
});

function validateData(data: unknown): readonly FieldError[] {
  if (data === null) return [required('data', 'data is mandatory')];
  const isObject = typeof data === 'object' && !Array.isArray(data);
  return isObject ? [] : [required('data', 'data must be a valid JSON object')];
}

function controllerText({ metadata }: ControllerRevision): string {
  const owner = (metadata.ownerReferences ?? []).find(({ controller }) => controller === true);
  if (owner === undefined) return NONE;
  const group = owner.apiVersion.includes('/') ? `.${owner.apiVersion.replace(/\/.*$/, '')}` : '';
  return `${owner.kind.toLowerCase()}${group}/${owner.name}`;
}
