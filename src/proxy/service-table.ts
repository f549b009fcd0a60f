import {
  IndexedTable,
  type DerivedChange,
  type EndpointSlice,
  type KubeObject,
  type Store,
} from '../api/index.ts';
import type { Protocol } from '../net/index.ts';
import { compileService } from './compile-service.ts';
import type { Frontend, ProxiedService } from './service.ts';

const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';

/**
 * Every Service that the proxy serves, by `namespace/name`, and by the addresses it answers on.
 *
 * A change of a Service or of one of its slices compiles that Service alone.
 */
export class ServiceTable implements Disposable {
  readonly #slices: SliceIndex;
  readonly #table: IndexedTable<ProxiedService>;
  /** `protocol/address/port`, NodePorts with no address. Of several Services on one key the first by name has it. */
  readonly #frontends = new Map<string, readonly Frontend[]>();
  /** Cluster IPs, and how many Services have them. */
  readonly #clusterIPs = new Map<string, number>();

  constructor(store: Store) {
    this.#slices = new SliceIndex(store);
    this.#table = new IndexedTable<ProxiedService>(
      {
        store,
        inputs: [
          { kind: 'Service', keys: ({ metadata }) => [`${metadata.namespace}/${metadata.name}`] },
          { kind: 'EndpointSlice', keys: (object) => serviceKeys(object) },
        ],
        compute: (key, reader) => {
          const [namespace, name = ''] = key.split('/');
          const service = reader.get('Service', namespace, name);
          return service === undefined ? undefined : compileService(service, this.#slices.of(key));
        },
      },
      { add: (service) => this.#add(service), remove: (service) => this.#remove(service) },
    );
  }

  /** Rises whenever a Service's entry changes. */
  get revision(): number {
    return this.#table.revision;
  }

  get(namespace: string, name: string): ProxiedService | undefined {
    return this.#table.get(`${namespace}/${name}`);
  }

  services(): ReadonlyMap<string, ProxiedService> {
    return this.#table.entries();
  }

  /** Who answers on a cluster IP, external IP or LoadBalancer IP. */
  find(protocol: Protocol, address: string, port: number): Frontend | undefined {
    this.#table.refresh();
    return this.#frontends.get(`${protocol}/${address}/${port}`)?.[0];
  }

  /** Who has a NodePort. */
  findNodePort(protocol: Protocol, port: number): Frontend | undefined {
    return this.find(protocol, '', port);
  }

  /** Whether a served Service has this cluster IP, on whatever port. */
  isClusterIP(address: string): boolean {
    this.#table.refresh();
    return this.#clusterIPs.has(address);
  }

  /** Calls `listener` after each batch of changes until disposed. */
  onChange(listener: (changes: readonly DerivedChange<ProxiedService>[]) => void): Disposable {
    return this.#table.onChange(listener);
  }

  [Symbol.dispose](): void {
    this.#table[Symbol.dispose]();
    this.#slices[Symbol.dispose]();
  }

  #add(service: ProxiedService): void {
    for (const frontend of service.frontends) {
      const key = keyOf(frontend);
      const others = this.#frontends.get(key);
      const all = others === undefined ? [frontend] : [...others, frontend].toSorted(byService);
      this.#frontends.set(key, all);
    }
    for (const address of service.clusterIPs)
      this.#clusterIPs.set(address, (this.#clusterIPs.get(address) ?? 0) + 1);
  }

  #remove(service: ProxiedService): void {
    for (const frontend of service.frontends) {
      const key = keyOf(frontend);
      const others = this.#frontends.get(key)?.filter((other) => other !== frontend) ?? [];
      if (others.length === 0) this.#frontends.delete(key);
      else this.#frontends.set(key, others);
    }
    for (const address of service.clusterIPs) {
      const others = (this.#clusterIPs.get(address) ?? 0) - 1;
      if (others > 0) this.#clusterIPs.set(address, others);
      else this.#clusterIPs.delete(address);
    }
  }
}

/** EndpointSlices by the Service they belong to, so that a Service finds its own without looking at the others'. */
class SliceIndex implements Disposable {
  readonly #services = new Map<string, Map<string, EndpointSlice>>();
  readonly #watch: Disposable;

  constructor(store: Store) {
    this.#watch = store.watch(
      'EndpointSlice',
      ({ type, object, old }) => {
        if (old !== undefined) this.#remove(old);
        if (type === 'DELETED') this.#remove(object);
        else this.#add(object);
      },
      { sendInitialEvents: true },
    );
  }

  /** In the order of their names. */
  of(service: string): readonly EndpointSlice[] {
    const slices = this.#services.get(service);
    if (slices === undefined) return [];
    const all = [...slices.values()];
    return all.length < 2 ? all : all.toSorted(byName);
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
  }

  #add(slice: EndpointSlice): void {
    for (const key of serviceKeys(slice)) {
      const slices = this.#services.get(key) ?? new Map<string, EndpointSlice>();
      slices.set(slice.metadata.name ?? '', slice);
      this.#services.set(key, slices);
    }
  }

  #remove(slice: EndpointSlice): void {
    for (const key of serviceKeys(slice)) {
      const slices = this.#services.get(key);
      slices?.delete(slice.metadata.name ?? '');
      if (slices?.size === 0) this.#services.delete(key);
    }
  }
}

function serviceKeys({ metadata }: Pick<KubeObject, 'metadata'>): readonly string[] {
  const name = metadata.labels?.[SERVICE_NAME_LABEL];
  return name === undefined ? [] : [`${metadata.namespace}/${name}`];
}

function keyOf({ address, number, port: { protocol } }: Frontend): string {
  return `${protocol}/${address}/${number}`;
}

function byService({ port: a }: Frontend, { port: b }: Frontend): number {
  if (a.namespace !== b.namespace) return a.namespace < b.namespace ? -1 : 1;
  return a.service < b.service ? -1 : 1;
}

function byName(a: EndpointSlice, b: EndpointSlice): number {
  return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1;
}
