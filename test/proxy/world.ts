import {
  createKindRegistry,
  createStore,
  type EndpointSlice,
  type KubeObject,
  type Node,
  type Pod,
  type Service,
  type ServiceSpec,
  type Store,
} from '../../src/api/index.ts';

/** A store that takes any object as it is: tables are tested with what the API would refuse, too. */
export function createLaxStore(): Store {
  const store = createStore({
    kinds: createKindRegistry([]),
    now: () => Date.UTC(2026, 0, 1),
    random: () => 0.5,
  });
  store.create(objectOf('v1', 'Namespace', { name: 'default' }));
  return store;
}

/** Creates or replaces an object, status included. */
export function put(
  store: Store,
  given: Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'>,
): void {
  // Every API object is one; generated types have no index signature.
  const object = given as KubeObject;
  const { namespace, name } = object.metadata;
  const exists = store.get(object.kind, namespace, name ?? '') !== undefined;
  if (exists) store.update(object);
  else store.create(object);
  if (object['status'] !== undefined) store.update(object, { subresource: 'status' });
}

export interface NodeFacts {
  readonly zone?: string | undefined;
  readonly podCIDR?: string | undefined;
}

export function nodeObject(
  name: string,
  addresses: readonly string[],
  facts: NodeFacts = {},
): Node {
  const { zone, podCIDR } = facts;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      ...(zone === undefined ? {} : { labels: { 'topology.kubernetes.io/zone': zone } }),
    },
    spec: podCIDR === undefined ? {} : { podCIDR, podCIDRs: [podCIDR] },
    status: { addresses: addresses.map((address) => ({ type: 'InternalIP', address })) },
  };
}

export function serviceObject(
  name: string,
  spec: ServiceSpec,
  more: { readonly labels?: Record<string, string>; readonly status?: Service['status'] } = {},
): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      namespace: 'default',
      name,
      ...(more.labels === undefined ? {} : { labels: more.labels }),
    },
    spec,
    ...(more.status === undefined ? {} : { status: more.status }),
  };
}

export interface EndpointFacts {
  readonly address: string;
  readonly node?: string | undefined;
  readonly ready?: boolean | undefined;
  readonly serving?: boolean | undefined;
  readonly terminating?: boolean | undefined;
  readonly pod?: string | undefined;
}

export interface SliceFacts {
  readonly service: string;
  readonly port: number;
  readonly portName?: string;
  readonly protocol?: string;
  readonly endpoints: readonly EndpointFacts[];
}

export function sliceObject(name: string, facts: SliceFacts): EndpointSlice {
  const { service, port, portName = '', protocol = 'TCP', endpoints } = facts;
  const isIPv6 = endpoints[0]?.address.includes(':') ?? false;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: 'default', name, labels: { 'kubernetes.io/service-name': service } },
    addressType: isIPv6 ? 'IPv6' : 'IPv4',
    ports: [{ name: portName, port, protocol }],
    endpoints: endpoints.map(
      ({ address, node, pod, ready = true, serving = ready, terminating = false }) => ({
        addresses: [address],
        conditions: { ready, serving, terminating },
        ...(node === undefined ? {} : { nodeName: node }),
        ...(pod === undefined
          ? {}
          : { targetRef: { kind: 'Pod', namespace: 'default', name: pod } }),
      }),
    ),
  };
}

export interface PodFacts {
  readonly address: string;
  readonly node?: string;
  readonly phase?: string;
  readonly hostNetwork?: boolean;
  readonly ports?: readonly {
    readonly containerPort: number;
    readonly protocol?: string;
    readonly hostPort?: number;
    readonly hostIP?: string;
  }[];
}

export function podObject(name: string, facts: PodFacts): Pod {
  const { address, node = 'node-1', phase = 'Running', hostNetwork, ports = [] } = facts;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name },
    spec: {
      nodeName: node,
      containers: [{ name: 'main', image: 'echo', ports }],
      ...(hostNetwork === undefined ? {} : { hostNetwork }),
    },
    status: { phase, podIP: address, podIPs: [{ ip: address }] },
  };
}

function objectOf(apiVersion: string, kind: string, metadata: { name: string }): KubeObject {
  return { apiVersion, kind, metadata };
}
