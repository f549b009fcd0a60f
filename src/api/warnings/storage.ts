import { deepEqual } from '../deep-equal.ts';
import type { KubeObject } from '../object.ts';
import { at, fields, items } from '../kinds/object-path.ts';
import { fractionWarnings } from './fractions.ts';
import { termWarnings } from './node-labels.ts';

const CLASS = 'volume.beta.kubernetes.io/storage-class';
const MOUNT_OPTIONS = 'volume.beta.kubernetes.io/mount-options';
const DEPRECATED_ANNOTATIONS: Readonly<Record<string, string>> = {
  [CLASS]: 'deprecated since v1.8; use "storageClassName" attribute instead',
  [MOUNT_OPTIONS]: 'deprecated since v1.31; use "mountOptions" attribute instead',
};
const DEPRECATED_SOURCES: Readonly<Record<string, string>> = {
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
  photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
  storageos: 'deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
};
const SHOWN: Readonly<Record<string, string>> = { storageos: 'storageOS' };

/** Of a PersistentVolume. @see kubernetes `GetWarningsForPersistentVolume` */
export function persistentVolumeWarnings(volume: KubeObject): readonly string[] {
  const spec = fields(volume, 'spec');
  const terms = items(spec, 'nodeAffinity.required.nodeSelectorTerms');
  return [
    ...annotationWarnings(volume, [CLASS, MOUNT_OPTIONS]),
    ...(spec['persistentVolumeReclaimPolicy'] === 'Recycle'
      ? [
          'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
        ]
      : []),
    ...terms.flatMap((term, index) =>
      termWarnings(term, `spec.nodeAffinity.required.nodeSelectorTerms[${index}]`),
    ),
    ...Object.entries(DEPRECATED_SOURCES)
      .filter(([source]) => spec[source] !== undefined)
      .map(([source, why]) => `spec.${SHOWN[source] ?? source}: ${why}`),
  ];
}

/** Of a PersistentVolumeClaim. */
export function claimWarnings(claim: KubeObject): readonly string[] {
  return [
    ...annotationWarnings(claim, [CLASS]),
    ...claimSpecWarnings(fields(claim, 'spec'), 'spec'),
  ];
}

/** Of what a claim asks for. */
export function claimSpecWarnings(spec: unknown, field: string): readonly string[] {
  return ['requests', 'limits'].flatMap((list) =>
    fractionWarnings(fields(spec, `resources.${list}`), `${field}.resources.${list}`, ['storage']),
  );
}

/** Of a CSIDriver, where its tokens are new. */
export function csiDriverWarnings(
  driver: KubeObject,
  old: KubeObject | undefined,
): readonly string[] {
  const tokens = items(driver, 'spec.tokenRequests');
  const isNew = old === undefined || !deepEqual(tokens, items(old, 'spec.tokenRequests'));
  const isSecret = at(driver, 'spec.serviceAccountTokenInSecrets') !== undefined;
  if (tokens.length === 0 || !isNew || isSecret) return [];
  return [TOKEN_IN_SECRETS];
}

const TOKEN_IN_SECRETS =
  'spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes';

function annotationWarnings({ metadata }: KubeObject, keys: readonly string[]): readonly string[] {
  return keys
    .filter((key) => metadata.annotations?.[key] !== undefined)
    .map((key) => `metadata.annotations[${key}]: ${DEPRECATED_ANNOTATIONS[key] ?? ''}`);
}
