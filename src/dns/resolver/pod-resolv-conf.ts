import type { PodDNSConfig, PodDNSConfigOption } from '../../api/index.ts';
import { mergeOptions, type ResolvConf } from './resolv-conf.ts';

/** What of a Pod decides its resolv.conf. */
export interface PodDns {
  readonly namespace: string;
  /** @default 'ClusterFirst' */
  readonly dnsPolicy?: string;
  /** @default false */
  readonly hostNetwork?: boolean;
  readonly dnsConfig?: PodDNSConfig;
}

/** What the kubelet of its Node is told. */
export interface NodeDns {
  /** The Node's own; absent when the kubelet is told of none. */
  readonly resolvConf?: ResolvConf;
  /** Addresses of the cluster's DNS. */
  readonly clusterDNS: readonly string[];
  /** '' for none. @default 'cluster.local' */
  readonly clusterDomain?: string;
  readonly nodeIPs: readonly string[];
  /** What fits into a Pod's resolv.conf. @default LIMITS */
  readonly limits?: DnsLimits;
}

export interface DnsLimits {
  readonly nameservers: number;
  readonly searchDomains: number;
  readonly searchCharacters: number;
}

/** Limits since Kubernetes 1.28. @see KEP-2595 */
export const LIMITS: DnsLimits = { nameservers: 3, searchDomains: 32, searchCharacters: 2048 };
/** Limits of kubelets without expanded DNS configuration. */
export const LEGACY_LIMITS: DnsLimits = { nameservers: 3, searchDomains: 6, searchCharacters: 256 };

/** Longer search domains make some resolvers abort. */
const MAX_DOMAIN = 253;

export interface PodResolvConf {
  readonly resolvConf: ResolvConf;
  /** Events the kubelet records, as `REASON: what`. */
  readonly events: readonly string[];
}

/**
 * The resolv.conf that the kubelet writes for a Pod.
 *
 * @see Kubernetes `pkg/kubelet/network/dns/dns.go`, `GetPodDNS`
 */
export function podResolvConf(pod: PodDns, node: NodeDns): PodResolvConf {
  const events: string[] = [];
  const base = baseOf(pod, node, events);
  const { nameservers = [], searches = [], options = [] } = pod.dnsConfig ?? {};
  const merged: ResolvConf = {
    nameservers: [...new Set([...base.nameservers, ...nameservers])],
    search: [...new Set([...base.search, ...searches])],
    options: mergeOptions(base.options, options.flatMap(formatOption)),
  };
  return { resolvConf: fitLimits(merged, node.limits ?? LIMITS, events), events };
}

/**
 * What is wrong with the DNS part of a Pod's spec, in the words of the API server; empty when nothing is.
 *
 * @see Kubernetes `pkg/apis/core/validation`, `validatePodDNSConfig`
 */
export function checkPodDns({
  dnsPolicy,
  dnsConfig,
}: Omit<PodDns, 'namespace'>): readonly string[] {
  const { nameservers = [], searches = [], options = [] } = dnsConfig ?? {};
  const checks: readonly (readonly [isWrong: boolean, error: string])[] = [
    [
      dnsPolicy === 'None' && nameservers.length === 0,
      'dnsConfig.nameservers: Required value: must provide at least one DNS nameserver when `dnsPolicy` is `None`',
    ],
    [
      nameservers.length > LIMITS.nameservers,
      `dnsConfig.nameservers: Invalid value: must not have more than ${LIMITS.nameservers} nameservers`,
    ],
    [
      searches.length > LIMITS.searchDomains,
      `dnsConfig.searches: Invalid value: must not have more than ${LIMITS.searchDomains} search paths`,
    ],
    [
      searches.join(' ').length > LIMITS.searchCharacters,
      `dnsConfig.searches: Invalid value: must not have more than ${LIMITS.searchCharacters} characters (including spaces) in the search list`,
    ],
    [
      options.some(({ name = '' }) => name === ''),
      'dnsConfig.options: Required value: every option must have a name',
    ],
  ];
  return checks.flatMap(([isWrong, error]) => (isWrong ? [error] : []));
}

/** What the policy gives, before the Pod's own dnsConfig is added. */
function baseOf(pod: PodDns, node: NodeDns, events: string[]): ResolvConf {
  const { dnsPolicy = 'ClusterFirst', hostNetwork = false, namespace } = pod;
  if (dnsPolicy === 'None') return { nameservers: [], search: [], options: [] };
  const isHost = dnsPolicy === 'Default' || (dnsPolicy === 'ClusterFirst' && hostNetwork);
  if (isHost) return nodeResolvConf(node);
  if (node.clusterDNS.length === 0) {
    events.push(
      'MissingClusterDNS: kubelet does not have ClusterDNS IP configured and cannot create Pod using "ClusterFirst" policy; falling back to "Default" policy',
    );
    return nodeResolvConf(node);
  }
  const { clusterDomain = 'cluster.local', clusterDNS, resolvConf } = node;
  const own =
    clusterDomain === ''
      ? []
      : [`${namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain];
  return {
    nameservers: clusterDNS,
    search: [...new Set([...own, ...(resolvConf?.search ?? [])])],
    options: ['ndots:5'],
  };
}

/** Without a file of its own the Node's resolver would ask the local host; so the Pod is told to. */
function nodeResolvConf({ resolvConf, nodeIPs }: NodeDns): ResolvConf {
  if (resolvConf !== undefined) return resolvConf;
  const loopback = nodeIPs.map((address) => (address.includes(':') ? '::1' : '127.0.0.1'));
  const nameservers = loopback.length > 0 ? [...new Set(loopback)] : ['127.0.0.1'];
  return { nameservers, search: ['.'], options: [] };
}

function formatOption({ name, value }: PodDNSConfigOption): readonly string[] {
  if (name === undefined || name === '') return [];
  return [value === undefined || value === '' ? name : `${name}:${value}`];
}

function fitLimits(conf: ResolvConf, limits: DnsLimits, events: string[]): ResolvConf {
  const nameservers = conf.nameservers.slice(0, limits.nameservers);
  const fitting = conf.search
    .slice(0, limits.searchDomains)
    .filter((domain) => domain.length <= MAX_DOMAIN);
  const search = [...fitting];
  while (search.join(' ').length > limits.searchCharacters) search.pop();
  if (nameservers.length < conf.nameservers.length)
    events.push(
      `DNSConfigForming: Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: ${nameservers.join(' ')}`,
    );
  if (search.length < conf.search.length)
    events.push(
      `DNSConfigForming: Search Line limits were exceeded, some search paths have been omitted, the applied search line is: ${search.join(' ')}`,
    );
  return { ...conf, nameservers, search };
}
