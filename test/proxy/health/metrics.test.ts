import t from 'tap';
import { createProxyMetrics } from '../../../src/proxy/health/metrics.ts';

t.test(
  'createProxyMetrics() renders what was counted, under the names of kube-proxy',
  async (t) => {
    const metrics = createProxyMetrics();
    metrics.synced({
      queuedAt: 1000,
      endedAt: 2000,
      durationSeconds: 0.003,
      isFull: false,
      serviceChanges: 1,
      endpointChanges: 2,
      programmingSeconds: [0.2, 61],
    });
    metrics.asked('healthz', 200);
    metrics.asked('healthz', 503);
    const lines = metrics.render({ noLocalEndpoints: { internal: 3, external: 4 } }).split('\n');
    for (const line of [
      '# TYPE kubeproxy_sync_proxy_rules_duration_seconds histogram',
      'kubeproxy_sync_proxy_rules_duration_seconds_bucket{ip_family="IPv4",le="0.002"} 0',
      'kubeproxy_sync_proxy_rules_duration_seconds_bucket{ip_family="IPv4",le="0.004"} 1',
      'kubeproxy_sync_partial_proxy_rules_duration_seconds_count{ip_family="IPv4"} 1',
      'kubeproxy_sync_full_proxy_rules_duration_seconds_count{ip_family="IPv4"} 0',
      'kubeproxy_network_programming_duration_seconds_bucket{ip_family="IPv4",le="0.25"} 1',
      'kubeproxy_network_programming_duration_seconds_bucket{ip_family="IPv4",le="60"} 1',
      'kubeproxy_network_programming_duration_seconds_bucket{ip_family="IPv4",le="65"} 2',
      'kubeproxy_network_programming_duration_seconds_sum{ip_family="IPv4"} 61.2',
      'kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds{ip_family="IPv4"} 1',
      'kubeproxy_sync_proxy_rules_last_timestamp_seconds{ip_family="IPv4"} 2',
      'kubeproxy_sync_proxy_rules_service_changes_total 1',
      'kubeproxy_sync_proxy_rules_endpoint_changes_total 2',
      'kubeproxy_sync_proxy_rules_no_local_endpoints_total{ip_family="IPv4",traffic_policy="external"} 4',
      'kubeproxy_proxy_healthz_total{code="503"} 1',
    ])
      t.ok(lines.includes(line), line);
  },
);
