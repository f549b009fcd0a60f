import { deepEqual } from '../deep-equal.ts';
import { ageOf, humanDuration } from '../human-duration.ts';
import { defineKind, type KindRow } from '../kind.ts';
import type { Job, JobSpec, ObjectMeta, PodTemplateSpec } from '../types.ts';
import { AGE, NAME, text } from './columns.ts';
import { CONTROLLER_UID, JOB_NAME } from './job-labels.ts';
import { defaultJobSpec } from './job-spec.ts';
import { lateRules } from './rare-rules.ts';
import { CONTAINERS, IMAGES, SELECTOR } from './workload/columns.ts';

/** Pods that run until so many of them have succeeded. */
export const JOB: KindRow<'Job'> = defineKind('Job', {
  validate: lateRules('Job.batch'),
  defaults: (job) => {
    const labels = job.spec?.template.metadata?.labels;
    const hasLabels = Object.keys(job.metadata.labels ?? {}).length > 0;
    return {
      ...job,
      metadata: labels && !hasLabels ? { ...job.metadata, labels } : job.metadata,
      spec: defaultJobSpec(specOf(job)),
      status: job.status ?? {},
    };
  },
  prepareForCreate: (job) => ({ ...selectOwnPods(job), status: {} }),
  selectableFields: { 'status.successful': ({ status }) => String(status?.succeeded ?? 0) },
  columns: [
    NAME,
    text('Status', statusText),
    text('Completions', completions),
    text('Duration', duration),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
  ],
});

function specOf({ spec }: Job): JobSpec {
  return spec ?? { template: {} };
}

/** A Job's Pods are known by the Job's uid, unless the client chose the selector. @see kubernetes `generateSelector` */
function selectOwnPods(job: Job): Job {
  const spec = specOf(job);
  const { name, uid = '' } = job.metadata;
  if (spec.manualSelector === true) return job;
  const template = spec.template;
  const labels = {
    ...template.metadata?.labels,
    [CONTROLLER_UID]: uid,
    [JOB_NAME]: name,
    'controller-uid': uid,
    'job-name': name,
  };
  const own = job.metadata.labels ?? {};
  const isDefaulted = deepEqual(own, template.metadata?.labels ?? {});
  return {
    ...job,
    metadata: { ...job.metadata, labels: isDefaulted ? labels : own },
    spec: {
      ...spec,
      selector: { matchLabels: { ...spec.selector?.matchLabels, [CONTROLLER_UID]: uid } },
      template: withLabels(template, labels),
    },
  };
}

/** A template's metadata has no name. */
function withLabels(
  template: PodTemplateSpec,
  labels: Readonly<Record<string, string>>,
): PodTemplateSpec {
  const metadata: Partial<ObjectMeta> = { ...template.metadata, labels };
  return { ...template, metadata: metadata as ObjectMeta };
}

function statusText({ metadata, status }: Job): string {
  const has = (type: string): boolean =>
    (status?.conditions ?? []).some(
      (condition) => condition.type === type && condition.status === 'True',
    );
  if (has('Complete')) return 'Complete';
  if (has('Failed')) return 'Failed';
  if (metadata.deletionTimestamp !== undefined) return 'Terminating';
  const other = ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find((type) => has(type));
  return other ?? 'Running';
}

function completions({ spec, status }: Job): string {
  const { completions: wanted, parallelism = 0 } = spec ?? {};
  const succeeded = status?.succeeded ?? 0;
  if (wanted !== undefined) return `${succeeded}/${wanted}`;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function duration({ status }: Job, now: number): string {
  const { startTime, completionTime } = status ?? {};
  if (startTime === undefined) return '';
  if (completionTime === undefined) return ageOf(startTime, now);
  return humanDuration(Date.parse(completionTime) - Date.parse(startTime));
}
