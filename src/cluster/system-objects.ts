import { bootstrapObjects, type KubeObject, type Node } from '../api/index.ts';
import {
  DEFAULT_STORAGE_CLASS,
  defaultIngressClasses,
  defaultNodes,
  defaultServiceCIDR,
} from '../controllers/index.ts';
import { kubeadmCorefile } from '../dns/index.ts';
import { kubernetesServiceIP } from '../ipam/index.ts';
import { ipFromBits, type Cidr } from '../net/index.ts';
import { clusterNetworkPolicyDefinition } from '../policy/index.ts';

/** kubeadm's choice: the tenth address of the Service range. */
const DNS_SERVICE_INDEX = 10n;
const DNS_LABELS = { 'k8s-app': 'kube-dns' } as const;
/** The CoreDNS whose behaviour the cluster's DNS has. */
const DNS_IMAGE = 'registry.k8s.io/coredns/coredns:v1.15.0';

export interface SystemOptions {
  readonly serviceCIDRs: readonly Cidr[];
  /** How many Nodes to make; none where the manifests bring their own. */
  readonly nodes: number;
  /** Whether to make the default StorageClass; not where the manifests bring one of its name. */
  readonly hasStorageClass: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** For the Corefile. */
  readonly clusterDomain: string;
}

/** The address of the `kube-dns` Service. */
export function dnsServiceIP([cidr]: readonly Cidr[]): string {
  if (cidr === undefined) return '';
  const index = cidr.size > DNS_SERVICE_INDEX + 1n ? DNS_SERVICE_INDEX : cidr.size - 2n;
  return ipFromBits(cidr.family, cidr.network.bits + index).text;
}

/** What is in the cluster before any manifest: what kubeadm leaves, the classes of ingress and storage, and the definition of ClusterNetworkPolicy. In the order to create it. */
export function systemObjects({
  serviceCIDRs,
  nodes,
  hasStorageClass,
  now,
  clusterDomain,
}: SystemOptions): readonly KubeObject[] {
  const serviceIPs = serviceCIDRs.flatMap((cidr) => kubernetesServiceIP(cidr) ?? []);
  return [
    defaultServiceCIDR(serviceCIDRs.map(({ text }) => text)),
    ...bootstrapObjects({ kubernetesServiceIPs: serviceIPs }),
    ...defaultNodes(nodes, now),
    ...defaultIngressClasses(),
    ...(hasStorageClass ? [DEFAULT_STORAGE_CLASS] : []),
    dnsConfigMap(clusterDomain),
    dnsService(serviceCIDRs),
    dnsDeployment(),
    clusterNetworkPolicyDefinition(),
  ].map(asObject);
}

/** Typed kinds have no index signature, and are objects all the same. */
function asObject(object: KubeObject | Node | object): KubeObject {
  return object as KubeObject;
}

/** What CoreDNS is told, as kubeadm leaves it: whoever changes it changes the cluster's DNS. */
function dnsConfigMap(clusterDomain: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'coredns', namespace: 'kube-system' },
    data: { Corefile: kubeadmCorefile(clusterDomain) },
  };
}

function dnsService(serviceCIDRs: readonly Cidr[]): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'kube-dns',
      namespace: 'kube-system',
      labels: {
        ...DNS_LABELS,
        'kubernetes.io/cluster-service': 'true',
        'kubernetes.io/name': 'CoreDNS',
      },
    },
    spec: {
      clusterIP: dnsServiceIP(serviceCIDRs),
      selector: DNS_LABELS,
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
        { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
        { name: 'metrics', port: 9153, protocol: 'TCP', targetPort: 9153 },
      ],
    },
  };
}

/** The Pods behind kube-dns: NetworkPolicies name them, and what asks them is answered by the cluster's DNS. */
function dnsDeployment(): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'coredns', namespace: 'kube-system', labels: DNS_LABELS },
    spec: {
      replicas: 2,
      selector: { matchLabels: DNS_LABELS },
      template: {
        metadata: { labels: DNS_LABELS },
        spec: {
          dnsPolicy: 'Default',
          priorityClassName: 'system-cluster-critical',
          containers: [
            {
              name: 'coredns',
              image: DNS_IMAGE,
              ports: [
                { name: 'dns', containerPort: 53, protocol: 'UDP' },
                { name: 'dns-tcp', containerPort: 53, protocol: 'TCP' },
                { name: 'metrics', containerPort: 9153, protocol: 'TCP' },
              ],
            },
          ],
        },
      },
    },
  };
}
