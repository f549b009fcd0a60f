import type { FieldError } from '../errors.ts';
import type { JobSpec } from '../types.ts';
import { defaultPodTemplate } from './pod/defaults.ts';
import { validatePodTemplate } from './pod/validate.ts';
import { compact, nonEmpty } from './validate/compact.ts';
import {
  invalid,
  notSupported,
  optionalOneOf,
  required,
  validateCount,
} from './validate/field-errors.ts';
import { selectorMatches, validateLabelSelector } from './validate/labels.ts';

const MODES: readonly string[] = ['NonIndexed', 'Indexed'];
const RESTART_POLICIES: readonly string[] = ['OnFailure', 'Never'];
const REPLACEMENTS: readonly string[] = ['Failed', 'TerminatingOrFailed'];
const MAX_INT32 = 2_147_483_647;
const MAX_BACKOFF_PER_INDEX_COMPLETIONS = 100_000;

/** Defaults of a Job that runs. @see kubernetes `SetDefaults_Job` */
export function defaultJobSpec(spec: JobSpec): JobSpec {
  const isOnce = spec.completions === undefined && spec.parallelism === undefined;
  const replacement = spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed';
  return {
    ...defaultJobTemplateSpec(spec),
    parallelism: spec.parallelism ?? 1,
    ...(isOnce && { completions: 1 }),
    backoffLimit: spec.backoffLimit ?? (spec.backoffLimitPerIndex === undefined ? 6 : MAX_INT32),
    completionMode: nonEmpty(spec.completionMode) ?? 'NonIndexed',
    suspend: spec.suspend ?? false,
    podReplacementPolicy: nonEmpty(spec.podReplacementPolicy) ?? replacement,
    manualSelector: spec.manualSelector ?? false,
  };
}

/** Defaults of a Job that a CronJob is yet to make. */
export function defaultJobTemplateSpec(spec: JobSpec): JobSpec {
  return compact<JobSpec>({ ...spec, template: defaultPodTemplate(spec.template) });
}

/** The rules for a Job's spec, in a Job and in a CronJob's template. @see kubernetes `validateJobSpec` */
export function validateJobSpec(field: string, spec: JobSpec): readonly FieldError[] {
  const counts = [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
    'backoffLimitPerIndex',
    'maxFailedIndexes',
  ] as const;
  return [
    ...counts.flatMap((name) => validateCount(`${field}.${name}`, spec[name])),
    ...validateMode(field, spec),
    ...optionalOneOf(`${field}.podReplacementPolicy`, spec.podReplacementPolicy, REPLACEMENTS),
    ...validatePodTemplate(`${field}.template`, spec.template),
    ...validateRestartPolicy(`${field}.template.spec.restartPolicy`, spec),
  ];
}

/** A Job's selector, given or made, selects its Pods. */
export function validateJobSelector({ selector, template }: JobSpec): readonly FieldError[] {
  if (selector === undefined) return [required('spec.selector')];
  const labels = template.metadata?.labels;
  return [
    ...validateLabelSelector('spec.selector', selector),
    ...(selectorMatches(selector, labels ?? {})
      ? []
      : [
          invalid(
            'spec.template.metadata.labels',
            labels,
            '`selector` does not match template `labels`',
          ),
        ]),
  ];
}

function validateMode(field: string, spec: JobSpec): readonly FieldError[] {
  const { completionMode, completions, backoffLimitPerIndex } = spec;
  const errors = [...optionalOneOf(`${field}.completionMode`, completionMode, MODES)];
  if (completionMode === 'Indexed' && completions === undefined)
    errors.push(required(`${field}.completions`, 'when completion mode is Indexed'));
  if (completionMode !== 'Indexed' && backoffLimitPerIndex !== undefined)
    errors.push(
      invalid(
        `${field}.backoffLimitPerIndex`,
        backoffLimitPerIndex,
        'requires indexed completion mode',
      ),
    );
  if (
    backoffLimitPerIndex !== undefined &&
    (completions ?? 0) > MAX_BACKOFF_PER_INDEX_COMPLETIONS &&
    spec.maxFailedIndexes === undefined
  )
    errors.push(
      required(
        `${field}.maxFailedIndexes`,
        `must be specified when completions is above ${MAX_BACKOFF_PER_INDEX_COMPLETIONS}`,
      ),
    );
  return errors;
}

/** What a Job may not restart for ever; the default of Pods counts as nothing said. */
function validateRestartPolicy(
  field: string,
  { template, podFailurePolicy }: JobSpec,
): readonly FieldError[] {
  const policy = template.spec?.restartPolicy ?? '';
  if (podFailurePolicy !== undefined && policy === 'OnFailure')
    return [invalid(field, policy, 'only "Never" is supported when podFailurePolicy is specified')];
  if (policy === '' || policy === 'Always')
    return [required(field, 'valid values: "OnFailure", "Never"')];
  return RESTART_POLICIES.includes(policy) ? [] : [notSupported(field, policy, RESTART_POLICIES)];
}
