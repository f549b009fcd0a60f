import type { Endpoint, EndpointSlice, KubeObject, Service } from '../../../api/index.ts';
import { ipFromBits, parseIp } from '../../../net/index.ts';

/** What a Service's address or externalName stands for. */
export type Host =
  | { readonly kind: 'A' | 'AAAA'; readonly address: string }
  | { readonly kind: 'name'; readonly name: string };

export interface PortRecord {
  /** Lower case; '' for an unnamed port. */
  readonly name: string;
  /** Lower case. */
  readonly protocol: string;
  /** undefined where no port is declared: there is no SRV record then. */
  readonly port: number | undefined;
}

export interface EndpointRecord {
  readonly host: Host;
  /** As the slice spells it. */
  readonly address: string;
  /** The label under the Service. */
  readonly label: string;
  /** Lower case; '' for none. */
  readonly zone: string;
}

/** An EndpointSlice, as far as names go: its ready addresses. */
export interface SliceRecords {
  readonly namespace: string;
  readonly service: string;
  /** Where an imported slice comes from; '' in this cluster. */
  readonly cluster: string;
  readonly endpoints: readonly EndpointRecord[];
  readonly ports: readonly PortRecord[];
}

/** A Service or ServiceImport, as far as names go. */
export interface ServiceRecords {
  readonly namespace: string;
  readonly name: string;
  readonly type: 'ClusterIP' | 'Headless' | 'ExternalName';
  readonly hosts: readonly Host[];
  readonly ports: readonly PortRecord[];
  readonly slices: readonly SliceRecords[];
  /** External addresses, and addresses and names of load balancers, as the objects spell them. */
  readonly outside: readonly string[];
}

/** Most addresses: there are tens of thousands in a large cluster, and this is ten times as fast as parsing them. */
const CANONICAL_IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/** A port of nothing: names exist, SRV records do not. */
const NO_PORTS: readonly PortRecord[] = [{ name: '', protocol: '', port: undefined }];

/** Longer Pod names are no label. @see RFC 1035 §2.3.4 */
const MAX_LABEL = 63;

export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';
export const IMPORTED_NAME_LABEL = 'multicluster.kubernetes.io/service-name';
const CLUSTER_LABEL = 'multicluster.kubernetes.io/source-cluster';

/** `service` and the slices that belong to it. */
export function compileService(
  service: Service,
  slices: readonly SliceRecords[],
): ServiceRecords | undefined {
  const { metadata, spec } = service;
  if (spec === undefined) return undefined;
  const { namespace = '', name } = metadata;
  if (spec.type === 'ExternalName') {
    const hosts = [hostOf(spec.externalName ?? '')];
    return {
      namespace,
      name,
      type: 'ExternalName',
      hosts,
      ports: compilePorts(spec.ports ?? []),
      slices,
      outside: outsideOf(service),
    };
  }
  const addresses = clusterIPsOf(service);
  return {
    namespace,
    name,
    type: addresses[0] === 'None' ? 'Headless' : 'ClusterIP',
    hosts: addresses.filter((address) => address !== 'None').map(hostOf),
    ports: compilePorts(spec.ports ?? []),
    slices,
    outside: outsideOf(service),
  };
}

/** Where the outside world reaches it: external IPs first, then its load balancer's addresses and names. */
export function outsideOf({ spec, status }: Service): readonly string[] {
  const ingress = status?.loadBalancer?.ingress ?? [];
  const balancers = ingress.flatMap(({ ip, hostname }) => ip || hostname || []);
  return [...(spec?.externalIPs ?? []), ...balancers];
}

/** Its cluster IPs; `None` for a headless Service, nothing before they are assigned. */
export function clusterIPsOf({ spec }: Service): readonly string[] {
  if (spec === undefined || spec.type === 'ExternalName') return [];
  const { clusterIP = '', clusterIPs = [clusterIP] } = spec;
  return clusterIPs.filter((address) => address !== '');
}

/** `serviceImport` and the imported slices that belong to it. @see KEP-1645 */
export function compileServiceImport(
  serviceImport: KubeObject,
  slices: readonly SliceRecords[],
): ServiceRecords {
  // A custom resource has no generated type; whatever is missing reads as absent.
  const spec = (serviceImport['spec'] ?? {}) as {
    readonly type?: string;
    readonly ips?: readonly string[];
    readonly ports?: readonly { name?: string; port: number; protocol?: string }[];
  };
  const { metadata } = serviceImport;
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    type: spec.type === 'Headless' ? 'Headless' : 'ClusterIP',
    hosts: (spec.ips ?? []).map(hostOf),
    // CoreDNS gives no port to an import without: there is nothing to answer with, then.
    ports: spec.ports?.length ? compilePorts(spec.ports) : [],
    slices,
    outside: [],
  };
}

/**
 * The ready endpoints of `slice`; unknown readiness counts as ready.
 *
 * @param service Name of the Service or ServiceImport it belongs to.
 */
export function compileSlice(
  slice: EndpointSlice,
  service: string,
  hasPodNames: boolean,
): SliceRecords {
  const { namespace = '', labels } = slice.metadata;
  return {
    namespace,
    service,
    cluster: labels?.[CLUSTER_LABEL] ?? '',
    endpoints: (slice.endpoints ?? []).flatMap((endpoint) =>
      compileEndpoint(endpoint, hasPodNames),
    ),
    ports: compilePorts(slice.ports ?? []),
  };
}

function compileEndpoint(endpoint: Endpoint, hasPodNames: boolean): readonly EndpointRecord[] {
  const { addresses, conditions, hostname = '', targetRef, zone = '' } = endpoint;
  if (conditions?.ready === false) return [];
  const podName = hasPodNames ? (targetRef?.name ?? '') : '';
  const chosen = hostname || (podName.length <= MAX_LABEL ? podName : '');
  return addresses.map((address) => ({
    host: hostOf(address),
    address,
    label: chosen || dashed(address),
    zone: zone.toLowerCase(),
  }));
}

/** What `text` stands for; an IPv4 address in IPv6 clothes is an IPv4 address. */
export function hostOf(text: string): Host {
  if (CANONICAL_IPV4.test(text)) return { kind: 'A', address: text };
  const ip = parseIp(text);
  if (ip === undefined) return { kind: 'name', name: text };
  if (ip.family === 'IPv4') return { kind: 'A', address: ip.text };
  if (ip.bits >> 32n === 0xffffn)
    return { kind: 'A', address: ipFromBits('IPv4', ip.bits & 0xffff_ffffn).text };
  return { kind: 'AAAA', address: ip.text };
}

function compilePorts(
  ports: readonly { readonly name?: string; readonly port?: number; readonly protocol?: string }[],
): readonly PortRecord[] {
  if (ports.length === 0) return NO_PORTS;
  return ports.map(({ name = '', port, protocol = '' }) => ({
    name: name.toLowerCase(),
    protocol: protocol.toLowerCase(),
    port,
  }));
}

/** `10-244-1-11`, `fd00-10-244-1--71`; a label does not end in a dash, so `2001:db8::` is `2001-db8--0`. */
function dashed(address: string): string {
  const label = address.replace(/[.:]/g, '-');
  return address.includes(':') && label.endsWith('-') ? `${label}0` : label;
}
