/** Defaults of and rules for kinds that few write. Loaded with the first such object that somebody brings. */
import { LIMIT_RANGE } from '../../admission-plugins/limit-range-kind.ts';
import { RESOURCE_QUOTA } from '../../admission-plugins/resource-quota/kind.ts';
import type { RareRules } from '../rare-rules.ts';
import { withBindingDefaults, withPolicyDefaults } from './admission-defaults.ts';
import { VALIDATING_POLICY } from './admission-policies.ts';
import { SIGNING_REQUEST } from './certificate-signing-requests.ts';
import { FLOW_SCHEMA } from './flow-control.ts';
import { HORIZONTAL_POD_AUTOSCALER } from './horizontal-pod-autoscaler.ts';
import { VALIDATING_BINDING } from './policy-bindings.ts';
import { PRIORITY_LEVEL } from './priority-levels.ts';
import { RUNTIME_CLASS } from './runtime-classes.ts';
import { MUTATING_WEBHOOKS, VALIDATING_WEBHOOKS } from './webhook-configurations.ts';

/** By the name of the kind. */
export const RARE_RULES: Readonly<Record<string, RareRules>> = {
  'CertificateSigningRequest.certificates.k8s.io': SIGNING_REQUEST,
  'FlowSchema.flowcontrol.apiserver.k8s.io': FLOW_SCHEMA,
  'HorizontalPodAutoscaler.autoscaling': HORIZONTAL_POD_AUTOSCALER,
  LimitRange: LIMIT_RANGE,
  'MutatingAdmissionPolicy.admissionregistration.k8s.io': { defaults: withPolicyDefaults },
  'MutatingAdmissionPolicyBinding.admissionregistration.k8s.io': { defaults: withBindingDefaults },
  'MutatingWebhookConfiguration.admissionregistration.k8s.io': MUTATING_WEBHOOKS,
  'PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io': PRIORITY_LEVEL,
  ResourceQuota: RESOURCE_QUOTA,
  'RuntimeClass.node.k8s.io': RUNTIME_CLASS,
  'ValidatingAdmissionPolicy.admissionregistration.k8s.io': VALIDATING_POLICY,
  'ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io': VALIDATING_BINDING,
  'ValidatingWebhookConfiguration.admissionregistration.k8s.io': VALIDATING_WEBHOOKS,
};
