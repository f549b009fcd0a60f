import { keyOf, watchKind } from '../change.ts';
import type { Controller } from '../controller.ts';
import { controllerOf } from '../owner.ts';
import { ownerKeys } from '../owner-keys.ts';
import { isRolling } from './replica-sets.ts';
import { reconcileDeployment } from './reconcile.ts';

/** Rolls Deployments from template to template by way of ReplicaSets. */
export function createDeploymentController(): Controller {
  return {
    name: 'deployment-controller',
    watches: [
      watchKind('Deployment', (deployment) => [keyOf(deployment)]),
      watchKind('ReplicaSet', (replicaSet, reader) => ownerKeys(replicaSet, 'Deployment', reader)),
      // Recreate waits for the last old Pod, which ReplicaSets do not count once it is being deleted.
      watchKind('Pod', (pod, reader) => {
        const { namespace = '' } = pod.metadata;
        const owner = controllerOf(pod);
        if (owner?.kind !== 'ReplicaSet' || pod.metadata.deletionTimestamp === undefined) return [];
        const replicaSet = reader.get('ReplicaSet', namespace, owner.name);
        if (replicaSet === undefined) return [];
        const deployment = reader.get(
          'Deployment',
          namespace,
          controllerOf(replicaSet)?.name ?? '',
        );
        return deployment === undefined || isRolling(deployment) ? [] : [keyOf(deployment)];
      }),
    ],
    reconcile: reconcileDeployment,
  };
}
