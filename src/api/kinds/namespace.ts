import { defineKind, type KindRow } from '../kind.ts';
import { checkDnsLabel, checkQualifiedName } from '../names.ts';
import { validateStandardFinalizer } from '../object-meta.ts';
import { AGE, NAME, text } from './columns.ts';
import { nonEmpty } from './validate/compact.ts';
import { invalid, invalidEach } from './validate/field-errors.ts';

const FINALIZERS = 'spec.finalizers';

const NAME_LABEL = 'kubernetes.io/metadata.name';

/** A part of the cluster where names are unique; the store looks after its life. */
export const NAMESPACE: KindRow<'Namespace'> = defineKind('Namespace', {
  defaults: (namespace) => {
    const { metadata, status } = namespace;
    const { name, labels } = metadata;
    const defaulted = {
      ...namespace,
      status: { ...status, phase: nonEmpty(status?.phase) ?? 'Active' },
    };
    if (name === '' || labels?.[NAME_LABEL] !== undefined) return defaulted;
    return { ...defaulted, metadata: { ...metadata, labels: { ...labels, [NAME_LABEL]: name } } };
  },
  validateName: checkDnsLabel,
  validate: ({ spec }) =>
    (spec?.finalizers ?? []).flatMap((finalizer) => [
      ...invalidEach(FINALIZERS, finalizer, checkQualifiedName(finalizer)),
      ...validateStandardFinalizer(FINALIZERS, finalizer),
    ]),
  validateStatus: ({ metadata, status }) => {
    const isGoing = metadata.deletionTimestamp !== undefined;
    const phase = isGoing ? 'Terminating' : 'Active';
    return status?.phase === phase
      ? []
      : [
          invalid(
            'status.Phase',
            status?.phase ?? '',
            `may only be '${phase}' if \`deletionTimestamp\` is ${isGoing ? 'not ' : ''}empty`,
          ),
        ];
  },
  selectableFields: { 'status.phase': ({ status }) => status?.phase ?? '' },
  columns: [NAME, text('Status', ({ status }) => status?.phase ?? ''), AGE],
});
