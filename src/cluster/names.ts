import type { Pod, Store } from '../api/index.ts';
import {
  createClusterDns,
  parseUpstream,
  podHosts,
  podResolvConf,
  readHostResolvConf,
  resolveHost,
  upstreamsOf,
  type ClusterDns,
  type HostResult,
  type NodeDns,
  type ResolvConf,
  type Upstream,
} from '../dns/index.ts';
import { PodlaneError, type Origin } from '../net/index.ts';
import type { Clock, Logger } from '../observe/index.ts';
import type { DnsUpstream } from './options.ts';

export interface NamesOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
  readonly clusterDomain: string;
  readonly upstream: DnsUpstream;
  /** The address of kube-dns. */
  readonly dnsServiceIP: string;
  /** Where this cluster's own DNS listens: never an upstream. */
  readonly ownAddresses: () => readonly Upstream[];
}

/** The cluster's names, for the DNS server and for everybody in this process. */
export interface Names extends ClusterDns {
  /** Resolves as a program of that origin does, search list and all. */
  resolveAs(name: string, origin: Origin): Promise<HostResult>;
  resolvConfOf(pod: Pod): ResolvConf;
  /** What Nodes and the outside search with. */
  readonly nodeResolvConf: ResolvConf;
}

/** DNS as kubeadm sets it up, and resolvers for everybody who asks it. */
export function createNames(options: NamesOptions): Names {
  const { store, clusterDomain, upstream } = options;
  const hostResolvConf = readHostResolvConf();
  const dns = createClusterDns({
    ...options,
    upstreams: readUpstreams(upstream, hostResolvConf),
    localAddresses: () => dnsPodAddresses(store),
  });
  const nodeDns: NodeDns = {
    clusterDNS: [options.dnsServiceIP],
    clusterDomain,
    nodeIPs: [],
    resolvConf: hostResolvConf,
  };
  const resolvConfOf = (pod: Pod): ResolvConf => {
    const { namespace = 'default' } = pod.metadata;
    return podResolvConf({ namespace, ...pod.spec }, nodeDns).resolvConf;
  };
  /** Nodes and the outside see the cluster's names as a Pod in `default` does: for them podlane is the resolver. */
  const nodeResolvConf = podResolvConf({ namespace: 'default' }, nodeDns).resolvConf;
  return {
    resolve: dns.resolve,
    answerBytes: dns.answerBytes,
    resolvConfOf,
    nodeResolvConf,
    resolveAs: (name, origin) => {
      const pod =
        origin.kind === 'pod' ? store.get('Pod', origin.namespace, origin.name) : undefined;
      if (pod === undefined)
        return resolveHost(name, { resolve: dns.resolve, resolvConf: nodeResolvConf });
      return resolveHost(name, {
        resolve: dns.resolve,
        resolvConf: resolvConfOf(pod),
        hosts: podHosts(pod, clusterDomain),
      });
    },
    [Symbol.dispose]: () => dns[Symbol.dispose](),
  };
}

function readUpstreams(
  upstream: DnsUpstream,
  hostResolvConf: ResolvConf,
): readonly Upstream[] | 'off' {
  if (upstream === 'off') return upstream;
  if (upstream === 'host') return upstreamsOf(hostResolvConf);
  return upstream.map((text) => {
    const parsed = parseUpstream(text);
    if (parsed !== undefined) return parsed;
    throw new PodlaneError('ERR_OPTION', `"${text}" is no address of a DNS server`, {
      hint: 'Write --dns-upstream ADDRESS[:PORT], or off.',
    });
  });
}

function dnsPodAddresses(store: Store): readonly string[] {
  return store
    .list('Pod', { namespace: 'kube-system', labelSelector: 'k8s-app=kube-dns' })
    .flatMap(({ status }) => status?.podIPs?.map(({ ip }) => ip) ?? []);
}
