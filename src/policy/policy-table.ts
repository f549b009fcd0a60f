import {
  IndexedTable,
  type KubeObject,
  type Namespace,
  type Node,
  type Pod,
  type Store,
  type StoreEvent,
} from '../api/index.ts';
import { parseIp, type Ip } from '../net/index.ts';
import { CLUSTER_NETWORK_POLICY } from './cluster-network-policy-definition.ts';
import { compileClusterNetworkPolicy } from './compile-cluster-network-policy.ts';
import { compileNetworkPolicy } from './compile-network-policy.ts';
import { compilePod } from './compile-pod.ts';
import type { CompiledClusterNetworkPolicy, CompiledNetworkPolicy } from './compiled.ts';
import {
  evaluate,
  type EvaluateOptions,
  type PodPolicies,
  type PolicyVerdict,
} from './evaluate.ts';
import { KnownNames } from './known-names.ts';
import { NamespacePolicies } from './namespace-policies.ts';
import type { Party, PolicyFlow, PolicyPod } from './party.ts';

/** One end of a connection, by what is known of it. */
export interface PartyReference {
  /** Canonical text. */
  readonly address: string;
  /** The Pod that it is, if it is one; Pods on a Node's network count as the Node. */
  readonly pod?: { readonly namespace: string; readonly name: string } | undefined;
  /** The name of the Node that has the address. */
  readonly node?: string | undefined;
}

/**
 * Every policy, and which of them select a Pod.
 *
 * A change of a policy compiles that policy alone. What selects a Pod is worked out when it is first asked for after a
 * change of the Pod, of its Namespace, or of the policies that could select it: by label, not policy by policy.
 */
export class PolicyTable implements Disposable {
  /** Under which names addresses outside of the cluster were found. */
  readonly names: KnownNames = new KnownNames();
  readonly #store: Store;
  readonly #policies: IndexedTable<CompiledNetworkPolicy>;
  readonly #clusterPolicies: IndexedTable<CompiledClusterNetworkPolicy>;
  readonly #namespaces = new Map<string, NamespacePolicies>();
  /** By the object itself: one that has changed is another. */
  readonly #pods = new WeakMap<Pod, Selection>();
  readonly #selecting = new WeakMap<PolicyPod, PodPolicies>();
  readonly #nodes = new WeakMap<Node, NonNullable<Party['node']>>();
  /** Every address that a Node has, of whatever type, to the Node's name. */
  readonly #nodeAddresses = new Map<string, string>();
  readonly #nodeWatch: Disposable;
  /** Addresses met of late. */
  readonly #ips = new Map<string, Ip>();
  readonly #namesOf = (address: string): readonly string[] => this.names.of(address);
  #count = 0;
  #clusterVersion = 0;
  #admin: readonly CompiledClusterNetworkPolicy[] = [];
  #baseline: readonly CompiledClusterNetworkPolicy[] = [];
  #sortedVersion = -1;

