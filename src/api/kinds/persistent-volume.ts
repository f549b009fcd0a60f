import { canonicalAmounts, malformedAmounts } from '../amounts.ts';
import type { FieldError } from '../errors.ts';
import { defineKind, type KindRow } from '../kind.ts';
import type { PersistentVolume, PersistentVolumeSpec } from '../types.ts';
import { AGE, NAME, text, wide } from './columns.ts';
import { ACCESS_MODES, showAccessModes, storageClassOf, UNSET, VOLUME_MODES } from './storage.ts';
import {
  forbidden,
  invalid,
  notSupported,
  optionalOneOf,
  required,
} from './validate/field-errors.ts';

const RECLAIM_POLICIES: readonly string[] = ['Delete', 'Recycle', 'Retain'];

/** Fields of the spec that do not say where the storage is. */
const NO_SOURCE: ReadonlySet<string> = new Set([
  'accessModes',
  'capacity',
  'claimRef',
  'mountOptions',
  'nodeAffinity',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'volumeAttributesClassName',
  'volumeMode',
]);

/** A piece of storage. */
export const PERSISTENT_VOLUME: KindRow<'PersistentVolume'> = defineKind('PersistentVolume', {
  defaults: (volume) => ({
    ...volume,
    spec: defaultSpec(volume.spec ?? {}),
    status: { ...volume.status, phase: volume.status?.phase ?? 'Pending' },
  }),
  prepareForCreate: (volume) => ({ ...volume, status: { phase: 'Pending' } }),
  validate: ({ spec }) => validateSpec(spec ?? {}),
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
    ...spec,
    ...(spec.capacity && { capacity: canonicalAmounts(spec.capacity) }),
    persistentVolumeReclaimPolicy: spec.persistentVolumeReclaimPolicy ?? 'Retain',
    volumeMode: spec.volumeMode ?? 'Filesystem',
    ...(spec.hostPath && { hostPath: { ...spec.hostPath, type: spec.hostPath.type ?? '' } }),
  };
}

function validateSpec(spec: PersistentVolumeSpec): readonly FieldError[] {
  const { accessModes = [], capacity = {} } = spec;
  const errors: FieldError[] = [];
  if (accessModes.length === 0) errors.push(required('spec.accessModes'));
  for (const mode of accessModes)
    if (!ACCESS_MODES.includes(mode))
      errors.push(notSupported('spec.accessModes', mode, ACCESS_MODES));
  if (Object.keys(capacity).length === 0) errors.push(required('spec.capacity'));
  else if (capacity['storage'] === undefined || Object.keys(capacity).length > 1)
    errors.push(notSupported('spec.capacity', capacity, ['storage']));
  for (const name of malformedAmounts(capacity))
    errors.push(invalid(`spec.capacity[${name}]`, capacity[name], 'must be a quantity'));
  errors.push(
    ...optionalOneOf(
      'spec.persistentVolumeReclaimPolicy',
      spec.persistentVolumeReclaimPolicy,
      RECLAIM_POLICIES,
    ),
  );
  const sources = Object.keys(spec).filter((field) => !NO_SOURCE.has(field));
  if (sources.length === 0) errors.push(required('spec', 'must specify a volume type'));
  for (const source of sources.slice(1))
    errors.push(forbidden(`spec.${source}`, 'may not specify more than 1 volume type'));
  return [...errors, ...optionalOneOf('spec.volumeMode', spec.volumeMode, VOLUME_MODES)];
}
