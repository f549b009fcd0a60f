import type { Step } from '../observe/index.ts';
import type {
  ClusterRule,
  CompiledClusterNetworkPolicy,
  CompiledNetworkPolicy,
  PolicyRule,
  RuleReference,
} from './compiled.ts';
import { explainVerdict } from './explain.ts';
import { matchesPeers, matchesPorts, peerOf } from './match-rule.ts';
import type { PolicyReason } from './reason.ts';
import type { PolicyDirection, PolicyFlow, PolicyPod } from './party.ts';

/** The policies that select one Pod. */
export interface PodPolicies {
  readonly pod: PolicyPod;
  /** Those that isolate it. */
  readonly ingress: readonly CompiledNetworkPolicy[];
  readonly egress: readonly CompiledNetworkPolicy[];
  /** The one to ask first comes first. */
  readonly admin: readonly CompiledClusterNetworkPolicy[];
  readonly baseline: readonly CompiledClusterNetworkPolicy[];
}

/** What policies say about a connection in one direction. */
export interface PolicyVerdict {
  readonly isAllowed: boolean;
  /** The rule that decided; undefined where none did. */
  readonly rule: RuleReference | undefined;
  /** Empty unless they were asked for. */
  readonly steps: readonly Step[];
}

export interface EvaluateOptions {
  readonly direction: PolicyDirection;
  /** Collect the steps. @default false */
  readonly explain?: boolean;
}

/**
 * What the policies that select the flow's own end say: of the source for egress, of the destination for ingress.
 *
 * ClusterNetworkPolicies of tier Admin come first, then NetworkPolicies where any isolates the Pod, then tier Baseline.
 *
 * @param policies Of that end; undefined for what no policy selects.
 */
export function evaluate(
  flow: PolicyFlow,
  policies: PodPolicies | undefined,
  { direction, explain = false }: EvaluateOptions,
): PolicyVerdict {
  const reason = reasonOf(flow, policies, direction);
  const isAllowed = allows(reason);
  if (explain) {
    const steps = explainVerdict({ flow, direction, reason, isAllowed });
    return { isAllowed, rule: ruleOf(reason), steps };
  }
  const rule = ruleOf(reason);
  if (rule === undefined) return isAllowed ? ALLOWED : DENIED;
  return { isAllowed, rule, steps: NO_STEPS };
}

const NO_STEPS: readonly Step[] = [];
const ALLOWED: PolicyVerdict = { isAllowed: true, rule: undefined, steps: NO_STEPS };
const DENIED: PolicyVerdict = { isAllowed: false, rule: undefined, steps: NO_STEPS };
const NOT_A_SUBJECT: PolicyReason = { kind: 'not-a-subject' };
const OWN_ADDRESS: PolicyReason = { kind: 'own-address' };
const OWN_NODE: PolicyReason = { kind: 'own-node' };
const NOT_ISOLATED: PolicyReason = { kind: 'not-isolated' };

function reasonOf(
  flow: PolicyFlow,
  policies: PodPolicies | undefined,
  direction: PolicyDirection,
): PolicyReason {
  if (policies === undefined) return NOT_A_SUBJECT;
  if (isOwnAddress(flow)) return OWN_ADDRESS;
  const admin = findClusterRule(policies.admin, flow, direction);
  if (admin !== undefined && admin.action !== 'Pass')
    return { kind: 'cluster-rule', tier: 'Admin', rule: admin };
  const isolating = policies[direction];
  if (isolating.length > 0) return askIsolating(isolating, { flow, direction, pod: policies.pod });
  const baseline = findClusterRule(policies.baseline, flow, direction);
  if (baseline !== undefined && baseline.action !== 'Pass')
    return { kind: 'cluster-rule', tier: 'Baseline', rule: baseline };
  return NOT_ISOLATED;
}

function allows(reason: PolicyReason): boolean {
  switch (reason.kind) {
    case 'cluster-rule':
      return reason.rule.action === 'Accept';
    case 'isolated':
      return false;
    case 'not-a-subject':
    case 'own-address':
    case 'own-node':
    case 'rule':
    case 'not-isolated':
      return true;
    default:
      return reason satisfies never;
  }
}

function ruleOf(reason: PolicyReason): RuleReference | undefined {
  return reason.kind === 'cluster-rule' || reason.kind === 'rule'
    ? reason.rule.reference
    : undefined;
}

/** A Pod cannot shut itself out; through a Service it is a client as any other. */
function isOwnAddress({ source, destination, isThroughService }: PolicyFlow): boolean {
  const { pod } = source;
  const other = destination.pod;
  if (isThroughService || pod === undefined || other === undefined) return false;
  return pod.name === other.name && pod.namespace === other.namespace;
}

/** Of the policies in the order of their priorities the first rule that matches. */
function findClusterRule(
  policies: readonly CompiledClusterNetworkPolicy[],
  flow: PolicyFlow,
  direction: PolicyDirection,
): ClusterRule | undefined {
  for (const policy of policies)
    for (const rule of policy[direction])
      if (!rule.isVoid && matchesRule(rule, flow, direction)) return rule;
  return undefined;
}

interface Isolated {
  readonly flow: PolicyFlow;
  readonly direction: PolicyDirection;
  readonly pod: PolicyPod;
}

/** What any of them allows is allowed; a Pod's own Node always reaches it, and is reached by it. */
function askIsolating(
  policies: readonly CompiledNetworkPolicy[],
  { flow, direction, pod }: Isolated,
): PolicyReason {
  for (const policy of policies)
    for (const rule of policy[direction] ?? [])
      if (matchesRule(rule, flow, direction)) return { kind: 'rule', rule };
  if (peerOf(flow, direction).node?.name === pod.node) return OWN_NODE;
  return { kind: 'isolated', by: policies };
}

function matchesRule(rule: PolicyRule, flow: PolicyFlow, direction: PolicyDirection): boolean {
  return matchesPorts(rule, flow) && matchesPeers(rule, peerOf(flow, direction));
}
