import type { FieldError } from '../../errors.ts';
import type { Container, EphemeralContainer, VolumeDevice, VolumeMount } from '../../types.ts';
import {
  forbidden,
  invalid,
  notFoundValue,
  notSupported,
  required,
} from '../validate/field-errors.ts';
import { hasBacksteps, validateDescendingPath } from './paths.ts';

/** Volumes of a Pod, and whether each is a claim: only those can be devices. */
export type KnownVolumes = ReadonlyMap<string, boolean>;

const PROPAGATIONS: readonly string[] = ['Bidirectional', 'HostToContainer', 'None'];
const RECURSIVE: readonly string[] = ['Disabled', 'Enabled', 'IfPossible'];

/** Where a container sees volumes, as files and as devices; each must be one of the Pod's. */
export function validateMounts(
  field: string,
  container: Container | EphemeralContainer,
  volumes: KnownVolumes,
): readonly FieldError[] {
  const { volumeMounts = [], volumeDevices = [] } = container;
  if (volumeMounts.length === 0 && volumeDevices.length === 0) return [];
  return [
    ...validateVolumeMounts(`${field}.volumeMounts`, container, volumes),
    ...(volumeDevices.length === 0
      ? []
      : validateDevices(`${field}.volumeDevices`, container, volumes)),
  ];
}

function validateVolumeMounts(
  field: string,
  container: Container | EphemeralContainer,
  volumes: KnownVolumes,
): readonly FieldError[] {
  const { volumeMounts = [], volumeDevices = [] } = container;
  const paths = new Set<string>();
  return volumeMounts.flatMap((mount, index) => {
    const path = `${field}[${index}]`;
    const { name, mountPath } = mount;
    const errors: FieldError[] = [];
    if (name === '') errors.push(required(`${path}.name`));
    if (!volumes.has(name)) errors.push(notFoundValue(`${path}.name`, name));
    if (mountPath === '') errors.push(required(`${path}.mountPath`));
    if (paths.has(mountPath))
      errors.push(invalid(`${path}.mountPath`, mountPath, 'must be unique'));
    paths.add(mountPath);
    return [
      ...errors,
      ...overlapWithDevices(path, mount, volumeDevices),
      ...validateSubPaths(field, path, mount),
      ...validatePropagation(`${field}.mountPropagation`, mount, container),
      ...validateRecursive(`${field}.recursiveReadOnly`, mount),
    ];
  });
}

function overlapWithDevices(
  field: string,
  { name, mountPath }: VolumeMount,
  devices: readonly VolumeDevice[],
): readonly FieldError[] {
  return [
    ...(devices.some((device) => device.name === name)
      ? [invalid(`${field}.name`, name, 'must not already exist in volumeDevices')]
      : []),
    ...(devices.some(({ devicePath }) => devicePath === mountPath)
      ? [
          invalid(
            `${field}.mountPath`,
            mountPath,
            'must not already exist as a path in volumeDevices',
          ),
        ]
      : []),
  ];
}

/** @param list upstream names the list alone where a path is wrong */
function validateSubPaths(
  list: string,
  field: string,
  { subPath = '', subPathExpr = '' }: VolumeMount,
): readonly FieldError[] {
  return [
    ...(subPath === '' ? [] : validateDescendingPath(`${list}.subPath`, subPath)),
    ...(subPath !== '' && subPathExpr !== ''
      ? [
          invalid(
            `${field}.subPathExpr`,
            subPathExpr,
            'subPathExpr and subPath are mutually exclusive',
          ),
        ]
      : []),
    ...(subPathExpr === '' ? [] : validateDescendingPath(`${list}.subPathExpr`, subPathExpr)),
  ];
}

function validatePropagation(
  field: string,
  { mountPropagation }: VolumeMount,
  { securityContext }: Container | EphemeralContainer,
): readonly FieldError[] {
  if (mountPropagation === undefined) return [];
  const isRefused = mountPropagation === 'Bidirectional' && securityContext?.privileged !== true;
  return [
    ...(PROPAGATIONS.includes(mountPropagation)
      ? []
      : [notSupported(field, mountPropagation, PROPAGATIONS)]),
    ...(isRefused
      ? [
          forbidden(
            field,
            'Bidirectional mount propagation is available only to privileged containers',
          ),
        ]
      : []),
  ];
}

function validateRecursive(
  field: string,
  { recursiveReadOnly, readOnly, mountPropagation = 'None' }: VolumeMount,
): readonly FieldError[] {
  if (recursiveReadOnly === undefined || recursiveReadOnly === 'Disabled') return [];
  if (!RECURSIVE.includes(recursiveReadOnly))
    return [notSupported(field, recursiveReadOnly, RECURSIVE)];
  return [
    ...(readOnly === true ? [] : [forbidden(field, 'may only be specified when readOnly is true')]),
    ...(mountPropagation === 'None'
      ? []
      : [forbidden(field, 'may only be specified when mountPropagation is None or not specified')]),
  ];
}

function validateDevices(
  field: string,
  { volumeMounts = [], volumeDevices = [] }: Container | EphemeralContainer,
  volumes: KnownVolumes,
): readonly FieldError[] {
  const seen = { names: new Set<string>(), paths: new Set<string>() };
  return volumeDevices.flatMap((device, index) => {
    const path = `${field}[${index}]`;
    return [
      ...validateDevice(path, device, { volumes, ...seen }),
      ...(volumeMounts.some(({ name }) => name === device.name)
        ? [invalid(`${path}.name`, device.name, 'must not already exist in volumeMounts')]
        : []),
      ...(volumeMounts.some(({ mountPath }) => mountPath === device.devicePath)
        ? [
            invalid(
              `${path}.devicePath`,
              device.devicePath,
              'must not already exist as a path in volumeMounts',
            ),
          ]
        : []),
    ];
  });
}

interface DeviceContext {
  readonly volumes: KnownVolumes;
  /** Of the devices before; both grow. */
  readonly names: Set<string>;
  readonly paths: Set<string>;
}

function validateDevice(
  field: string,
  { name, devicePath }: VolumeDevice,
  { volumes, names, paths }: DeviceContext,
): readonly FieldError[] {
  const errors: FieldError[] = [];
  const isClaim = volumes.get(name);
  if (name === '') errors.push(required(`${field}.name`));
  if (names.has(name)) errors.push(invalid(`${field}.name`, name, 'must be unique'));
  if (isClaim === false)
    errors.push(
      invalid(
        `${field}.name`,
        name,
        'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode',
      ),
    );
  if (isClaim === undefined) errors.push(notFoundValue(`${field}.name`, name));
  if (devicePath === '') errors.push(required(`${field}.devicePath`));
  if (paths.has(devicePath))
    errors.push(invalid(`${field}.devicePath`, devicePath, 'must be unique'));
  if (hasBacksteps(devicePath))
    errors.push(invalid(`${field}.devicePath`, devicePath, "can not contain backsteps ('..')"));
  else paths.add(devicePath);
  if (name !== '') names.add(name);
  return errors;
}
