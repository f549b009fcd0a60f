import type { FieldError } from '../../errors.ts';
import { checkDnsLabel } from '../../names.ts';
import { parseQuantity } from '../../quantity.ts';
import type { Volume, VolumeMount, VolumeProjection } from '../../types.ts';
import {
  duplicate,
  forbidden,
  invalid,
  invalidEach,
  notFoundValue,
  optionalOneOf,
  required,
} from '../validate/field-errors.ts';

const HOST_PATH_TYPES: readonly string[] = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];
const MODE_PROBLEM = 'must be a number between 0 and 0777 (octal), both inclusive';

/** The volumes of a Pod: each with a name of its own and one source. */
export function validateVolumes(
  field: string,
  volumes: readonly Volume[] | undefined,
): readonly FieldError[] {
  const names = new Set<string>();
  return (volumes ?? []).flatMap((volume, index) => {
    const path = `${field}[${index}]`;
    const errors = [...validateSource(path, volume), ...validateName(`${path}.name`, volume.name)];
    if (names.has(volume.name)) errors.push(duplicate(`${path}.name`, volume.name));
    names.add(volume.name);
    return errors;
  });
}

/** Where a container sees volumes; each must be one of the Pod's. */
export function validateMounts(
  field: string,
  mounts: readonly VolumeMount[] | undefined,
  volumes: ReadonlySet<string>,
): readonly FieldError[] {
  const paths = new Set<string>();
  return (mounts ?? []).flatMap((mount, index) => {
    const path = `${field}[${index}]`;
    const errors: FieldError[] = [];
    const { name, mountPath } = mount;
    if (name === '') errors.push(required(`${path}.name`));
    else if (!volumes.has(name)) errors.push(notFoundValue(`${path}.name`, name));
    if (mountPath === '') errors.push(required(`${path}.mountPath`));
    if (paths.has(mountPath))
      errors.push(invalid(`${path}.mountPath`, mountPath, 'must be unique'));
    paths.add(mountPath);
    return [...errors, ...validateSubPath(path, mount)];
  });
}

function validateSubPath(
  field: string,
  { subPath = '', subPathExpr = '', mountPropagation }: VolumeMount,
): readonly FieldError[] {
  const propagations = ['Bidirectional', 'HostToContainer', 'None'];
  return [
    ...validateRelativePath(`${field}.subPath`, subPath),
    ...(subPath !== '' && subPathExpr !== ''
      ? [
          invalid(
            `${field}.subPathExpr`,
            subPathExpr,
            'subPathExpr and subPath are mutually exclusive',
          ),
        ]
      : validateRelativePath(`${field}.subPathExpr`, subPathExpr)),
    ...optionalOneOf(`${field}.mountPropagation`, mountPropagation, propagations),
  ];
}

function validateRelativePath(field: string, path: string): readonly FieldError[] {
  if (path.startsWith('/')) return [invalid(field, path, 'must be a relative path')];
  return path.split('/').includes('..') ? [invalid(field, path, "must not contain '..'")] : [];
}

function validateName(field: string, name: string): readonly FieldError[] {
  return name === '' ? [required(field)] : invalidEach(field, name, checkDnsLabel(name));
}

function validateSource(field: string, { name: _name, ...sources }: Volume): readonly FieldError[] {
  const given = Object.keys(sources);
  if (given.length === 0) return [required(field, 'must specify a volume type')];
  const more = given
    .slice(1)
    .map((source) => forbidden(`${field}.${source}`, 'may not specify more than 1 volume type'));
  return [...validateKnownSource(field, sources), ...more];
}

type Sources = Omit<Volume, 'name'>;

/** The sources that have a meaning here; others are taken as they are. */
function validateKnownSource(field: string, sources: Sources): readonly FieldError[] {
  const { configMap, secret, persistentVolumeClaim: claim, projected } = sources;
  return [
    ...(configMap ? requireText(`${field}.configMap.name`, configMap.name) : []),
    ...validateMode(`${field}.configMap.defaultMode`, configMap?.defaultMode),
    ...(secret ? requireText(`${field}.secret.secretName`, secret.secretName) : []),
    ...validateMode(`${field}.secret.defaultMode`, secret?.defaultMode),
    ...(claim ? requireText(`${field}.persistentVolumeClaim.claimName`, claim.claimName) : []),
    ...validateDirectories(field, sources),
    ...(projected?.sources ?? []).flatMap((projection, index) =>
      validateProjection(`${field}.projected.sources[${index}]`, projection),
    ),
  ];
}

function validateDirectories(
  field: string,
  { hostPath, emptyDir }: Sources,
): readonly FieldError[] {
  const sizeLimit = emptyDir?.sizeLimit;
  return [
    ...(hostPath ? requireText(`${field}.hostPath.path`, hostPath.path) : []),
    ...optionalOneOf(`${field}.hostPath.type`, hostPath?.type, HOST_PATH_TYPES),
    ...(sizeLimit === undefined || parseQuantity(sizeLimit) !== undefined
      ? []
      : [invalid(`${field}.emptyDir.sizeLimit`, sizeLimit, 'must be a quantity')]),
  ];
}

function requireText(field: string, value: string | undefined): readonly FieldError[] {
  return value === undefined || value === '' ? [required(field)] : [];
}

function validateProjection(field: string, projection: VolumeProjection): readonly FieldError[] {
  const given = Object.keys(projection);
  if (given.length === 0) return [required(field, 'must specify at least 1 projection type')];
  return given
    .slice(1)
    .map((source) => forbidden(`${field}.${source}`, 'may not specify more than 1 volume type'));
}

function validateMode(field: string, mode: number | undefined): readonly FieldError[] {
  return mode === undefined || (mode >= 0 && mode <= 0o777)
    ? []
    : [invalid(field, mode, MODE_PROBLEM)];
}
