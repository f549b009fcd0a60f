import { deepEqual } from '../deep-equal.ts';
import type { FieldError } from '../errors.ts';
import { defineKind, type KindRow } from '../kind.ts';
import type { Deployment, DeploymentSpec, DeploymentStrategy } from '../types.ts';
import { AGE, NAME, text } from './columns.ts';
import { defaultPodTemplate } from './pod/defaults.ts';
import { compact, nonEmpty } from './validate/compact.ts';
import { isStored } from './validate/is-stored.ts';
import { forbidden, invalid, notSupported, required } from './validate/field-errors.ts';
import { CONTAINERS, IMAGES, SELECTOR } from './workload/columns.ts';
import {
  amountOf,
  validateAtMostAll,
  validateCountOrPercent,
  validateCounts,
  validateSameSelector,
  validateSelector,
  validateTemplate,
} from './workload/validate.ts';

/** Pods of one template, replaced step by step when it changes. */
export const DEPLOYMENT: KindRow<'Deployment'> = defineKind('Deployment', {
  defaults: (deployment, { old }) => ({
    ...deployment,
    spec: isStored(deployment, old) ? deployment.spec : defaultSpec(specOf(deployment)),
    status: deployment.status ?? {},
  }),
  prepareForCreate: (deployment) => ({ ...deployment, status: {} }),
  // They are copied to the ReplicaSets; the controller writes its own with the status.
  isNewGeneration: (deployment, old, isUsually) =>
    isUsually || !deepEqual(deployment.metadata.annotations, old.metadata.annotations),
  validate: (deployment, old) => {
    if (isStored(deployment, old)) return [];
    const spec = specOf(deployment);
    return [
      ...validateCounts(spec),
      ...validateSelector(spec.selector, 'deployment'),
      ...validateTemplate(spec, 'ReplicaSet'),
      ...validateStrategy('spec.strategy', spec.strategy ?? {}),
      ...validateDeadline(spec),
      ...(old ? validateSameSelector(spec.selector, old.spec?.selector) : []),
    ];
  },
  columns: [
    NAME,
    text('Ready', ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`),
    text('Up-to-date', ({ status }) => status?.updatedReplicas ?? 0),
    text('Available', ({ status }) => status?.availableReplicas ?? 0),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
  ],
});

function specOf({ spec }: Deployment): DeploymentSpec {
  return spec ?? { selector: {}, template: {} };
}

function defaultSpec(spec: DeploymentSpec): DeploymentSpec {
  return compact<DeploymentSpec>({
    ...spec,
    replicas: spec.replicas ?? 1,
    template: defaultPodTemplate(spec.template),
    strategy: defaultStrategy(spec.strategy ?? {}),
    minReadySeconds: spec.minReadySeconds === 0 ? undefined : spec.minReadySeconds,
    revisionHistoryLimit: spec.revisionHistoryLimit ?? 10,
    progressDeadlineSeconds: spec.progressDeadlineSeconds ?? 600,
  });
}

function defaultStrategy({ type, rollingUpdate }: DeploymentStrategy): DeploymentStrategy {
  const chosen = nonEmpty(type) ?? 'RollingUpdate';
  if (chosen !== 'RollingUpdate')
    return compact<DeploymentStrategy>({ type: chosen, rollingUpdate });
  return {
    type: chosen,
    rollingUpdate: {
      maxUnavailable: rollingUpdate?.maxUnavailable ?? '25%',
      maxSurge: rollingUpdate?.maxSurge ?? '25%',
    },
  };
}

function validateStrategy(field: string, strategy: DeploymentStrategy): readonly FieldError[] {
  const { type, rollingUpdate } = strategy;
  const path = `${field}.rollingUpdate`;
  if (type === 'Recreate') {
    return rollingUpdate === undefined
      ? []
      : [forbidden(path, "may not be specified when strategy `type` is 'Recreate'")];
  }
  if (type !== 'RollingUpdate')
    return [notSupported(field, goStrategy(strategy), ['Recreate', 'RollingUpdate'])];
  if (rollingUpdate === undefined)
    return [required(path, 'this should be defaulted and never be nil')];
  const { maxUnavailable, maxSurge } = rollingUpdate;
  return [
    ...validateCountOrPercent(`${path}.maxUnavailable`, maxUnavailable),
    ...validateCountOrPercent(`${path}.maxSurge`, maxSurge),
    ...(amountOf(maxUnavailable) === 0 && amountOf(maxSurge) === 0
      ? [invalid(`${path}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0')]
      : []),
    ...validateAtMostAll(`${path}.maxUnavailable`, maxUnavailable),
  ];
}

/** As Go shows a strategy of its own. */
function goStrategy({ type = '', rollingUpdate }: DeploymentStrategy): object {
  const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate ?? {};
  return {
    Type: type,
    RollingUpdate:
      rollingUpdate === undefined ? null : { MaxUnavailable: maxUnavailable, MaxSurge: maxSurge },
  };
}

function validateDeadline(spec: DeploymentSpec): readonly FieldError[] {
  const field = 'spec.progressDeadlineSeconds';
  const { progressDeadlineSeconds: deadline, minReadySeconds = 0 } = spec;
  if (deadline === undefined || deadline > minReadySeconds) return [];
  return [
    ...(deadline < 0 ? [invalid(field, deadline, 'must be greater than or equal to 0')] : []),
    invalid(field, deadline, 'must be greater than minReadySeconds'),
  ];
}
