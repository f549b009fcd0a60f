import type { Pod, Store } from '../api/index.ts';
import type { UnreadyPod } from '../control/index.ts';

/** Pods that have not done their work and are not ready, and what keeps each. */
export function unreadyPods(store: Store): readonly UnreadyPod[] {
  const failedProbes = lastFailedProbes(store);
  return store
    .list('Pod')
    .filter((pod) => isExpectedReady(pod) && !isReady(pod))
    .map((pod) => {
      const { namespace = '', name } = pod.metadata;
      const reason = unreadyReason(pod, failedProbes);
      return { namespace, name, ...(reason === undefined ? {} : { reason }) };
    });
}

/** Pods that have done their work are no longer meant to be ready, nor are the tries of a Job that failed. */
export function isExpectedReady({ metadata, status }: Pod): boolean {
  const isJobs = (metadata.ownerReferences ?? []).some(({ kind }) => kind === 'Job');
  return status?.phase !== 'Succeeded' && !(isJobs && status?.phase === 'Failed');
}

/** Why a Pod is not ready: what holds it or what the last probe met says more than the condition. */
export function unreadyReason(pod: Pod, failedProbes: FailedProbes): string | undefined {
  return (
    neverReady(pod) ??
    waitsFor(pod) ??
    failedProbes.get(pod.metadata.uid ?? '') ??
    conditionOf(pod, 'Initialized') ??
    conditionOf(pod, 'Ready')
  );
}

/** What no container and no probe can change. */
function neverReady(pod: Pod): string | undefined {
  const { metadata, spec, status } = pod;
  if (metadata.deletionTimestamp !== undefined) return 'it is being deleted';
  if (spec?.nodeName === undefined) return conditionOf(pod, 'PodScheduled') ?? 'it has no Node yet';
  if (status?.phase === 'Failed') return status.message ?? 'its phase is Failed';
  return metadata.annotations?.['podlane.dev/ready'] === 'false'
    ? 'its annotation podlane.dev/ready says so'
    : undefined;
}

/** What keeps the first container that does not start. */
function waitsFor({ status }: Pod): string | undefined {
  const { initContainerStatuses = [], containerStatuses = [] } = status ?? {};
  return [...initContainerStatuses, ...containerStatuses]
    .map(({ state }) => state?.waiting?.message ?? state?.waiting?.reason)
    .find((reason) => reason !== undefined && reason !== 'PodInitializing');
}

/** By the uid of the Pod. */
export type FailedProbes = ReadonlyMap<string, string>;

/** What the last failed probe of each Pod met. @param namespace Of the Pods. @default all */
export function lastFailedProbes(store: Store, namespace?: string): FailedProbes {
  const events = store.list('Event', namespace === undefined ? {} : { namespace });
  return new Map(
    events.flatMap(({ reason, involvedObject: { uid = '' }, message = '' }) =>
      reason === 'Unhealthy' ? [[uid, message] as const] : [],
    ),
  );
}

/** The message of a condition that does not hold. */
export function conditionOf({ status }: Pod, type: string): string | undefined {
  const condition = (status?.conditions ?? []).find((one) => one.type === type);
  return condition?.status === 'True' ? undefined : condition?.message;
}

function isReady({ status }: Pod): boolean {
  return (status?.conditions ?? []).some(
    ({ type, status: is }) => type === 'Ready' && is === 'True',
  );
}
