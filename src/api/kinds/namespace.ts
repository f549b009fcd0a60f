import { defineKind, type KindRow } from '../kind.ts';
import { checkDnsLabel } from '../names.ts';
import { AGE, NAME, text } from './columns.ts';

const NAME_LABEL = 'kubernetes.io/metadata.name';

/** A part of the cluster where names are unique; the store looks after its life. */
export const NAMESPACE: KindRow<'Namespace'> = defineKind('Namespace', {
  defaults: (namespace) => {
    const { metadata } = namespace;
    const { name, labels } = metadata;
    if (name === '' || labels?.[NAME_LABEL] !== undefined) return namespace;
    return { ...namespace, metadata: { ...metadata, labels: { ...labels, [NAME_LABEL]: name } } };
  },
  validateName: checkDnsLabel,
  selectableFields: { 'status.phase': ({ status }) => status?.phase ?? '' },
  columns: [NAME, text('Status', ({ status }) => status?.phase ?? ''), AGE],
});
