import { deepEqual } from '../deep-equal.ts';
import type { FieldError } from '../errors.ts';
import { defineKind, type KindRow } from '../kind.ts';
import { checkQualifiedName } from '../names.ts';
import { nanosOf } from '../quantity.ts';
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec, Quantity } from '../types.ts';
import { defaultClaimSpec, validateClaimSpec, withDataSources } from './claim-spec.ts';
import { AGE, NAME, text, wide } from './columns.ts';
import { showAccessModes, storageClassOf, UNSET } from './storage.ts';
import { forbidden, invalid, invalidEach, notSupported } from './validate/field-errors.ts';

const IMMUTABLE = 'field is immutable';
const CLASS = 'volume.beta.kubernetes.io/storage-class';
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
    prepareForCreate: (claim) => ({
      ...claim,
      spec: withDataSources(claim.spec ?? {}),
      status: { phase: 'Pending' },
    }),
    prepareForUpdate: (claim, old) => ({
      ...claim,
      spec: withDataSources(claim.spec ?? {}, old.spec),
    }),
    validate: (claim, old) => [
      ...validateClaimSpec('spec', claim.spec ?? {}),
      ...(old ? validateChange(claim, old) : []),
    ],
    validateStatus,
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

/** A claim may be bound, grow, and change its attributes' class. @see kubernetes `ValidatePersistentVolumeClaimUpdate` */
function validateChange(
  claim: PersistentVolumeClaim,
  old: PersistentVolumeClaim,
): readonly FieldError[] {
  const [spec, before] = [claim.spec ?? {}, old.spec ?? {}];
  const naming = classNaming(claim, old);
  const isBoundNow = claim.status?.phase === 'Bound';
  const isBinding = (before.volumeName ?? '') === '';
  const kept = (from: PersistentVolumeClaimSpec): unknown => ({
    ...from,
    resources: withoutSize(from.resources ?? {}, isBoundNow),
    volumeAttributesClassName: isBoundNow ? undefined : from.volumeAttributesClassName,
    volumeName: isBinding ? undefined : from.volumeName,
    storageClassName: naming.isLate ? undefined : from.storageClassName,
  });
  return [
    ...naming.errors,
    ...(deepEqual(kept(spec), kept(before)) ? [] : [forbidden('spec', FROZEN)]),
    ...validateSize(spec, old),
    ...(spec.volumeMode === before.volumeMode
      ? []
      : [invalid('volumeMode', spec.volumeMode, IMMUTABLE)]),
    ...validateAttributesClass(spec, old),
  ];
}

interface ClassNaming {
  readonly errors: readonly FieldError[];
  /** Whether the field may be set that was not before: to what the annotation says, where there is one. */
  readonly isLate: boolean;
}

function classNaming(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): ClassNaming {
  const [annotated = '', before = ''] = [annotationOf(claim), annotationOf(old)];
  const name = claim.spec?.storageClassName;
  const isNew = name !== undefined && old.spec?.storageClassName === undefined;
  // The annotation may go once the field says the same.
  const isMoved = isNew && before === name && annotated === '';
  return {
    errors:
      isMoved || annotated === before
        ? []
        : [invalid(`metadata.annotations.${CLASS}`, annotated, IMMUTABLE)],
    isLate: isNew && (annotationOf(old) === undefined || before === name),
  };
}

function annotationOf({ metadata }: PersistentVolumeClaim): string | undefined {
  return metadata.annotations?.[CLASS];
}

function withoutSize(resources: Resources, isBoundNow: boolean): unknown {
  if (!isBoundNow || resources.requests === undefined) return resources;
  return { ...resources, requests: { ...resources.requests, storage: undefined } };
}

type Resources = NonNullable<PersistentVolumeClaimSpec['resources']>;

/** A volume that could not grow may be asked for less, and never for less than there is. */
function validateSize(
  spec: PersistentVolumeClaimSpec,
  { spec: before, status }: PersistentVolumeClaim,
): readonly FieldError[] {
  const size = nanosOf(spec.resources?.requests?.['storage']);
  if (size >= nanosOf(before?.resources?.requests?.['storage'])) return [];
  return size <= nanosOf(status?.capacity?.['storage'])
    ? [forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity')]
    : [];
}

function validateAttributesClass(
  { volumeAttributesClassName: name }: PersistentVolumeClaimSpec,
  { spec, status }: PersistentVolumeClaim,
): readonly FieldError[] {
  const isCurrent = status?.currentVolumeAttributesClassName !== undefined;
  if (!isCurrent || name === spec?.volumeAttributesClassName) return [];
  if (name !== undefined && name !== '') return [];
  return [
    forbidden(
      'spec.volumeAttributesClassName',
      `update to ${name === undefined ? 'nil' : 'empty string'} is forbidden when status.currentVolumeAttributesClassName is not nil`,
    ),
  ];
}

const RESIZE_STATES: readonly string[] = [
  'ControllerResizeInProgress',
  'ControllerResizeInfeasible',
  'NodeResizePending',
  'NodeResizeInProgress',
  'NodeResizeInfeasible',
].toSorted();

/** @see kubernetes `ValidatePersistentVolumeClaimStatusUpdate` */
function validateStatus({ status = {} }: PersistentVolumeClaim): readonly FieldError[] {
  const states = 'status.allocatedResourceStatuses';
  const allocated = 'status.allocatedResources';
  return [
    ...Object.entries(status.capacity ?? {}).flatMap(([name, amount]) =>
      validateAmount(`status.capacity[${name}]`, amount),
    ),
    ...Object.entries(status.allocatedResourceStatuses ?? {}).flatMap(([name, state]) => [
      ...validateResourceKey(states, name),
      ...(RESIZE_STATES.includes(state) ? [] : [notSupported(states, name, RESIZE_STATES)]),
    ]),
    ...Object.entries(status.allocatedResources ?? {}).flatMap(([name, amount]) => {
      const errors = validateResourceKey(allocated, name);
      return errors.length > 0 ? errors : validateAmount(`${allocated}[${name}]`, amount);
    }),
  ];
}

function validateAmount(field: string, amount: Quantity): readonly FieldError[] {
  const units = nanosOf(amount) / 1_000_000_000n;
  return units < 0n ? [invalid(field, Number(units), 'must be a valid resource quantity')] : [];
}

function validateResourceKey(field: string, name: string): readonly FieldError[] {
  const errors = invalidEach(field, name, checkQualifiedName(name));
  if (errors.length > 0) return errors;
  const isNative = !name.includes('/') || name.includes('kubernetes.io/');
  return isNative && name !== 'storage' ? [notSupported(field, name, ['storage'])] : [];
}
