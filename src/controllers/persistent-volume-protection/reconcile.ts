import { VOLUME_PROTECTION, type PersistentVolume } from '../../api/index.ts';
import { update, watchKind } from '../change.ts';
import type { Change, Controller, Snapshot } from '../controller.ts';

/**
 * Holds volumes while they are bound: gives each the finalizer that the API server gives to what comes through it, and
 * takes it away from one that is being deleted once it is bound to no claim.
 *
 * @see kubernetes pkg/controller/volume/pvprotection
 */
export function createPersistentVolumeProtectionController(): Controller {
  return {
    name: 'persistentvolume-protection-controller',
    watches: [
      watchKind('PersistentVolume', (volume) =>
        isGoing(volume) === isProtected(volume) ? [volume.metadata.name] : [],
      ),
    ],
    reconcile: reconcileVolume,
  };
}

function reconcileVolume(name: string, snapshot: Snapshot): readonly Change[] {
  const volume = snapshot.get('PersistentVolume', undefined, name);
  if (volume === undefined || isGoing(volume) !== isProtected(volume)) return [];
  const { finalizers = [] } = volume.metadata;
  if (!isGoing(volume)) return [withFinalizers(volume, [...finalizers, VOLUME_PROTECTION])];
  if (volume.status?.phase === 'Bound') return [];
  const kept = finalizers.filter((finalizer) => finalizer !== VOLUME_PROTECTION);
  return [withFinalizers(volume, kept)];
}

function withFinalizers(volume: PersistentVolume, finalizers: readonly string[]): Change {
  return update({ ...volume, metadata: { ...volume.metadata, finalizers } });
}

function isGoing({ metadata }: PersistentVolume): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function isProtected({ metadata }: PersistentVolume): boolean {
  return metadata.finalizers?.includes(VOLUME_PROTECTION) === true;
}
