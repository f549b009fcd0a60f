import { deepEqual } from '../../deep-equal.ts';
import type { FieldError } from '../../errors.ts';
import { checkDnsSubdomain } from '../../names.ts';
import type { KubeObject } from '../../object.ts';
import { canonicalQuantity, nanosOf } from '../../quantity.ts';
import { at, fields, items, word } from '../object-path.ts';
import { validateNodeSelector } from '../pod/scheduling.ts';
import {
  forbidden,
  invalid,
  invalidEach,
  notSupported,
  optionalOneOf,
  required,
  type Errors,
} from '../validate/field-errors.ts';
import { validateAccessModes, VOLUME_MODES } from '../storage.ts';
import { VOLUME_SOURCES } from './volume-sources.ts';

const RECLAIM_POLICIES: readonly string[] = ['Delete', 'Recycle', 'Retain'];
const MOUNT_OPTIONS = 'volume.beta.kubernetes.io/mount-options';
const ONE_TYPE = 'may not specify more than 1 volume type';

/** In the order in which upstream looks for them. */
const SOURCES = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'flocker',
  'nfs',
  'rbd',
  'quobyte',
  'cephfs',
  'iscsi',
  'cinder',
  'fc',
  'flexVolume',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'scaleIO',
  'local',
  'storageos',
  'csi',
] as const;

/** Those that can be mounted with options. */
const WITH_OPTIONS: ReadonlySet<string> = new Set([
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'nfs',
  'rbd',
  'quobyte',
  'iscsi',
  'cinder',
  'cephfs',
  'azureFile',
  'vsphereVolume',
  'azureDisk',
  'photonPersistentDisk',
]);

/** Every error of a volume of the cluster. @see kubernetes `ValidatePersistentVolume`, `ValidatePersistentVolumeUpdate` */
export function validatePersistentVolume(volume: KubeObject, old: KubeObject | undefined): Errors {
  const whole = validateVolume(volume);
  const errors = [...whole, ...validateMountOptions(volume)];
  return old === undefined ? errors : [...errors, ...whole, ...validateChange(volume, old)];
}

function validateVolume(volume: KubeObject): Errors {
  const spec = fields(volume, 'spec');
  return [
    ...validateAccessModes('spec.accessModes', items(spec, 'accessModes')),
    ...validateCapacity(fields(spec, 'capacity')),
    ...policyErrors(word(spec, 'persistentVolumeReclaimPolicy')),
    ...validateNodeAffinity(at(spec, 'nodeAffinity')),
    ...validateSources(spec, { root: 'spec', name: volume.metadata.name }),
    ...validateNoRecycledRoot(spec),
    ...classErrors('spec.storageClassName', word(spec, 'storageClassName')),
    ...optionalOneOf('spec.volumeMode', word(spec, 'volumeMode') || undefined, VOLUME_MODES),
    ...validateAttributesClass(spec),
  ];
}

function policyErrors(policy: string): Errors {
  return policy === '' || RECLAIM_POLICIES.includes(policy)
    ? []
    : [notSupported('spec.persistentVolumeReclaimPolicy', policy, RECLAIM_POLICIES)];
}

function validateCapacity(capacity: Readonly<Record<string, unknown>>): Errors {
  const field = 'spec.capacity';
  const names = Object.keys(capacity).toSorted();
  const shown = Object.fromEntries(names.map((name) => [name, capacity[name]]));
  return [
    ...(names.length === 0 ? [required(field)] : []),
    ...(names.length === 1 && names[0] === 'storage'
      ? []
      : [notSupported(field, names.length === 0 ? undefined : shown, ['storage'])]),
    ...names.flatMap((name) => amountErrors(`${field}[${name}]`, capacity[name])),
  ];
}

function amountErrors(field: string, amount: unknown): Errors {
  const text = typeof amount === 'string' || typeof amount === 'number' ? amount : '0';
  const nanos = nanosOf(text);
  const units = Number(nanos / 1_000_000_000n);
  return [
    ...(nanos < 0n && units < 0
      ? [invalid(field, units, 'must be a valid resource quantity')]
      : []),
    ...(nanos <= 0n ? [invalid(field, canonicalQuantity(text), 'must be greater than zero')] : []),
  ];
}

function validateNodeAffinity(affinity: unknown): Errors {
  if (affinity === undefined) return [];
  const field = 'spec.nodeAffinity.required';
  const selector = at(affinity, 'required');
  return selector === undefined
    ? [required(field, 'must specify required node constraints')]
    : validateNodeSelector(field, selector);
}

