import { defineKind, type KindRow } from '../kind.ts';
import type { ReplicaSet, ReplicaSetSpec } from '../types.ts';
import { AGE, integer, NAME } from './columns.ts';
import { defaultPodTemplate } from './pod/defaults.ts';
import { compact, nonZero } from './validate/compact.ts';
import { isStored } from './validate/is-stored.ts';
import { CONTAINERS, IMAGES, SELECTOR } from './workload/columns.ts';
import {
  validateCounts,
  validateSameSelector,
  validateSelector,
  validateTemplate,
} from './workload/validate.ts';

/** So many Pods of one template. */
export const REPLICA_SET: KindRow<'ReplicaSet'> = defineKind('ReplicaSet', {
  defaults: (replicaSet, { old }) => ({
    ...replicaSet,
    spec: isStored(replicaSet, old) ? replicaSet.spec : defaultSpec(specOf(replicaSet)),
    status: replicaSet.status ?? { replicas: 0 },
  }),
  prepareForCreate: (replicaSet) => ({ ...replicaSet, status: { replicas: 0 } }),
  validate: (replicaSet, old) => {
    if (isStored(replicaSet, old)) return [];
    const spec = specOf(replicaSet);
    return [
      ...validateCounts(spec),
      ...validateSelector(spec.selector, 'deployment'),
      ...validateTemplate(spec, 'ReplicaSet'),
      ...(old ? validateSameSelector(spec.selector, old.spec?.selector) : []),
    ];
  },
  selectableFields: { 'status.replicas': ({ status }) => String(status?.replicas ?? 0) },
  columns: [
    NAME,
    integer('Desired', ({ spec }) => spec?.replicas ?? 0),
    integer('Current', ({ status }) => status?.replicas ?? 0),
    integer('Ready', ({ status }) => status?.readyReplicas ?? 0),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
  ],
});

function specOf({ spec }: ReplicaSet): ReplicaSetSpec {
  return spec ?? { selector: {} };
}

function defaultSpec(spec: ReplicaSetSpec): ReplicaSetSpec {
  return compact<ReplicaSetSpec>({
    ...spec,
    replicas: spec.replicas ?? 1,
    minReadySeconds: nonZero(spec.minReadySeconds),
    template: defaultPodTemplate(spec.template ?? {}),
  });
}
