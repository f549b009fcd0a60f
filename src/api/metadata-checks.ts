import type { KindDefinition } from './kind.ts';

/** One look at the metadata of an update: as at that of a new object, or at what changed. */
export type MetadataCheck = 'whole' | 'change';

const CHANGE: readonly MetadataCheck[] = ['change'];
const WHOLE: readonly MetadataCheck[] = ['whole'];
const CHANGE_FIRST: readonly MetadataCheck[] = ['change', 'whole'];
const WHOLE_FIRST: readonly MetadataCheck[] = ['whole', 'change'];

/** Kinds by what their strategies' `ValidateUpdate` calls, in its order; every other kind looks at the change alone. */
const CHECKS: Readonly<Record<string, readonly MetadataCheck[]>> = {
  ConfigMap: CHANGE_FIRST,
  ControllerRevision: CHANGE_FIRST,
  Endpoints: CHANGE_FIRST,
  Ingress: CHANGE_FIRST,
  IngressClass: CHANGE_FIRST,
  PersistentVolumeClaim: CHANGE_FIRST,
  Pod: CHANGE_FIRST,
  Secret: CHANGE_FIRST,
  ServiceAccount: CHANGE_FIRST,
  'VolumeAttributesClass.storage.k8s.io': CHANGE_FIRST,

  IPAddress: WHOLE_FIRST,
  Job: WHOLE_FIRST,
  Namespace: WHOLE_FIRST,
  Node: WHOLE_FIRST,
  StatefulSet: WHOLE_FIRST,
  'CSIStorageCapacity.storage.k8s.io': WHOLE_FIRST,
  'CertificateSigningRequest.certificates.k8s.io': WHOLE_FIRST,
  'ClusterRole.rbac.authorization.k8s.io': WHOLE_FIRST,
  'ClusterRoleBinding.rbac.authorization.k8s.io': WHOLE_FIRST,
  'DeviceClass.resource.k8s.io': WHOLE_FIRST,
  'ResourceClaim.resource.k8s.io': WHOLE_FIRST,
  'ResourceClaimTemplate.resource.k8s.io': WHOLE_FIRST,
  'Role.rbac.authorization.k8s.io': WHOLE_FIRST,
  'RoleBinding.rbac.authorization.k8s.io': WHOLE_FIRST,
  'RuntimeClass.node.k8s.io': WHOLE_FIRST,
  'StorageClass.storage.k8s.io': WHOLE_FIRST,

  EndpointSlice: WHOLE,
  LimitRange: WHOLE,
  'CSINode.storage.k8s.io': WHOLE,
  'FlowSchema.flowcontrol.apiserver.k8s.io': WHOLE,
  'MutatingAdmissionPolicy.admissionregistration.k8s.io': WHOLE,
  'MutatingAdmissionPolicyBinding.admissionregistration.k8s.io': WHOLE,
  'MutatingWebhookConfiguration.admissionregistration.k8s.io': WHOLE,
  'PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io': WHOLE,
  'ValidatingAdmissionPolicy.admissionregistration.k8s.io': WHOLE,
  'ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io': WHOLE,
  'ValidatingWebhookConfiguration.admissionregistration.k8s.io': WHOLE,
  'VolumeAttachment.storage.k8s.io': WHOLE,

  Event: [],
  PersistentVolume: ['whole', 'whole'],
  'PodDisruptionBudget.policy': [],
};

/** What a kind's strategy does with the metadata of an update, besides what the registry does for every kind. */
export function metadataChecksOf(
  { name }: KindDefinition,
  isOfStatus: boolean,
): readonly MetadataCheck[] {
  return isOfStatus ? CHANGE : (CHECKS[name] ?? CHANGE);
}
