import { checkDnsLabel, checkDnsSubdomain } from '../../names.ts';
import { at, count, fields, items, word } from '../object-path.ts';
import { validateHostPath } from '../pod/volumes.ts';
import { invalid, invalidEach, required, tooLong, type Errors } from '../validate/field-errors.ts';
import { azureDisk, fibreChannel, iscsi, quobyte } from './remote-volumes.ts';
import { needed, type SourcePlace, type ValidateSource } from './source-place.ts';

const MAX_PARTITION = 255;
const MAX_DRIVER = 63;

/** What each kind of storage needs. @see kubernetes `validateVolumeSource`, `ValidatePersistentVolumeSpec` */
export const VOLUME_SOURCES: Readonly<Record<string, ValidateSource>> = {
  awsElasticBlockStore: (source, { field }) => [
    ...needed(source, field, ['volumeID']),
    ...partition(source, field),
  ],
  azureDisk: (source, { field }) => azureDisk(source, field),
  azureFile: (source, { field, isPersistent }) => [
    ...needed(source, field, ['secretName', 'shareName']),
    ...(isPersistent && at(source, 'secretNamespace') === ''
      ? [required(`${field}.secretNamespace`)]
      : []),
  ],
  cephfs: (source, { field }) => listed(source, field, 'monitors'),
  cinder: (source, place) => [
    ...needed(source, place.field, ['volumeID']),
    ...secretOf(source, place),
  ],
  csi: (source, place) => csi(source, place),
  fc: (source, { field }) => fibreChannel(source, field),
  flexVolume: (source, { field }) => flexVolume(source, field),
  flocker: (source, { field }) => flocker(source, field),
  // Upstream calls it so in paths.
  gcePersistentDisk: (source, { field }) => {
    const disk = field.replace(/gcePersistentDisk$/, 'persistentDisk');
    return [...needed(source, disk, ['pdName']), ...partition(source, disk)];
  },
  gitRepo: (source, { field }) => gitRepo(source, field),
  glusterfs: (source, { field, isPersistent }) => [
    ...needed(source, field, ['endpoints', 'path']),
    ...(isPersistent ? endpointsNamespace(source, field) : []),
  ],
  hostPath: (source, { field }) => validateHostPath(field, source),
  iscsi: (source, place) => iscsi(source, place),
  local: (source, { field }) => {
    const path = word(source, 'path');
    return path === '' ? [required(`${field}.path`)] : backsteps(`${field}.path`, path);
  },
  nfs: (source, { field }) => [
    ...needed(source, field, ['server', 'path']),
    ...(word(source, 'path').startsWith('/')
      ? []
      : [invalid(`${field}.path`, word(source, 'path'), 'must be an absolute path')]),
  ],
  photonPersistentDisk: (source, { field }) => needed(source, field, ['pdID']),
  portworxVolume: (source, { field }) => needed(source, field, ['volumeID']),
  quobyte: (source, { field }) => quobyte(source, field),
  rbd: (source, { field }) => [
    ...listed(source, field, 'monitors'),
    ...needed(source, field, ['image']),
  ],
  scaleIO: (source, { field }) => needed(source, field, ['gateway', 'system', 'volumeName']),
  storageos: (source, place) => storageOs(source, place),
  vsphereVolume: (source, { field }) => needed(source, field, ['volumePath']),
};

function listed(source: unknown, field: string, name: string): Errors {
  return items(source, name).length === 0 ? [required(`${field}.${name}`)] : [];
}

function partition(source: unknown, field: string): Errors {
  const number = count(source, 'partition');
  return number < 0 || number > MAX_PARTITION
    ? [invalid(`${field}.partition`, number, 'must be between 1 and 255, inclusive')]
    : [];
}

function backsteps(field: string, path: string): Errors {
  return path.split('/').includes('..') ? [invalid(field, path, "must not contain '..'")] : [];
}

function secretOf(source: unknown, { field, isPersistent }: SourcePlace): Errors {
  const secret = at(source, 'secretRef');
  if (secret === undefined) return [];
  return needed(secret, `${field}.secretRef`, isPersistent ? ['name', 'namespace'] : ['name']);
}

