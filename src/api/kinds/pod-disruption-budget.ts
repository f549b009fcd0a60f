import { decode } from '../decode.ts';
import { ApiError, type FieldError } from '../errors.ts';
import { defineKind, type KindRow } from '../kind.ts';
import type { KubeObject } from '../object.ts';
import type {
  IntOrString,
  LabelSelector,
  PodDisruptionBudgetSpec,
  PodDisruptionBudgetStatus,
} from '../types.ts';
import { AGE, integer, NAME, text } from './columns.ts';
import { invalid, optionalOneOf } from './validate/field-errors.ts';
import { validateLabelSelector } from './validate/labels.ts';
import { validateAtMostAll, validateCountOrPercent } from './workload/validate.ts';

/** How many of the Pods that it selects may be missing at a time because somebody evicts them. */
export type PodDisruptionBudget = KubeObject & {
  readonly spec?: PodDisruptionBudgetSpec;
  readonly status?: PodDisruptionBudgetStatus;
};

const NAME_OF_KIND = 'PodDisruptionBudget.policy';
const EVICTION_POLICIES: readonly string[] = ['AlwaysAllow', 'IfHealthyBudget'];
/** Counters that are always shown. */
const NO_STATUS: PodDisruptionBudgetStatus = {
  disruptionsAllowed: 0,
  currentHealthy: 0,
  desiredHealthy: 0,
  expectedPods: 0,
};

/** The kind by the name under which the store keeps it. */
export const POD_DISRUPTION_BUDGET: KindRow = defineKind<string>(NAME_OF_KIND, {
  prune: readSelector,
  defaults: (budget) => ({ ...budget, status: { ...NO_STATUS, ...read(budget).status } }),
  prepareForCreate: (budget) => ({ ...budget, status: NO_STATUS }),
  validate: (budget) => validateSpec(read(budget).spec ?? {}),
  columns: [
    NAME,
    text('Min Available', (budget) => amount(read(budget).spec?.minAvailable)),
    text('Max Unavailable', (budget) => amount(read(budget).spec?.maxUnavailable)),
    integer('Allowed Disruptions', (budget) => read(budget).status?.disruptionsAllowed ?? 0),
    AGE,
  ],
});

/** The budget with its selector as Go reads it: nulls are empty texts. @throws ApiError BadRequest for other types. */
function readSelector(budget: KubeObject): KubeObject {
  const { spec } = read(budget);
  // Clients write null for absent, and an absent selector is not an empty one.
  const selector: LabelSelector | null | undefined = spec?.selector;
  if (selector === undefined) return budget;
  const { selector: _, ...others } = spec ?? {};
  if (selector === null) return { ...budget, spec: others };
  const { value, errors } = decode('LabelSelector', selector);
  if (value === selector) return budget;
  if (errors.length === 0) return { ...budget, spec: { ...spec, selector: value } };
  const why = errors.map(({ field, message }) => `spec.selector.${field}: ${message}`).join(', ');
  throw new ApiError(
    'BadRequest',
    `PodDisruptionBudget in version "v1" cannot be handled as a PodDisruptionBudget: ${why}`,
  );
}

/** What is stored under this kind is a budget. */
function read(object: KubeObject): PodDisruptionBudget {
  return object;
}

function amount(value: IntOrString | undefined): string {
  return value === undefined ? 'N/A' : String(value);
}

/** @see kubernetes pkg/apis/policy/validation/validation.go `ValidatePodDisruptionBudgetSpec` */
function validateSpec(spec: PodDisruptionBudgetSpec): readonly FieldError[] {
  const { selector, unhealthyPodEvictionPolicy } = spec;
  const isBoth = spec.minAvailable !== undefined && spec.maxUnavailable !== undefined;
  const problem = 'minAvailable and maxUnavailable cannot be both set';
  return [
    ...(isBoth ? [invalid('spec', spec, problem)] : []),
    ...(['minAvailable', 'maxUnavailable'] as const).flatMap((name) => [
      ...validateCountOrPercent(`spec.${name}`, spec[name]),
      ...validateAtMostAll(`spec.${name}`, spec[name]),
    ]),
    ...validateLabelSelector('spec.selector', selector),
    ...optionalOneOf(
      'spec.unhealthyPodEvictionPolicy',
      unhealthyPodEvictionPolicy,
      EVICTION_POLICIES,
    ),
  ];
}
