import type { Pod, Store } from '../api/index.ts';
import {
  createClusterDns,
  createCorefileFollower,
  kubeadmCorefile,
  parseUpstream,
  podHosts,
  podResolvConf,
  readHostResolvConf,
  resolveHost,
  type ClusterDns,
  type CorefileFollower,
  type HostResult,
  type NodeDns,
  type PodResolvConf,
  type ResolvConf,
  type Upstream,
} from '../dns/index.ts';
import { PodlaneError, type Origin } from '../net/index.ts';
import type { Clock, Logger, Step } from '../observe/index.ts';
import type { DnsUpstream, Door } from './options.ts';

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
  /** The front door: what listens beside it is on any free port where it is, and closed where it is off. */
  readonly door: Door;
  /** Path of the Corefile; the ConfigMap's or kubeadm's without. */
  readonly corefile: string | undefined;
  /** Gets the lines that CoreDNS prints. */
  readonly print: (line: string) => void;
  /** What `{$NAME}` stands for in a Corefile. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Why a Pod cannot ask the cluster's DNS: the policies that deny it; undefined where it can. @default it can */
  readonly denialOf?: (pod: Pod) => readonly Step[] | undefined;
  /** Told of the addresses that names of Pods' requests led to. @default nobody */
  readonly onResolved?: (name: string, addresses: readonly string[]) => void;
}

/** The cluster's names, for the DNS server and for everybody in this process. */
export interface Names extends Pick<ClusterDns, 'resolve' | 'answerBytes'>, AsyncDisposable {
  readonly dns: ClusterDns;
  /** What `dns` is told. */
  readonly corefile: CorefileFollower;
  /** Resolves as a program of that origin does, search list and all. */
  resolveAs(name: string, origin: Origin): Promise<HostResult>;
  resolvConfOf(pod: Pod): ResolvConf;
  /** With what the kubelet would record about it. */
  podResolvConf(pod: Pod): PodResolvConf;
  /** Waits before the end, if a Corefile that somebody wrote says so. */
  drain(): Promise<void>;
  /** What Nodes and the outside search with. */
  readonly nodeResolvConf: ResolvConf;
}

/** Where Corefiles look for the Node's servers: what `--dns-upstream` chose. */
const RESOLV_CONF = '/etc/resolv.conf';

/** DNS as the Corefile says it, and resolvers for everybody who asks it. */
export function createNames(options: NamesOptions): Names {
  const { store, clusterDomain, upstream, corefile, dnsServiceIP } = options;
  const hostResolvConf = readHostResolvConf();
  const chosen: ResolvConf = {
    ...hostResolvConf,
    nameservers: nameserversOf(upstream, hostResolvConf),
  };
  const dns = createClusterDns({
    ...options,
    portFor: (port) => portBeside(options.door, port),
    resolvConf: (path) => (path === RESOLV_CONF ? chosen : readHostResolvConf(path)),
    localAddresses: () => dnsPodAddresses(store),
  });
  const follower = createCorefileFollower({
    ...options,
    dns,
    ...(corefile !== undefined && { file: corefile }),
  });
  const nodeDns: NodeDns = {
    clusterDNS: [dnsServiceIP],
    clusterDomain,
    nodeIPs: [],
    resolvConf: hostResolvConf,
  };
  const podResolvConfOf = (pod: Pod): PodResolvConf => {
    const { namespace = 'default' } = pod.metadata;
    return podResolvConf({ namespace, ...pod.spec }, nodeDns);
  };
  const resolvConfOf = (pod: Pod): ResolvConf => podResolvConfOf(pod).resolvConf;
  /** Nodes and the outside see the cluster's names as a Pod in `default` does: for them podlane is the resolver. */
  const nodeResolvConf = podResolvConf({ namespace: 'default' }, nodeDns).resolvConf;
  return {
    resolve: dns.resolve,
    answerBytes: dns.answerBytes,
    dns,
    corefile: follower,
    resolvConfOf,
    podResolvConf: podResolvConfOf,
    nodeResolvConf,
    resolveAs: (name, origin) => {
      const pod =
        origin.kind === 'pod' ? store.get('Pod', origin.namespace, origin.name) : undefined;
      if (pod === undefined)
        return resolveHost(name, { resolve: dns.resolve, resolvConf: nodeResolvConf });
      return resolveAsPod(name, pod, {
        ...options,
        resolve: dns.resolve,
        resolvConf: resolvConfOf(pod),
      });
    },
    // Nobody wrote the five seconds of kubeadm's Corefile for this cluster.
    drain: async () => {
      if (dns.source?.text !== kubeadmCorefile(clusterDomain)) await dns.drain();
    },
    [Symbol.asyncDispose]: async () => {
      await follower[Symbol.asyncDispose]();
      await dns[Symbol.asyncDispose]();
    },
  };
}

interface AskingPod extends Pick<
  NamesOptions,
  'clusterDomain' | 'dnsServiceIP' | 'denialOf' | 'onResolved'
> {
  readonly resolve: ClusterDns['resolve'];
  readonly resolvConf: ResolvConf;
}

/** A question that policies drop is never answered. */
async function resolveAsPod(name: string, pod: Pod, asking: AskingPod): Promise<HostResult> {
  const { resolve, resolvConf, clusterDomain, dnsServiceIP, denialOf, onResolved } = asking;
  const denial = resolvConf.nameservers.includes(dnsServiceIP) ? denialOf?.(pod) : undefined;
  const result = await resolveHost(name, {
    resolve: denial === undefined ? resolve : () => undefined,
    resolvConf,
    hosts: podHosts(pod, clusterDomain),
  });
  if (denial !== undefined && result.asked.length > 0)
    return { ...result, steps: [...denial, ...result.steps] };
  for (const found of [result.name, ...result.aliases])
    if (found !== undefined) onResolved?.(found, result.addresses);
  return result;
}

function portBeside(door: Door, port: number): number | undefined {
  if (door === 'off') return undefined;
  return door.port === 0 ? 0 : port;
}

function nameserversOf(upstream: DnsUpstream, host: ResolvConf): readonly string[] {
  if (upstream === 'off') return [];
  if (upstream === 'host') return host.nameservers;
  for (const text of upstream)
    if (parseUpstream(text) === undefined)
      throw new PodlaneError('ERR_OPTION', `"${text}" is no address of a DNS server`, {
        hint: 'Write --dns-upstream ADDRESS[:PORT], or off.',
      });
  return upstream;
}

function dnsPodAddresses(store: Store): readonly string[] {
  return store
    .list('Pod', { namespace: 'kube-system', labelSelector: 'k8s-app=kube-dns' })
    .flatMap(({ status }) => status?.podIPs?.map(({ ip }) => ip) ?? []);
}
