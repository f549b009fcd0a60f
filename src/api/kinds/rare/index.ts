/** Defaults of and rules for kinds that few write. Loaded with the first such object that somebody brings. */
import type { RareRules } from '../rare-rules.ts';
import { VALIDATING_POLICY } from './admission-policies.ts';
import { SIGNING_REQUEST } from './certificate-signing-requests.ts';
import { FLOW_SCHEMA } from './flow-control.ts';
import { HORIZONTAL_POD_AUTOSCALER } from './horizontal-pod-autoscaler.ts';
import { VALIDATING_BINDING } from './policy-bindings.ts';
import { PRIORITY_LEVEL } from './priority-levels.ts';
import { RUNTIME_CLASS } from './runtime-classes.ts';
import { WEBHOOKS } from './webhook-configurations.ts';

/** By the name of the kind. */
export const RARE_RULES: Readonly<Record<string, RareRules>> = {
  'CertificateSigningRequest.certificates.k8s.io': SIGNING_REQUEST,
  'FlowSchema.flowcontrol.apiserver.k8s.io': FLOW_SCHEMA,
  'HorizontalPodAutoscaler.autoscaling': HORIZONTAL_POD_AUTOSCALER,
  'MutatingWebhookConfiguration.admissionregistration.k8s.io': WEBHOOKS,
  'PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io': PRIORITY_LEVEL,
  'RuntimeClass.node.k8s.io': RUNTIME_CLASS,
  'ValidatingAdmissionPolicy.admissionregistration.k8s.io': VALIDATING_POLICY,
  'ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io': VALIDATING_BINDING,
  'ValidatingWebhookConfiguration.admissionregistration.k8s.io': WEBHOOKS,
};
