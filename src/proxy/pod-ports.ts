import {
  IndexedTable,
  type Container,
  type DerivedChange,
  type Pod,
  type Store,
} from '../api/index.ts';
import { parseIp, type Protocol } from '../net/index.ts';

/** A port that a Pod's container declares. */
export interface PodPort {
  readonly protocol: Protocol;
  readonly port: number;
  /** The port on the Pod's Node that leads here; 0 for none. */
  readonly hostPort: number;
  /** The Node address it is bound to; '' for all. */
  readonly hostIP: string;
}

/** A Pod that has a network, and where it can be reached. */
export interface PodEntry {
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  /** podIPs, canonical; on the host's network the Node's. */
  readonly addresses: readonly string[];
  /** False while init containers run, when only they and sidecars can answer. */
  readonly isRunning: boolean;
  readonly isHostNetwork: boolean;
  readonly ports: readonly PodPort[];
  /** Annotation `podlane.dev/weight`, for weighted schedulers: a whole number from 0, which takes nothing new. */
  readonly weight: number;
}

/** The Pods that have a network, by `namespace/name` and by address. */
export class PodTable implements Disposable {
  readonly #table: IndexedTable<PodEntry>;
  /** Pods on the host's network share addresses. */
  readonly #byAddress = new Map<string, readonly PodEntry[]>();
  /** `protocol/hostPort` → who has it, on whatever Node. */
  readonly #byHostPort = new Map<string, readonly HostPort[]>();

  constructor(store: Store) {
    this.#table = new IndexedTable<PodEntry>(
      {
        store,
        inputs: [
          { kind: 'Pod', keys: ({ metadata }) => [`${metadata.namespace}/${metadata.name}`] },
        ],
        compute: (key, reader) => {
          const [namespace, name = ''] = key.split('/');
          const pod = reader.get('Pod', namespace, name);
          return pod === undefined ? undefined : compilePod(pod);
        },
      },
      { add: (pod) => this.#add(pod), remove: (pod) => this.#remove(pod) },
    );
  }

  /** Rises whenever an entry changes. */
  get revision(): number {
    return this.#table.revision;
  }

  get(namespace: string, name: string): PodEntry | undefined {
    return this.#table.get(`${namespace}/${name}`);
  }

  pods(): ReadonlyMap<string, PodEntry> {
    return this.#table.entries();
  }

  /** All Pods with this address; more than one only on a Node's own address. */
  byAddress(address: string): readonly PodEntry[] {
    this.#table.refresh();
    return this.#byAddress.get(address) ?? NO_PODS;
  }

  /** Who has `port` of the Node `node` as its hostPort, on the Node's `address`. */
  findHostPort(local: {
    readonly protocol: Protocol;
    readonly node: string;
    readonly address: string;
    readonly port: number;
  }): HostPort | undefined {
    this.#table.refresh();
    const { protocol, node, address, port } = local;
    return this.#byHostPort
      .get(`${protocol}/${port}`)
      ?.find((held) => held.pod.node === node && isBoundTo(held.port.hostIP, address));
  }

  /** Calls `listener` after each batch of changes until disposed. */
  onChange(listener: (changes: readonly DerivedChange<PodEntry>[]) => void): Disposable {
    return this.#table.onChange(listener);
  }

  [Symbol.dispose](): void {
    this.#table[Symbol.dispose]();
  }

  #add(pod: PodEntry): void {
    for (const address of pod.addresses) append(this.#byAddress, address, pod);
    for (const port of pod.ports)
      if (port.hostPort !== 0) append(this.#byHostPort, hostPortKey(port), { pod, port });
  }

  #remove(pod: PodEntry): void {
    for (const address of pod.addresses) remove(this.#byAddress, address, (other) => other === pod);
    for (const port of pod.ports)
      if (port.hostPort !== 0)
        remove(this.#byHostPort, hostPortKey(port), (other) => other.pod === pod);
  }
}

/** A Pod's port that its Node forwards to it. */
export interface HostPort {
  readonly pod: PodEntry;
  readonly port: PodPort;
}

function append<T>(map: Map<string, readonly T[]>, key: string, item: T): void {
  map.set(key, [...(map.get(key) ?? []), item]);
}

function remove<T>(
  map: Map<string, readonly T[]>,
  key: string,
  isGone: (item: T) => boolean,
): void {
  const others = map.get(key)?.filter((item) => !isGone(item)) ?? [];
  if (others.length === 0) map.delete(key);
  else map.set(key, others);
}

function hostPortKey({ protocol, hostPort }: PodPort): string {
  return `${protocol}/${hostPort}`;
}

function isBoundTo(hostIP: string, address: string): boolean {
  return hostIP === '' || hostIP === '0.0.0.0' || hostIP === '::' || hostIP === address;
}

const NO_PODS: readonly PodEntry[] = [];

/**
 * Where a Pod can be reached.
 *
 * Its network is there before its containers are: sidecars are reached while init containers still run.
 *
 * @returns undefined while it has no address, and after it has ended.
 */
export function compilePod(pod: Pod): PodEntry | undefined {
  const { metadata, spec = { containers: [] }, status: { phase = 'Pending' } = {} } = pod;
  const addresses = addressesOf(pod);
  if (ENDED.has(phase) || addresses.length === 0) return undefined;
  const { hostNetwork: isHostNetwork = false, nodeName: node = '' } = spec;
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    node,
    addresses,
    isRunning: phase === 'Running',
    isHostNetwork,
    ports: servingContainers(pod).flatMap((container) => portsOf(container, isHostNetwork)),
    weight: weightOf(metadata.annotations?.['podlane.dev/weight']),
  };
}

const ENDED: ReadonlySet<string> = new Set(['Succeeded', 'Failed']);

/** 1 for what is no whole number; IPVS knows weights up to 65535. */
function weightOf(text: string | undefined): number {
  return text !== undefined && /^\d{1,5}$/.test(text) ? Math.min(Number(text), 65_535) : 1;
}

function addressesOf({ status }: Pod): readonly string[] {
  const listed = (status?.podIPs ?? []).map(({ ip }) => ip);
  const all = listed.length > 0 ? listed : [status?.podIP ?? ''];
  return all
    .filter((address) => address !== '')
    .map((address) => parseIp(address)?.text ?? address);
}

/** Containers, and the init containers that go on beside them. */
function servingContainers({ spec }: Pod): readonly Container[] {
  const sidecars = (spec?.initContainers ?? []).filter(
    ({ restartPolicy }) => restartPolicy === 'Always',
  );
  return [...(spec?.containers ?? []), ...sidecars];
}

/** On the host's network a port is a port of the Node, whatever hostPort repeats. */
function portsOf({ ports = [] }: Container, isHostNetwork: boolean): readonly PodPort[] {
  return ports.map(({ protocol, containerPort, hostPort = 0, hostIP = '' }) => ({
    protocol: protocol === 'UDP' || protocol === 'SCTP' ? protocol : 'TCP',
    port: containerPort,
    hostPort: isHostNetwork ? 0 : hostPort,
    hostIP,
  }));
}
