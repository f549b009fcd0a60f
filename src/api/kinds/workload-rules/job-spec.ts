import type { FieldError } from '../../errors.ts';
import { checkDnsSubdomain } from '../../names.ts';
import type { JobSpec } from '../../types.ts';
import { validatePodTemplate } from '../pod/validate.ts';
import {
  invalid,
  invalidEach,
  notSupported,
  optionalOneOf,
  required,
  tooLong,
  validateCount,
} from '../validate/field-errors.ts';
import { isValidSelector, selectorMatches, validateLabelSelector } from '../validate/labels.ts';
import { validateFailurePolicy, validateSuccessPolicy } from './job-policies.ts';

const MODES: readonly string[] = ['NonIndexed', 'Indexed'];
const RESTART_POLICIES: readonly string[] = ['OnFailure', 'Never'];
const REPLACEMENTS: readonly string[] = ['Failed', 'TerminatingOrFailed'];
const MAX_MANAGER = 63;
const HIGH = 100_000;
const HIGH_LIMIT = 10_000;
const NEEDS_MAX_FAILED = `must be specified when completions is above ${HIGH}`;
const WHEN_HIGH = `${HIGH_LIMIT} when completions are above ${HIGH} and used with backoff limit per index`;
const PATH_PROBLEM =
  "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')";

/** The rules for a Job's spec, in a Job and in a CronJob's template. @see kubernetes `validateJobSpec` */
export function validateJobSpec(field: string, spec: JobSpec): readonly FieldError[] {
  return [
    ...COUNTS.flatMap((name) => validateCount(`${field}.${name}`, spec[name])),
    ...(spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined
      ? [required(`${field}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified')]
      : []),
    ...validateManager(`${field}.managedBy`, spec.managedBy),
    ...optionalOneOf(`${field}.completionMode`, spec.completionMode, MODES),
    ...(spec.completionMode === 'Indexed' ? validateIndexed(field, spec) : []),
    ...validateNotIndexed(field, spec),
    ...validateFailurePolicy(`${field}.podFailurePolicy`, spec),
    ...validateSuccessPolicy(`${field}.successPolicy`, spec),
    ...optionalOneOf(
      `${field}.podReplacementPolicy`,
      spec.podReplacementPolicy,
      spec.podFailurePolicy === undefined ? REPLACEMENTS : ['Failed'],
    ),
    ...validatePodTemplate(`${field}.template`, spec.template),
    ...validateRestartPolicy(`${field}.template.spec.restartPolicy`, spec),
  ];
}

/** A Job's selector, given or made, selects its Pods. */
export function validateJobSelector({ selector, template }: JobSpec): readonly FieldError[] {
  const labels = template.metadata?.labels;
  const isSelected =
    selector !== undefined &&
    (!isValidSelector(selector) || selectorMatches(selector, labels ?? {}));
  return [
    ...(selector === undefined
      ? [required('spec.selector')]
      : validateLabelSelector('spec.selector', selector)),
    ...(isSelected
      ? []
      : [
          invalid(
            'spec.template.metadata.labels',
            labels ?? null,
            '`selector` does not match template `labels`',
          ),
        ]),
  ];
}

const COUNTS = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
] as const;

/** @see apimachinery `IsDomainPrefixedPath` */
function validateManager(field: string, manager: string | undefined): readonly FieldError[] {
  if (manager === undefined) return [];
  if (manager === '') return [required(field)];
  const [, host = '', path = ''] = /^([^/]+)\/(.+)$/s.exec(manager) ?? [];
  const isPath = /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(path);
  return [
    ...(host === ''
      ? [invalid(field, manager, 'must be a domain-prefixed path (such as "acme.io/foo")')]
      : invalidEach(field, host, checkDnsSubdomain(host))),
    ...(host === '' || isPath ? [] : [invalid(field, path, PATH_PROBLEM)]),
    ...(manager.length > MAX_MANAGER ? [tooLong(field, MAX_MANAGER)] : []),
  ];
}

function validateIndexed(field: string, spec: JobSpec): readonly FieldError[] {
  const { completions, maxFailedIndexes: failed } = spec;
  const most = (
    name: 'parallelism' | 'maxFailedIndexes',
    limit: number,
    why: string,
  ): readonly FieldError[] =>
    validateMost({ field: `${field}.${name}`, value: spec[name], limit, why });
  return [
    ...(completions === undefined
      ? [required(`${field}.completions`, 'when completion mode is Indexed')]
      : []),
    ...most('parallelism', HIGH, `${HIGH} when completion mode is Indexed`),
    ...(completions === undefined ? [] : most('maxFailedIndexes', completions, 'completions')),
    ...most('maxFailedIndexes', HIGH, `${HIGH}`),
    ...((completions ?? 0) > HIGH && spec.backoffLimitPerIndex !== undefined
      ? [
          ...(failed === undefined
            ? [required(`${field}.maxFailedIndexes`, NEEDS_MAX_FAILED)]
            : []),
          ...most('parallelism', HIGH_LIMIT, WHEN_HIGH),
          ...most('maxFailedIndexes', HIGH_LIMIT, WHEN_HIGH),
        ]
      : []),
  ];
}

interface Limited {
  readonly field: string;
  readonly value: number | undefined;
  readonly limit: number;
  readonly why: string;
}

function validateMost({ field, value = 0, limit, why }: Limited): readonly FieldError[] {
  return value > limit ? [invalid(field, value, `must be less than or equal to ${why}`)] : [];
}

function validateNotIndexed(field: string, spec: JobSpec): readonly FieldError[] {
  const { completionMode = 'NonIndexed' } = spec;
  if (completionMode !== 'NonIndexed') return [];
  return (['backoffLimitPerIndex', 'maxFailedIndexes'] as const)
    .filter((name) => spec[name] !== undefined)
    .map((name) => invalid(`${field}.${name}`, spec[name], 'requires indexed completion mode'));
}

/** What a Job may not restart for ever; the default of Pods counts as nothing said. */
function validateRestartPolicy(
  field: string,
  { template, podFailurePolicy }: JobSpec,
): readonly FieldError[] {
  const policy = template.spec?.restartPolicy ?? '';
  if (policy === '' || policy === 'Always')
    return [required(field, 'valid values: "OnFailure", "Never"')];
  if (!RESTART_POLICIES.includes(policy)) return [notSupported(field, policy, RESTART_POLICIES)];
  if (podFailurePolicy === undefined || policy === 'Never') return [];
  return [invalid(field, policy, 'only "Never" is supported when podFailurePolicy is specified')];
}
