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

/** Where kinds have the volumes of what their Pods are made from. */
const POD_VOLUMES = [
  'spec.volumes',
  'spec.template.spec.volumes',
  'spec.jobTemplate.spec.template.spec.volumes',
  'template.spec.volumes',
] as const;

/** Most Pods here have none: who brings a volume of them brings what judges it. */
let sources: Readonly<Record<string, ValidateSource>> | undefined;

/** Loads what judges volumes that few have; writes do not wait, so whoever writes awaits it first. */
export function loadRareVolumes(objects: readonly KubeObject[]): Promise<void> | undefined {
  return sources === undefined && objects.some(hasRareVolumes) ? load() : undefined;
}

async function load(): Promise<void> {
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
  return POD_VOLUMES.some((path) =>
    items(object, path).some((volume) =>
      Object.keys(fields({ volume }, 'volume')).some((source) => !COMMON_VOLUMES.has(source)),
    ),
  );
}
