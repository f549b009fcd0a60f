import type { FieldError } from '../errors.ts';
import type { KubeObject } from '../object.ts';
import { fields, items } from './object-path.ts';
import type { StorageRules } from './storage-rules/index.ts';
import type { SourcePlace } from './storage-rules/source-place.ts';

/** Kinds of storage, besides claims. */
const STORAGE: ReadonlySet<string> = new Set([
  'PersistentVolume',
  'CSIDriver',
  'CSINode',
  'CSIStorageCapacity',
  'StorageClass',
  'VolumeAttachment',
  'VolumeAttributesClass',
]);

/** What most volumes of Pods are made of, and what they are called. */
const COMMON_VOLUMES: ReadonlySet<string> = new Set([
  'name',
  'configMap',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'hostPath',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);

/** Where kinds have what their Pods are made from. */
const POD_SPECS = [
  'spec',
  'spec.template.spec',
  'spec.jobTemplate.spec.template.spec',
  'template.spec',
] as const;

/** Few clusters here have any: who brings such an object brings them. */
let rules: StorageRules | undefined;

/** Loads what judges storage where `objects` have some; writes do not wait, so whoever writes awaits it first. */
export async function loadStorageRules(objects: readonly KubeObject[]): Promise<void> {
  if (rules !== undefined) return;
  if (objects.some((object) => STORAGE.has(object.kind) || hasRareVolumes(object)))
    rules = (await import('./storage-rules/index.ts')).STORAGE_RULES;
}

/** Errors of an object of a kind of storage. */
export function storageErrors(kind: string, object: unknown, old: unknown): readonly FieldError[] {
  // What is stored under a kind is an object.
  return rules?.kinds[kind]?.(object as KubeObject, old as KubeObject | undefined) ?? [];
}

/** Errors of what few volumes are made of. */
export function rareVolumeErrors(
  source: string,
  value: unknown,
  place: SourcePlace,
): readonly FieldError[] {
  return rules?.volumes[source]?.(value, place) ?? [];
}

function hasRareVolumes(object: KubeObject): boolean {
  return POD_SPECS.some((path) =>
    items(object, `${path}.volumes`).some((volume) =>
      Object.keys(fields({ volume }, 'volume')).some((source) => !COMMON_VOLUMES.has(source)),
    ),
  );
}
