import { keyOf, watchKind } from '../change.ts';
import type { Controller } from '../controller.ts';
import { ownerKeys } from '../owner-keys.ts';
import { reconcileStatefulSet } from './reconcile.ts';

/** Keeps numbered Pods with names and claims of their own, in order. */
export function createStatefulSetController(): Controller {
  return {
    name: 'statefulset-controller',
    watches: [
      watchKind('StatefulSet', (set) => [keyOf(set)]),
      watchKind('Pod', (pod, reader) => ownerKeys(pod, 'StatefulSet', reader)),
      watchKind('ControllerRevision', (revision, reader) =>
        ownerKeys(revision, 'StatefulSet', reader),
      ),
    ],
    reconcile: reconcileStatefulSet,
  };
}