  constructor(store: Store) {
    this.#store = store;
    this.#nodeWatch = store.watch('Node', (event) => this.#noteNode(event), {
      sendInitialEvents: true,
    });
    this.#policies = new IndexedTable<CompiledNetworkPolicy>(
      {
        store,
        inputs: [
          {
            kind: 'NetworkPolicy',
            keys: ({ metadata }) => [`${metadata.namespace}/${metadata.name}`],
          },
        ],
        compute: (key, reader) => {
          const [namespace, name = ''] = key.split('/');
          const policy = reader.get('NetworkPolicy', namespace, name);
          return policy === undefined ? undefined : compileNetworkPolicy(policy);
        },
      },
      { add: (policy) => this.#add(policy), remove: (policy) => this.#remove(policy) },
    );
    this.#clusterPolicies = new IndexedTable<CompiledClusterNetworkPolicy>(
      {
        store,
        inputs: [{ kind: CLUSTER_NETWORK_POLICY, keys: ({ metadata }) => [metadata.name] }],
        compute: (name, reader) => {
          const policy: KubeObject | undefined = reader.get<string>(
            CLUSTER_NETWORK_POLICY,
            undefined,
            name,
          );
          return policy === undefined ? undefined : compileClusterNetworkPolicy(policy);
        },
      },
      { add: () => this.#countCluster(1), remove: () => this.#countCluster(-1) },
    );
  }

  /** Whether there is no policy at all: everything may talk to everything. */
  get isEmpty(): boolean {
    this.#refresh();
    return this.#count === 0;
  }

  /** Every NetworkPolicy, by `namespace/name`. */
  networkPolicies(): ReadonlyMap<string, CompiledNetworkPolicy> {
    return this.#policies.entries();
  }

  /** What policies say of a connection in one direction, by the parties that `party` gave just now. */
  evaluate(flow: PolicyFlow, options: EvaluateOptions): PolicyVerdict {
    const { pod } = options.direction === 'egress' ? flow.source : flow.destination;
    const policies = pod === undefined ? undefined : this.#selecting.get(pod);
    return evaluate(flow, policies, options);
  }

  /** Who one end of a connection is. */
  party({ address, pod, node }: PartyReference): Party {
    const known = pod === undefined ? undefined : this.#store.get('Pod', pod.namespace, pod.name);
    if (known === undefined)
      return this.#partyAt(address, undefined, node ?? this.#nodeAddresses.get(address));
    if (known.spec?.hostNetwork === true)
      return this.#partyAt(address, undefined, node ?? known.spec.nodeName);
    const selection = this.#select(known);
    if (selection.party?.address !== address)
      selection.party = this.#partyAt(address, selection.policies.pod, undefined);
    return selection.party;
  }

  /** The policies that select a Pod; undefined where there is no such Pod, or it is on its Node's network. */
  policiesOf(namespace: string, name: string): PodPolicies | undefined {
    const pod = this.#store.get('Pod', namespace, name);
    return pod === undefined || pod.spec?.hostNetwork === true
      ? undefined
      : this.#select(pod).policies;
  }

  [Symbol.dispose](): void {
    this.#policies[Symbol.dispose]();
    this.#clusterPolicies[Symbol.dispose]();
    this.#nodeWatch[Symbol.dispose]();
  }

  #noteNode({ type, object, old }: StoreEvent<Node & KubeObject>): void {
    for (const address of addressesOf(old))
      // It may be another Node's by now.
      if (this.#nodeAddresses.get(address) === object.metadata.name)
        this.#nodeAddresses.delete(address);
    if (type === 'DELETED') return;
    for (const address of addressesOf(object))
      this.#nodeAddresses.set(address, object.metadata.name);
  }

  #select(pod: Pod): Selection {
    this.#refresh();
    const { namespace = '' } = pod.metadata;
    const own = this.#namespaces.get(namespace);
    const namespaceObject = this.#store.get('Namespace', undefined, namespace);
    const known = this.#pods.get(pod);
    if (
      known !== undefined &&
      known.namespace === namespaceObject &&
      known.version === (own?.version ?? 0) &&
      known.clusterVersion === this.#clusterVersion
    )
      return known;
    const selection = this.#selectAnew(pod, namespaceObject, own);
    this.#pods.set(pod, selection);
    this.#selecting.set(selection.policies.pod, selection.policies);
    return selection;
  }

  #selectAnew(
    pod: Pod,
    namespace: Namespace | undefined,
    own: NamespacePolicies | undefined,
  ): Selection {
    const compiled = compilePod(pod, namespace);
    const selecting = own?.selecting(compiled.labels) ?? NO_POLICIES;
    this.#sortCluster();
    const selectsPod = ({ selects }: CompiledClusterNetworkPolicy): boolean => selects(compiled);
    return {
      namespace,
      version: own?.version ?? 0,
      clusterVersion: this.#clusterVersion,
      party: undefined,
      policies: {
        pod: compiled,
        ingress: selecting.filter(({ ingress }) => ingress !== undefined),
        egress: selecting.filter(({ egress }) => egress !== undefined),
        admin: this.#admin.length === 0 ? this.#admin : this.#admin.filter(selectsPod),
        baseline: this.#baseline.length === 0 ? this.#baseline : this.#baseline.filter(selectsPod),
      },
    };
  }

  #partyAt(address: string, pod: PolicyPod | undefined, node: string | undefined): Party {
    const ip = this.#ipOf(address);
    return { address, ip, pod, node: this.#node(node), namesOf: this.#namesOf };
  }

  #ipOf(address: string): Ip | undefined {
    const before = this.#ips.get(address);
    if (before !== undefined) return before;
    const ip = parseIp(address);
    if (ip === undefined) return undefined;
    if (this.#ips.size >= MAX_IPS) this.#ips.clear();
    this.#ips.set(address, ip);
    return ip;
  }

  #refresh(): void {
    this.#policies.refresh();
    this.#clusterPolicies.refresh();
  }

  #node(name: string | undefined): Party['node'] {
    if (name === undefined) return undefined;
    const node = this.#store.get('Node', undefined, name);
    if (node === undefined) return { name, labels: {} };
    const known = this.#nodes.get(node);
    if (known !== undefined) return known;
    const compiled = { name, labels: node.metadata.labels ?? {} };
    this.#nodes.set(node, compiled);
    return compiled;
  }

  #add(policy: CompiledNetworkPolicy): void {
    const own = this.#namespaces.get(policy.namespace) ?? new NamespacePolicies();
    this.#namespaces.set(policy.namespace, own);
    own.add(policy);
    this.#count += 1;
  }

  #remove(policy: CompiledNetworkPolicy): void {
    // The Namespace's entry stays, so that its version only rises.
    this.#namespaces.get(policy.namespace)?.remove(policy);
    this.#count -= 1;
  }

  #countCluster(difference: number): void {
    this.#count += difference;
    this.#clusterVersion += 1;
  }

  #sortCluster(): void {
    if (this.#sortedVersion === this.#clusterVersion) return;
    this.#sortedVersion = this.#clusterVersion;
    const all = [...this.#clusterPolicies.entries().values()].toSorted(byPriority);
    this.#admin = all.filter(({ tier }) => tier === 'Admin');
    this.#baseline = all.filter(({ tier }) => tier === 'Baseline');
  }
}

interface Selection {
  readonly namespace: Namespace | undefined;
  readonly version: number;
  readonly clusterVersion: number;
  readonly policies: PodPolicies;
  /** The Pod at the address that was last asked about; most Pods have one. */
  party: Party | undefined;
}

function addressesOf(node: Node | undefined): readonly string[] {
  return (node?.status?.addresses ?? []).map(({ address }) => parseIp(address)?.text ?? address);
}

const NO_POLICIES: readonly CompiledNetworkPolicy[] = [];
const MAX_IPS = 4096;

/** Of policies with one priority any may come first: it is the one whose name does. */
function byPriority(a: CompiledClusterNetworkPolicy, b: CompiledClusterNetworkPolicy): number {
  if (a.priority !== b.priority) return a.priority - b.priority;
  return a.name < b.name ? -1 : 1;
}
