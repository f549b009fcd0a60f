import { formatTime, type Node, type Pod } from '../../api/index.ts';
import { keyOf, remove, splitKey, updateStatus, watchKind } from '../change.ts';
import type { Change, Controller, Snapshot } from '../controller.ts';
import { refOf } from '../owner.ts';
import { isPodActive } from '../pod-condition.ts';
import { taintsOf, tolerates } from '../tolerations.ts';

/**
 * Deletes Pods from Nodes with NoExecute taints that they do not tolerate, or tolerate no longer.
 *
 * @see kubernetes pkg/controller/tainteviction
 */
export function createTaintEvictionController(): Controller {
  /** When a Pod's Node was first seen tainted; the taint's own time counts where it has one. */
  const since = new Map<string, number>();
  return {
    name: 'taint-eviction-controller',
    watches: [
      watchKind('Pod', (pod) => (pod.spec?.nodeName ? [keyOf(pod)] : [])),
      watchKind('Node', (node, reader) =>
        taintsOf(node, ['NoExecute']).length === 0
          ? []
          : reader.list('Pod', { fieldSelector: `spec.nodeName=${node.metadata.name}` }).map(keyOf),
      ),
    ],
    reconcile: (key, snapshot) => {
      const pod = snapshot.get('Pod', ...splitKey(key));
      const node = nodeOf(pod, snapshot);
      const seconds = secondsLeft(pod, node);
      if (pod === undefined || seconds === undefined) {
        since.delete(key);
        return [];
      }
      const start = since.get(key) ?? taintedAt(node) ?? snapshot.now;
      since.set(key, start);
      const left = start + seconds * 1000 - snapshot.now;
      if (left > 0) return [{ kind: 'requeue', afterMs: left }];
      since.delete(key);
      return evict(pod, snapshot.now);
    },
  };
}

function nodeOf(pod: Pod | undefined, snapshot: Snapshot): Node | undefined {
  const name = pod?.spec?.nodeName ?? '';
  return name === '' ? undefined : snapshot.get('Node', undefined, name);
}

/** How long the Pod may stay after the taint came; undefined for ever. */
function secondsLeft(pod: Pod | undefined, node: Node | undefined): number | undefined {
  if (pod === undefined || node === undefined || !isPodActive(pod)) return undefined;
  const tolerations = pod.spec?.tolerations ?? [];
  const taints = taintsOf(node, ['NoExecute']);
  let least: number | undefined;
  for (const taint of taints) {
    const matching = tolerations.filter((toleration) => tolerates(toleration, taint));
    if (matching.length === 0) return 0;
    for (const { tolerationSeconds } of matching)
      if (tolerationSeconds !== undefined)
        least = Math.min(least ?? Infinity, Math.max(0, tolerationSeconds));
  }
  return least;
}

function taintedAt(node: Node | undefined): number | undefined {
  if (node === undefined) return undefined;
  const times = taintsOf(node, ['NoExecute'])
    .map(({ timeAdded = '' }) => Date.parse(timeAdded))
    .filter((time) => !Number.isNaN(time));
  return times.length === 0 ? undefined : Math.min(...times);
}

function evict(pod: Pod, now: number): readonly Change[] {
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'DeletionByTaintManager',
    message: 'Taint manager: deleting due to NoExecute taint',
    lastTransitionTime: formatTime(now),
  };
  const { conditions = [] } = pod.status ?? {};
  const others = conditions.filter(({ type }) => type !== condition.type);
  return [
    {
      kind: 'event',
      event: {
        about: refOf(pod),
        type: 'Normal',
        reason: 'TaintManagerEviction',
        message: `Marking for deletion Pod ${keyOf(pod)}`,
      },
    },
    updateStatus({ ...pod, status: { ...pod.status, conditions: [...others, condition] } }),
    remove(pod),
  ];
}
