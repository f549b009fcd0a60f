/** Rules for storage, loaded with the first object that needs them. */
import type { FieldError } from '../../errors.ts';
import type { KubeObject } from '../../object.ts';
import { validateAttributesClass, validateStorageClass } from './classes.ts';
import { validateDriver, validateDriversOfNode, validateStorageCapacity } from './drivers.ts';
import { validatePersistentVolume } from './persistent-volume.ts';
import type { ValidateSource } from './source-place.ts';
import { validateVolumeAttachment } from './volume-attachment.ts';
import { VOLUME_SOURCES } from './volume-sources.ts';

/** Rules for kinds, and for what their volumes are made of. */
export interface StorageRules {
  /** By the name of the kind. */
  readonly kinds: Readonly<
    Record<string, (object: KubeObject, old: KubeObject | undefined) => readonly FieldError[]>
  >;
  readonly volumes: Readonly<Record<string, ValidateSource>>;
}

/** Everything that there is to know. */
export const STORAGE_RULES: StorageRules = {
  kinds: {
    CSIDriver: validateDriver,
    CSINode: validateDriversOfNode,
    CSIStorageCapacity: validateStorageCapacity,
    PersistentVolume: validatePersistentVolume,
    StorageClass: validateStorageClass,
    VolumeAttachment: validateVolumeAttachment,
    VolumeAttributesClass: validateAttributesClass,
  },
  volumes: VOLUME_SOURCES,
};
