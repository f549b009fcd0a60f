import {
  ApiError,
  createKindRegistry,
  createStore,
  KINDS,
  type KubeObject,
  type Service,
  type ServiceSpec,
  type Store,
} from '../../../../src/api/index.ts';
import { createServiceAllocator } from '../../../../src/ipam/index.ts';

/** The cluster of a row, as the table names it. */
export interface ClusterTable {
  readonly serviceCIDRs: readonly string[];
  readonly nodePortRange?: string;
  readonly allocator?: 'bitmap' | 'ipaddress-objects';
}

/** What is there before a row's request. */
export interface Existing {
  readonly clusterIPs?: readonly string[];
  readonly nodePorts?: readonly number[];
  readonly services?: readonly ServiceSpec[];
}

const NAMESPACE = 'default';

/** A store with the registry and the allocator that the program has, and what a row puts into it. */
export class ServiceWorld {
  readonly store: Store;
  #others = 0;

  constructor({ serviceCIDRs, nodePortRange, allocator }: ClusterTable) {
    const services = createServiceAllocator({
      serviceCIDRs,
      ...(nodePortRange && { nodePortRange }),
      ...(allocator && { kind: allocator }),
    });
    this.store = createStore({
      kinds: createKindRegistry(KINDS),
      allocators: [services],
      now: () => Date.UTC(2026, 0, 1),
      random: () => 0.5,
    });
    this.store.create({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: NAMESPACE },
    });
  }

  /** Services that hold what a row says is taken. */
  occupy({ clusterIPs = [], nodePorts = [], services = [] }: Existing): void {
    for (const clusterIP of clusterIPs) this.other({ clusterIP, ports: [{ port: 80 }] });
    for (const nodePort of nodePorts)
      this.other({ type: 'NodePort', ports: [{ port: 80, nodePort }] });
    for (const spec of services) this.other(spec);
  }

  /** A Service beside the one of the row. */
  other(spec: ServiceSpec): Service {
    this.#others += 1;
    return this.store.create(service(`other-${this.#others}`, { spec })) as Service;
  }

  /** Whether another Service may have this address or node port. */
  isFree(what: string | number): boolean {
    const spec: ServiceSpec =
      typeof what === 'string'
        ? { clusterIP: what, ports: [{ port: 80 }] }
        : { type: 'NodePort', ports: [{ port: 80, nodePort: what }] };
    try {
      const { metadata } = this.other(spec);
      this.store.delete({ kind: 'Service', namespace: NAMESPACE, name: metadata.name });
      return true;
    } catch (error) {
      if (error instanceof ApiError) return false;
      throw error;
    }
  }
}

/** A Service object of the row's namespace; `metadata.status` of a row stands beside its metadata. */
export function service(
  name: string,
  { spec, status, metadata }: { spec?: unknown; status?: unknown; metadata?: object },
): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: NAMESPACE, ...metadata },
    ...(spec === undefined ? {} : { spec }),
    ...(status === undefined ? {} : { status }),
  };
}
