import { canonicalAmounts } from '../amounts.ts';
import type { PersistentVolumeClaimSpec } from '../types.ts';

/** Defaults of a claim, which also stands in Pods and StatefulSets. */
export function defaultClaimSpec(spec: PersistentVolumeClaimSpec): PersistentVolumeClaimSpec {
  const { resources } = spec;
  return {
    ...spec,
    resources: {
      ...(resources?.limits && { limits: canonicalAmounts(resources.limits) }),
      ...(resources?.requests && { requests: canonicalAmounts(resources.requests) }),
    },
    volumeMode: spec.volumeMode ?? 'Filesystem',
  };
}
