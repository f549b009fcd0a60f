/** Rules for Jobs. @see kubernetes `pkg/apis/batch/validation` */
import { deepEqual } from '../../deep-equal.ts';
import type { FieldError } from '../../errors.ts';
import { checkDnsLabel } from '../../names.ts';
import type { Container, Job, JobSpec, PodSpec, PodTemplateSpec } from '../../types.ts';
import { CONTROLLER_UID, JOB_NAME } from '../job-labels.ts';
import type { RareRules } from '../rare-rules.ts';
import { invalid, required } from '../validate/field-errors.ts';
import { isValidSelector, selectorMatches, sortedSelector } from '../validate/labels.ts';
import { validateImmutable, validateSameSelector } from '../workload/validate.ts';
import { goFailurePolicy, goSuccessPolicy } from './job-policies.ts';
import { validateJobSelector, validateJobSpec } from './job-spec.ts';

/** Rules. */
export const JOB: RareRules = {
  validate: (object, old) => validateJob(object as Job, old as Job | undefined), // of a Job's row
};

function validateJob(job: Job, old: Job | undefined): readonly FieldError[] {
  const spec = specOf(job);
  const errors = [...validateJobSpec('spec', spec), ...validateJobSelector(spec)];
  const whole = [...validateGenerated(job), ...errors, ...validateHostname(job)];
  // Upstream looks at the spec of an update twice.
  return old === undefined ? whole : [...whole, ...errors, ...validateChange(spec, old)];
}

function specOf({ spec }: Job): JobSpec {
  return spec ?? { template: {} };
}

/** A selector that is made is that of this Job. @see kubernetes `validateGeneratedSelector` */
function validateGenerated(job: Job): readonly FieldError[] {
  const { selector, manualSelector, template } = specOf(job);
  if (manualSelector === true || selector === undefined) return [];
  const { name, uid = '' } = job.metadata;
  const wanted = {
    'controller-uid': uid,
    'job-name': name,
    [CONTROLLER_UID]: uid,
    [JOB_NAME]: name,
  };
  const labels = template.metadata?.labels ?? {};
  const path = 'spec.template.metadata.labels';
  const isOther = isValidSelector(selector) && !selectorMatches(selector, wanted);
  return [
    ...Object.entries(wanted).flatMap(([label, value]) => {
      const field = `${path}[${label}]`;
      if (labels[label] === value) return [];
      const why = `must be '${value}'`;
      return [labels[label] === undefined ? required(field, why) : invalid(field, labels, why)];
    }),
    ...(isOther
      ? [invalid('spec.selector', sortedSelector(selector), '`selector` not auto-generated')]
      : []),
  ];
}

/** Pods of an indexed Job are hosts that have its name and their index. */
function validateHostname({ metadata, spec }: Job): readonly FieldError[] {
  const { completionMode, completions: count = 0 } = spec ?? {};
  const { name } = metadata;
  const last = `${name}-${count - 1}`;
  if (completionMode !== 'Indexed' || count <= 0 || checkDnsLabel(last).length === 0) return [];
  const why = `will not able to create pod with invalid DNS label: ${last}`;
  return [invalid('metadata.name', name, why)];
}

function validateChange(spec: JobSpec, old: Job): readonly FieldError[] {
  const before = specOf(old);
  return [
    ...validateCompletions(spec, before),
    ...validateSameSelector(spec.selector, before.selector),
    ...validateSameTemplate(spec, old),
    ...validateImmutable('spec.completionMode', spec.completionMode, before.completionMode),
    ...validateSamePolicy('podFailurePolicy', goFailurePolicy, [spec, before]),
    ...(['backoffLimitPerIndex', 'managedBy'] as const).flatMap((field) =>
      validateImmutable(`spec.${field}`, spec[field], before[field]),
    ),
    ...validateSamePolicy('successPolicy', goSuccessPolicy, [spec, before]),
  ];
}

function validateSamePolicy<K extends 'podFailurePolicy' | 'successPolicy'>(
  field: K,
  show: (policy: NonNullable<JobSpec[K]>) => object,
  specs: readonly [now: JobSpec, before: JobSpec],
): readonly FieldError[] {
  const [now, before] = specs.map(({ [field]: policy }) => (policy ? show(policy) : undefined));
  return validateImmutable(`spec.${field}`, now, before);
}

/** An indexed Job may be given more to do where as many may run at once. */
function validateCompletions(spec: JobSpec, before: JobSpec): readonly FieldError[] {
  const field = 'spec.completions';
  const { completionMode, completions: count, parallelism } = spec;
  if (completionMode !== 'Indexed') return validateImmutable(field, count, before.completions);
  if (count === before.completions || count === undefined || count === parallelism) return [];
  return [invalid(field, count, 'can only be modified in tandem with spec.parallelism')];
}

/** What Pods of a suspended Job that has none are to run on may still be told, and what they are to use. */
function validateSameTemplate(spec: JobSpec, old: Job): readonly FieldError[] {
  const field = 'spec.template';
  const { template } = specOf(old);
  if (!isIdle(old)) return validateImmutable(field, spec.template, template);
  return deepEqual(withoutPlace(spec.template), withoutPlace(template))
    ? []
    : [invalid(`${field}.spec`, spec.template.spec, 'field is immutable')];
}

function isIdle({ spec, status }: Job): boolean {
  const { active = 0, conditions = [], startTime } = status ?? {};
  const isSuspended = conditions.some(
    (condition) => condition.type === 'Suspended' && condition.status === 'True',
  );
  return spec?.suspend === true && active === 0 && (startTime === undefined || isSuspended);
}

function withoutPlace({ spec }: PodTemplateSpec): unknown {
  const {
    nodeSelector: _n,
    tolerations: _t,
    schedulingGates: _g,
    affinity,
    ...rest
  } = spec ?? NONE;
  const { nodeAffinity: _, ...others } = affinity ?? {};
  const withoutAmounts = ({ resources: _r, ...container }: Container): object => container;
  return {
    ...rest,
    affinity: others,
    containers: rest.containers.map(withoutAmounts),
    initContainers: (rest.initContainers ?? []).map(withoutAmounts),
  };
}

const NONE: PodSpec = { containers: [] };
