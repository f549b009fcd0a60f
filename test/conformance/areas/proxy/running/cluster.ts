import type { EndpointSlice, KubeObject, Node, Pod } from '../../../../../src/api/index.ts';
import { createCluster, type Cluster, type ClusterOptions } from '../../../../../src/index.ts';
import { parseIp } from '../../../../../src/net/index.ts';
import { put } from '../../../../proxy/world.ts';
import type { EndpointFacts, ServiceFacts, World } from '../world.ts';
import { endpointOf, serviceOf } from '../world.ts';

/** A Pod of a row, by the address that the row gives it. */
export interface PodPlace {
  /** In the row. */
  readonly ip: string;
  readonly node: string;
}

export interface RunningFacts {
  readonly service: ServiceFacts;
  readonly endpoints: readonly EndpointFacts[];
  /** Pods that are no endpoints. */
  readonly pods: readonly PodPlace[];
  readonly moreAddresses: Readonly<Record<string, readonly string[]>>;
  readonly zones: Readonly<Record<string, string | undefined>>;
  readonly options?: ClusterOptions;
  /** More ports of the Service and its endpoints, named `pN`, on the next node ports. @default none */
  readonly extraPorts?: readonly number[];
}

/** The program itself, with a row's Nodes, Service and endpoints, and Pods that answer. */
export interface RunningWorld extends AsyncDisposable {
  readonly cluster: Cluster;
  /** The address that the cluster gave the Pod to which the row gives `ip`; other addresses as they are. */
  readonly actual: (ip: string) => string;
  /** The row's address of the Pod with this host name. */
  readonly rowAddressOf: (hostname: string) => string | undefined;
  /** Writes the endpoints anew. */
  readonly putEndpoints: (endpoints: readonly EndpointFacts[]) => Promise<void>;
}

/** Balancers of another make than podlane's: the row itself says what addresses they gave. */
const OTHER_BALANCER = 'example.org/table';
/** Tells over UDP, too, who it is and who asked. */
const IMAGE = 'registry.k8s.io/e2e-test-images/agnhost:2.53';

/** Starts a cluster in process with the table's ranges, and waits until its Pods run. */
export async function startWorld(world: World, facts: RunningFacts): Promise<RunningWorld> {
  const nodeAddresses = Object.entries(world.nodes).map(
    ([name, { ip }]) => [name, [ip, ...(facts.moreAddresses[name] ?? [])]] as const,
  );
  const cluster = await createCluster({
    ...facts.options,
    nodes: 0,
    dns: 'off',
    http: 'off',
    https: 'off',
    entry: 'off',
    proxyHealth: 'off',
    proxyMetrics: 'off',
    dnsUpstream: 'off',
    serviceCIDRs: [world.serviceCIDR, 'fd00:10:96::/112'],
    podCIDRs: [world.clusterPodCIDR, 'fd00:10:244::/56'],
    nodeCIDRs: nodeAddresses.flatMap(([, ips]) => ips.map((ip) => `${ip}/32`)),
    loadBalancerCIDR: rangeOf(world.vips.loadBalancerIP),
  });
  // Their addresses may be the table's, or those of an instance beside this one.
  cluster.store.delete({ kind: 'Service', namespace: 'kube-system', name: 'kube-dns' });
  cluster.store.delete({ kind: 'Service', namespace: 'default', name: 'kubernetes' });
  await cluster.listen();
  for (const [index, [name, ips]] of nodeAddresses.entries())
    put(cluster.store, nodeOf(name, { index, ips, world, zones: facts.zones }));
  const pods = placePods(world, facts);
  for (const { name, place, isHostNetwork } of pods.values())
    cluster.store.create(podOf(name, { place, isHostNetwork, service: facts.service }));
  await cluster.settled();
  // A Pod on the host's network goes by its Node's name.
  const names = new Map(
    [...pods].map(([ip, { name, place, isHostNetwork }]) => [
      isHostNetwork ? place.node : name,
      ip,
    ]),
  );
  const actual = (ip: string): string => addressNow(cluster, pods.get(ip)?.name, ip);
  const putEndpoints = async (endpoints: readonly EndpointFacts[]): Promise<void> => {
    const { store } = cluster;
    const wanted = endpoints.map((endpoint, index) =>
      sliceOf({ ...endpoint, ip: actual(endpoint.ip) }, { ...facts, index }),
    );
    for (const slice of wanted) put(store, slice);
    for (const { metadata } of store.list('EndpointSlice', { namespace: 'default' }))
      if (/^svc-\d+$/.test(metadata.name ?? '') && Number(metadata.name?.slice(4)) >= wanted.length)
        store.delete({ kind: 'EndpointSlice', namespace: 'default', name: metadata.name ?? '' });
    await cluster.settled();
  };
  try {
    putService(cluster, facts);
    await putEndpoints(facts.endpoints);
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
  return {
    cluster,
    actual,
    rowAddressOf: (name) => names.get(name),
    putEndpoints,
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  };
}

/** The /24 around an address. */
function rangeOf(address: string): string {
  return `${address.slice(0, address.lastIndexOf('.'))}.0/24`;
}

function nodeOf(
  name: string,
  {
    index,
    ips,
    world,
    zones,
  }: {
    readonly index: number;
    readonly ips: readonly string[];
    readonly world: World;
    readonly zones: RunningFacts['zones'];
  },
): Node {
  const { podCIDR = '', zone } = world.nodes[name] ?? {};
  const shown = name in zones ? zones[name] : zone;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      ...(shown === undefined ? {} : { labels: { 'topology.kubernetes.io/zone': shown } }),
    },
    spec: { podCIDR, podCIDRs: [podCIDR, `fd00:10:244:${index + 1}::/64`] },
    status: {
      addresses: ips.map((address) => ({ type: 'InternalIP', address })),
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  };
}

