/** Resolving as a program in a Pod does: search lists, resolv.conf, and every question asked on the way. */
export { podHosts } from './pod-hosts.ts';
export {
  checkPodDns,
  LEGACY_LIMITS,
  LIMITS,
  podResolvConf,
  type DnsLimits,
  type NodeDns,
  type PodDns,
  type PodResolvConf,
} from './pod-resolv-conf.ts';
export { formatResolvConf, ndotsOf, parseResolvConf, type ResolvConf } from './resolv-conf.ts';
export {
  resolveAsPod,
  resolveHost,
  type AskedName,
  type HostResult,
  type ResolveHostOptions,
} from './resolve-host.ts';
export { NameError, searchNames } from './search-names.ts';
export {
  walk,
  type LookupError,
  type Outcome,
  type SearchOptions,
  type StubResolver,
  type Walk,
  type WalkResult,
} from './walk.ts';
