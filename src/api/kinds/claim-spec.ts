import { canonicalAmounts } from '../amounts.ts';
import type { FieldError } from '../errors.ts';
import { checkDnsLabel, checkDnsSubdomain } from '../names.ts';
import { canonicalQuantity, parseQuantity } from '../quantity.ts';
import type { PersistentVolumeClaimSpec, Quantity } from '../types.ts';
import { validateAccessModes, VOLUME_MODES } from './storage.ts';
import { compact } from './validate/compact.ts';
import { invalid, invalidEach, optionalOneOf, required } from './validate/field-errors.ts';
import { validateLabelSelector } from './validate/labels.ts';

/** Defaults of a claim, which also stands in Pods and StatefulSets. */
export function defaultClaimSpec(spec: PersistentVolumeClaimSpec): PersistentVolumeClaimSpec {
  const { resources } = spec;
  return {
    ...spec,
    resources: {
      ...(resources?.limits && { limits: canonicalAmounts(resources.limits) }),
      ...(resources?.requests && { requests: canonicalAmounts(resources.requests) }),
    },
    volumeMode: spec.volumeMode ?? 'Filesystem',
  };
}

/** Every error of what a claim wants. @see kubernetes `ValidatePersistentVolumeClaimSpec` */
export function validateClaimSpec(
  field: string,
  spec: PersistentVolumeClaimSpec,
): readonly FieldError[] {
  const { accessModes = [] } = spec;
  return [
    ...(accessModes.length === 0
      ? [required(`${field}.accessModes`, 'at least 1 access mode is required')]
      : []),
    ...validateLabelSelector(`${field}.selector`, spec.selector),
    ...(accessModes.length === 0 ? [] : validateAccessModes(`${field}.accessModes`, accessModes)),
    ...validateRequest(`${field}.resources[storage]`, spec.resources?.requests?.['storage']),
    ...validateClass(`${field}.storageClassName`, spec.storageClassName),
    ...optionalOneOf(`${field}.volumeMode`, spec.volumeMode, VOLUME_MODES),
    ...validateDataSources(field, spec),
    ...validateClass(`${field}.volumeAttributesClassName`, spec.volumeAttributesClassName),
  ];
}

function validateRequest(field: string, storage: Quantity | undefined): readonly FieldError[] {
  if (storage === undefined) return [required(field)];
  const amount = parseQuantity(storage);
  if (amount === undefined) return [invalid(field, storage, 'must be a quantity')];
  return amount.nanos > 0n
    ? []
    : [invalid(field, canonicalQuantity(storage), 'must be greater than zero')];
}

function validateClass(field: string, name: string | undefined): readonly FieldError[] {
  return name === undefined || name === '' ? [] : invalidEach(field, name, checkDnsSubdomain(name));
}

type DataSource = NonNullable<PersistentVolumeClaimSpec['dataSourceRef']>;

function validateDataSources(
  field: string,
  { dataSource, dataSourceRef }: PersistentVolumeClaimSpec,
): readonly FieldError[] {
  const namespace = dataSourceRef?.namespace ?? '';
  const isOther = dataSource !== undefined && dataSourceRef !== undefined;
  return [
    ...(dataSource ? validateDataSource(`${field}.dataSource`, dataSource) : []),
    ...(dataSourceRef ? validateDataSource(`${field}.dataSourceRef`, dataSourceRef) : []),
    ...(namespace === ''
      ? []
      : invalidEach(`${field}.dataSourceRef.namespace`, namespace, checkDnsLabel(namespace))),
    // Upstream shows a path as value, which JSON makes `{}` of.
    ...(isOther && namespace !== ''
      ? [invalid(field, {}, 'may not be specified when dataSourceRef.namespace is specified')]
      : []),
    ...(isOther && namespace === '' && !isSameSource(dataSource, dataSourceRef)
      ? [invalid(field, {}, 'must match dataSourceRef')]
      : []),
  ];
}

function validateDataSource(
  field: string,
  { apiGroup, kind = '', name = '' }: Partial<DataSource>,
): readonly FieldError[] {
  const group = apiGroup ?? '';
  const detail = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
  return [
    ...(name === '' ? [required(`${field}.name`)] : []),
    ...(kind === '' ? [required(`${field}.kind`)] : []),
    ...(group === '' && kind !== CLAIM ? [invalid(field, kind, detail)] : []),
    ...(group === '' ? [] : invalidEach(`${field}.apiGroup`, group, checkDnsSubdomain(group))),
  ];
}

type Source = Pick<DataSource, 'apiGroup' | 'kind' | 'name'>;

function isSameSource(one: Source, other: Source): boolean {
  return (
    (one.apiGroup ?? undefined) === (other.apiGroup ?? undefined) &&
    one.kind === other.kind &&
    one.name === other.name
  );
}

const CLAIM = 'PersistentVolumeClaim';
const SNAPSHOTS = 'snapshot.storage.k8s.io';

/**
 * The spec with both fields for the data that a volume begins with, where one says it.
 *
 * What the older field could never hold is dropped, unless it was there before.
 *
 * @see kubernetes `EnforceDataSourceBackwardsCompatibility`, `NormalizeDataSources`
 */
export function withDataSources(
  spec: PersistentVolumeClaimSpec,
  old: PersistentVolumeClaimSpec = {},
): PersistentVolumeClaimSpec {
  const { dataSource: given, dataSourceRef, ...rest } = spec;
  const wasThere = old.dataSource !== undefined || old.dataSourceRef !== undefined;
  const dataSource =
    wasThere || dataSourceRef !== undefined || isClassic(given) ? given : undefined;
  if (dataSourceRef !== undefined)
    return compact<PersistentVolumeClaimSpec>({
      ...rest,
      dataSource: dataSource ?? localSource(dataSourceRef),
      dataSourceRef,
    });
  return dataSource === undefined ? rest : { ...rest, dataSource, dataSourceRef: dataSource };
}

function localSource({ namespace = '', ...source }: DataSource): Source | undefined {
  return namespace === '' ? source : undefined;
}

function isClassic(source: Source | undefined): boolean {
  if (source === undefined) return false;
  const group = source.apiGroup ?? '';
  return (
    (source.kind === CLAIM && group === '') ||
    (source.kind === 'VolumeSnapshot' && group === SNAPSHOTS)
  );
}
