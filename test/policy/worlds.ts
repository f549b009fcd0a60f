/** Random clusters with policies, and flows between what is in them and around them. */
import type { KubeObject, NetworkPolicy, Pod, Store } from '../../src/api/index.ts';
import type { PolicyProtocol } from '../../src/policy/index.ts';
import type { Dice } from '../fuzz/target.ts';
import { createLaxStore, put } from '../proxy/world.ts';
import {
  NAMESPACES,
  NODES,
  PORT_NAMES,
  PORTS,
  PROTOCOLS,
  randomClusterPolicy,
  randomLabels,
  randomPolicy,
  type ClusterNetworkPolicy,
  type Labels,
} from './random-policies.ts';

export interface RandomPort {
  readonly name: string;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly port: number;
}

export interface RandomPod {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  readonly node: string;
  /** Its Node's, where it is on the Node's network. */
  readonly address: string;
  readonly isHostNetwork?: boolean;
  readonly ports: readonly RandomPort[];
}

export interface RandomWorld {
  readonly namespaces: Readonly<Record<string, Labels>>;
  readonly nodes: Readonly<Record<string, { readonly labels: Labels; readonly address: string }>>;
  readonly pods: readonly RandomPod[];
  readonly policies: readonly NetworkPolicy[];
  readonly clusterPolicies: readonly ClusterNetworkPolicy[];
}

/** Who is at an end of a flow. */
export type End =
  | { readonly kind: 'pod'; readonly pod: RandomPod }
  | { readonly kind: 'node'; readonly node: string; readonly address: string }
  | { readonly kind: 'outside'; readonly address: string };

export interface RandomFlow {
  readonly from: End;
  readonly to: End;
  readonly protocol: PolicyProtocol;
  readonly port: number;
  readonly isThroughService: boolean;
}

/** Outside of the cluster: addresses, and under which names they were found. */
export const OUTSIDE: Readonly<Record<string, readonly string[]>> = {
  '203.0.113.7': ['example.org', 'www.example.org'],
  '203.0.113.200': ['a.b.example.org'],
  '198.51.100.1': ['myexample.org'],
  '2001:db8::7': ['example.org'],
  '192.0.2.1': [],
};

const NODE_ADDRESSES = { n1: '172.18.0.2', n2: '172.18.0.3' } as const;

export function randomWorld(dice: Dice): RandomWorld {
  const namespaces = Object.fromEntries(NAMESPACES.map((name) => [name, randomLabels(dice)]));
  const nodes = Object.fromEntries(
    NODES.map((name) => [name, { labels: randomLabels(dice), address: NODE_ADDRESSES[name] }]),
  );
  const pods = Array.from({ length: 6 }, (_, index) => randomPod(dice, index));
  const policies = dice.list(5, () => 0).map((_, index) => randomPolicy(dice, index));
  return { namespaces, nodes, pods, policies, clusterPolicies: [] };
}

/** The same with policies of the cluster, some of them of the same tier and priority. */
export function randomClusterWorld(dice: Dice): RandomWorld {
  const world = randomWorld(dice);
  const policies = dice.once(3) ? [] : world.policies.slice(0, 2);
  const clusterPolicies = dice.list(6, () => 0).map((_, at) => randomClusterPolicy(dice, at));
  return { ...world, policies, clusterPolicies };
}

function randomPod(dice: Dice, index: number): RandomPod {
  const node = dice.pick(NODES);
  const isHostNetwork = dice.once(6);
  const own = dice.once(5) ? `fd00::${index + 1}` : `10.244.${dice.below(2)}.${index + 1}`;
  return {
    namespace: dice.pick(NAMESPACES),
    name: `p${index}`,
    labels: randomLabels(dice),
    node,
    address: isHostNetwork ? NODE_ADDRESSES[node] : own,
    isHostNetwork,
    ports: dice.list(3, () => ({
      name: dice.pick(PORT_NAMES),
      protocol: dice.pick(PROTOCOLS),
      port: dice.pick(PORTS),
    })),
  };
}

export function randomFlow(dice: Dice, world: RandomWorld): RandomFlow {
  const [from, to] = [randomEnd(dice, world), randomEnd(dice, world)];
  const protocol = dice.once(10) ? 'ICMP' : dice.pick(PROTOCOLS);
  const port = protocol === 'ICMP' ? 0 : dice.pick(PORTS);
  return { from, to, protocol, port, isThroughService: dice.once(4) };
}

function randomEnd(dice: Dice, { pods, nodes }: RandomWorld): End {
  if (dice.below(4) > 0) return { kind: 'pod', pod: dice.pick(pods) };
  const node = dice.pick(NODES);
  if (dice.once(2)) return { kind: 'node', node, address: nodes[node]?.address ?? '' };
  return { kind: 'outside', address: dice.pick(Object.keys(OUTSIDE)) };
}

/** A store with the world in it. */
export function storeOf(world: RandomWorld): Store {
  const store = createLaxStore();
  const { namespaces, nodes, pods, policies, clusterPolicies } = world;
  for (const [name, labels] of Object.entries(namespaces))
    put(store, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
  for (const [name, { labels, address }] of Object.entries(nodes))
    put(store, nodeOf({ name, labels, address }));
  for (const pod of pods) put(store, podOf(pod));
  for (const policy of [...policies, ...clusterPolicies]) put(store, policy);
  return store;
}

function nodeOf({
  name,
  labels,
  address,
}: Record<'name' | 'address', string> & { labels: Labels }): KubeObject {
  const status = { addresses: [{ type: 'InternalIP', address }] };
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, status };
}

function podOf({ namespace, name, labels, node, address, ...pod }: RandomPod): KubeObject {
  const { isHostNetwork = false } = pod;
  const ports = pod.ports.map(({ port, ...named }) => ({ ...named, containerPort: port }));
  const object: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, labels },
    spec: {
      nodeName: node,
      ...(isHostNetwork && { hostNetwork: true }),
      containers: [{ name: 'main', image: 'x', ports }],
    },
    status: { phase: 'Running', podIP: address, podIPs: [{ ip: address }] },
  };
  return object as unknown as KubeObject; // generated types have no index signature
}
