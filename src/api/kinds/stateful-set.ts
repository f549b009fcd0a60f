import { defineKind, type KindRow } from '../kind.ts';
import { checkDnsLabel } from '../names.ts';
import type {
  PersistentVolumeClaim,
  StatefulSet,
  StatefulSetSpec,
  StatefulSetUpdateStrategy,
} from '../types.ts';
import { defaultClaimSpec } from './claim-spec.ts';
import { AGE, NAME, text } from './columns.ts';
import { defaultPodTemplate } from './pod/defaults.ts';
import { lateRules } from './rare-rules.ts';
import { compact, nonEmpty, nonZero } from './validate/compact.ts';
import { CONTAINERS, IMAGES } from './workload/columns.ts';

const NO_STATUS = { replicas: 0, availableReplicas: 0 };

/** Pods with names and storage of their own, one after the other. */
export const STATEFUL_SET: KindRow<'StatefulSet'> = statefulSetKind({ keepsMaxUnavailable: false });

/** What feature gates say of StatefulSets. */
export interface StatefulSetGates {
  /** MaxUnavailableStatefulSet, which 1.36 has and leaves off: without it the field is dropped without a word. */
  readonly keepsMaxUnavailable: boolean;
}

/** The kind as an API server with these feature gates has it. */
export function statefulSetKind({ keepsMaxUnavailable }: StatefulSetGates): KindRow<'StatefulSet'> {
  return defineKind('StatefulSet', {
    validate: lateRules('StatefulSet.apps'),
    validateName: checkDnsLabel,
    defaults: (statefulSet) => ({
      ...statefulSet,
      spec: defaultSpec(specOf(statefulSet)),
      status: statefulSet.status ?? NO_STATUS,
    }),
    prepareForCreate: (statefulSet) => ({
      ...(keepsMaxUnavailable ? statefulSet : withoutMaxUnavailable(statefulSet)),
      status: NO_STATUS,
    }),
    prepareForUpdate: (statefulSet, old) =>
      keepsMaxUnavailable || rollingOf(old)?.maxUnavailable !== undefined
        ? statefulSet
        : withoutMaxUnavailable(statefulSet),
    columns: [
      NAME,
      text('Ready', ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`),
      AGE,
      CONTAINERS,
      IMAGES,
    ],
  });
}

function rollingOf({ spec }: StatefulSet): StatefulSetUpdateStrategy['rollingUpdate'] {
  return spec?.updateStrategy?.rollingUpdate;
}

/** @see kubernetes pkg/registry/apps/statefulset/strategy.go `dropStatefulSetDisabledFields` */
function withoutMaxUnavailable(statefulSet: StatefulSet): StatefulSet {
  const { spec } = statefulSet;
  const rolling = rollingOf(statefulSet);
  if (spec === undefined || rolling?.maxUnavailable === undefined) return statefulSet;
  const { maxUnavailable: _, ...rollingUpdate } = rolling;
  return {
    ...statefulSet,
    spec: { ...spec, updateStrategy: { ...spec.updateStrategy, rollingUpdate } },
  };
}

function specOf({ spec }: StatefulSet): StatefulSetSpec {
  return spec ?? { selector: {}, template: {} };
}

function defaultSpec(spec: StatefulSetSpec): StatefulSetSpec {
  const retention = spec.persistentVolumeClaimRetentionPolicy;
  return compact<StatefulSetSpec>({
    ...spec,
    replicas: spec.replicas ?? 1,
    template: defaultPodTemplate(spec.template),
    volumeClaimTemplates: spec.volumeClaimTemplates?.map(defaultClaimTemplate),
    podManagementPolicy: nonEmpty(spec.podManagementPolicy) ?? 'OrderedReady',
    updateStrategy: defaultStrategy(spec.updateStrategy ?? {}),
    minReadySeconds: nonZero(spec.minReadySeconds),
    revisionHistoryLimit: spec.revisionHistoryLimit ?? 10,
    persistentVolumeClaimRetentionPolicy: {
      whenDeleted: nonEmpty(retention?.whenDeleted) ?? 'Retain',
      whenScaled: nonEmpty(retention?.whenScaled) ?? 'Retain',
    },
  });
}

function defaultClaimTemplate(claim: PersistentVolumeClaim): PersistentVolumeClaim {
  return {
    ...claim,
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    spec: defaultClaimSpec(claim.spec ?? {}),
    status: { ...claim.status, phase: nonEmpty(claim.status?.phase) ?? 'Pending' },
  };
}

function defaultStrategy(strategy: StatefulSetUpdateStrategy): StatefulSetUpdateStrategy {
  const given = nonEmpty(strategy.type);
  const type = given ?? 'RollingUpdate';
  const isRolling = given === undefined || strategy.rollingUpdate !== undefined;
  if (type !== 'RollingUpdate' || !isRolling) return { ...strategy, type };
  return {
    type,
    rollingUpdate: {
      ...strategy.rollingUpdate,
      partition: strategy.rollingUpdate?.partition ?? 0,
    },
  };
}
