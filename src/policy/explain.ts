import type { Step } from '../observe/index.ts';
import type { CompiledNetworkPolicy, PolicyRule } from './compiled.ts';
import { matchesPeers, matchesPorts, peerOf } from './match-rule.ts';
import type { Party, PolicyDirection, PolicyFlow } from './party.ts';
import type { PolicyReason } from './reason.ts';

/** A verdict and what it is about. */
export interface ExplainedVerdict {
  readonly flow: PolicyFlow;
  readonly direction: PolicyDirection;
  readonly reason: PolicyReason;
  readonly isAllowed: boolean;
}

/** Why a connection may be or not: the rule that decided, or of every policy that isolates what it lacks. */
export function explainVerdict({
  flow,
  direction,
  reason,
  isAllowed,
}: ExplainedVerdict): readonly Step[] {
  const own = direction === 'egress' ? flow.source : flow.destination;
  const preposition = direction === 'egress' ? 'of' : 'to';
  const verdict: Step = {
    part: 'policy',
    outcome: isAllowed ? 'pass' : 'fail',
    what: `${direction} ${preposition} ${showParty(own)} is ${isAllowed ? 'allowed' : 'denied'}`,
    because: becauseOf(reason, direction),
  };
  const rule = 'rule' in reason ? reason.rule : undefined;
  if (rule !== undefined) return [{ ...verdict, object: showReference(rule) }];
  if (reason.kind !== 'isolated') return [verdict];
  return [verdict, ...reason.by.map((policy) => explainIsolation(policy, flow, direction))];
}

function becauseOf(reason: PolicyReason, direction: PolicyDirection): string {
  switch (reason.kind) {
    case 'not-a-subject':
      return 'policies are about Pods of the Pod network alone';
    case 'own-address':
      return 'a Pod always reaches itself';
    case 'own-node':
      return 'no NetworkPolicy stands between a Pod and its own Node';
    case 'not-isolated':
      return `no policy selects it for ${direction}`;
    case 'rule':
      return 'a rule allows it';
    case 'cluster-rule': {
      const { action, title } = reason.rule;
      const name = title === '' ? '' : ` "${title}"`;
      return `a rule${name} of tier ${reason.tier} says ${action}`;
    }
    case 'isolated':
      return `it is isolated by ${countPolicies(reason.by)}, and no rule allows it`;
    default:
      return reason satisfies never;
  }
}

function countPolicies({ length }: readonly CompiledNetworkPolicy[]): string {
  return length === 1 ? 'a NetworkPolicy' : `${length} NetworkPolicies`;
}

/** Of the rules of a policy that isolates the one that came nearest. */
function explainIsolation(
  policy: CompiledNetworkPolicy,
  flow: PolicyFlow,
  direction: PolicyDirection,
): Step {
  const { namespace, name } = policy;
  const rules = policy[direction] ?? [];
  const peer = peerOf(flow, direction);
  const nearest =
    rules.find((rule) => rule.peers !== undefined && matchesPeers(rule, peer)) ??
    rules.find((rule) => matchesPorts(rule, flow)) ??
    rules[0];
  const step = {
    part: 'policy',
    outcome: 'fail',
    what: `${namespace}/${name} isolates it`,
  } as const;
  if (nearest === undefined) {
    const object = `NetworkPolicy ${namespace}/${name} spec.podSelector`;
    return { ...step, because: `it has no ${direction} rule`, object };
  }
  return { ...step, because: missingOf(nearest, flow, peer), object: showReference(nearest) };
}

/** What stands between a rule and a connection. */
function missingOf(rule: PolicyRule, flow: PolicyFlow, peer: Party): string {
  const isPeer = matchesPeers(rule, peer);
  const isPort = matchesPorts(rule, flow);
  const actual = flow.protocol === 'ICMP' ? 'ICMP' : `${flow.protocol} ${flow.port}`;
  const hint = flow.isThroughService ? ', the port after the Service' : '';
  const port = `it allows ${rule.portText}, and this is ${actual}${hint}`;
  if (isPeer) return port;
  const noPeer = `its peers do not match ${showParty(peer)}`;
  return isPort ? noPeer : `${noPeer}; ${port}`;
}

function showReference({ reference: { kind, namespace, name, field } }: PolicyRule): string {
  return `${kind} ${namespace === '' ? name : `${namespace}/${name}`} ${field}`;
}

function showParty({ pod, node, address }: Party): string {
  if (pod !== undefined) return `pod ${pod.namespace}/${pod.name}`;
  return node === undefined ? address : `node ${node.name}`;
}
