import type { Cidr, IpFamily, Protocol } from '../net/index.ts';
import type { SchedulerName } from './schedulers/index.ts';

/** What kind of address a Service is reached by. */
export type Via = 'clusterIP' | 'nodePort' | 'externalIP' | 'loadBalancerIP';

export type TrafficPolicy = 'Cluster' | 'Local';

/** One endpoint of a Service port. */
export interface ServiceEndpoint {
  /** `address:port`; tells endpoints of one port apart and orders them. */
  readonly key: string;
  readonly address: string;
  readonly port: number;
  readonly isReady: boolean;
  readonly isServing: boolean;
  readonly isTerminating: boolean;
  /** undefined is never local. */
  readonly node: string | undefined;
  readonly zone: string | undefined;
  readonly hintedZones: readonly string[];
  readonly hintedNodes: readonly string[];
  /** The Pod behind it, where the slice tells. */
  readonly pod: { readonly namespace: string; readonly name: string } | undefined;
}

/** One port of a Service, as kube-proxy sees it. */
export interface ServicePort {
  /** `namespace/name:port name/protocol`, unique in the cluster. */
  readonly id: string;
  readonly namespace: string;
  readonly service: string;
  /** '' for the only port of a Service. */
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
  /** 0 for none. */
  readonly nodePort: number;
  readonly internalTrafficPolicy: TrafficPolicy;
  /** Cluster for Services with no address for the outside, whatever their spec says. */
  readonly externalTrafficPolicy: TrafficPolicy;
  /** Whether NodePort, external IPs or LoadBalancer IPs lead to it. */
  readonly isExternal: boolean;
  /** How long a client keeps its endpoint after its last new connection; undefined for no affinity. */
  readonly affinityTimeoutSeconds: number | undefined;
  /** Annotation `podlane.dev/proxy-scheduler`; undefined for the proxy's own. */
  readonly scheduler: SchedulerName | undefined;
  /** What that annotation says where it names no scheduler; it counts as absent. */
  readonly unknownScheduler: string | undefined;
  /** Sources that may use the LoadBalancer IPs, by family; none means all. */
  readonly sourceRanges: Readonly<Record<IpFamily, readonly Cidr[]>>;
  readonly loadBalancerIPs: readonly string[];
  /** In the order of their keys, by the family of their addresses. */
  readonly endpoints: Readonly<Record<IpFamily, readonly ServiceEndpoint[]>>;
}

/** One address and port that a Service port answers on; NodePorts are on every Node and have no address of their own. */
export interface Frontend {
  readonly via: Via;
  /** '' for a NodePort. */
  readonly address: string;
  /** The port on that address. */
  readonly number: number;
  readonly port: ServicePort;
}

/** Everything the proxy knows about one Service. */
export interface ProxiedService {
  readonly namespace: string;
  readonly name: string;
  readonly clusterIPs: readonly string[];
  readonly ports: readonly ServicePort[];
  readonly frontends: readonly Frontend[];
  /** 0 for none; LoadBalancers with externalTrafficPolicy Local have one. */
  readonly healthCheckNodePort: number;
}
