/** Random policies of both kinds, all that their APIs admit in small. */
import type {
  KubeObject,
  LabelSelector,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
} from '../../src/api/index.ts';
import type { Dice } from '../fuzz/target.ts';

export type Labels = Readonly<Record<string, string>>;

export const NAMESPACES = ['x', 'y', 'z'] as const;
export const NODES = ['n1', 'n2'] as const;
export const PORTS = [79, 80, 81, 82] as const;
export const PORT_NAMES = ['web', 'dns'] as const;
export const PROTOCOLS = ['TCP', 'UDP', 'SCTP'] as const;
const KEYS = ['a', 'b'] as const;
const VALUES = ['1', '2'] as const;
const NETWORKS = [
  '0.0.0.0/0',
  '::/0',
  '10.244.0.0/24',
  '10.244.1.0/29',
  '203.0.113.0/25',
  '172.18.0.3/32',
] as const;
const DOMAINS = ['example.org', '*.example.org', 'EXAMPLE.org.', '*.b.example.org'] as const;

export interface PodsPeer {
  readonly namespaceSelector?: LabelSelector;
  readonly podSelector: LabelSelector;
}

export interface ClusterPeer {
  readonly namespaces?: LabelSelector;
  readonly pods?: PodsPeer;
  readonly nodes?: LabelSelector;
  readonly networks?: readonly string[];
  readonly domainNames?: readonly string[];
  /** Of a version that is not known here. */
  readonly futurePeer?: object;
}

interface PortRange {
  readonly destinationPort: {
    readonly number?: number;
    readonly range?: { readonly start: number; readonly end: number };
  };
}

export interface ClusterProtocol {
  readonly tcp?: PortRange;
  readonly udp?: PortRange;
  readonly sctp?: PortRange;
  readonly destinationNamedPort?: string;
}

export interface ClusterRule {
  readonly action: 'Accept' | 'Deny' | 'Pass';
  readonly from?: readonly ClusterPeer[];
  readonly to?: readonly ClusterPeer[];
  readonly protocols?: readonly ClusterProtocol[];
}

export interface ClusterNetworkPolicy extends KubeObject {
  readonly spec: {
    readonly tier: 'Admin' | 'Baseline';
    readonly priority: number;
    readonly subject: { readonly namespaces?: LabelSelector; readonly pods?: PodsPeer };
    readonly ingress: readonly ClusterRule[];
    readonly egress: readonly ClusterRule[];
  };
}

export function randomLabels(dice: Dice): Labels {
  return Object.fromEntries(
    KEYS.filter(() => dice.once(2)).map((key) => [key, dice.pick(VALUES)] as const),
  );
}

export function randomPolicy(dice: Dice, index: number): NetworkPolicy {
  const rules = () => dice.list(2, () => randomRule(dice));
  const types = dice.pick([['Ingress'], ['Egress'], ['Ingress', 'Egress'], undefined] as const);
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { namespace: dice.pick(NAMESPACES), name: `np${index}` },
    spec: {
      podSelector: randomSelector(dice),
      ingress: rules().map(({ peers, ports }) => ({
        ...(peers && { from: peers }),
        ...(ports && { ports }),
      })),
      egress: rules().map(({ peers, ports }) => ({
        ...(peers && { to: peers }),
        ...(ports && { ports }),
      })),
      ...(types && { policyTypes: types }),
    },
  };
}

function randomRule(dice: Dice): {
  readonly peers: readonly NetworkPolicyPeer[] | undefined;
  readonly ports: readonly NetworkPolicyPort[] | undefined;
} {
  return {
    peers: dice.once(4) ? undefined : dice.list(2, () => randomPeer(dice)),
    ports: dice.once(2) ? undefined : dice.list(2, () => randomPort(dice)),
  };
}

function randomPeer(dice: Dice): NetworkPolicyPeer {
  switch (dice.below(5)) {
    case 0:
      return { podSelector: randomSelector(dice) };
    case 1:
      return { namespaceSelector: randomSelector(dice) };
    case 2:
      return { podSelector: randomSelector(dice), namespaceSelector: randomSelector(dice) };
    case 3:
      return { ipBlock: { cidr: dice.pick(NETWORKS) } };
    default:
      return {
        ipBlock: { cidr: '10.244.0.0/23', ...(dice.once(2) && { except: ['10.244.1.0/24'] }) },
      };
  }
}

