import type { JobSpec, PodFailurePolicy } from '../types.ts';
import { defaultPodTemplate } from './pod/defaults.ts';
import { compact, nonEmpty } from './validate/compact.ts';

const MAX_INT32 = 2_147_483_647;

/** Defaults of a Job that runs. @see kubernetes `SetDefaults_Job` */
export function defaultJobSpec(spec: JobSpec): JobSpec {
  const isOnce = spec.completions === undefined && spec.parallelism === undefined;
  const replacement = spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed';
  return {
    ...defaultJobTemplateSpec(spec),
    parallelism: spec.parallelism ?? 1,
    ...(isOnce && { completions: 1 }),
    backoffLimit: spec.backoffLimit ?? (spec.backoffLimitPerIndex === undefined ? 6 : MAX_INT32),
    completionMode: spec.completionMode ?? 'NonIndexed',
    suspend: spec.suspend ?? false,
    podReplacementPolicy: spec.podReplacementPolicy ?? replacement,
    manualSelector: spec.manualSelector ?? false,
  };
}

/** What a condition is asked for where nobody says. */
function withStatuses(policy: PodFailurePolicy): PodFailurePolicy {
  return {
    rules: policy.rules.map((rule) =>
      rule.onPodConditions === undefined
        ? rule
        : {
            ...rule,
            onPodConditions: rule.onPodConditions.map((condition) => ({
              ...condition,
              status: nonEmpty(condition.status) ?? 'True',
            })),
          },
    ),
  };
}

/** Defaults of a Job that a CronJob is yet to make. */
export function defaultJobTemplateSpec(spec: JobSpec): JobSpec {
  const { podFailurePolicy } = spec;
  return compact<JobSpec>({
    ...spec,
    podFailurePolicy: podFailurePolicy && withStatuses(podFailurePolicy),
    template: defaultPodTemplate(spec.template),
  });
}
