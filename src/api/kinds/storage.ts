import type { PersistentVolumeClaim } from '../types.ts';

const MODES: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};
const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

/** The finalizer that holds a claim while Pods use it. */
export const CLAIM_PROTECTION = 'kubernetes.io/pvc-protection';

/** The finalizer that holds a volume while it is bound. */
export const VOLUME_PROTECTION = 'kubernetes.io/pv-protection';

/** How a volume may be mounted. */
export const ACCESS_MODES: readonly string[] = Object.keys(MODES);

/** What a volume is to the Pod that mounts it. */
export const VOLUME_MODES: readonly string[] = ['Block', 'Filesystem'];

/** What kubectl prints where nothing was set. */
export const UNSET = '<unset>';

/** `RWO,ROX`, each once, in the API's order. */
export function showAccessModes(modes: readonly string[] = []): string {
  return ACCESS_MODES.filter((mode) => modes.includes(mode))
    .map((mode) => MODES[mode])
    .join(',');
}

/** The class of a volume or claim, from its annotation or its spec. */
export function storageClassOf({
  metadata,
  spec,
}: {
  readonly metadata: PersistentVolumeClaim['metadata'];
  readonly spec?: { readonly storageClassName?: string };
}): string {
  return metadata.annotations?.[CLASS_ANNOTATION] ?? spec?.storageClassName ?? '';
}
