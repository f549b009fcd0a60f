import {
  compileLabelSelector,
  type IPBlock,
  type LabelSelector,
  type NetworkPolicy,
  type NetworkPolicyPeer,
  type NetworkPolicyPort,
} from '../api/index.ts';
import { cidrContains, parseCidr } from '../net/index.ts';
import type { CompiledNetworkPolicy, PeerMatch, PolicyRule, PortMatch } from './compiled.ts';
import type { PolicyProtocol } from './party.ts';
import { withoutNulls } from './without-nulls.ts';

/**
 * Reads a NetworkPolicy once, so that each question is a few comparisons.
 *
 * Takes what older servers stored too, and what nobody has filled in: without policyTypes, without a protocol, with nulls,
 * prefixes with host bits.
 *
 * @throws ApiError for a selector that no server would have stored.
 */
export function compileNetworkPolicy(policy: NetworkPolicy): CompiledNetworkPolicy {
  const { name, namespace = '' } = policy.metadata;
  const spec = withoutNulls(policy.spec ?? {});
  const { podSelector, ingress = [], egress = [] } = spec;
  const usual = ['Ingress', ...(egress.length > 0 ? ['Egress'] : [])];
  const types = nonEmpty(spec.policyTypes) ?? usual;
  const rules = (
    direction: 'ingress' | 'egress',
    all: readonly { readonly peers: Peers; readonly ports: Ports }[],
  ): readonly PolicyRule[] =>
    all.map(({ peers, ports }, index) => ({
      reference: { kind: 'NetworkPolicy', namespace, name, field: `spec.${direction}[${index}]` },
      peers: nonEmpty(peers)?.map((peer) => compilePeer(peer, namespace)),
      ports: nonEmpty(ports)?.map(compilePort),
      portText: (ports ?? []).map(showPort).join(', '),
    }));
  return {
    namespace,
    name,
    selects: compileSelector(podSelector),
    requiredLabel: requiredLabelOf(podSelector),
    ingress: types.includes('Ingress')
      ? rules(
          'ingress',
          ingress.map(({ from, ports }) => ({ peers: from, ports })),
        )
      : undefined,
    egress: types.includes('Egress')
      ? rules(
          'egress',
          egress.map(({ to, ports }) => ({ peers: to, ports })),
        )
      : undefined,
  };
}

type Peers = readonly NetworkPolicyPeer[] | undefined;
type Ports = readonly NetworkPolicyPort[] | undefined;

/** An empty list restricts nothing, as an absent one. */
function nonEmpty<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list === undefined || list.length === 0 ? undefined : list;
}

/** An absent podSelector, and a null one, selects every Pod. */
function compileSelector(selector: LabelSelector | undefined): CompiledNetworkPolicy['selects'] {
  return compileLabelSelector(selector ?? {});
}

function requiredLabelOf(selector: LabelSelector | undefined): string | undefined {
  const [first] = Object.entries(selector?.matchLabels ?? {});
  return first === undefined ? undefined : `${first[0]}=${first[1]}`;
}

/** A peer without namespaceSelector means Pods of the policy's own namespace. */
function compilePeer(peer: NetworkPolicyPeer, own: string): PeerMatch {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  if (podSelector === undefined && namespaceSelector === undefined)
    return ipBlock === undefined ? () => false : compileBlock(ipBlock);
  const selectsPod = compileSelector(podSelector);
  if (namespaceSelector === undefined)
    return ({ pod }) => pod !== undefined && pod.namespace === own && selectsPod(pod.labels);
  const selectsNamespace = compileLabelSelector(namespaceSelector);
  return ({ pod }) =>
    pod !== undefined && selectsNamespace(pod.namespaceLabels) && selectsPod(pod.labels);
}

/** Addresses of whomever: a block that covers a Pod's address matches the Pod. */
function compileBlock({ cidr, except = [] }: IPBlock): PeerMatch {
  const block = parseCidr(cidr);
  if (block === undefined) return () => false;
  const holes = except.map(parseCidr).filter((hole) => hole !== undefined);
  return ({ ip }) =>
    ip !== undefined && cidrContains(block, ip) && !holes.some((hole) => cidrContains(hole, ip));
}

function compilePort({ protocol = 'TCP', port, endPort }: NetworkPolicyPort): PortMatch {
  if (port === undefined) return (actual) => actual === protocol;
  if (typeof port === 'string')
    return (actual, number, destination) =>
      actual === protocol &&
      destination !== undefined &&
      destination.namedPorts.some(
        (named) => named.name === port && named.protocol === protocol && named.port === number,
      );
  const last = endPort ?? port;
  return (actual: PolicyProtocol, number) =>
    actual === protocol && number >= port && number <= last;
}

function showPort({ protocol = 'TCP', port, endPort }: NetworkPolicyPort): string {
  if (port === undefined) return `every ${protocol} port`;
  return `${protocol} ${port}${endPort === undefined ? '' : `–${endPort}`}`;
}
