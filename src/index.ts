/** podlane as a library: a Kubernetes network without a cluster. */
export type { KubeObject, Problem, Store, StoreEvent } from './api/index.ts';
export {
  checkCorefile,
  compareManifests,
  createCluster,
  diffPolicies,
  ManifestError,
  reachInMemory,
  startInstance,
  statusOf,
  type Cluster,
  type ClusterOptions,
  type CompareOptions,
  type CompareResult,
  type DnsUpstream,
  type Door,
  type FlowChange,
  type Instance,
  type InstanceOptions,
  type PolicyDiffOptions,
  type PolicyDiffResult,
  type ReachDesk,
  type ReloadOutcome,
  type RequestDifference,
} from './cluster/index.ts';
export type { ClusterStatus } from './control/index.ts';
export { kubeadmCorefile } from './dns/index.ts';
export { PodlaneError, type Connect, type Flow } from './net/index.ts';
export { isSchedulerName, type SchedulerName } from './proxy/index.ts';
export type { Step } from './observe/index.ts';
export type { Forward } from './pods/index.ts';
