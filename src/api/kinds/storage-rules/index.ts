/** Rules for storage. Loaded with the first object that needs them. */
import type { RareRules } from '../rare-rules.ts';
import { validateAttributesClass, validateStorageClass } from './classes.ts';
import { validateDriver, validateDriversOfNode, validateStorageCapacity } from './drivers.ts';
import { validatePersistentVolume } from './persistent-volume.ts';
import { validateVolumeAttachment } from './volume-attachment.ts';

export { VOLUME_SOURCES } from './volume-sources.ts';

/** By the name of the kind. */
export const STORAGE_RULES: Readonly<Record<string, RareRules>> = {
  'CSIDriver.storage.k8s.io': { validate: validateDriver },
  'CSINode.storage.k8s.io': { validate: validateDriversOfNode },
  'CSIStorageCapacity.storage.k8s.io': { validate: validateStorageCapacity },
  PersistentVolume: { validate: validatePersistentVolume },
  'StorageClass.storage.k8s.io': { validate: validateStorageClass },
  'VolumeAttachment.storage.k8s.io': { validate: validateVolumeAttachment },
  'VolumeAttributesClass.storage.k8s.io': { validate: validateAttributesClass },
};
