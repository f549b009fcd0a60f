import type { FieldError } from '../errors.ts';
import type { KubeObject } from '../object.ts';
import { fields, items } from './object-path.ts';
import type { SourcePlace, ValidateSource } from './storage-rules/source-place.ts';

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

/** Most Pods here have none: who brings a volume of them brings what judges it. */
let sources: Readonly<Record<string, ValidateSource>> | undefined;

/** Loads what judges volumes that few have; writes do not wait, so whoever writes awaits it first. */
export async function loadRareVolumes(objects: readonly KubeObject[]): Promise<void> {
  if (sources === undefined && objects.some(hasRareVolumes))
    sources = (await import('./storage-rules/index.ts')).VOLUME_SOURCES;
}

/** Errors of what few volumes are made of. */
export function rareVolumeErrors(
  source: string,
  value: unknown,
  place: SourcePlace,
): readonly FieldError[] {
  return sources?.[source]?.(value, place) ?? [];
}

function hasRareVolumes(object: KubeObject): boolean {
  return POD_SPECS.some((path) =>
    items(object, `${path}.volumes`).some((volume) =>
      Object.keys(fields({ volume }, 'volume')).some((source) => !COMMON_VOLUMES.has(source)),
    ),
  );
}
