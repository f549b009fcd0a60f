import type { PersistentVolumeClaim, Pod } from '../../api/index.ts';
import { warning } from '../announce.ts';
import { create, keyOf, splitKey, watchKind } from '../change.ts';
import type { Change, Controller } from '../controller.ts';
import { defined } from '../defined.ts';
import { isControlledBy, ownerReferenceTo } from '../owner.ts';
import { ephemeralClaimName, notMadeFor } from '../volume-match.ts';

type EphemeralVolume = NonNullable<NonNullable<Pod['spec']>['volumes']>[number];

/**
 * Makes the claims of Pods' ephemeral volumes, which go with their Pods.
 *
 * @see kubernetes pkg/controller/volume/ephemeral
 */
export function createEphemeralVolumeController(): Controller {
  return {
    name: 'ephemeral-volume-controller',
    eventSource: 'ephemeral_volume',
    watches: [
      watchKind('Pod', (pod) => (volumesOf(pod).length === 0 ? [] : [keyOf(pod)])),
      watchKind('PersistentVolumeClaim', ({ metadata: { namespace = '', ownerReferences = [] } }) =>
        ownerReferences
          .filter(({ kind, controller }) => kind === 'Pod' && controller === true)
          .map(({ name }) => `${namespace}/${name}`),
      ),
    ],
    reconcile: (key, snapshot) => {
      const pod = snapshot.get('Pod', ...splitKey(key));
      if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return [];
      return volumesOf(pod).flatMap((volume): readonly Change[] => {
        const { namespace = '', name } = pod.metadata;
        const claimName = ephemeralClaimName(name, volume.name);
        const found = snapshot.get('PersistentVolumeClaim', namespace, claimName);
        if (found === undefined) return [create(claimFor(pod, volume, claimName))];
        return isControlledBy(found, pod) ? [] : [refuse(pod, volume, found)];
      });
    },
  };
}

function volumesOf({ spec }: Pod): readonly EphemeralVolume[] {
  return (spec?.volumes ?? []).filter(({ ephemeral }) => ephemeral !== undefined);
}

function claimFor(pod: Pod, { ephemeral }: EphemeralVolume, name: string): PersistentVolumeClaim {
  const template = ephemeral?.volumeClaimTemplate;
  const { labels, annotations } = template?.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name,
      namespace: pod.metadata.namespace ?? '',
      ...defined({ labels, annotations }),
      ownerReferences: [ownerReferenceTo(pod)],
    },
    ...defined({ spec: template?.spec }),
  };
}

/** Somebody else's claim has the name. */
function refuse(pod: Pod, volume: EphemeralVolume, claim: PersistentVolumeClaim): Change {
  const message = `ephemeral volume ${volume.name}: ${notMadeFor(pod, claim)}`;
  return { kind: 'event', event: warning(pod, 'FailedBinding', message) };
}
