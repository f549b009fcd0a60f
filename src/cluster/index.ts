/** The composition root: builds every part and wires them. */
export { checkCorefile, type CheckCorefileOptions } from './check-corefile.ts';
export { compareManifests } from './compare-manifests.ts';
export { createCluster, type Cluster } from './create-cluster.ts';
export { startInstance, type Instance, type InstanceOptions } from './instance.ts';
export { ManifestError, type ReloadOutcome } from './manifests.ts';
export type { ClusterOptions, DnsUpstream, Door } from './options.ts';
export { diffPolicies, reachInMemory, type ReachDesk } from './reach-manifests.ts';
export { statusOf } from './status.ts';
export type { CompareOptions, CompareResult, RequestDifference } from './compare/index.ts';
export type { FlowChange, PolicyDiffOptions, PolicyDiffResult } from './reach/index.ts';
