import t from 'tap';
import { createProxyMetrics } from '../../../src/proxy/health/metrics.ts';
import { renderProcessMetrics } from '../../../src/proxy/health/process-metrics.ts';

t.test(
  'createProxyMetrics() renders what was counted, under the names of kube-proxy',
  async (t) => {
    const metrics = createProxyMetrics(['IPv4', 'IPv6']);
    const now = {
      noLocalEndpoints: {
        IPv4: { internal: 3, external: 4 },
        IPv6: { internal: 5, external: 6 },
      },
      pending: { services: 7, endpoints: 8 },
      endedFlows: { IPv4: 9, IPv6: 10 },
    };
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
    const lines = metrics.render(now).split('\n');
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
      'kubeproxy_sync_proxy_rules_no_local_endpoints_total{ip_family="IPv6",traffic_policy="internal"} 5',
      'kubeproxy_sync_proxy_rules_service_changes_pending 7',
      'kubeproxy_sync_proxy_rules_endpoint_changes_pending 8',
      'kubeproxy_conntrack_reconciler_deleted_entries_total{ip_family="IPv4"} 9',
      'kubeproxy_conntrack_reconciler_deleted_entries_total{ip_family="IPv6"} 10',
      'kubeproxy_proxy_healthz_total{code="503"} 1',
    ])
      t.ok(lines.includes(line), line);
  },
);

t.test('renderProcessMetrics() tells of this process', async (t) => {
  const text = renderProcessMetrics();
  t.match(text, /^# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total [\d.e-]+$/m);
  const rss = Number(/^process_resident_memory_bytes (\d+)$/m.exec(text)?.[1]);
  t.ok(rss > 10_000_000 && rss < 10_000_000_000);
  if (process.platform !== 'linux') return;
  const open = Number(/^process_open_fds (\d+)$/m.exec(text)?.[1]);
  t.ok(open >= 3 && open <= Number(/^process_max_fds (\d+)$/m.exec(text)?.[1]));
});
