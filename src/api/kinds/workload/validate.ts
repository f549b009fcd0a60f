import { deepEqual } from '../../deep-equal.ts';
import type { FieldError } from '../../errors.ts';
import type { IntOrString, LabelSelector, PodTemplateSpec } from '../../types.ts';
import { validatePodTemplate } from '../pod/validate.ts';
import {
  forbidden,
  invalid,
  notSupported,
  required,
  validateCount,
} from '../validate/field-errors.ts';
import {
  isEmptySelector,
  isValidSelector,
  selectorMatches,
  sortedSelector,
  validateAnnotations,
  validateLabels,
  validateLabelSelector,
} from '../validate/labels.ts';

const PERCENT_PROBLEM =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";

/** What the workloads that keep Pods running have in common. */
export interface WorkloadSpec {
  readonly replicas?: number;
  readonly minReadySeconds?: number;
  readonly revisionHistoryLimit?: number;
  /** Absent where a client left it out. */
  readonly selector?: LabelSelector | undefined;
  readonly template?: PodTemplateSpec;
}

/** Counts of a workload are not negative. */
export function validateCounts(spec: WorkloadSpec): readonly FieldError[] {
  return [
    ...validateCount('spec.replicas', spec.replicas),
    ...validateCount('spec.minReadySeconds', spec.minReadySeconds),
    ...validateCount('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
  ];
}

/** A selector is there and selects something. @param kind as messages name it: `deployment`. */
export function validateSelector(
  selector: LabelSelector | undefined,
  kind: string,
): readonly FieldError[] {
  // A DaemonSet without one selects nothing, which its template is told.
  if (selector === undefined) return kind === 'daemonset' ? [] : [required('spec.selector')];
  const errors = validateLabelSelector('spec.selector', selector);
  return isEmptySelector(selector)
    ? [...errors, invalid('spec.selector', selector, `empty selector is invalid for ${kind}`)]
    : errors;
}

/** A selector stays what it was made as. */
export function validateSameSelector(
  selector: LabelSelector | undefined,
  old: LabelSelector | undefined,
): readonly FieldError[] {
  return validateImmutable('spec.selector', selector && sortedSelector(selector), old);
}

/** Kinds whose selectors are not looked at twice. */
const IS_TAKEN: ReadonlySet<string> = new Set(['DaemonSet', 'ReplicationController']);

/** The template is a Pod that the selector selects and that runs for ever. @param kind as messages name it: `ReplicaSet`. */
export function validateTemplate(
  { selector, template }: WorkloadSpec,
  kind: string,
): readonly FieldError[] {
  const field = 'spec.template';
  if (template === undefined) return [required(field)];
  const { restartPolicy, activeDeadlineSeconds } = template.spec ?? {};
  const why = kind === 'StatefulSet' ? '' : 'invalid label selector';
  if (selector !== undefined && !isValidSelector(selector) && !IS_TAKEN.has(kind))
    return [invalid('spec.selector', sortedSelector(selector), why)];
  return [
    ...validateSelected(`${field}.metadata.labels`, selector, template),
    ...validatePodTemplate(field, template),
    ...(kind === 'StatefulSet' ? validateMetadataAgain(field, template) : []),
    ...(restartPolicy === 'Always'
      ? []
      : [notSupported(`${field}.spec.restartPolicy`, restartPolicy, ['Always'])]),
    ...(activeDeadlineSeconds === undefined
      ? []
      : [
          forbidden(
            `${field}.spec.activeDeadlineSeconds`,
            `activeDeadlineSeconds in ${kind} is not Supported`,
          ),
        ]),
  ];
}

/** Under paths that nothing has. @see kubernetes `ValidatePodTemplateSpecForStatefulSet` */
function validateMetadataAgain(
  field: string,
  { metadata }: PodTemplateSpec,
): readonly FieldError[] {
  const { labels, annotations } = metadata ?? {};
  return [
    ...validateLabels(`${field}.labels`, labels),
    ...validateAnnotations(`${field}.annotations`, annotations),
  ];
}

function validateSelected(
  field: string,
  selector: LabelSelector | undefined,
  { metadata }: PodTemplateSpec,
): readonly FieldError[] {
  const labels = metadata?.labels;
  if (selector !== undefined && (isEmptySelector(selector) || !isValidSelector(selector)))
    return [];
  return selector !== undefined && selectorMatches(selector, labels ?? {})
    ? []
    : [invalid(field, labels ?? null, '`selector` does not match template `labels`')];
}

/** A field that stays what it was made as. */
export function validateImmutable(
  field: string,
  value: unknown,
  old: unknown,
): readonly FieldError[] {
  return deepEqual(value, old) ? [] : [invalid(field, value, 'field is immutable')];
}

/** A count, or a share such as `25%`. */
export function validateCountOrPercent(
  field: string,
  value: IntOrString | undefined,
): readonly FieldError[] {
  if (typeof value !== 'string') return validateCount(field, value);
  return /^\d+%$/.test(value) ? [] : [invalid(field, value, PERCENT_PROBLEM)];
}

/** A share of the whole at most. */
export function validateAtMostAll(
  field: string,
  value: IntOrString | undefined,
): readonly FieldError[] {
  return amountOf(value) > 100 && typeof value === 'string'
    ? [invalid(field, value, 'must not be greater than 100%')]
    : [];
}

/** The number in a count or share. */
export function amountOf(value: IntOrString | undefined): number {
  return typeof value === 'string' ? Number.parseInt(value, 10) || 0 : (value ?? 0);
}
