import type { LabelPredicate } from '../api/index.ts';
import type { Party, PolicyPod, PolicyProtocol } from './party.ts';

/** Whether one peer of a rule is `party`. */
export type PeerMatch = (party: Party) => boolean;

/** Whether one port of a rule is the port of a connection. */
export type PortMatch = (
  protocol: PolicyProtocol,
  port: number,
  destination: PolicyPod | undefined,
) => boolean;

/** Where in which object a rule stands. */
export interface RuleReference {
  readonly kind: 'NetworkPolicy' | 'ClusterNetworkPolicy';
  /** '' for what has no namespace. */
  readonly namespace: string;
  readonly name: string;
  /** `spec.ingress[0]` */
  readonly field: string;
}

/** What both kinds of rules have. */
export interface PolicyRule {
  readonly reference: RuleReference;
  /** undefined for every peer. */
  readonly peers: readonly PeerMatch[] | undefined;
  /** undefined for every protocol and port. */
  readonly ports: readonly PortMatch[] | undefined;
  /** The ports as people write them, `TCP 80`; for explanations. */
  readonly portText: string;
}

/** A NetworkPolicy, ready to be asked. */
export interface CompiledNetworkPolicy {
  readonly namespace: string;
  readonly name: string;
  readonly selects: LabelPredicate;
  /** A label that every Pod it selects has, `key=value`; undefined where there is none. */
  readonly requiredLabel: string | undefined;
  /** undefined where the policy does not isolate in this direction. */
  readonly ingress: readonly PolicyRule[] | undefined;
  readonly egress: readonly PolicyRule[] | undefined;
}

export type PolicyAction = 'Accept' | 'Deny' | 'Pass';

/** A rule of a ClusterNetworkPolicy. */
export interface ClusterRule extends PolicyRule {
  readonly action: PolicyAction;
  /** As its author calls it; '' for no name. */
  readonly title: string;
  /** Nothing matches it: it accepts what is not known here. */
  readonly isVoid: boolean;
}

/** A ClusterNetworkPolicy, ready to be asked. */
export interface CompiledClusterNetworkPolicy {
  readonly name: string;
  readonly tier: 'Admin' | 'Baseline';
  /** 0 to 1000, 0 comes first. */
  readonly priority: number;
  readonly selects: (pod: PolicyPod) => boolean;
  readonly ingress: readonly ClusterRule[];
  readonly egress: readonly ClusterRule[];
}
