import { deepEqual } from '../deep-equal.ts';
import type { FieldError } from '../errors.ts';
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
import { compact, nonEmpty, nonZero } from './validate/compact.ts';
import {
  forbidden,
  invalid,
  notSupported,
  oneOf,
  required,
  validateCount,
} from './validate/field-errors.ts';
import { CONTAINERS, IMAGES } from './workload/columns.ts';
import {
  validateCountOrPercent,
  validateCounts,
  validateSelector,
  validateTemplate,
} from './workload/validate.ts';

const POLICIES: readonly string[] = ['OrderedReady', 'Parallel'];
const RETENTION: readonly string[] = ['Retain', 'Delete'];
const NO_STATUS = { replicas: 0, availableReplicas: 0 };
const FROZEN =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

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
    validate: (statefulSet, old) => validateSet(specOf(statefulSet), old && specOf(old)),
    columns: [
      NAME,
      text('Ready', ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`),
      AGE,
      CONTAINERS,
      IMAGES,
    ],
  });
}

function validateSet(
  spec: StatefulSetSpec,
  old: StatefulSetSpec | undefined,
): readonly FieldError[] {
  return [
    ...(old ? validateChange(spec, old) : []),
    ...oneOf('spec.podManagementPolicy', spec.podManagementPolicy, POLICIES),
    ...validateStrategy('spec.updateStrategy', spec.updateStrategy ?? {}),
    ...validateRetention(spec),
    ...validateCounts(spec),
    ...validateCount('spec.ordinals.start', spec.ordinals?.start),
    ...validateSelector(spec.selector, 'statefulset'),
    ...validateTemplate(spec, 'StatefulSet'),
  ];
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
    status: claim.status ?? { phase: 'Pending' },
  };
}

function defaultStrategy(strategy: StatefulSetUpdateStrategy): StatefulSetUpdateStrategy {
  const type = nonEmpty(strategy.type) ?? 'RollingUpdate';
  if (type !== 'RollingUpdate') return { ...strategy, type };
  return {
    type,
    rollingUpdate: {
      ...strategy.rollingUpdate,
      partition: strategy.rollingUpdate?.partition ?? 0,
    },
  };
}

function validateStrategy(
  field: string,
  { type = '', rollingUpdate }: StatefulSetUpdateStrategy,
): readonly FieldError[] {
  const path = `${field}.rollingUpdate`;
  if (type === 'OnDelete')
    return rollingUpdate === undefined
      ? []
      : [invalid(path, rollingUpdate, `only allowed for updateStrategy 'RollingUpdate'`)];
  if (type === '') return [required(field)];
  if (type !== 'RollingUpdate')
    return [invalid(field, { type }, "must be 'RollingUpdate' or 'OnDelete'")];
  return [
    ...validateCount(`${path}.partition`, rollingUpdate?.partition),
    ...validateCountOrPercent(`${path}.maxUnavailable`, rollingUpdate?.maxUnavailable),
  ];
}

function validateRetention(spec: StatefulSetSpec): readonly FieldError[] {
  const field = 'spec.persistentVolumeClaimRetentionPolicy';
  const { whenDeleted, whenScaled } = spec.persistentVolumeClaimRetentionPolicy ?? {};
  return Object.entries({ whenDeleted, whenScaled }).flatMap(([name, value]) =>
    value === undefined || RETENTION.includes(value)
      ? []
      : [notSupported(`${field}.${name}`, value, RETENTION)],
  );
}

function validateChange(spec: StatefulSetSpec, old: StatefulSetSpec): readonly FieldError[] {
  const kept = (from: StatefulSetSpec): unknown => [
    from.selector,
    from.serviceName,
    from.podManagementPolicy,
    // What a claim's template looks like is a matter of its spec; its status is the server's.
    (from.volumeClaimTemplates ?? []).map((claim) => ({
      metadata: claim.metadata,
      spec: claim.spec,
    })),
  ];
  return deepEqual(kept(spec), kept(old)) ? [] : [forbidden('spec', FROZEN)];
}
