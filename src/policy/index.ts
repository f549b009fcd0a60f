/** Who may talk to whom: NetworkPolicy and ClusterNetworkPolicy, compiled and asked. */
export { compileClusterNetworkPolicy } from './compile-cluster-network-policy.ts';
export { compileNetworkPolicy } from './compile-network-policy.ts';
export type {
  ClusterRule,
  CompiledClusterNetworkPolicy,
  CompiledNetworkPolicy,
  PolicyAction,
  PolicyRule,
  RuleReference,
} from './compiled.ts';
export {
  CLUSTER_NETWORK_POLICY,
  clusterNetworkPolicyDefinition,
} from './cluster-network-policy-definition.ts';
export { evaluate, type PodPolicies, type PolicyVerdict } from './evaluate.ts';
export { KnownNames } from './known-names.ts';
export type { Party, PolicyDirection, PolicyFlow, PolicyPod, PolicyProtocol } from './party.ts';
export type { PolicyReason } from './reason.ts';
export { PolicyTable, type PartyReference } from './policy-table.ts';
