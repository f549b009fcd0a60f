/** The verdict as the APIs' texts have it, policy by policy and rule by rule, with nothing compiled or kept. */
import type { LabelSelector, NetworkPolicyPeer, NetworkPolicyPort } from '../../src/api/index.ts';
import { cidrContains, parseCidr, parseIp } from '../../src/net/index.ts';
import type {
  ClusterNetworkPolicy,
  ClusterPeer,
  ClusterProtocol,
  ClusterRule,
  Labels,
  PodsPeer,
} from './random-policies.ts';
import { OUTSIDE, type End, type RandomFlow, type RandomPod, type RandomWorld } from './worlds.ts';

type Direction = 'Ingress' | 'Egress';

interface Question {
  readonly world: RandomWorld;
  readonly flow: RandomFlow;
  readonly direction: Direction;
  /** Whom policies may select. */
  readonly own: RandomPod;
  readonly peer: End;
}

/** Whether egress of the source and ingress of the destination are both allowed. */
export function naiveVerdict(world: RandomWorld, flow: RandomFlow): boolean {
  return naiveDirection(world, flow, 'Egress') && naiveDirection(world, flow, 'Ingress');
}

function naiveDirection(world: RandomWorld, flow: RandomFlow, direction: Direction): boolean {
  const [own, peer] = direction === 'Egress' ? [flow.from, flow.to] : [flow.to, flow.from];
  const pod = podOf(own);
  // Nodes, Pods on their networks and the outside are nobody's subject.
  if (pod === undefined) return true;
  if (pod === podOf(peer) && !flow.isThroughService) return true;
  const question = { world, flow, direction, own: pod, peer };
  const admin = naiveTier('Admin', question);
  if (admin === 'Accept' || admin === 'Deny') return admin === 'Accept';
  const isAllowed = naiveNetworkPolicies(question);
  if (isAllowed !== undefined) return isAllowed;
  return naiveTier('Baseline', question) !== 'Deny';
}

/** The Pod that an end is on the Pod network; Pods on a Node's network are that Node. */
function podOf(end: End): RandomPod | undefined {
  return end.kind === 'pod' && end.pod.isHostNetwork !== true ? end.pod : undefined;
}

function nodeOf(end: End): string | undefined {
  if (end.kind === 'node') return end.node;
  return end.kind === 'pod' && end.pod.isHostNetwork === true ? end.pod.node : undefined;
}

function addressOf(end: End): string {
  return end.kind === 'pod' ? end.pod.address : end.address;
}

/** The action of the first rule that matches: by priority, by name where priorities are equal, by place. */
function naiveTier(
  tier: 'Admin' | 'Baseline',
  question: Question,
): ClusterRule['action'] | undefined {
  const { world, direction } = question;
  const inOrder = world.clusterPolicies
    .filter(({ spec }) => spec.tier === tier && naiveSubject(spec.subject, question))
    .toSorted((a, b) => a.spec.priority - b.spec.priority || byName(a, b));
  for (const { spec } of inOrder)
    for (const rule of direction === 'Egress' ? spec.egress : spec.ingress) {
      const action = naiveClusterRule(rule, question);
      if (action !== undefined) return action;
    }
  return undefined;
}