/** What a volume is made of: one thing, below the field `root`. */
export function validateSources(
  spec: Readonly<Record<string, unknown>>,
  { root, name }: { readonly root: string; readonly name: string },
): Errors {
  let found = 0;
  const errors: FieldError[] = [];
  for (const source of SOURCES) {
    if (spec[source] === undefined) continue;
    const field = `${root}.${source}`;
    // Upstream counts this one and never refuses it.
    const isRefused = found > 0 && source !== 'flexVolume';
    found += 1;
    if (isRefused) errors.push(forbidden(source === 'cephfs' ? `${root}.cephFS` : field, ONE_TYPE));
    else
      errors.push(
        ...(VOLUME_SOURCES[source]?.(spec[source], { field, name, isPersistent: true }) ?? []),
        ...(source === 'local' && at(spec, 'nodeAffinity') === undefined
          ? [required(`${root}.nodeAffinity`, 'Local volume requires node affinity')]
          : []),
      );
  }
  return found === 0 ? [required(root, 'must specify a volume type')] : errors;
}

function validateNoRecycledRoot(spec: unknown): Errors {
  const isRoot = /^(\/+\.?)+$/.test(word(spec, 'hostPath.path'));
  return isRoot && word(spec, 'persistentVolumeReclaimPolicy') === 'Recycle'
    ? [
        forbidden(
          'spec.persistentVolumeReclaimPolicy',
          "may not be 'recycle' for a hostPath mount of '/'",
        ),
      ]
    : [];
}

function classErrors(field: string, name: string): Errors {
  return name === '' ? [] : invalidEach(field, name, checkDnsSubdomain(name));
}

function validateAttributesClass(spec: unknown): Errors {
  const name = at(spec, 'volumeAttributesClassName');
  if (typeof name !== 'string') return [];
  const field = 'spec.volumeAttributesClassName';
  return [
    ...(name === ''
      ? [required(field, 'an empty string is disallowed')]
      : classErrors(field, name)),
    ...(at(spec, 'csi') === undefined
      ? [required('spec.csi', 'has to be specified when using volumeAttributesClassName')]
      : []),
  ];
}

function validateMountOptions(volume: KubeObject): Errors {
  const spec = fields(volume, 'spec');
  if (volume.metadata.annotations?.[MOUNT_OPTIONS] === undefined) return [];
  if (SOURCES.some((source) => WITH_OPTIONS.has(source) && spec[source] !== undefined)) return [];
  return [
    forbidden(
      `metadata.annotations.${MOUNT_OPTIONS}`,
      'may not specify mount options for this volume type',
    ),
  ];
}

const ATTRIBUTES_CLASS = 'volumeAttributesClassName';

function validateChange(volume: KubeObject, old: KubeObject): Errors {
  const [now, before] = [fields(volume, 'spec'), fields(old, 'spec')];
  const isUnset = at(now, ATTRIBUTES_CLASS) === undefined;
  return [
    ...sourceChange(sourcesOf(now), sourcesOf(before)),
    ...(now['volumeMode'] === before['volumeMode']
      ? []
      : [invalid('volumeMode', now['volumeMode'], 'field is immutable')]),
    ...affinityChange(at(now, 'nodeAffinity'), at(before, 'nodeAffinity')),
    ...(isUnset && at(before, ATTRIBUTES_CLASS) !== undefined
      ? [forbidden(`spec.${ATTRIBUTES_CLASS}`, 'update from non-nil value to nil is forbidden')]
      : []),
  ];
}

function sourcesOf(spec: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    SOURCES.filter((source) => spec[source] !== undefined).map((source) => [source, spec[source]]),
  );
}

function sourceChange(
  now: Readonly<Record<string, unknown>>,
  before: Readonly<Record<string, unknown>>,
): Errors {
  const secret = 'controllerExpandSecretRef';
  const csi = fields(now, 'csi');
  const { [secret]: _, ...rest } = csi;
  // A secret for growing may come later.
  const comes = csi[secret] !== undefined && at(before, 'csi') !== undefined;
  const isNew = comes && at(before, `csi.${secret}`) === undefined;
  const kept = isNew ? { ...now, csi: rest } : now;
  if (deepEqual(kept, before)) return [];
  return [
    forbidden(
      'spec.persistentvolumesource',
      'spec.persistentvolumesource is immutable after creation',
    ),
  ];
}

/** Old names of labels may become new ones. @see kubernetes `getMaskNodeSelectorLabelChangeEqualities` */
const RENAMED: Readonly<Record<string, string>> = {
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
  'beta.kubernetes.io/instance-type': 'node.kubernetes.io/instance-type',
  'beta.kubernetes.io/os': 'kubernetes.io/os',
  'beta.kubernetes.io/arch': 'kubernetes.io/arch',
};

function affinityChange(now: unknown, before: unknown): Errors {
  if (before === undefined || deepEqual(now, before)) return [];
  if (deepEqual(now, withNewLabels(before))) return [];
  return [
    invalid('nodeAffinity', now, 'field is immutable, except for updating from beta label to GA'),
  ];
}

function withNewLabels(affinity: unknown): unknown {
  const text = JSON.stringify(affinity);
  // Keys of expressions alone are such texts.
  return JSON.parse(
    text.replaceAll(/"key":"([^"]+)"/g, (whole, key: string) =>
      RENAMED[key] === undefined ? whole : `"key":"${RENAMED[key]}"`,
    ),
  );
}
