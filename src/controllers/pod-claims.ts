import type { Pod } from '../api/index.ts';

/** The claims that a Pod's volumes are, those of ephemeral volumes too; most Pods have none. */
export function claimNamesOf({ metadata, spec }: Pod): readonly string[] {
  return (spec?.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => [
    ...(persistentVolumeClaim === undefined ? [] : [persistentVolumeClaim.claimName]),
    ...(ephemeral === undefined ? [] : [ephemeralClaimName(metadata.name, name)]),
  ]);
}

/** @see component-helpers storage/ephemeral `VolumeClaimName` */
export function ephemeralClaimName(pod: string, volume: string): string {
  return `${pod}-${volume}`;
}
