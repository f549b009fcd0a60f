/** What kube-proxy tells about itself and about the Services of a Node, over HTTP. */
export { createProxyMetrics, type ProxyMetrics, type SyncFacts } from './metrics.ts';
export { countNoLocalEndpoints } from './no-local-endpoints.ts';
export { renderProcessMetrics } from './process-metrics.ts';
export { createProxyHealth, type ProxyHealth } from './proxy-health.ts';
export {
  createHealthResponder,
  serveProxyDoors,
  type HealthResponder,
  type ProxyDoor,
  type ProxyDoors,
} from './server.ts';
export { serviceHealth, localReadyEndpoints, type HealthAnswer } from './service-health.ts';
