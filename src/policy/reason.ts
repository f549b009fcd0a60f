import type { ClusterRule, CompiledNetworkPolicy, PolicyRule } from './compiled.ts';

/** Why a connection is allowed or denied. */
export type PolicyReason =
  /** No policy is about this end: it is a Node, on a Node's network, or outside. */
  | { readonly kind: 'not-a-subject' }
  /** A Pod and its own address. */
  | { readonly kind: 'own-address' }
  /** A rule of a ClusterNetworkPolicy decided. */
  | { readonly kind: 'cluster-rule'; readonly tier: Tier; readonly rule: ClusterRule }
  /** A rule of a NetworkPolicy let it through. */
  | { readonly kind: 'rule'; readonly rule: PolicyRule }
  /** The Pod's own Node: no NetworkPolicy stops it. */
  | { readonly kind: 'own-node' }
  /** NetworkPolicies isolate the Pod, and none of their rules match. */
  | { readonly kind: 'isolated'; readonly by: readonly CompiledNetworkPolicy[] }
  /** No NetworkPolicy isolates the Pod in this direction. */
  | { readonly kind: 'not-isolated' };

export type Tier = 'Admin' | 'Baseline';
