import {
  CLAIM_PROTECTION,
  type PersistentVolumeClaim,
  type Pod,
  type PodTemplateSpec,
  type StatefulSet,
  type Volume,
} from '../../api/index.ts';
import { defined } from '../defined.ts';
import { podOfTemplate } from '../pod-of-template.ts';

/** The label with the name of the revision that a Pod was made from. */
export const REVISION_LABEL = 'controller-revision-hash';

/** What a Pod is made from. */
export interface PodVersion {
  readonly template: PodTemplateSpec;
  readonly revision: string;
}

/** The number at the end of a Pod's name, if it is one of the set's. */
export function ordinalOf({ metadata }: Pod, set: StatefulSet): number | undefined {
  const [, parent, ordinal] = /^(.*)-(\d+)$/.exec(metadata.name) ?? [];
  return parent === set.metadata.name ? Number(ordinal) : undefined;
}

/** The first ordinal of the set. */
export function firstOrdinal({ spec }: StatefulSet): number {
  return spec?.ordinals?.start ?? 0;
}

/** How many Pods the set asks for. */
export function replicasOf({ spec }: StatefulSet): number {
  return spec?.replicas ?? 1;
}

/**
 * The set's Pod of one ordinal: its name, host name and claims are the same whenever it is made.
 *
 * @see kubernetes stateful_set_utils.go `newStatefulSetPod`
 */
export function podOf(set: StatefulSet, ordinal: number, { template, revision }: PodVersion): Pod {
  const pod = podOfTemplate(template, set);
  const name = `${set.metadata.name}-${ordinal}`;
  const claimed = claimsOf(set, ordinal).map((claim, index): Volume => ({
    name: set.spec?.volumeClaimTemplates?.[index]?.metadata.name ?? '',
    persistentVolumeClaim: { claimName: claim.metadata.name },
  }));
  const own = (pod.spec?.volumes ?? []).filter((volume) =>
    claimed.every((claim) => claim.name !== volume.name),
  );
  const volumes = [...claimed, ...own];
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      name,
      labels: {
        ...pod.metadata.labels,
        'apps.kubernetes.io/pod-index': String(ordinal),
        [REVISION_LABEL]: revision,
        'statefulset.kubernetes.io/pod-name': name,
      },
    },
    spec: {
      ...(pod.spec ?? { containers: [] }),
      hostname: name,
      ...defined({ subdomain: set.spec?.serviceName || undefined }),
      ...(volumes.length > 0 && { volumes }),
    },
  };
}

/** The claims of the Pod of one ordinal; they outlive it. */
export function claimsOf(set: StatefulSet, ordinal: number): readonly PersistentVolumeClaim[] {
  const { name, namespace } = set.metadata;
  return (set.spec?.volumeClaimTemplates ?? []).map((template) => ({
    ...template,
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      ...template.metadata,
      name: `${template.metadata.name}-${name}-${ordinal}`,
      ...defined({ namespace }),
      labels: { ...template.metadata.labels, ...set.spec?.selector.matchLabels },
      // As the API server's admission would give it to a claim that comes over the network.
      finalizers: [CLAIM_PROTECTION],
    },
  }));
}

/** The name of the revision that a Pod was made from. */
export function revisionOf({ metadata }: Pod): string | undefined {
  return metadata.labels?.[REVISION_LABEL];
}
