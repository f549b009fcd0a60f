/** Services as kube-proxy serves them: one table, one selection, and the backends that carry it out. */
export { AffinityTable, type AffinityKey } from './affinity.ts';
export {
  balancedNode,
  createUserspaceBackend,
  type BackendSync,
  type BackendView,
  type HealthCheckFailure,
  type ListenVia,
  type Reach,
  type UserspaceBackend,
  type UserspaceBackendOptions,
} from './backends/userspace/index.ts';
export { compileService } from './compile-service.ts';
export { findFrontend, type FindContext, type FrontendMatch } from './find-frontend.ts';
export {
  countNoLocalEndpoints,
  createProxyHealth,
  createProxyMetrics,
  renderProcessMetrics,
  serveProxyDoors,
  serviceHealth,
  type HealthAnswer,
  type ProxyDoor,
  type ProxyDoors,
  type ProxyHealth,
  type ProxyMetrics,
} from './health/index.ts';
export { NodeTable, type ProxyNode } from './node-table.ts';
export { compilePod, PodTable, type HostPort, type PodEntry, type PodPort } from './pod-ports.ts';
export { ScheduleState, type ScheduleKey } from './schedule-state.ts';
export {
  isSchedulerName,
  SCHEDULERS,
  type Schedule,
  type ScheduleInput,
  type SchedulerName,
} from './schedulers/index.ts';
export {
  DEFAULT_PROXY_CONFIG,
  selectEndpoint,
  type DropReason,
  type Masquerade,
  type ProxyConfig,
  type SelectContext,
  type Selection,
} from './select-endpoint.ts';
export type {
  Frontend,
  ProxiedService,
  ServiceEndpoint,
  ServicePort,
  TrafficPolicy,
  Via,
} from './service.ts';
export { ServiceTable } from './service-table.ts';
export { endpointSets, isUsable, type EndpointSets } from './topology.ts';
