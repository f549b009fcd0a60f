import { ApiError, invalidField, type KindDefinition, type KubeObject } from '../../api/index.ts';
import type { ApiContext, Target } from '../context.ts';

const ADMISSION = 'admissionregistration.k8s.io';
const RBAC = 'rbac.authorization.k8s.io';

/** Kinds of which a `PUT` makes what is not there; @see kubernetes `AllowCreateOnUpdate` */
const CREATED_BY_UPDATE: ReadonlySet<string> = new Set([
  'Endpoints',
  'Event',
  'Event.events.k8s.io',
  'LimitRange',
  'Service',
  'Lease.coordination.k8s.io',
  'LeaseCandidate.coordination.k8s.io',
  'RuntimeClass.node.k8s.io',
  `ClusterRole.${RBAC}`,
  `ClusterRoleBinding.${RBAC}`,
  `Role.${RBAC}`,
  `RoleBinding.${RBAC}`,
]);

/** Kinds of which a `PUT` must say what version it changes; @see kubernetes `AllowUnconditionalUpdate` */
const CONDITIONAL: ReadonlySet<string> = new Set([
  'ClusterTrustBundle.certificates.k8s.io',
  'CustomResourceDefinition.apiextensions.k8s.io',
  'CSIDriver.storage.k8s.io',
  'CSINode.storage.k8s.io',
  'CSIStorageCapacity.storage.k8s.io',
  'Lease.coordination.k8s.io',
  'LeaseCandidate.coordination.k8s.io',
  `MutatingAdmissionPolicy.${ADMISSION}`,
  `MutatingAdmissionPolicyBinding.${ADMISSION}`,
  `MutatingWebhookConfiguration.${ADMISSION}`,
  'PodCertificateRequest.certificates.k8s.io',
  'PodDisruptionBudget.policy',
  'RuntimeClass.node.k8s.io',
  'StorageVersion.internal.apiserver.k8s.io',
  'StorageVersionMigration.storagemigration.k8s.io',
  `ValidatingAdmissionPolicy.${ADMISSION}`,
  `ValidatingAdmissionPolicyBinding.${ADMISSION}`,
  `ValidatingWebhookConfiguration.${ADMISSION}`,
  'VolumeAttachment.storage.k8s.io',
]);

/** Whether a `PUT` is to make its object. */
export function isCreatedByUpdate(target: Target, context: ApiContext): boolean {
  const { definition, subresource } = target;
  if (subresource !== undefined || !CREATED_BY_UPDATE.has(definition.name)) return false;
  return !isThere(target, context);
}

/** @throws ApiError Invalid for a `PUT` that does not say which version it changes, where that must be said. */
export function checkUpdatedVersion(
  { metadata }: KubeObject,
  target: Target,
  context: ApiContext,
): void {
  const { definition, name = '' } = target;
  if ((metadata.resourceVersion ?? '') !== '' || !isConditional(definition)) return;
  if (!isThere(target, context)) return;
  const { plural, group } = definition;
  const cause = invalidField('metadata.resourceVersion', 0, 'must be specified for an update');
  // Upstream names the resource where other failures name the kind.
  throw new ApiError(
    'Invalid',
    `${group === '' ? plural : `${plural}.${group}`} "${name}" is invalid: ${cause.field}: ${cause.message}`,
    { causes: [cause], details: { name, group, kind: plural } },
  );
}

function isConditional({ name, origin }: KindDefinition): boolean {
  return origin === 'custom' || CONDITIONAL.has(name);
}

function isThere({ definition, namespace, name = '' }: Target, { store }: ApiContext): boolean {
  return store.get<string>(definition.name, namespace, name) !== undefined;
}
