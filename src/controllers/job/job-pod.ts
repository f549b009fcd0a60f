import type { Container, Job, LabelSelector, Pod, PodSpec } from '../../api/index.ts';
import { podOfTemplate } from '../pod-of-template.ts';

/** Holds a Pod until its end was counted. */
export const TRACKING_FINALIZER = 'batch.kubernetes.io/job-tracking';

const INDEX = 'batch.kubernetes.io/job-completion-index';

/** Whether each completion has a number of its own. */
export function isIndexed({ spec }: Job): boolean {
  return spec?.completionMode === 'Indexed';
}

/** The selector of a Job's Pods; the API server makes it up from the Job's uid unless it is told otherwise. */
export function selectorOf({ spec, metadata }: Job): LabelSelector {
  return (
    spec?.selector ?? {
      matchLabels: { 'batch.kubernetes.io/controller-uid': metadata.uid ?? '' },
    }
  );
}

/** A Pod of the Job, for one of its indexes if it has any. @see kubernetes job_controller.go `manageJob` */
export function jobPod(job: Job, index: number | undefined): Pod {
  const pod = podOfTemplate(job.spec?.template, job);
  const { metadata } = pod;
  const finalizers = [...(metadata.finalizers ?? []), TRACKING_FINALIZER];
  const labels = { ...metadata.labels, ...ownLabels(job) };
  if (index === undefined) return { ...pod, metadata: { ...metadata, labels, finalizers } };
  const prefix = `${job.metadata.name}-${index}`;
  const spec: PodSpec = pod.spec ?? { containers: [] };
  return {
    ...pod,
    metadata: {
      ...metadata,
      generateName: `${prefix}-`,
      labels: { ...labels, [INDEX]: String(index) },
      annotations: { ...metadata.annotations, [INDEX]: String(index) },
      finalizers,
    },
    spec: {
      ...spec,
      hostname: spec.hostname ?? prefix,
      ...(spec.initContainers && { initContainers: spec.initContainers.map(withIndex) }),
      containers: spec.containers.map(withIndex),
    },
  };
}

/** The number of the completion that a Pod is for. */
export function indexOf({ metadata }: Pod): number | undefined {
  const text = metadata.annotations?.[INDEX];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Whether the Pod's end is still to be counted. */
export function isTracked({ metadata }: Pod): boolean {
  return metadata.finalizers?.includes(TRACKING_FINALIZER) === true;
}

/** The Pod without what holds it. */
export function untracked(pod: Pod): Pod {
  const finalizers = (pod.metadata.finalizers ?? []).filter((one) => one !== TRACKING_FINALIZER);
  const { finalizers: _, ...metadata } = pod.metadata;
  return { ...pod, metadata: finalizers.length > 0 ? { ...metadata, finalizers } : metadata };
}

/** Whether the Pod counts as a failure: one that is being deleted does too, unless only failed ones are replaced. */
export function hasFailed(pod: Pod, { spec }: Job): boolean {
  if (pod.status?.phase === 'Failed') return true;
  if (spec?.podReplacementPolicy === 'Failed') return false;
  return pod.metadata.deletionTimestamp !== undefined && pod.status?.phase !== 'Succeeded';
}

/** When the Pod came to its end, as well as can be told, in ms. */
export function finishedAt({ metadata, status }: Pod): number {
  const ends = (status?.containerStatuses ?? [])
    .map(({ state }) => state?.terminated?.finishedAt)
    .filter((time) => time !== undefined)
    .map((time) => Date.parse(time));
  if (ends.length > 0) return Math.max(...ends);
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime;
  return Date.parse(metadata.deletionTimestamp ?? ready ?? metadata.creationTimestamp ?? '');
}

function ownLabels({ metadata, spec }: Job): Readonly<Record<string, string>> {
  if (spec?.manualSelector === true) return {};
  const { uid = '', name } = metadata;
  return {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  };
}

function withIndex(container: Container): Container {
  const { env = [] } = container;
  if (env.some(({ name }) => name === 'JOB_COMPLETION_INDEX')) return container;
  const fieldPath = `metadata.labels['${INDEX}']`;
  const variable = { name: 'JOB_COMPLETION_INDEX', valueFrom: { fieldRef: { fieldPath } } };
  return { ...container, env: [...env, variable] };
}
