import type { FieldError } from '../../errors.ts';
import type { KeyToPath, VolumeProjection } from '../../types.ts';
import { forbidden, invalid, required } from '../validate/field-errors.ts';
import { validateDownwardFile, validateKeyToPath, validateVolumeFile } from './paths.ts';

const LEAST_SECONDS = 600;
const MOST_SECONDS = 2 ** 32;

/** Sources that nothing is wrong with: all Pods share those of their token. */
const right = new WeakSet<readonly VolumeProjection[]>();

/** What is put together in one volume: no two of them one file. */
export function validateProjections(
  field: string,
  sources: readonly VolumeProjection[],
): readonly FieldError[] {
  if (right.has(sources)) return [];
  const paths = new Set<string>();
  const errors = sources.flatMap((source, index) => {
    const path = `${field}.sources[${index}]`;
    return [
      ...validateKeys(`${path}.secret`, source.secret, { field, paths }),
      ...validateKeys(`${path}.configMap`, source.configMap, { field, paths }),
      ...(source.downwardAPI?.items ?? []).flatMap((file) => [
        ...validateDownwardFile(`${path}.downwardAPI`, file),
        ...conflict(file.path, { field, paths, shown: file.path }),
      ]),
      ...validateToken(field, `${path}.serviceAccountToken`, source),
      ...validateBundle(field, `${path}.clusterTrustBundle`, { source, paths }),
      ...(Object.keys(source).length > 1
        ? [forbidden(path, 'may not specify more than 1 volume type per source')]
        : []),
    ];
  });
  if (errors.length === 0) right.add(sources);
  return errors;
}

interface Paths {
  readonly field: string;
  /** So far; grows. */
  readonly paths: Set<string>;
}

/** @param shown upstream shows what the file comes from */
function conflict(
  path: string,
  { field, paths, shown }: Paths & { readonly shown: string },
): readonly FieldError[] {
  if (path === '') return [];
  if (paths.has(path)) return [invalid(field, shown, 'conflicting duplicate paths')];
  paths.add(path);
  return [];
}

function validateKeys(
  field: string,
  source: { readonly name?: string; readonly items?: readonly KeyToPath[] } | undefined,
  paths: Paths,
): readonly FieldError[] {
  if (source === undefined) return [];
  const { name = '', items = [] } = source;
  return [
    ...(name === '' ? [required(`${field}.name`)] : []),
    ...items.flatMap((item, index) => [
      ...validateKeyToPath(`${field}.items[${index}]`, item),
      ...conflict(item.path, { ...paths, shown: name }),
    ]),
  ];
}

/** @param volume upstream says of the volume that the path is wrong */
function validateToken(
  volume: string,
  field: string,
  { serviceAccountToken: token }: VolumeProjection,
): readonly FieldError[] {
  if (token === undefined) return [];
  const { expirationSeconds = 0, path } = token;
  const seconds = `${field}.expirationSeconds`;
  return [
    ...(expirationSeconds < LEAST_SECONDS
      ? [invalid(seconds, expirationSeconds, 'may not specify a duration less than 10 minutes')]
      : []),
    ...(expirationSeconds > MOST_SECONDS
      ? [invalid(seconds, expirationSeconds, 'may not specify a duration larger than 2^32 seconds')]
      : []),
    ...(path === '' ? [required(`${volume}.path`)] : validateVolumeFile(`${volume}.path`, path)),
  ];
}

function validateBundle(
  volume: string,
  field: string,
  { source, paths }: { readonly source: VolumeProjection; readonly paths: Set<string> },
): readonly FieldError[] {
  const bundle = source.clusterTrustBundle;
  if (bundle === undefined) return [];
  const { path, name, signerName } = bundle;
  return [
    ...(name === undefined && signerName === undefined
      ? [required(field, 'either name or signerName must be specified')]
      : []),
    ...(name === '' ? [required(`${field}.name`, 'must be a valid object name')] : []),
    ...(name === undefined && signerName === ''
      ? [required(`${field}.signerName`, 'must be a valid signer name')]
      : []),
    ...(path === '' ? [required(`${field}.path`)] : []),
    ...validateVolumeFile(`${field}.path`, path),
    ...conflict(path, { field: volume, paths, shown: path }),
  ];
}
