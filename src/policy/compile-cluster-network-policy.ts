import {
  ApiError,
  compileLabelSelector,
  type KubeObject,
  type LabelPredicate,
  type LabelSelector,
} from '../api/index.ts';
import { cidrContains, parseCidr } from '../net/index.ts';
import type {
  ClusterRule,
  CompiledClusterNetworkPolicy,
  PeerMatch,
  PolicyAction,
  PortMatch,
} from './compiled.ts';
import type { PolicyPod } from './party.ts';
import { withoutNulls } from './without-nulls.ts';

interface PodsPeer {
  readonly namespaceSelector?: LabelSelector;
  readonly podSelector?: LabelSelector;
}

interface ClusterPeer {
  readonly namespaces?: LabelSelector;
  readonly pods?: PodsPeer;
  readonly nodes?: LabelSelector;
  readonly networks?: readonly string[];
  readonly domainNames?: readonly string[];
}

interface PortRange {
  readonly destinationPort?: {
    readonly number?: number;
    readonly range?: { readonly start: number; readonly end: number };
  };
}

interface ClusterProtocol {
  readonly tcp?: PortRange;
  readonly udp?: PortRange;
  readonly sctp?: PortRange;
  readonly destinationNamedPort?: string;
}

interface RuleFields {
  readonly name?: string;
  readonly action: PolicyAction;
  readonly from?: readonly ClusterPeer[];
  readonly to?: readonly ClusterPeer[];
  readonly protocols?: readonly ClusterProtocol[];
}

interface ClusterPolicySpec {
  readonly tier?: string;
  readonly priority?: number;
  readonly subject?: { readonly namespaces?: LabelSelector; readonly pods?: PodsPeer };
  readonly ingress?: readonly RuleFields[];
  readonly egress?: readonly RuleFields[];
}

/**
 * Reads a ClusterNetworkPolicy (policy.networking.k8s.io/v1alpha2) once.
 *
 * A rule with a peer or protocol of a newer version fails closed: it accepts nothing, or denies everything. So does one
 * with a selector or network that is none: a schema may let them be stored. A subject that is none selects nothing.
 */
export function compileClusterNetworkPolicy(object: KubeObject): CompiledClusterNetworkPolicy {
  const { name } = object.metadata;
  const spec: ClusterPolicySpec = withoutNulls(object['spec'] ?? {}); // as the definition's schema has it
  const rules = (direction: 'ingress' | 'egress'): readonly ClusterRule[] =>
    (spec[direction] ?? []).map((rule, index) =>
      compileRule(rule, { name, field: `spec.${direction}[${index}]` }),
    );
  return {
    name,
    tier: spec.tier === 'Baseline' ? 'Baseline' : 'Admin',
    priority: spec.priority ?? 0,
    selects: compileSubject(spec.subject),
    ingress: rules('ingress'),
    egress: rules('egress'),
  };
}

function compileRule(
  { name: title = '', action, from, to, protocols }: RuleFields,
  { name, field }: { readonly name: string; readonly field: string },
): ClusterRule {
  const peers = (from ?? to ?? []).map(compilePeer);
  const ports = protocols?.map(compileProtocol);
  const isKnown = [...peers, ...(ports ?? [])].every((match) => match !== undefined);
  const reference = { kind: 'ClusterNetworkPolicy', namespace: '', name, field } as const;
  const portText = (protocols ?? []).map(showProtocol).join(', ');
  if (!isKnown) return failClosed({ reference, title, action });
  return {
    reference,
    title,
    action,
    isVoid: false,
    peers: peers.filter((peer) => peer !== undefined),
    ports: ports?.filter((port) => port !== undefined),
    portText,
  };
}

/** @see the API's text of `ClusterNetworkPolicyEgressPeer` */
function failClosed({
  action,
  ...rule
}: Pick<ClusterRule, 'reference' | 'title' | 'action'>): ClusterRule {
  const isVoid = action === 'Accept';
  const closed = isVoid ? action : 'Deny';
  return { ...rule, action: closed, isVoid, peers: undefined, ports: undefined, portText: '' };
}

function compileSubject({ namespaces, pods }: NonNullable<ClusterPolicySpec['subject']> = {}): (
  pod: PolicyPod,
) => boolean {
  const selectsNothing = (): boolean => false;
  if (namespaces !== undefined) {
    const selects = compileSelector(namespaces);
    return selects === undefined
      ? selectsNothing
      : ({ namespaceLabels }) => selects(namespaceLabels);
  }
  return (pods === undefined ? undefined : compilePods(pods)) ?? selectsNothing;
}

