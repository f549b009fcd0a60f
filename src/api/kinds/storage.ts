import type { FieldError } from '../errors.ts';
import type { PersistentVolumeClaim } from '../types.ts';
import { forbidden, notSupported, required } from './validate/field-errors.ts';

const MODES: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};
const ONLY_ONE_POD = 'ReadWriteOncePod';
const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

/** The finalizer that holds a claim while Pods use it. */
export const CLAIM_PROTECTION = 'kubernetes.io/pvc-protection';

/** The finalizer that holds a volume while it is bound. */
export const VOLUME_PROTECTION = 'kubernetes.io/pv-protection';

/** How a volume may be mounted. */
const ACCESS_MODES: readonly string[] = Object.keys(MODES);

/** What a volume is to the Pod that mounts it. */
export const VOLUME_MODES: readonly string[] = ['Block', 'Filesystem'];

/** Errors of the ways in which a volume is to be mounted. */
export function validateAccessModes(
  field: string,
  modes: readonly unknown[],
): readonly FieldError[] {
  const isAlone = modes.every(
    (mode) => mode === ONLY_ONE_POD || !ACCESS_MODES.some((known) => known === mode),
  );
  return [
    ...(modes.length === 0 ? [required(field)] : []),
    ...modes
      .filter((mode) => !ACCESS_MODES.some((known) => known === mode))
      .map((mode) => notSupported(field, mode, ACCESS_MODES.toSorted())),
    ...(modes.includes(ONLY_ONE_POD) && !isAlone
      ? [forbidden(field, 'may not use ReadWriteOncePod with other access modes')]
      : []),
  ];
}

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
