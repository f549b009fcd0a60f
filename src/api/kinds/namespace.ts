import { defineKind, type KindRow } from '../kind.ts';
import { checkDnsLabel } from '../names.ts';
import { AGE, NAME, text } from './columns.ts';
import { nameRule } from './validate/names.ts';

/** A part of the cluster where names are unique; the store looks after its life. */
export const NAMESPACE: KindRow<'Namespace'> = defineKind('Namespace', {
  validateName: nameRule(checkDnsLabel),
  selectableFields: { 'status.phase': ({ status }) => status?.phase ?? '' },
  columns: [NAME, text('Status', ({ status }) => status?.phase ?? ''), AGE],
});
