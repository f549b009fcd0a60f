/** Rules for StatefulSets. @see kubernetes `pkg/apis/apps/validation` */
import { deepEqual } from '../../deep-equal.ts';
import type { FieldError } from '../../errors.ts';
import { checkDnsLabel } from '../../names.ts';
import type { KubeObject } from '../../object.ts';
import type {
  PodTemplateSpec,
  StatefulSet,
  StatefulSetSpec,
  StatefulSetUpdateStrategy,
  Volume,
} from '../../types.ts';
import { validateClaimSpec } from '../claim-spec.ts';
import type { RareRules } from '../rare-rules.ts';
import {
  forbidden,
  invalid,
  invalidEach,
  notSupported,
  required,
  validateCount,
} from '../validate/field-errors.ts';
import {
  amountOf,
  validateAtMostAll,
  validateCountOrPercent,
  validateSelector,
  validateTemplate,
} from '../workload/validate.ts';

const POLICIES: readonly string[] = ['OrderedReady', 'Parallel'];
const RETENTION: readonly string[] = ['Retain', 'Delete'];
const FROZEN =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

/** Rules. */
export const STATEFUL_SET: RareRules = {
  validate: (object, old) => validateSet(specOf(object), old && specOf(old)),
};

function specOf(object: KubeObject): StatefulSetSpec {
  const { spec }: StatefulSet = object as StatefulSet; // of a StatefulSet's row
  return spec ?? { selector: {}, template: {} };
}

function validateSet(
  spec: StatefulSetSpec,
  old: StatefulSetSpec | undefined,
): readonly FieldError[] {
  const { podManagementPolicy = '', serviceName = '', volumeClaimTemplates = [] } = spec;
  return [
    ...validatePolicy('spec.podManagementPolicy', podManagementPolicy),
    ...validateStrategy('spec.updateStrategy', spec.updateStrategy ?? {}),
    ...validateRetention(spec),
    // What cannot change was found valid when it was made.
    ...(old === undefined ? volumeClaimTemplates : []).flatMap((claim, index) =>
      validateClaimSpec(`spec.volumeClaimTemplates[${index}].spec`, claim.spec ?? {}),
    ),
    ...validateCount('spec.replicas', spec.replicas),
    ...validateCount('spec.minReadySeconds', spec.minReadySeconds),
    ...validateCount('spec.ordinals.start', spec.ordinals?.start),
    ...(old === undefined && serviceName !== ''
      ? invalidEach('spec.serviceName', serviceName, checkDnsLabel(serviceName))
      : []),
    ...validateSelector(spec.selector, 'statefulset'),
    ...validateTemplate({ ...spec, template: identified(spec) }, 'StatefulSet'),
    ...(old ? validateChange(spec, old) : []),
  ];
}

function validatePolicy(field: string, policy: string): readonly FieldError[] {
  if (policy === '') return [required(field)];
  if (POLICIES.includes(policy)) return [];
  return [invalid(field, policy, "must be 'OrderedReady' or 'Parallel'")];
}

/** The template as Pods have it: with the volumes of their claims, and without the names that each gets. */
function identified({ template, volumeClaimTemplates = [] }: StatefulSetSpec): PodTemplateSpec {
  const { spec } = template;
  if (spec === undefined) return template;
  const { subdomain: _s, hostname: _h, ...rest } = spec;
  if (volumeClaimTemplates.length === 0) return { ...template, spec: rest };
  const names = new Set(volumeClaimTemplates.map(({ metadata }) => metadata?.name ?? ''));
  const volumes: readonly Volume[] = [...names].map((name) => ({
    name,
    persistentVolumeClaim: { claimName: name },
  }));
  const others = (spec.volumes ?? []).filter(({ name }) => !names.has(name));
  return { ...template, spec: { ...rest, volumes: [...volumes, ...others] } };
}

function validateStrategy(
  field: string,
  { type = '', rollingUpdate }: StatefulSetUpdateStrategy,
): readonly FieldError[] {
  const path = `${field}.rollingUpdate`;
  if (type === 'OnDelete')
    return rollingUpdate === undefined
      ? []
      : [
          invalid(
            path,
            {
              Partition: rollingUpdate.partition ?? 0,
              MaxUnavailable: rollingUpdate.maxUnavailable ?? null,
            },
            `only allowed for updateStrategy 'RollingUpdate'`,
          ),
        ];
  if (type === '') return [required(field)];
  if (type !== 'RollingUpdate')
    return [
      invalid(field, goStrategy(type, rollingUpdate), "must be 'RollingUpdate' or 'OnDelete'"),
    ];
  const { partition, maxUnavailable } = rollingUpdate ?? {};
  const unavailable = `${path}.maxUnavailable`;
  return [
    ...validateCount(`${path}.partition`, partition),
    ...validateCountOrPercent(unavailable, maxUnavailable),
    ...(maxUnavailable !== undefined && amountOf(maxUnavailable) === 0
      ? [invalid(unavailable, maxUnavailable, 'cannot be 0')]
      : []),
    ...validateAtMostAll(unavailable, maxUnavailable),
  ];
}

/** As Go shows a strategy of its own. */
function goStrategy(type: string, rolling: StatefulSetUpdateStrategy['rollingUpdate']): object {
  const { partition = 0, maxUnavailable = null } = rolling ?? {};
  return {
    Type: type,
    RollingUpdate:
      rolling === undefined ? null : { Partition: partition, MaxUnavailable: maxUnavailable },
  };
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
