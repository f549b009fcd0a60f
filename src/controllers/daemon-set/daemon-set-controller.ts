import type { DaemonSet, Node, StoreReader } from '../../api/index.ts';
import { keyOf, watchKind } from '../change.ts';
import type { Controller } from '../controller.ts';
import { ownerKeys } from '../owner-keys.ts';
import { judgeNode, nodeOf } from './daemon-pod.ts';
import { DaemonFailures } from './manage.ts';
import { reconcileDaemonSet } from './reconcile.ts';

/** Keeps a Pod of every DaemonSet on every Node that it is meant for. */
export function createDaemonSetController(): Controller {
  const failures = new DaemonFailures();
  return {
    name: 'daemonset-controller',
    watches: [
      watchKind('DaemonSet', (set) => [keyOf(set)]),
      watchKind('Pod', (pod, reader) => ownerKeys(pod, 'DaemonSet', reader)),
      watchKind('ControllerRevision', (revision, reader) =>
        ownerKeys(revision, 'DaemonSet', reader),
      ),
      watchKind('Node', ({ metadata }, reader) => {
        const node = reader.get('Node', undefined, metadata.name);
        if (node === undefined) return [];
        const sets = reader.list('DaemonSet');
        return sets.filter((set) => concerns(node, set, reader)).map(keyOf);
      }),
    ],
    reconcile: (key, snapshot) => reconcileDaemonSet(key, snapshot, failures),
  };
}

/** Whether a Node as it is now asks for a daemon to be made or deleted; upstream looks at no other change of Nodes. */
function concerns(node: Node, set: DaemonSet, reader: StoreReader): boolean {
  const { shouldRun, mayStay } = judgeNode(set, node);
  const isThere = reader
    .ownedBy('Pod', set.metadata.uid ?? '')
    .some((pod) => nodeOf(pod) === node.metadata.name);
  if (!isThere) return shouldRun;
  return !mayStay || (!shouldRun && (set.status?.numberMisscheduled ?? 0) > 0);
}
