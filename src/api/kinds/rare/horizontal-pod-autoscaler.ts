/** Defaults of and rules for HorizontalPodAutoscalers. @see kubernetes `pkg/apis/autoscaling` */
import type { KubeObject } from '../../object.ts';
import { checkPathSegment } from '../../names.ts';
import type {
  CrossVersionObjectReference,
  HorizontalPodAutoscalerSpec,
  HPAScalingPolicy,
  HPAScalingRules,
  MetricSpec,
} from '../../types.ts';
import type { RareRules } from '../rare-rules.ts';
import {
  forbidden,
  invalid,
  invalidEach,
  notSupported,
  required,
  validateCount,
  type Errors,
} from '../validate/field-errors.ts';
import { signOf, structs, when } from './check.ts';
import { validateMetric } from './metrics.ts';

const DEFAULT_CPU_UTILIZATION = 80;
const MAX_PERIOD_SECONDS = 1800;
const MAX_STABILIZATION_SECONDS = 3600;
const PERIOD_SECONDS = 15;
const SELECTS = ['Disabled', 'Max', 'Min'];
const POLICIES = ['Percent', 'Pods'];

/** Defaults and rules. */
export const HORIZONTAL_POD_AUTOSCALER: RareRules = {
  defaults: (object) => ({ ...object, spec: defaultSpec(specOf(object)) }),
  validate: (object, old) => {
    if (old !== undefined && object['spec'] === old['spec']) return validateStatus(object);
    return validateSpec(specOf(object), old && specOf(old));
  },
};

function specOf(object: KubeObject): HorizontalPodAutoscalerSpec {
  return object['spec'] ?? {}; // as the API's schema has it
}

function defaultSpec(spec: HorizontalPodAutoscalerSpec): HorizontalPodAutoscalerSpec {
  const { minReplicas = 1, metrics = [], behavior } = spec;
  return {
    ...spec,
    minReplicas,
    metrics: metrics.length === 0 ? [defaultMetric()] : metrics,
    ...(behavior !== undefined && {
      behavior: {
        scaleUp: {
          stabilizationWindowSeconds: 0,
          selectPolicy: 'Max',
          policies: [
            percent(100),
            { type: 'Pods', value: 4, periodSeconds: PERIOD_SECONDS },
          ].toReversed(),
          ...behavior.scaleUp,
        },
        scaleDown: { selectPolicy: 'Max', policies: [percent(100)], ...behavior.scaleDown },
      },
    }),
  };
}

function percent(value: number): HPAScalingPolicy {
  return { type: 'Percent', value, periodSeconds: PERIOD_SECONDS };
}

function defaultMetric(): MetricSpec {
  const target = { type: 'Utilization', averageUtilization: DEFAULT_CPU_UTILIZATION };
  return { type: 'Resource', resource: { name: 'cpu', target } };
}

function validateStatus(object: KubeObject): Errors {
  const { currentReplicas, desiredReplicas } = (object['status'] ?? {}) as {
    readonly currentReplicas?: number;
    readonly desiredReplicas?: number;
  };
  return [
    ...validateCount('status.currentReplicas', currentReplicas),
    ...validateCount('status.desiredReplicas', desiredReplicas),
  ];
}

function validateSpec(
  spec: HorizontalPodAutoscalerSpec,
  old: HorizontalPodAutoscalerSpec | undefined,
): Errors {
  const { minReplicas, maxReplicas = 0, scaleTargetRef = {}, behavior } = spec;
  const before = old?.scaleTargetRef;
  const isSameKind =
    before !== undefined &&
    before.apiVersion === scaleTargetRef.apiVersion &&
    before.kind === scaleTargetRef.kind;
  const mayHaveNoGroup = scaleTargetRef.kind === 'ReplicationController';
  return [
    ...validateReplicas(minReplicas, maxReplicas),
    ...validateReference(
      'spec.scaleTargetRef',
      scaleTargetRef,
      isSameKind ? 'any' : mayHaveNoGroup ? 'core' : 'group',
    ),
    ...validateMetrics(spec, old),
    ...validateRules('spec.behavior.scaleUp', behavior?.scaleUp),
    ...validateRules('spec.behavior.scaleDown', behavior?.scaleDown),
  ];
}