interface PlacedPod {
  readonly name: string;
  readonly place: PodPlace;
  readonly isHostNetwork: boolean;
}

/** Each address of the row that a Pod can have, and the Pod. Endpoints on no Node run on the last one. */
function placePods(
  world: World,
  { endpoints, pods }: RunningFacts,
): ReadonlyMap<string, PlacedPod> {
  const nodes = Object.entries(world.nodes);
  const placed = new Map<string, PlacedPod>();
  for (const { ip, node } of [...endpoints, ...pods]) {
    if (placed.has(ip) || parseIp(ip) === undefined) continue;
    const owner = nodes.find(([, own]) => own.ip === ip)?.[0];
    const place = { ip, node: owner ?? node ?? nodes.at(-1)?.[0] ?? '' };
    placed.set(ip, { name: `pod-${placed.size}`, place, isHostNetwork: owner !== undefined });
  }
  return placed;
}

function podOf(
  name: string,
  { place, isHostNetwork, service }: Omit<PlacedPod, 'name'> & { readonly service: ServiceFacts },
): KubeObject {
  const { port } = service;
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name },
    spec: {
      nodeName: place.node,
      ...(isHostNetwork ? { hostNetwork: true } : {}),
      containers: [
        {
          name: 'main',
          image: IMAGE,
          args: ['netexec', `--http-port=${port}`, `--udp-port=${port}`],
          env: [{ name: 'POD', value: name }],
          ports: ['TCP', 'UDP'].map((protocol) => ({ containerPort: port, protocol })),
        },
      ],
    },
  };
  return pod as unknown as KubeObject; // generated types have no index signature
}

function addressNow({ store }: Cluster, name: string | undefined, ip: string): string {
  const { podIPs = [] } =
    name === undefined ? {} : (store.get('Pod', 'default', name)?.status ?? {});
  const isIPv6 = ip.includes(':');
  return podIPs.find((own) => own.ip.includes(':') === isIPv6)?.ip ?? ip;
}

function putService({ store }: Cluster, { service, extraPorts = [] }: RunningFacts): void {
  const { metadata, spec = {}, status, ...rest } = serviceOf(service);
  const { clusterIP, clusterIPs, ports = [], ...others } = spec;
  const { nodePort } = service;
  const extra = extraPorts.map((port, index) => ({
    name: `p${port}`,
    port,
    targetPort: service.port,
    protocol: service.protocol,
    ...(nodePort === undefined ? {} : { nodePort: nodePort + index + 1 }),
  }));
  const isAddressless = spec.type === 'ExternalName';
  put(store, {
    ...rest,
    metadata,
    spec: {
      ...others,
      ports: [...ports, ...extra],
      ...(isAddressless ? {} : { clusterIP, clusterIPs }),
      ...(spec.type === 'LoadBalancer' ? { loadBalancerClass: OTHER_BALANCER } : {}),
    },
    status,
  } as KubeObject);
}

function sliceOf(
  facts: EndpointFacts,
  {
    index,
    service,
    extraPorts = [],
  }: Pick<RunningFacts, 'service' | 'extraPorts'> & { readonly index: number },
): EndpointSlice {
  const { port, protocol } = service;
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
      { name: portName ?? service.portName ?? '', port, protocol },
      ...extraPorts.map((extra) => ({ name: `p${extra}`, port, protocol })),
    ],
    endpoints: [endpointOf(facts)],
  };
}
