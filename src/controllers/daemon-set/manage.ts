import type { DaemonSet, Node, Pod } from '../../api/index.ts';
import { announceCreatedPod, announceDeletedPod, normal, warning } from '../announce.ts';
import { create, remove } from '../change.ts';
import type { Change } from '../controller.ts';
import { isPodAvailable } from '../pod-condition.ts';
import { daemonPod, isUpdated, judgeNode } from './daemon-pod.ts';
import { limitsOf, type Daemons } from './roll.ts';

export interface ManageOptions {
  readonly nodes: readonly Node[];
  readonly daemons: Daemons;
  readonly hash: string;
  readonly now: number;
}

/** Puts a daemon on every Node that is to have one, and takes away ended, surplus and misplaced ones. */
export function manageDaemons(set: DaemonSet, options: ManageOptions): readonly Change[] {
  return options.nodes.flatMap((node) => {
    const { shouldRun, mayStay } = judgeNode(set, node);
    const pods = options.daemons.get(node.metadata.name) ?? [];
    if (shouldRun && pods.length === 0) return [addDaemon(set, node.metadata.name, options.hash)];
    const live = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    return mayStay
      ? tidyNode(set, live, { node, ...options })
      : live.map((pod) => removeDaemon(set, pod));
  });
}

/** Makes a daemon for one Node. */
export function addDaemon(set: DaemonSet, nodeName: string, hash: string): Change {
  return create(daemonPod(set, nodeName, hash), announceCreatedPod(set));
}

/** Deletes a daemon. */
export function removeDaemon(set: DaemonSet, pod: Pod): Change {
  return remove(pod, { announce: announceDeletedPod(set) });
}

function tidyNode(
  set: DaemonSet,
  pods: readonly Pod[],
  { node, hash, now }: ManageOptions & { readonly node: Node },
): readonly Change[] {
  const ended = pods.filter(
    ({ status }) => status?.phase === 'Failed' || status?.phase === 'Succeeded',
  );
  const running = pods.filter((pod) => !ended.includes(pod)).toSorted(byAge);
  return [
    ...ended.flatMap((pod) => replaceEnded(set, pod, node.metadata.name)),
    ...surplus(set, running, { hash, now }).map((pod) => removeDaemon(set, pod)),
  ];
}

function replaceEnded(set: DaemonSet, pod: Pod, nodeName: string): readonly Change[] {
  const { namespace = '', name } = pod.metadata;
  const where = `daemon pod ${namespace}/${name} on node ${nodeName}`;
  const event =
    pod.status?.phase === 'Failed'
      ? warning(set, 'FailedDaemonPod', `Found failed ${where}, will try to kill it`)
      : normal(set, 'SucceededDaemonPod', `Found succeeded ${where}, will try to delete it`);
  return [{ kind: 'event', event }, removeDaemon(set, pod)];
}

/** All but the oldest; while an update surges, the oldest of either template may stay until the new one is available. */
function surplus(
  set: DaemonSet,
  running: readonly Pod[],
  { hash, now }: { readonly hash: string; readonly now: number },
): readonly Pod[] {
  if (running.length <= 1) return [];
  if (set.spec?.updateStrategy?.type === 'OnDelete' || limitsOf(set, 1).surge === 0)
    return running.slice(1);
  const [oldestNew] = running.filter((pod) => isUpdated(pod, hash));
  const [oldestOld] = running.filter((pod) => !isUpdated(pod, hash));
  const isReplaced =
    oldestNew !== undefined && isPodAvailable(oldestNew, set.spec?.minReadySeconds ?? 0, now);
  return running.filter((pod) => pod !== oldestNew && (isReplaced || pod !== oldestOld));
}

function byAge(a: Pod, b: Pod): number {
  return (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '');
}
