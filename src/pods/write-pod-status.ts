import { deepEqual, type KubeObject, type Pod } from '../api/index.ts';
import type { KubeletContext } from './kubelet-context.ts';
import { podStatus, type StatusInput } from './pod-status.ts';
import type { Sandbox } from './sandbox.ts';

/** What a Pod's worker knows of it. */
export interface WorkerState extends Pick<
  StatusInput,
  'failure' | 'isTerminal' | 'records' | 'startedAt'
> {
  readonly sandbox: Sandbox | undefined;
}

/**
 * Writes what has changed in the Pod's status, over what is in the store now.
 *
 * @returns the Pod's resourceVersion after that; undefined when there was nothing to write, or the Pod is gone.
 */
export function writePodStatus(
  pod: Pod,
  { store, clock, selectWorkload }: KubeletContext,
  { sandbox, ...state }: WorkerState,
): string | undefined {
  const { namespace, name, uid } = pod.metadata;
  const current = store.get('Pod', namespace, name);
  if (current === undefined || current.metadata.uid !== uid) return undefined;
  const before = current.status;
  const status = podStatus(current, {
    ...state,
    podIPs: sandbox?.podIPs ?? (before?.podIPs ?? []).map(({ ip }) => ip),
    hostIPs: sandbox?.hostIPs ?? (before?.hostIPs ?? []).map(({ ip }) => ip),
    hasSandbox: sandbox !== undefined,
    workloadOf: (container) => selectWorkload(container, current).name,
    now: clock.now(),
  });
  if (deepEqual(status, before)) return undefined;
  // Generated types have no index signature; the store takes any object of a kind.
  const changed = { ...current, status } as unknown as KubeObject;
  return store.update(changed, { subresource: 'status' }).metadata.resourceVersion;
}
