import type { DaemonSet, Node, Pod } from '../../api/index.ts';
import { announceCreatedPod, announceDeletedPod, normal, warning } from '../announce.ts';
import { create, remove } from '../change.ts';
import type { Change } from '../controller.ts';
import { isPodAvailable, isPodReady } from '../pod-condition.ts';
import { daemonPod, HASH_LABEL, judgeNode } from './daemon-pod.ts';
import { limitsOf, type Daemons } from './roll.ts';

export interface ManageOptions {
  readonly nodes: readonly Node[];
  readonly daemons: Daemons;
  readonly hash: string;
  readonly now: number;
  readonly failures: DaemonFailures;
}

/** Puts a daemon on every Node that is to have one, and takes away ended, surplus and misplaced ones. */
export function manageDaemons(set: DaemonSet, options: ManageOptions): readonly Change[] {
  const { nodes, daemons, hash } = options;
  const known = new Set(nodes.map(({ metadata }) => metadata.name));
  return [
    ...nodes.flatMap((node) => {
      const { shouldRun, mayStay } = judgeNode(set, node);
      const pods = daemons.get(node.metadata.name);
      if (shouldRun && pods === undefined) return [addDaemon(set, node.metadata.name, hash)];
      const live = (pods ?? []).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      return mayStay
        ? tidyNode(set, live, { node, shouldRun, ...options })
        : live.map((pod) => removeDaemon(set, pod));
    }),
    ...[...daemons].flatMap(([node, pods]) =>
      known.has(node) ? [] : pods.filter(isUnscheduled).map((pod) => removeDaemon(set, pod)),
    ),
  ];
}

/** On a Node that is gone it never gets, and nobody else takes it away. */
function isUnscheduled({ spec }: Pod): boolean {
  return (spec?.nodeName ?? '') === '';
}

/** Makes a daemon for one Node. */
export function addDaemon(set: DaemonSet, nodeName: string, hash: string): Change {
  return create(daemonPod(set, nodeName, hash), announceCreatedPod(set));
}

/** Deletes a daemon. */
export function removeDaemon(set: DaemonSet, pod: Pod): Change {
  return remove(pod, { announce: announceDeletedPod(set) });
}

interface NodeOptions extends ManageOptions {
  readonly node: Node;
  readonly shouldRun: boolean;
}

function tidyNode(set: DaemonSet, pods: readonly Pod[], options: NodeOptions): readonly Change[] {
  const { node, shouldRun, hash } = options;
  const ended = pods.filter(
    ({ status }) => status?.phase === 'Failed' || status?.phase === 'Succeeded',
  );
  const running = pods.filter((pod) => !ended.includes(pod)).toSorted(compareDaemons);
  // With a surge one is to be there that stays.
  const isMissing = allowsSurge(set) && shouldRun && running.length === 0;
  return [
    ...ended.flatMap((pod) => replaceEnded(set, pod, options)),
    ...(isMissing ? [addDaemon(set, node.metadata.name, hash)] : []),
    ...surplus(set, running, options).map((pod) => removeDaemon(set, pod)),
  ];
}

/** A daemon that fails again and again waits longer each time. */
function replaceEnded(
  set: DaemonSet,
  pod: Pod,
  { node, now, failures }: NodeOptions,
): readonly Change[] {
  const { namespace = '', name } = pod.metadata;
  const where = `daemon pod ${namespace}/${name} on node ${node.metadata.name}`;
  if (pod.status?.phase !== 'Failed') {
    const message = `Found succeeded ${where}, will try to delete it`;
    const event = normal(set, 'SucceededDaemonPod', message);
    return [{ kind: 'event', event }, removeDaemon(set, pod)];
  }
  const generation = set.status?.observedGeneration ?? 0;
  const key = `${set.metadata.uid}/${generation}/${node.metadata.name}`;
  const afterMs = failures.wait(key, now);
  if (afterMs > 0) return [{ kind: 'requeue', afterMs }];
  const event = warning(set, 'FailedDaemonPod', `Found failed ${where}, will try to kill it`);
  return [{ kind: 'event', event }, removeDaemon(set, pod)];
}

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 15 * 60_000;

/** How long failed daemons wait to be deleted, by Node. @see client-go flowcontrol.Backoff */
export class DaemonFailures {
  readonly #known = new Map<string, { readonly at: number; readonly waitMs: number }>();

  /** @returns 0 where it is deleted now, and waits longer the next time; else for how long not */
  wait(key: string, now: number): number {
    const isOld = ({ at }: { readonly at: number }): boolean => now - at > LONGEST_WAIT_MS * 2;
    for (const [other, entry] of this.#known) if (isOld(entry)) this.#known.delete(other);
    const known = this.#known.get(key);
    if (known !== undefined && now - known.at < known.waitMs) return known.waitMs;
    const waitMs = known === undefined ? FIRST_WAIT_MS : known.waitMs * 2;
    this.#known.set(key, { at: now, waitMs: Math.min(waitMs, LONGEST_WAIT_MS) });
    return 0;
  }
}

/**
 * All but the oldest. While an update surges, the oldest of either template stays, as long as the old one is ready and
 * the new one not available.
 */
function surplus(
  set: DaemonSet,
  running: readonly Pod[],
  { hash, now }: Pick<ManageOptions, 'hash' | 'now'>,
): readonly Pod[] {
  if (running.length <= 1) return [];
  if (!allowsSurge(set)) return running.slice(1);
  const oldestNew = running.find((pod) => isOfHash(pod, hash));
  const oldestOld = running.find((pod) => !isOfHash(pod, hash));
  const isReplaced =
    oldestNew !== undefined &&
    oldestOld !== undefined &&
    (!isPodReady(oldestOld) || isPodAvailable(oldestNew, set.spec?.minReadySeconds ?? 0, now));
  return running.filter((pod) => pod !== oldestNew && (isReplaced || pod !== oldestOld));
}

function isOfHash({ metadata }: Pod, hash: string): boolean {
  return metadata.labels?.[HASH_LABEL] === hash;
}

function allowsSurge(set: DaemonSet): boolean {
  return set.spec?.updateStrategy?.type !== 'OnDelete' && limitsOf(set, 1).surge > 0;
}

/** Those that have their Node, and the oldest, come first. */
export function compareDaemons(one: Pod, other: Pod): number {
  const byNode = Number(isUnscheduled(one)) - Number(isUnscheduled(other));
  const [left, right] = [one.metadata, other.metadata];
  return (
    byNode ||
    (left.creationTimestamp ?? '').localeCompare(right.creationTimestamp ?? '') ||
    (left.name < right.name ? -1 : 1)
  );
}
