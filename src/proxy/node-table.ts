import { DerivedTable, type KubeObject, type Node, type Store } from '../api/index.ts';
import { parseCidr, parseIp, type Cidr } from '../net/index.ts';

/** A Node as its service proxy sees it. */
export interface ProxyNode {
  readonly name: string;
  /** InternalIPs, the primary one first. */
  readonly addresses: readonly string[];
  /** `topology.kubernetes.io/zone`; '' for none. */
  readonly zone: string;
  readonly podCIDRs: readonly Cidr[];
}

const ZONE_LABEL = 'topology.kubernetes.io/zone';

/** The Nodes, by name and by address. */
export class NodeTable implements Disposable {
  readonly #table: DerivedTable<ProxyNode>;
  #revision = -1;
  #byAddress: ReadonlyMap<string, ProxyNode> = new Map();
  #ordered: readonly ProxyNode[] = [];

  constructor(store: Store) {
    this.#table = new DerivedTable<ProxyNode>({
      store,
      inputs: [{ kind: 'Node', keys: (object: KubeObject) => [object.metadata.name ?? ''] }],
      compute: (name, reader) => {
        const node = reader.get('Node', undefined, name);
        return node === undefined ? undefined : compileNode(node);
      },
    });
  }

  get revision(): number {
    return this.#table.revision;
  }

  get(name: string): ProxyNode | undefined {
    return this.#table.get(name);
  }

  byAddress(address: string): ProxyNode | undefined {
    this.#index();
    return this.#byAddress.get(address);
  }

  /** In the order of their addresses; the first one is what 127.0.0.1 stands for. */
  list(): readonly ProxyNode[] {
    this.#index();
    return this.#ordered;
  }

  /** Calls `listener` after each batch of changes until disposed. */
  onChange(listener: () => void): Disposable {
    return this.#table.onChange(listener);
  }

  [Symbol.dispose](): void {
    this.#table[Symbol.dispose]();
  }

  /** Nodes are few and change seldom: the index is made anew. */
  #index(): void {
    const { revision } = this.#table;
    if (revision === this.#revision) return;
    this.#revision = revision;
    this.#ordered = [...this.#table.entries().values()].toSorted(byFirstAddress);
    this.#byAddress = new Map(
      this.#ordered.flatMap((node) => node.addresses.map((address) => [address, node] as const)),
    );
  }
}

function compileNode(node: Node): ProxyNode {
  const { spec, status, metadata } = node;
  const podCIDRs = spec?.podCIDRs ?? (spec?.podCIDR === undefined ? [] : [spec.podCIDR]);
  return {
    name: metadata.name ?? '',
    addresses: (status?.addresses ?? [])
      .filter(({ type }) => type === 'InternalIP')
      .map(({ address }) => parseIp(address)?.text ?? address),
    zone: metadata.labels?.[ZONE_LABEL] ?? '',
    podCIDRs: podCIDRs.map(parseCidr).filter((cidr) => cidr !== undefined),
  };
}

/** By number, so that 10.0.0.2 comes before 10.0.0.11; Nodes without an address last. */
function byFirstAddress(a: ProxyNode, b: ProxyNode): number {
  const difference = sortKey(a) - sortKey(b);
  if (difference !== 0n) return difference < 0n ? -1 : 1;
  return a.name < b.name ? -1 : 1;
}

function sortKey({ addresses }: ProxyNode): bigint {
  return parseIp(addresses[0] ?? '')?.bits ?? 1n << 128n;
}
