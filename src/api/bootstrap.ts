import type { KubeObject } from './object.ts';

export interface BootstrapOptions {
  /** Of the Service `default/kubernetes`: the first usable address of each Service range, the primary one first. */
  readonly kubernetesServiceIPs: readonly string[];
  /** Where the API server itself is reached; @default ['10.0.0.11'], the first Node */
  readonly apiServerAddresses?: readonly string[];
  /** @default 6443 */
  readonly apiServerPort?: number;
}

const API_SERVER_ADDRESS = '10.0.0.11';
const API_SERVER_PORT = 6443;
const HTTPS_PORT = 443;

/** Namespaces that every cluster has; `default` is where objects go that name none. */
export const SYSTEM_NAMESPACES = [
  'default',
  'kube-system',
  'kube-public',
  'kube-node-lease',
] as const;

/**
 * What a new cluster holds before anybody writes to it: its Namespaces, and the API server as a Service.
 *
 * In an order in which they can be created.
 */
export function bootstrapObjects(options: BootstrapOptions): readonly KubeObject[] {
  return [
    ...SYSTEM_NAMESPACES.map((name) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name },
    })),
    kubernetesService(options),
    ...kubernetesEndpoints(options),
  ];
}

function kubernetesService({
  kubernetesServiceIPs,
  apiServerPort = API_SERVER_PORT,
}: BootstrapOptions): KubeObject {
  const [clusterIP] = kubernetesServiceIPs;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'kubernetes',
      namespace: 'default',
      labels: { component: 'apiserver', provider: 'kubernetes' },
    },
    spec: {
      type: 'ClusterIP',
      clusterIP,
      clusterIPs: kubernetesServiceIPs.slice(0, 1),
      ipFamilyPolicy: 'SingleStack',
      ports: [{ name: 'https', port: HTTPS_PORT, protocol: 'TCP', targetPort: apiServerPort }],
    },
  };
}

/** The Service has no selector: the API server writes its own endpoints, in both forms. */
function kubernetesEndpoints(options: BootstrapOptions): readonly KubeObject[] {
  const { apiServerAddresses = [API_SERVER_ADDRESS], apiServerPort = API_SERVER_PORT } = options;
  const ports = [{ name: 'https', port: apiServerPort, protocol: 'TCP' }];
  const isIPv6 = apiServerAddresses[0]?.includes(':') === true;
  return [
    {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: {
        name: 'kubernetes',
        namespace: 'default',
        // The slice below is the API server's own, not a mirror.
        labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' },
      },
      subsets: [{ addresses: apiServerAddresses.map((ip) => ({ ip })), ports }],
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: 'kubernetes',
        namespace: 'default',
        labels: { 'kubernetes.io/service-name': 'kubernetes' },
      },
      addressType: isIPv6 ? 'IPv6' : 'IPv4',
      endpoints: apiServerAddresses.map((address) => ({
        addresses: [address],
        conditions: { ready: true },
      })),
      ports,
    },
  ];
}