/** @returns undefined for a selector that is none, such as one with an operator that nobody knows. */
function compileSelector(selector: LabelSelector): LabelPredicate | undefined {
  try {
    return compileLabelSelector(selector);
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}

/** An empty selector selects everything, and so does an absent one. @returns undefined for one that is none. */
function compilePods({
  namespaceSelector = {},
  podSelector = {},
}: PodsPeer): ((pod: PolicyPod) => boolean) | undefined {
  const selectsNamespace = compileSelector(namespaceSelector);
  const selectsPod = compileSelector(podSelector);
  if (selectsNamespace === undefined || selectsPod === undefined) return undefined;
  return ({ labels, namespaceLabels }) => selectsNamespace(namespaceLabels) && selectsPod(labels);
}

/** @returns undefined for a peer that is not known here, or whose selector is none. */
function compilePeer({
  namespaces,
  pods,
  nodes,
  networks,
  domainNames,
}: ClusterPeer): PeerMatch | undefined {
  if (namespaces !== undefined) {
    const selects = compileSelector(namespaces);
    return selects && (({ pod }) => pod !== undefined && selects(pod.namespaceLabels));
  }
  if (pods !== undefined) {
    const selects = compilePods(pods);
    return selects && (({ pod }) => pod !== undefined && selects(pod));
  }
  if (nodes !== undefined) {
    const selects = compileSelector(nodes);
    return selects && (({ node }) => node !== undefined && selects(node.labels));
  }
  if (networks !== undefined) return compileNetworks(networks);
  return domainNames === undefined ? undefined : compileDomainNames(domainNames);
}

/** @returns undefined where one of them is none. */
function compileNetworks(networks: readonly string[]): PeerMatch | undefined {
  const cidrs = networks.map(parseCidr).filter((cidr) => cidr !== undefined);
  if (cidrs.length < networks.length) return undefined;
  return ({ ip }) => ip !== undefined && cidrs.some((cidr) => cidrContains(cidr, ip));
}

/** `*.example.org` stands for one label or several before it, and not for example.org. */
function compileDomainNames(domainNames: readonly string[]): PeerMatch {
  const wanted = domainNames.map((name) => name.toLowerCase().replace(/\.$/, ''));
  const exact = new Set(wanted.filter((name) => !name.startsWith('*')));
  const suffixes = wanted.filter((name) => name.startsWith('*.')).map((name) => name.slice(1));
  return ({ address, namesOf }) =>
    namesOf(address).some(
      (name) =>
        exact.has(name) ||
        suffixes.some((suffix) => name.length > suffix.length && name.endsWith(suffix)),
    );
}

/** @returns undefined for a protocol that is not known here. */
function compileProtocol({
  tcp,
  udp,
  sctp,
  destinationNamedPort,
}: ClusterProtocol): PortMatch | undefined {
  if (tcp !== undefined) return compileRange('TCP', tcp);
  if (udp !== undefined) return compileRange('UDP', udp);
  if (sctp !== undefined) return compileRange('SCTP', sctp);
  // The empty name is no name: nothing is set.
  if (destinationNamedPort === undefined || destinationNamedPort === '') return undefined;
  return (protocol, port, destination) =>
    destination !== undefined &&
    destination.namedPorts.some(
      (named) =>
        named.name === destinationNamedPort && named.protocol === protocol && named.port === port,
    );
}

/** Without a destination port every port. @returns undefined where it is there and says none that is known. */
function compileRange(
  protocol: 'TCP' | 'UDP' | 'SCTP',
  { destinationPort }: PortRange,
): PortMatch | undefined {
  const { number, range } = destinationPort ?? { range: { start: 0, end: 65_535 } };
  const [first, last] = [number ?? range?.start, number ?? range?.end];
  if (first === undefined || last === undefined) return undefined;
  return (actual, port) => actual === protocol && port >= first && port <= last;
}

function showProtocol({ destinationNamedPort, ...byProtocol }: ClusterProtocol): string {
  if (destinationNamedPort !== undefined) return destinationNamedPort;
  return Object.entries(byProtocol)
    .map(([protocol, { destinationPort: { number, range } = {} }]: [string, PortRange]) => {
      const ports =
        range === undefined ? `${number ?? 'every port'}` : `${range.start}–${range.end}`;
      return `${protocol.toUpperCase()} ${ports}`;
    })
    .join(', ');
}
