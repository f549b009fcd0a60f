/** Random clusters with policies, and an evaluator that reads the API's text word by word. */
import type {
  KubeObject,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  Pod,
  Store,
} from '../../src/api/index.ts';
import { cidrContains, parseCidr, parseIp } from '../../src/net/index.ts';
import { createLaxStore, put } from '../proxy/world.ts';
import type { Dice } from '../fuzz/target.ts';

type Labels = Readonly<Record<string, string>>;

export interface RandomPod {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  readonly node: string;
  readonly address: string;
  readonly port: { readonly name: string; readonly protocol: 'TCP' | 'UDP'; readonly port: number };
}

export interface RandomWorld {
  readonly namespaces: Readonly<Record<string, Labels>>;
  readonly pods: readonly RandomPod[];
  readonly policies: readonly NetworkPolicy[];
}

export interface RandomFlow {
  readonly from: RandomPod;
  readonly to: RandomPod;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly port: number;
}

const NAMESPACES = ['x', 'y', 'z'] as const;
const KEYS = ['a', 'b'] as const;
const VALUES = ['1', '2'] as const;
const PORTS = [79, 80, 81, 82] as const;
const PROTOCOLS = ['TCP', 'UDP', 'SCTP'] as const;
const NODES = ['n1', 'n2'] as const;

export function randomWorld(dice: Dice): RandomWorld {
  const namespaces = Object.fromEntries(NAMESPACES.map((name) => [name, randomLabels(dice)]));
  const pods = Array.from({ length: 6 }, (_, index) => randomPod(dice, index));
  const policies = dice.list(5, () => 0).map((_, index) => randomPolicy(dice, index));
  return { namespaces, pods, policies };
}

export function randomFlow(dice: Dice, { pods }: RandomWorld): RandomFlow {
  return {
    from: dice.pick(pods),
    to: dice.pick(pods),
    protocol: dice.pick(PROTOCOLS),
    port: dice.pick(PORTS),
  };
}

function randomLabels(dice: Dice): Labels {
  return Object.fromEntries(
    KEYS.filter(() => dice.once(2)).map((key) => [key, dice.pick(VALUES)] as const),
  );
}

function randomPod(dice: Dice, index: number): RandomPod {
  const port = {
    name: dice.pick(['web', 'dns']),
    protocol: dice.pick(['TCP', 'UDP'] as const),
    port: dice.pick(PORTS),
  };
  return {
    namespace: dice.pick(NAMESPACES),
    name: `p${index}`,
    labels: randomLabels(dice),
    node: dice.pick(NODES),
    address: `10.244.${dice.below(2)}.${index + 1}`,
    port,
  };
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
  switch (dice.below(4)) {
    case 0:
      return { podSelector: randomSelector(dice) };
    case 1:
      return { namespaceSelector: randomSelector(dice) };
    case 2:
      return { podSelector: randomSelector(dice), namespaceSelector: randomSelector(dice) };
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
      return { ...protocol, port: dice.pick(['web', 'dns']) };
    case 2:
      return { ...protocol, port: 80, endPort: dice.pick([80, 81]) };
    default:
      return { ...protocol, port: dice.pick(PORTS) };
  }
}

function randomSelector(dice: Dice): NonNullable<NetworkPolicyPeer['podSelector']> {
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

/** A store with the world in it. */
export function storeOf({ namespaces, pods, policies }: RandomWorld): Store {
  const store = createLaxStore();
  for (const [name, labels] of Object.entries(namespaces))
    put(store, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
  for (const pod of pods) put(store, podOf(pod));
  for (const policy of policies) put(store, policy);
  return store;
}

function podOf({ namespace, name, labels, node, address, port }: RandomPod): KubeObject {
  const ports = [{ name: port.name, protocol: port.protocol, containerPort: port.port }];
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, labels },
    spec: { nodeName: node, containers: [{ name: 'main', image: 'x', ports }] },
    status: { phase: 'Running', podIP: address, podIPs: [{ ip: address }] },
  };
  return pod as unknown as KubeObject; // generated types have no index signature
}

/** The verdict as the API's text has it, policy by policy and rule by rule. */
export function naiveVerdict(world: RandomWorld, flow: RandomFlow): boolean {
  const { from, to } = flow;
  if (from === to) return true;
  return naiveDirection(world, flow, 'Egress') && naiveDirection(world, flow, 'Ingress');
}

function naiveDirection(
  world: RandomWorld,
  flow: RandomFlow,
  direction: 'Ingress' | 'Egress',
): boolean {
  const [own, peer] = direction === 'Egress' ? [flow.from, flow.to] : [flow.to, flow.from];
  const isolating = world.policies.filter(({ metadata, spec = {} }) => {
    const types =
      spec.policyTypes ?? ((spec.egress ?? []).length > 0 ? ['Ingress', 'Egress'] : ['Ingress']);
    return (
      metadata.namespace === own.namespace &&
      types.includes(direction) &&
      naiveSelects(spec.podSelector, own.labels)
    );
  });
  if (isolating.length === 0) return true;
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
  { namespace, peer }: { readonly namespace: string; readonly peer: RandomPod },
): boolean {
  if (ipBlock !== undefined) {
    const isIn = (text: string): boolean => {
      const [cidr, ip] = [parseCidr(text), parseIp(peer.address)];
      return cidr !== undefined && ip !== undefined && cidrContains(cidr, ip);
    };
    return isIn(ipBlock.cidr) && !(ipBlock.except ?? []).some(isIn);
  }
  const isInNamespace =
    namespaceSelector === undefined
      ? peer.namespace === namespace
      : naiveSelects(namespaceSelector, namespaces[peer.namespace] ?? {});
  return isInNamespace && (podSelector === undefined || naiveSelects(podSelector, peer.labels));
}

function naivePort(
  { protocol = 'TCP', port, endPort }: NetworkPolicyPort,
  flow: RandomFlow,
): boolean {
  if (flow.protocol !== protocol) return false;
  if (port === undefined) return true;
  if (typeof port === 'number') return flow.port >= port && flow.port <= (endPort ?? port);
  const { name, protocol: own, port: number } = flow.to.port;
  return name === port && own === protocol && number === flow.port;
}

function naiveSelects(selector: NetworkPolicyPeer['podSelector'], labels: Labels): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  const isEqual = Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
  return (
    isEqual &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      if (operator === 'Exists') return value !== undefined;
      if (operator === 'DoesNotExist') return value === undefined;
      const isIn = value !== undefined && values.includes(value);
      return operator === 'In' ? isIn : !isIn;
    })
  );
}