function validateReplicas(min: number | undefined, max: number): Errors {
  const field = 'spec.maxReplicas';
  return [
    ...when(min !== undefined && min < 1, () =>
      invalid('spec.minReplicas', min, 'must be greater than or equal to 1'),
    ),
    ...when(max === 0, () => required(field, 'must be set and greater than 0')),
    ...when(max < 0, () => invalid(field, max, 'must be greater than or equal to 1')),
    ...when(min !== undefined && max < min, () =>
      invalid(field, max, 'must be greater than or equal to `minReplicas`'),
    ),
  ];
}

/** What an apiVersion must have: a group, a group or nothing, or nobody asks. */
type Versions = 'group' | 'core' | 'any';

function validateReference(
  path: string,
  { apiVersion = '', kind = '', name = '' }: CrossVersionObjectReference,
  versions: Versions,
): Errors {
  const segment = (field: string, value: string): Errors =>
    value === ''
      ? [required(`${path}.${field}`)]
      : invalidEach(`${path}.${field}`, value, checkPathSegment(value));
  const problem = versionProblem(apiVersion, versions);
  return [
    ...segment('kind', kind),
    ...segment('name', name),
    ...(problem === undefined ? [] : [invalid(`${path}.apiVersion`, apiVersion, problem)]),
  ];
}

/** @see apimachinery `schema.ParseGroupVersion` */
function versionProblem(apiVersion: string, versions: Versions): string | undefined {
  if (versions === 'any') return undefined;
  const slashes = apiVersion.split('/').length - 1;
  if (slashes > 1) return `unexpected GroupVersion string: ${apiVersion}`;
  const hasGroup = slashes === 1 && !apiVersion.startsWith('/');
  return versions === 'group' && !hasGroup ? 'apiVersion must specify API group' : undefined;
}

function validateMetrics(
  { metrics, minReplicas }: HorizontalPodAutoscalerSpec,
  old: HorizontalPodAutoscalerSpec | undefined,
): Errors {
  const wasWrong = structs(old?.metrics).some(
    ({ type, object }) =>
      type === 'Object' &&
      object !== undefined &&
      versionProblem(object.describedObject?.apiVersion ?? '', 'core') !== undefined,
  );
  const list = structs(metrics);
  const counts = list.some(({ type }) => type === 'Object' || type === 'External');
  return [
    ...list.flatMap((metric, index) =>
      validateMetric(`spec.metrics[${index}]`, metric, (field, reference) =>
        validateReference(field, reference, wasWrong ? 'any' : 'core'),
      ),
    ),
    ...when(minReplicas === 0 && !counts, () =>
      forbidden(
        'spec.metrics',
        'must specify at least one Object or External metric to support scaling to zero replicas',
      ),
    ),
  ];
}

function validateRules(path: string, rules: HPAScalingRules | undefined): Errors {
  if (rules === undefined) return [];
  const { stabilizationWindowSeconds: seconds = 0, selectPolicy, policies = [], tolerance } = rules;
  const field = `${path}.stabilizationWindowSeconds`;
  return [
    ...when(seconds < 0, () => invalid(field, seconds, 'must be greater than or equal to zero')),
    ...when(seconds > MAX_STABILIZATION_SECONDS, () =>
      invalid(field, seconds, `must be less than or equal to ${MAX_STABILIZATION_SECONDS}`),
    ),
    ...when(selectPolicy !== undefined && !SELECTS.includes(selectPolicy), () =>
      notSupported(`${path}.selectPolicy`, selectPolicy, SELECTS),
    ),
    ...when(policies.length === 0, () =>
      required(`${path}.policies`, 'must specify at least one Policy'),
    ),
    ...structs(policies).flatMap((policy, index) =>
      validatePolicy(`${path}.policies[${index}]`, policy),
    ),
    ...when(signOf(tolerance) === -1, () =>
      invalid(`${path}.tolerance`, tolerance, 'must be greater than or equal to 0'),
    ),
  ];
}

function validatePolicy(
  path: string,
  { type = '', value = 0, periodSeconds = 0 }: HPAScalingPolicy,
): Errors {
  const field = `${path}.periodSeconds`;
  return [
    ...when(!POLICIES.includes(type), () => notSupported(`${path}.type`, type, POLICIES)),
    ...when(value <= 0, () => invalid(`${path}.value`, value, 'must be greater than zero')),
    ...when(periodSeconds <= 0, () => invalid(field, periodSeconds, 'must be greater than zero')),
    ...when(periodSeconds > MAX_PERIOD_SECONDS, () =>
      invalid(field, periodSeconds, `must be less than or equal to ${MAX_PERIOD_SECONDS}`),
    ),
  ];
}
