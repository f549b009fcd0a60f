import type { Endpoint, EndpointSlice, Service } from '../../../../src/api/index.ts';
import { createAddressPlan } from '../../../../src/net/index.ts';
import { createDatapathView, type DatapathView } from '../../../../src/datapath/index.ts';
import type { ProxyConfig } from '../../../../src/proxy/index.ts';
import { createLaxStore, nodeObject, podObject, put } from '../../../proxy/world.ts';

/** The cluster that a table's rows speak of. */
export interface World {
  readonly nodes: Readonly<
    Record<string, { readonly zone: string; readonly ip: string; readonly podCIDR: string }>
  >;
  readonly clusterPodCIDR: string;
  readonly serviceCIDR: string;
  readonly vips: {
    readonly clusterIP: string;
    readonly externalIP: string;
    readonly loadBalancerIP: string;
  };
  readonly nodePort: number;
}

export interface ServiceFacts {
  readonly type: string;
  readonly port: number;
  readonly protocol: string;
  readonly portName?: string;
  readonly clusterIP: string;
  readonly nodePort?: number;
  readonly loadBalancerIngress?: readonly {
    readonly ip?: string;
    readonly hostname?: string;
    readonly ipMode?: string;
  }[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

export interface EndpointFacts {
  readonly ip: string;
  readonly node: string | null;
  readonly zone: string | null;
  readonly ready: boolean | null;
  readonly serving: boolean | null;
  readonly terminating: boolean | null;
  readonly hintsZones?: readonly string[];
  readonly hintsNodes?: readonly string[];
  readonly addressType?: string;
  readonly portName?: string;
}

export interface WorldFacts {
  readonly service: ServiceFacts;
  readonly endpoints: readonly EndpointFacts[];
  /** Addresses of Pods that are no endpoints. */
  readonly pods: readonly { readonly ip: string; readonly node: string }[];
  /** More addresses of Nodes, by the Node's name. */
  readonly moreAddresses: Readonly<Record<string, readonly string[]>>;
  /** The zone of Nodes where the row says otherwise. */
  readonly zones: Readonly<Record<string, string | undefined>>;
  readonly proxy: Partial<ProxyConfig>;
}

/** The tables of a cluster with these Nodes, this Service and its endpoints. */
export function buildView(world: World, facts: WorldFacts): DatapathView {
  const store = createLaxStore();
  for (const [name, { zone, ip, podCIDR }] of Object.entries(world.nodes))
    put(
      store,
      nodeObject(name, [ip, ...(facts.moreAddresses[name] ?? [])], {
        zone: name in facts.zones ? facts.zones[name] : zone,
        podCIDR,
      }),
    );
  const nodeIPs = new Set(Object.values(world.nodes).map(({ ip }) => ip));
  const running = [
    ...facts.endpoints.map(({ ip, node }) => ({ ip, node: node ?? '' })),
    ...facts.pods,
  ];
  for (const [index, { ip, node }] of running.entries())
    put(store, podObject(`pod-${index}`, { address: ip, node, hostNetwork: nodeIPs.has(ip) }));
  put(store, serviceOf(facts.service));
  for (const [index, endpoint] of facts.endpoints.entries())
    put(store, sliceOf(endpoint, index, facts.service));
  const plan = createAddressPlan({
    serviceCIDRs: [world.serviceCIDR, 'fd00:10:96::/112'],
    podCIDRs: [world.clusterPodCIDR, 'fd00:10:244::/56'],
    nodeCIDRs: [...nodeIPs].map((ip) => `${ip}/32`),
  });
  return createDatapathView(store, { plan, proxy: facts.proxy });
}

/** The Service of a row: the table's own fields apart, its fields are the API's. */
export function serviceOf({
  port,
  protocol,
  portName,
  nodePort,
  loadBalancerIngress,
  labels,
  clusterIP,
  ...spec
}: ServiceFacts): Service {
  const defined = Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== null));
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'default', name: 'svc', ...(labels === undefined ? {} : { labels }) },
    spec: {
      ...defined,
      clusterIP,
      clusterIPs: [clusterIP],
      ports: [
        {
          port,
          protocol,
          ...(portName === undefined ? {} : { name: portName }),
          ...(nodePort === undefined ? {} : { nodePort }),
        },
      ],
    },
    status: { loadBalancer: { ingress: loadBalancerIngress ?? [] } },
  };
}

/** A slice of its own for each endpoint: rows may list one twice. */
function sliceOf(facts: EndpointFacts, index: number, service: ServiceFacts): EndpointSlice {
  const { ip, addressType, portName } = facts;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace: 'default',
      name: `svc-${index}`,
      labels: { 'kubernetes.io/service-name': 'svc' },
    },
    addressType: addressType ?? (ip.includes(':') ? 'IPv6' : 'IPv4'),
    ports: [
      {
        name: portName ?? service.portName ?? '',
        port: service.port,
        protocol: service.protocol,
      },
    ],
    endpoints: [endpointOf(facts)],
  };
}

/** One endpoint as the API has it. */
export function endpointOf(facts: EndpointFacts): Endpoint {
  const { ip, ready, serving, terminating, hintsZones = [], hintsNodes = [] } = facts;
  return withoutNulls({
    addresses: [ip],
    conditions: withoutNulls({ ready, serving, terminating }),
    hints: withoutNulls({
      forZones: hintsZones.length === 0 ? null : hintsZones.map((name) => ({ name })),
      forNodes: hintsNodes.length === 0 ? null : hintsNodes.map((name) => ({ name })),
    }),
    nodeName: facts.node,
    zone: facts.zone,
  });
}

type WithoutNulls<T> = { readonly [K in keyof T]?: Exclude<T[K], null> };

/** What the table writes as null is absent in the API. */
function withoutNulls<T extends object>(fields: T): WithoutNulls<T> & Pick<T, RequiredKeys<T>> {
  const entries = Object.entries(fields).filter(([, value]) => value !== null);
  // The fields are the same but for those that were null.
  return Object.fromEntries(entries) as WithoutNulls<T> & Pick<T, RequiredKeys<T>>;
}

type RequiredKeys<T> = { [K in keyof T]: null extends T[K] ? never : K }[keyof T];
