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
  const { configMap, secret, projected, downwardAPI, ephemeral, hostPath } = volume;
  const mode = { defaultMode: FILE_MODE };
  return compact<Volume>({
    ...volume,
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
    ephemeral: ephemeral?.volumeClaimTemplate
      ? {
          volumeClaimTemplate: {
            ...ephemeral.volumeClaimTemplate,
            spec: defaultClaimSpec(ephemeral.volumeClaimTemplate.spec),
          },
        }
      : ephemeral,
  });
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
  const { resourceFieldRef } = file;
  if (resourceFieldRef !== undefined)
    return {
      ...file,
      resourceFieldRef: {
        ...resourceFieldRef,
        divisor: canonicalQuantity(resourceFieldRef.divisor ?? '0'),
      },
    };
  if (file.fieldRef === undefined) return file;
  const apiVersion = nonEmpty(file.fieldRef.apiVersion) ?? 'v1';
  return { ...file, fieldRef: { ...file.fieldRef, apiVersion } };
}
