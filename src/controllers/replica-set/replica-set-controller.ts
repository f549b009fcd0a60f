import { keyOf, watchKind } from '../change.ts';
import type { Controller } from '../controller.ts';
import { ownerKeys } from '../owner-keys.ts';
import { reconcileReplicaSet } from './reconcile.ts';

/** Keeps as many Pods of a template running as each ReplicaSet asks for. */
export function createReplicaSetController(): Controller {
  return {
    name: 'replicaset-controller',
    watches: [
      watchKind('ReplicaSet', (replicaSet) => [keyOf(replicaSet)]),
      watchKind('Pod', (pod, reader) => ownerKeys(pod, 'ReplicaSet', reader)),
    ],
    reconcile: reconcileReplicaSet,
  };
}