function byName(a: ClusterNetworkPolicy, b: ClusterNetworkPolicy): number {
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

function naiveSubject(
  { namespaces, pods }: ClusterNetworkPolicy['spec']['subject'],
  { world, own }: Question,
): boolean {
  if (pods !== undefined) return naivePods(pods, own, world);
  return naiveSelects(namespaces, world.namespaces[own.namespace] ?? {});
}

function naivePods(
  { namespaceSelector = {}, podSelector }: PodsPeer,
  pod: RandomPod,
  { namespaces }: RandomWorld,
): boolean {
  const own = namespaces[pod.namespace] ?? {};
  return naiveSelects(namespaceSelector, own) && naiveSelects(podSelector, pod.labels);
}

/** What is not known fails closed: Accept matches nothing, anything else denies everything. */
function naiveClusterRule(
  { action, from, to, protocols }: ClusterRule,
  question: Question,
): ClusterRule['action'] | undefined {
  const peers = from ?? to ?? [];
  if (peers.some((peer) => 'futurePeer' in peer)) return action === 'Accept' ? undefined : 'Deny';
  const isPeer = peers.some((peer) => naiveClusterPeer(peer, question));
  const isProtocol =
    protocols === undefined || protocols.some((one) => naiveClusterProtocol(one, question.flow));
  return isPeer && isProtocol ? action : undefined;
}

function naiveClusterPeer(given: ClusterPeer, { world, peer }: Question): boolean {
  const { namespaces, pods, nodes, networks, domainNames } = given;
  const pod = podOf(peer);
  if (namespaces !== undefined)
    return pod !== undefined && naiveSelects(namespaces, world.namespaces[pod.namespace] ?? {});
  if (pods !== undefined) return pod !== undefined && naivePods(pods, pod, world);
  if (networks !== undefined) return networks.some((cidr) => isIn(cidr, peer));
  if (nodes !== undefined) return naiveNode(nodes, peer, world);
  const known = OUTSIDE[addressOf(peer)] ?? [];
  return (domainNames ?? []).some((wanted) => known.some((name) => naiveDomain(wanted, name)));
}

function naiveNode(selector: LabelSelector, peer: End, { nodes }: RandomWorld): boolean {
  const node = nodeOf(peer);
  return node !== undefined && naiveSelects(selector, nodes[node]?.labels ?? {});
}

/** `*.` stands for one label or more. */
function naiveDomain(wanted: string, name: string): boolean {
  const plain = wanted.toLowerCase().replace(/\.$/, '');
  if (!plain.startsWith('*.')) return plain === name;
  const labels = name.split('.');
  return labels.some((_, at) => at > 0 && labels.slice(at).join('.') === plain.slice(2));
}

function naiveClusterProtocol(
  { tcp, udp, sctp, destinationNamedPort }: ClusterProtocol,
  { protocol, port, to }: RandomFlow,
): boolean {
  if (destinationNamedPort !== undefined)
    return (podOf(to)?.ports ?? []).some(
      (own) => own.name === destinationNamedPort && own.protocol === protocol && own.port === port,
    );
  const { destinationPort } = { TCP: tcp, UDP: udp, SCTP: sctp, ICMP: undefined }[protocol] ?? {};
  if (destinationPort === undefined) return false;
  const { number, range } = destinationPort;
  return range === undefined ? number === port : range.start <= port && port <= range.end;
}

/** @returns undefined where none isolates the Pod. */
function naiveNetworkPolicies(question: Question): boolean | undefined {
  const { world, flow, direction, own, peer } = question;
  const isolating = world.policies.filter(({ metadata, spec = {} }) => {
    const types =
      spec.policyTypes ?? ((spec.egress ?? []).length > 0 ? ['Ingress', 'Egress'] : ['Ingress']);
    return (
      metadata.namespace === own.namespace &&
      types.includes(direction) &&
      naiveSelects(spec.podSelector, own.labels)
    );
  });
  if (isolating.length === 0) return undefined;
  if (nodeOf(peer) === own.node) return true;
  return isolating.some(({ metadata: { namespace = '' }, spec = {} }) => {
    const rules =
      direction === 'Egress'
        ? (spec.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }))
        : (spec.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }));
    return rules.some(
      ({ peers = [], ports = [] }) =>
        (peers.length === 0 || peers.some((one) => naivePeer(world, one, { namespace, peer }))) &&
        (ports.length === 0 || ports.some((one) => naivePort(one, flow))),
    );
  });
}

function naivePeer(
  { namespaces }: RandomWorld,
  { podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer,
  { namespace, peer }: { readonly namespace: string; readonly peer: End },
): boolean {
  if (ipBlock !== undefined)
    return isIn(ipBlock.cidr, peer) && !(ipBlock.except ?? []).some((cidr) => isIn(cidr, peer));
  const pod = podOf(peer);
  if (pod === undefined) return false;
  const isInNamespace =
    namespaceSelector === undefined
      ? pod.namespace === namespace
      : naiveSelects(namespaceSelector, namespaces[pod.namespace] ?? {});
  return isInNamespace && (podSelector === undefined || naiveSelects(podSelector, pod.labels));
}

function isIn(text: string, end: End): boolean {
  const [cidr, ip] = [parseCidr(text), parseIp(addressOf(end))];
  return cidr !== undefined && ip !== undefined && cidrContains(cidr, ip);
}

function naivePort(
  { protocol = 'TCP', port, endPort }: NetworkPolicyPort,
  flow: RandomFlow,
): boolean {
  if (flow.protocol !== protocol) return false;
  if (port === undefined) return true;
  if (typeof port === 'number') return flow.port >= port && flow.port <= (endPort ?? port);
  return (podOf(flow.to)?.ports ?? []).some(
    (own) => own.name === port && own.protocol === protocol && own.port === flow.port,
  );
}

function naiveSelects(selector: LabelSelector | undefined, labels: Labels): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  const isEqual = Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
  return (
    isEqual &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      if (operator === 'Exists') return value !== undefined;
      if (operator === 'DoesNotExist') return value === undefined;
      const isListed = value !== undefined && values.includes(value);
      return operator === 'In' ? isListed : !isListed;
    })
  );
}
