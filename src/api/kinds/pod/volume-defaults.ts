import { canonicalQuantity } from '../../quantity.ts';
import type { DownwardAPIVolumeFile, Volume, VolumeProjection } from '../../types.ts';
import { compact, nonEmpty } from '../validate/compact.ts';
import { defaultClaimSpec } from '../claim-spec.ts';

/** 0644, as decimal JSON has it. */
const FILE_MODE = 420;
const TOKEN_SECONDS = 3600;

/** Defaults of one volume; a volume without a source is an empty directory. @see kubernetes `SetDefaults_Volume` */
export function defaultVolume(volume: Volume): Volume {
  const { name, ...sources } = volume;
  if (Object.keys(sources).length === 0) return { name, emptyDir: {} };
  const { configMap, secret, projected, downwardAPI, ephemeral, hostPath, image } = volume;
  const mode = { defaultMode: FILE_MODE };
  return compact<Volume>({
    ...defaultSources(volume),
    image: image && defaultImage(image),
    configMap: configMap && { ...mode, ...configMap },
    secret: secret && { ...mode, ...secret },
    downwardAPI: downwardAPI && {
      ...mode,
      ...downwardAPI,
      ...(downwardAPI.items && { items: downwardAPI.items.map(defaultFile) }),
    },
    projected: projected && {
      ...mode,
      ...projected,
      ...(projected.sources && { sources: projected.sources.map(defaultProjection) }),
    },
    hostPath: hostPath && { ...hostPath, type: hostPath.type ?? '' },
    ephemeral: ephemeral && defaultEphemeral(ephemeral),
  });
}

function defaultImage(image: NonNullable<Volume['image']>): Volume['image'] {
  const pullPolicy = nonEmpty(image.pullPolicy) ?? defaultPullPolicy(image.reference ?? '');
  return { ...image, pullPolicy };
}

function defaultEphemeral(ephemeral: NonNullable<Volume['ephemeral']>): Volume['ephemeral'] {
  const { volumeClaimTemplate: template } = ephemeral;
  if (template === undefined) return ephemeral;
  return { volumeClaimTemplate: { ...template, spec: defaultClaimSpec(template.spec) } };
}

function defaultProjection(projection: VolumeProjection): VolumeProjection {
  const { serviceAccountToken, downwardAPI } = projection;
  return compact<VolumeProjection>({
    ...projection,
    serviceAccountToken: serviceAccountToken && {
      ...serviceAccountToken,
      expirationSeconds: serviceAccountToken.expirationSeconds ?? TOKEN_SECONDS,
    },
    downwardAPI: downwardAPI?.items
      ? { ...downwardAPI, items: downwardAPI.items.map(defaultFile) }
      : downwardAPI,
  });
}

function defaultFile(file: DownwardAPIVolumeFile): DownwardAPIVolumeFile {
  const { fieldRef, resourceFieldRef } = file;
  return {
    ...file,
    ...(fieldRef && {
      fieldRef: { ...fieldRef, apiVersion: nonEmpty(fieldRef.apiVersion) ?? 'v1' },
    }),
    ...(resourceFieldRef && {
      resourceFieldRef: {
        ...resourceFieldRef,
        divisor: canonicalQuantity(resourceFieldRef.divisor ?? '0'),
      },
    }),
  };
}

/** What older kinds of storage are given. */
const SOURCE_DEFAULTS = {
  azureDisk: { cachingMode: 'ReadWrite', kind: 'Shared', fsType: 'ext4', readOnly: false },
  iscsi: { iscsiInterface: 'default' },
  rbd: { pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' },
  scaleIO: { storageMode: 'ThinProvisioned', fsType: 'xfs' },
} as const;

/** Sources with their defaults, of a Pod's volume or of the cluster's. */
export function defaultSources<T extends object>(volume: T): T {
  const given = volume as Readonly<Record<string, object | undefined>>; // sources are structs
  const names = Object.keys(SOURCE_DEFAULTS) as (keyof typeof SOURCE_DEFAULTS)[];
  const used = names.filter((name) => given[name] !== undefined);
  if (used.length === 0) return volume;
  const filled = used.map((name) => [name, { ...SOURCE_DEFAULTS[name], ...given[name] }]);
  return { ...volume, ...Object.fromEntries(filled) };
}

const PATH_PART = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const HOST_PART = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const HOST = `(?:${HOST_PART}(?:\\.${HOST_PART})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const REFERENCE = new RegExp(
  `^(?:${HOST}/)?${PATH_PART}(?:/${PATH_PART})*(?::([\\w][\\w.-]{0,127}))?(@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$`,
);

/**
 * `:latest` and no tag at all are fetched anew each time; what is no reference has no tag that says so.
 *
 * @see kubernetes `SetDefaults_Container`, `parsers.ParseImageName`; distribution `reference`
 */
export function defaultPullPolicy(image: string): string {
  const found = known.get(image) ?? pullPolicyOf(image);
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(image, found);
  return found;
}

/** Few images are in use, and many Pods have them. */
const known = new Map<string, string>();
const MAX_KNOWN = 1000;
const MAX_REFERENCE = 255;

function pullPolicyOf(image: string): string {
  const found = REFERENCE.exec(image);
  if (found === null || image.length > MAX_REFERENCE) return 'IfNotPresent';
  const [, tag, digest] = found;
  const isLatest = tag === undefined ? digest === undefined : tag === 'latest';
  return isLatest ? 'Always' : 'IfNotPresent';
}
