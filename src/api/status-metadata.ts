import type { KindDefinition } from './kind.ts';
import type { ObjectMeta } from './types.ts';

/** What of the metadata a write of the status leaves as it was. */
export type KeptMetadata = 'all' | readonly (keyof ObjectMeta)[];

/** Kinds by what their status strategies put back; the others take all of the metadata. */
const KEPT: Readonly<Record<string, KeptMetadata>> = {
  Deployment: ['labels'],
  Pod: ['deletionTimestamp', 'ownerReferences'],
  ServiceCIDR: 'all',
  'APIService.apiregistration.k8s.io': 'all',
  'DeviceTaintRule.resource.k8s.io': 'all',
  'FlowSchema.flowcontrol.apiserver.k8s.io': 'all',
  'PodGroup.scheduling.k8s.io': 'all',
  'PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io': 'all',
  'ResourceClaim.resource.k8s.io': 'all',
  'ResourcePoolStatusRequest.resource.k8s.io': 'all',
  'StorageVersion.internal.apiserver.k8s.io': 'all',
  'StorageVersionMigration.storagemigration.k8s.io': 'all',
  'ValidatingAdmissionPolicy.admissionregistration.k8s.io': 'all',
  'VolumeAttachment.storage.k8s.io': 'all',
};

/** What of the metadata a write of the status of this kind leaves as it was. */
export function metadataKeptByStatus({
  name,
  origin,
}: Pick<KindDefinition, 'name' | 'origin'>): KeptMetadata {
  return origin === 'builtin' ? (KEPT[name] ?? []) : 'all';
}
