/** The cluster's DNS: names of Services, Pods and the world, over UDP, TCP and in process. */
export {
  createAnswerBytes,
  createAnswering,
  routeTo,
  type AnswerBytes,
  type AnswerBytesOptions,
  type Answering,
  type Route,
} from './answer-bytes.ts';
export type { Observation, Observer } from './observation.ts';
export { encodeAnswer, failure, type Answer } from './answer.ts';
export { composeChain, type Plugin, type Resolve } from './chain.ts';
export { createClusterDns, type ClusterDns, type ClusterDnsOptions } from './cluster-dns.ts';
export type { CorefileSource } from './configuration.ts';
export { kubeadmCorefile } from './corefile-default.ts';
export {
  CorefileError,
  parseCorefile,
  type Directive,
  type DnsEnvironment,
  type ParseOptions,
  type PluginDefinition,
  type PluginEntry,
  type PluginInstance,
  type ServerBlock,
  type SetupContext,
} from './corefile/index.ts';
export {
  createCorefileFollower,
  type CorefileFollower,
  type CorefileFollowerOptions,
} from './follow-corefile.ts';
export { HOST_FILES } from './host-files.ts';
export type { ServedEndpoint } from './http-endpoints.ts';
export type { ServedListener } from './listeners.ts';
export { MessageReader } from './message-reader.ts';
export { PLUGINS } from './plugins/index.ts';
export { readHostResolvConf, upstreamsOf } from './host-upstreams.ts';
export {
  createForward,
  formatUpstream,
  parseUpstream,
  type Forward,
  type ForwardOptions,
  type Upstream,
} from './plugins/forward/index.ts';
export {
  createKubernetes,
  type Kubernetes,
  type KubernetesContext,
  type KubernetesOptions,
  type PodsMode,
} from './plugins/kubernetes/index.ts';
export {
  createQuery,
  INTERNAL_CLIENT,
  type Client,
  type LookupOptions,
  type Query,
  type MayAsk,
} from './query.ts';
export {
  checkPodDns,
  formatResolvConf,
  LEGACY_LIMITS,
  LIMITS,
  NameError,
  ndotsOf,
  parseResolvConf,
  podHosts,
  podResolvConf,
  resolveAsPod,
  resolveHost,
  searchNames,
  walk,
  type AskedName,
  type DnsLimits,
  type HostResult,
  type LookupError,
  type NodeDns,
  type Outcome,
  type PodDns,
  type PodResolvConf,
  type ResolvConf,
  type ResolveHostOptions,
  type SearchOptions,
  type StubResolver,
  type Walk,
  type WalkResult,
} from './resolver/index.ts';
export {
  serveDns,
  type BoundDnsAddress,
  type DnsAddress,
  type DnsServer,
  type DnsServerOptions,
  type DnsWorkersOptions,
} from './server.ts';
export {
  CLASS,
  className,
  classOf,
  decodeMessage,
  EDNS_OPTION,
  encodeMessage,
  formatRdata,
  formatRecord,
  formatTyped,
  OPCODE,
  opcodeName,
  RCODE,
  rcodeName,
  TYPE,
  typeName,
  typeOf,
  WireError,
  type Edns,
  type EdnsOption,
  type Flags,
  type Message,
  type Question,
  type Rdata,
  type ResourceRecord,
  type Soa,
} from './wire/index.ts';