function randomPort(dice: Dice): NetworkPolicyPort {
  const protocol = dice.once(3) ? {} : { protocol: dice.pick(PROTOCOLS) };
  switch (dice.below(4)) {
    case 0:
      return protocol;
    case 1:
      return { ...protocol, port: dice.pick(PORT_NAMES) };
    case 2:
      return { ...protocol, port: 80, endPort: dice.pick([80, 81]) };
    default:
      return { ...protocol, port: dice.pick(PORTS) };
  }
}

function randomSelector(dice: Dice): LabelSelector {
  const key = dice.pick(KEYS);
  switch (dice.below(4)) {
    case 0:
      return {};
    case 1:
      return { matchLabels: { [key]: dice.pick(VALUES) } };
    case 2:
      return { matchExpressions: [{ key, operator: dice.pick(['Exists', 'DoesNotExist']) }] };
    default:
      return {
        matchExpressions: [
          {
            key,
            operator: dice.pick(['In', 'NotIn']),
            values: dice.list(1, () => '2').concat('1'),
          },
        ],
      };
  }
}

/** Of few priorities, so that some meet; the smaller number is asked first. */
export function randomClusterPolicy(dice: Dice, index: number): ClusterNetworkPolicy {
  return {
    apiVersion: 'policy.networking.k8s.io/v1alpha2',
    kind: 'ClusterNetworkPolicy',
    metadata: { name: `cnp${index}` },
    spec: {
      tier: dice.pick(['Admin', 'Baseline']),
      priority: dice.pick([0, 9, 10, 1000]),
      subject: dice.once(2) ? { namespaces: randomSelector(dice) } : { pods: randomPodsPeer(dice) },
      ingress: dice.list(3, () => randomClusterRule(dice, 'from')),
      egress: dice.list(3, () => randomClusterRule(dice, 'to')),
    },
  };
}

export function randomClusterRule(
  dice: Dice,
  side: 'from' | 'to',
  action: ClusterRule['action'] = dice.pick(['Accept', 'Deny', 'Pass']),
): ClusterRule {
  const peers = atLeastOne(dice, () => randomClusterPeer(dice, side));
  const protocols = atLeastOne(dice, () => randomClusterProtocol(dice));
  return { action, [side]: peers, ...(dice.once(2) && { protocols }) };
}

function atLeastOne<T>(dice: Dice, make: () => T): readonly T[] {
  return [make(), ...dice.list(1, make)];
}

function randomPodsPeer(dice: Dice): PodsPeer {
  const podSelector = randomSelector(dice);
  return dice.once(3) ? { podSelector } : { podSelector, namespaceSelector: randomSelector(dice) };
}

/** Ingress has Pods alone as peers. */
function randomClusterPeer(dice: Dice, side: 'from' | 'to'): ClusterPeer {
  if (dice.once(40)) return { futurePeer: {} };
  switch (dice.below(side === 'from' ? 2 : 5)) {
    case 0:
      return { namespaces: randomSelector(dice) };
    case 1:
      return { pods: randomPodsPeer(dice) };
    case 2:
      return { networks: atLeastOne(dice, () => dice.pick(NETWORKS)) };
    case 3:
      return { nodes: randomSelector(dice) };
    default:
      return { domainNames: atLeastOne(dice, () => dice.pick(DOMAINS)) };
  }
}

function randomClusterProtocol(dice: Dice): ClusterProtocol {
  const destinationPort = dice.once(2)
    ? { number: dice.pick(PORTS) }
    : { range: { start: dice.pick([79, 80]), end: dice.pick([81, 82]) } };
  switch (dice.below(4)) {
    case 0:
      return { tcp: { destinationPort } };
    case 1:
      return { udp: { destinationPort } };
    case 2:
      return { sctp: { destinationPort } };
    default:
      return { destinationNamedPort: dice.pick(PORT_NAMES) };
  }
}