function gitRepo(source: unknown, field: string): Errors {
  const directory = word(source, 'directory');
  return [
    ...needed(source, field, ['repository']),
    ...(directory.startsWith('/')
      ? [invalid(`${field}.directory`, directory, 'must be a relative path')]
      : []),
    ...backsteps(`${field}.directory`, directory),
  ];
}

function flexVolume(source: unknown, field: string): Errors {
  const reserved = Object.keys(fields(source, 'options')).filter((key) =>
    /\.(kubernetes|k8s)\.io$/.test(`.${key.replace(/\/.*$/s, '').toLowerCase()}`),
  );
  return [
    ...needed(source, field, ['driver']),
    ...reserved.map((key) =>
      invalid(`${field}.options[${key}]`, key, 'kubernetes.io and k8s.io namespaces are reserved'),
    ),
  ];
}

function flocker(source: unknown, field: string): Errors {
  const [name, uuid] = [word(source, 'datasetName'), word(source, 'datasetUUID')];
  return [
    ...(name === '' && uuid === ''
      ? [required(field, 'one of datasetName and datasetUUID is required')]
      : []),
    ...(name !== '' && uuid !== ''
      ? [
          invalid(
            field,
            'resource',
            'datasetName and datasetUUID can not be specified simultaneously',
          ),
        ]
      : []),
    ...(name.includes('/') ? [invalid(`${field}.datasetName`, name, "must not contain '/'")] : []),
  ];
}

function endpointsNamespace(source: unknown, field: string): Errors {
  const namespace = at(source, 'endpointsNamespace');
  if (typeof namespace !== 'string') return [];
  const path = `${field}.endpointsNamespace`;
  return namespace === ''
    ? [
        invalid(
          path,
          namespace,
          'if the endpointnamespace is set, it must be a valid namespace name',
        ),
      ]
    : invalidEach(path, namespace, checkDnsLabel(namespace));
}

function storageOs(source: unknown, place: SourcePlace): Errors {
  const { field } = place;
  const [name, namespace] = [word(source, 'volumeName'), word(source, 'volumeNamespace')];
  return [
    ...(name === ''
      ? [required(`${field}.volumeName`)]
      : invalidEach(`${field}.volumeName`, name, checkDnsLabel(name))),
    ...(namespace === ''
      ? []
      : invalidEach(`${field}.volumeNamespace`, namespace, checkDnsLabel(namespace))),
    ...secretOf(source, place),
  ];
}

const SECRETS = [
  'controllerPublishSecretRef',
  'controllerExpandSecretRef',
  'nodePublishSecretRef',
  'nodeExpandSecretRef',
] as const;

function csi(source: unknown, { field, isPersistent }: SourcePlace): Errors {
  const driver = validateDriverName(`${field}.driver`, word(source, 'driver'));
  const secret = at(source, 'nodePublishSecretRef');
  if (!isPersistent) {
    const name = word(secret, 'name');
    if (secret === undefined) return driver;
    return name === ''
      ? [...driver, required(`${field}.nodePublishSecretRef.name`)]
      : [...driver, ...invalidEach(`${field}.name`, name, checkDnsSubdomain(name))];
  }
  return [
    ...driver,
    ...needed(source, field, ['volumeHandle']),
    ...SECRETS.flatMap((ref) => secretReference(`${field}.${ref}`, at(source, ref))),
  ];
}

/** The name of a driver: at most 63 characters. @see kubernetes `ValidateCSIDriverName` */
export function validateDriverName(field: string, driver: string): Errors {
  if (driver === '') return [required(field)];
  return [
    ...(driver.length > MAX_DRIVER ? [tooLong(field, MAX_DRIVER)] : []),
    ...invalidEach(field, driver, checkDnsSubdomain(driver.toLowerCase())),
  ];
}

function secretReference(field: string, secret: unknown): Errors {
  if (secret === undefined) return [];
  const [name, namespace] = [word(secret, 'name'), word(secret, 'namespace')];
  return [
    ...(name === ''
      ? [required(`${field}.name`)]
      : invalidEach(`${field}.name`, name, checkDnsSubdomain(name))),
    ...(namespace === ''
      ? [required(`${field}.namespace`)]
      : invalidEach(`${field}.namespace`, namespace, checkDnsLabel(namespace))),
  ];
}
