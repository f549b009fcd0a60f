import { canonicalAmounts } from '../amounts.ts';
import { defineKind, type KindRow } from '../kind.ts';
import type { PersistentVolume, PersistentVolumeSpec, PersistentVolumeStatus } from '../types.ts';
import { AGE, NAME, text, wide } from './columns.ts';
import { defaultSources } from './pod/volume-defaults.ts';
import { lateRules } from './rare-rules.ts';
import { showAccessModes, storageClassOf, UNSET } from './storage.ts';
import { compact } from './validate/compact.ts';

/** A piece of storage. */
export const PERSISTENT_VOLUME: KindRow<'PersistentVolume'> = defineKind('PersistentVolume', {
  defaults: (volume) => ({
    ...volume,
    spec: defaultSpec(volume.spec ?? {}),
    status: { ...volume.status, phase: volume.status?.phase ?? 'Pending' },
  }),
  prepareForCreate: (volume) => ({
    ...volume,
    status: compact<PersistentVolumeStatus>({
      phase: 'Pending',
      lastPhaseTransitionTime: volume.metadata.creationTimestamp,
    }),
  }),
  validate: lateRules('PersistentVolume'),
  // Whatever a controller says.
  validateStatus: () => [],
  columns: [
    NAME,
    text('Capacity', ({ spec }) => String(spec?.capacity?.['storage'] ?? '0')),
    text('Access Modes', ({ spec }) => showAccessModes(spec?.accessModes)),
    text('Reclaim Policy', ({ spec }) => spec?.persistentVolumeReclaimPolicy ?? ''),
    text('Status', ({ metadata, status }) =>
      metadata.deletionTimestamp === undefined ? (status?.phase ?? '') : 'Terminating',
    ),
    text('Claim', claimText),
    text('StorageClass', storageClassOf),
    text('VolumeAttributesClass', ({ spec }) => spec?.volumeAttributesClassName ?? UNSET),
    text('Reason', ({ status }) => status?.reason ?? ''),
    AGE,
    wide('VolumeMode', ({ spec }) => spec?.volumeMode ?? UNSET),
  ],
});

function claimText({ spec }: PersistentVolume): string {
  const claim = spec?.claimRef;
  return claim === undefined ? '' : `${claim.namespace ?? ''}/${claim.name ?? ''}`;
}

function defaultSpec(spec: PersistentVolumeSpec): PersistentVolumeSpec {
  return {
    ...defaultSources(spec),
    ...(spec.capacity && { capacity: canonicalAmounts(spec.capacity) }),
    persistentVolumeReclaimPolicy: spec.persistentVolumeReclaimPolicy ?? 'Retain',
    volumeMode: spec.volumeMode ?? 'Filesystem',
    ...(spec.hostPath && { hostPath: { ...spec.hostPath, type: spec.hostPath.type ?? '' } }),
  };
}
