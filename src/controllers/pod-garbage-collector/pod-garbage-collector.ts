import { formatTime, type Pod } from '../../api/index.ts';
import { keyOf, remove, splitKey, updateStatus, watchKind } from '../change.ts';
import type { Change, Controller, Snapshot } from '../controller.ts';
import { isPodTerminal } from '../pod-condition.ts';

/** A Node may come back, and a Pod may be there before its Node is: manifests come in any order. */
const QUARANTINE_MS = 40_000;

/**
 * Removes Pods whose Node is no longer there: no kubelet will ever finish them.
 *
 * Upstream looks every 20 seconds and waits 40; here they go after 40.
 *
 * @see kubernetes pkg/controller/podgc/gc_controller.go
 */
export function createPodGarbageCollector(): Controller {
  /** When a Node that Pods are on was first seen to be missing. */
  const missingSince = new Map<string, number>();
  return {
    name: 'pod-garbage-collector-controller',
    watches: [
      watchKind('Pod', (pod, reader) => {
        const nodeName = pod.spec?.nodeName ?? '';
        const isLost = nodeName !== '' && reader.get('Node', undefined, nodeName) === undefined;
        return isLost || isAbandoned(pod) ? [keyOf(pod)] : [];
      }),
      watchKind('Node', ({ metadata }, reader) =>
        missingSince.has(metadata.name) ||
        reader.get('Node', undefined, metadata.name) === undefined
          ? reader.list('Pod', { fieldSelector: `spec.nodeName=${metadata.name}` }).map(keyOf)
          : [],
      ),
    ],
    reconcile: (key, snapshot) => reconcile(key, snapshot, missingSince),
  };
}

function reconcile(
  key: string,
  snapshot: Snapshot,
  missingSince: Map<string, number>,
): readonly Change[] {
  const pod = snapshot.get('Pod', ...splitKey(key));
  if (pod === undefined) return [];
  if (isAbandoned(pod)) return collect(pod, 'PodGC: unscheduled terminating pod', snapshot.now);
  const nodeName = pod.spec?.nodeName ?? '';
  if (nodeName === '') return [];
  if (snapshot.get('Node', undefined, nodeName) !== undefined) {
    missingSince.delete(nodeName);
    return [];
  }
  const since = missingSince.get(nodeName) ?? snapshot.now;
  missingSince.set(nodeName, since);
  const afterMs = since + QUARANTINE_MS - snapshot.now;
  if (afterMs > 0) return [{ kind: 'requeue', afterMs }];
  return collect(pod, 'PodGC: node no longer exists', snapshot.now);
}

/** Whether a Pod is being deleted that never came to a Node, so that nobody would finish it. */
function isAbandoned({ metadata, spec }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined && (spec?.nodeName ?? '') === '';
}

/** Marks the Pod as failed, so that Jobs count it, and removes it without waiting. */
function collect(pod: Pod, message: string, now: number): readonly Change[] {
  const removal = remove(pod, { options: { gracePeriodSeconds: 0 } });
  if (isPodTerminal(pod)) return [removal];
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'DeletionByPodGC',
    message,
    lastTransitionTime: formatTime(now),
  };
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== condition.type);
  const status = { ...pod.status, phase: 'Failed', conditions: [...others, condition] };
  return [updateStatus({ ...pod, status }), removal];
}
