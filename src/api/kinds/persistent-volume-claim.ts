import { malformedAmounts } from '../amounts.ts';
import { deepEqual } from '../deep-equal.ts';
import type { FieldError } from '../errors.ts';
import { defineKind, type KindRow } from '../kind.ts';
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec, Quantity } from '../types.ts';
import { defaultClaimSpec } from './claim-defaults.ts';
import { AGE, NAME, text, wide } from './columns.ts';
import { ACCESS_MODES, showAccessModes, storageClassOf, UNSET, VOLUME_MODES } from './storage.ts';
import {
  forbidden,
  invalid,
  notSupported,
  optionalOneOf,
  required,
} from './validate/field-errors.ts';
import { validateLabelSelector } from './validate/labels.ts';

const FROZEN =
  'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';

/** A wish for storage. */
export const PERSISTENT_VOLUME_CLAIM: KindRow<'PersistentVolumeClaim'> = defineKind(
  'PersistentVolumeClaim',
  {
    defaults: (claim) => ({
      ...claim,
      spec: defaultClaimSpec(claim.spec ?? {}),
      status: { ...claim.status, phase: claim.status?.phase ?? 'Pending' },
    }),
    prepareForCreate: (claim) => ({ ...claim, status: { phase: 'Pending' } }),
    validate: (claim, old) => [
      ...validateSpec(claim.spec ?? {}),
      ...(old ? validateChange(claim.spec ?? {}, old.spec ?? {}) : []),
    ],
    columns: [
      NAME,
      text('Status', ({ metadata, status }) =>
        metadata.deletionTimestamp === undefined ? (status?.phase ?? '') : 'Terminating',
      ),
      text('Volume', ({ spec }) => spec?.volumeName ?? ''),
      text('Capacity', (claim) => (isBound(claim) ? storage(claim) : '')),
      text('Access Modes', (claim) =>
        isBound(claim) ? showAccessModes(claim.status?.accessModes) : '',
      ),
      text('StorageClass', storageClassOf),
      text('VolumeAttributesClass', ({ spec }) => spec?.volumeAttributesClassName ?? UNSET),
      AGE,
      wide('VolumeMode', ({ spec }) => spec?.volumeMode ?? UNSET),
    ],
  },
);

function isBound({ spec }: PersistentVolumeClaim): boolean {
  return (spec?.volumeName ?? '') !== '';
}

function storage({ status }: PersistentVolumeClaim): string {
  return String(status?.capacity?.['storage'] ?? '0');
}

function validateSpec(spec: PersistentVolumeClaimSpec): readonly FieldError[] {
  return [
    ...validateLabelSelector('spec.selector', spec.selector),
    ...validateAccessModes(spec.accessModes ?? []),
    ...validateRequest(spec.resources?.requests ?? {}),
    ...optionalOneOf('spec.volumeMode', spec.volumeMode, VOLUME_MODES),
  ];
}

function validateAccessModes(accessModes: readonly string[]): readonly FieldError[] {
  const field = 'spec.accessModes';
  const errors: FieldError[] = [];
  if (accessModes.length === 0) errors.push(required(field, 'at least 1 access mode is required'));
  if (accessModes.includes('ReadWriteOncePod') && accessModes.length > 1)
    errors.push(forbidden(field, 'may not use ReadWriteOncePod with other access modes'));
  for (const mode of accessModes)
    if (!ACCESS_MODES.includes(mode)) errors.push(notSupported(field, mode, ACCESS_MODES));
  return errors;
}

function validateRequest(requests: Readonly<Record<string, Quantity>>): readonly FieldError[] {
  return [
    ...(requests['storage'] === undefined ? [required('spec.resources[storage]')] : []),
    ...malformedAmounts(requests).map((name) =>
      invalid(`spec.resources.requests[${name}]`, requests[name], 'must be a quantity'),
    ),
  ];
}

/** A claim may be bound, grow, and change its attributes' class. */
function validateChange(
  spec: PersistentVolumeClaimSpec,
  old: PersistentVolumeClaimSpec,
): readonly FieldError[] {
  const binds = (old.volumeName ?? '') === '';
  const isClassed = old.storageClassName !== undefined;
  const kept = (from: PersistentVolumeClaimSpec): unknown => ({
    ...from,
    resources: undefined,
    volumeAttributesClassName: undefined,
    volumeName: binds ? undefined : from.volumeName,
    storageClassName: isClassed ? from.storageClassName : undefined,
  });
  return deepEqual(kept(spec), kept(old)) ? [] : [forbidden('spec', FROZEN)];
}
