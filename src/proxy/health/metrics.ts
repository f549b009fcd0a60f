/** Upper bounds of kube-proxy's sync histograms: 0.001 · 2ⁿ seconds. */
const SYNC_BUCKETS = Array.from({ length: 15 }, (_, index) => 0.001 * 2 ** index);
const PROGRAMMING_BUCKETS = [
  0.25,
  0.5,
  ...range({ from: 1, to: 59, step: 1 }),
  ...range({ from: 60, to: 115, step: 5 }),
  ...range({ from: 120, to: 300, step: 30 }),
];

/** What one sync did. */
export interface SyncFacts {
  /** Milliseconds since 1970, when it was queued and when it ended. */
  readonly queuedAt: number;
  readonly endedAt: number;
  readonly durationSeconds: number;
  /** Whether all tables were gone through. */
  readonly isFull: boolean;
  readonly serviceChanges: number;
  readonly endpointChanges: number;
  /** Seconds from each changed slice's trigger time to the end of the sync. */
  readonly programmingSeconds: readonly number[];
}

/** Counts that are made when somebody asks. */
export interface MetricsNow {
  /** Services with internal or external policy Local and without a local endpoint. */
  readonly noLocalEndpoints: { readonly internal: number; readonly external: number };
}

/** kube-proxy's metrics under its names. @see kube-proxy, metrics/metrics.go */
export interface ProxyMetrics {
  synced(facts: SyncFacts): void;
  asked(path: 'healthz' | 'livez', code: number): void;
  /** The Prometheus text format. */
  render(now: MetricsNow): string;
}

/** Nothing counted yet. */
export function createProxyMetrics(): ProxyMetrics {
  const syncs = {
    '': createHistogram(SYNC_BUCKETS),
    full_: createHistogram(SYNC_BUCKETS),
    partial_: createHistogram(SYNC_BUCKETS),
  };
  const programming = createHistogram(PROGRAMMING_BUCKETS);
  const codes = { healthz: new Map<number, number>(), livez: new Map<number, number>() };
  const totals = { queuedAt: 0, endedAt: 0, services: 0, endpoints: 0 };
  return {
    synced: (facts) => {
      syncs[''].observe(facts.durationSeconds);
      syncs[facts.isFull ? 'full_' : 'partial_'].observe(facts.durationSeconds);
      for (const seconds of facts.programmingSeconds) programming.observe(seconds);
      totals.queuedAt = facts.queuedAt / 1000;
      totals.endedAt = facts.endedAt / 1000;
      totals.services += facts.serviceChanges;
      totals.endpoints += facts.endpointChanges;
    },
    asked: (path, code) => void codes[path].set(code, (codes[path].get(code) ?? 0) + 1),
    render: ({ noLocalEndpoints: { internal, external } }) =>
      [
        ...Object.entries(syncs).flatMap(([kind, { lines }]) =>
          metric(`sync_${kind}proxy_rules_duration_seconds`, 'histogram', lines(FAMILY)),
        ),
        ...metric('network_programming_duration_seconds', 'histogram', programming.lines(FAMILY)),
        ...metric('sync_proxy_rules_last_timestamp_seconds', 'gauge', [
          [`{${FAMILY}}`, totals.endedAt],
        ]),
        ...metric('sync_proxy_rules_last_queued_timestamp_seconds', 'gauge', [
          [`{${FAMILY}}`, totals.queuedAt],
        ]),
        ...metric('sync_proxy_rules_service_changes_pending', 'gauge', [['', 0]]),
        ...metric('sync_proxy_rules_service_changes_total', 'counter', [['', totals.services]]),
        ...metric('sync_proxy_rules_endpoint_changes_pending', 'gauge', [['', 0]]),
        ...metric('sync_proxy_rules_endpoint_changes_total', 'counter', [['', totals.endpoints]]),
        ...metric('sync_proxy_rules_no_local_endpoints_total', 'gauge', [
          [`{${FAMILY},traffic_policy="internal"}`, internal],
          [`{${FAMILY},traffic_policy="external"}`, external],
        ]),
        ...Object.entries(codes).flatMap(([path, counts]) =>
          metric(
            `proxy_${path}_total`,
            'counter',
            [...counts].map(([code, count]) => [`{code="${code}"}`, count]),
          ),
        ),
        '',
      ].join('\n'),
  };
}

const FAMILY = 'ip_family="IPv4"';

type Sample = readonly [suffix: string, value: number];

interface Histogram {
  readonly observe: (value: number) => void;
  readonly lines: (labels: string) => readonly Sample[];
}

function createHistogram(bounds: readonly number[]): Histogram {
  const counts = bounds.map(() => 0);
  let count = 0;
  let sum = 0;
  return {
    observe: (value) => {
      count += 1;
      sum += value;
      for (const [index, bound] of bounds.entries())
        if (value <= bound) counts[index] = (counts[index] ?? 0) + 1;
    },
    lines: (labels) => [
      ...bounds.map((bound, index): Sample => [
        `_bucket{${labels},le="${bound}"}`,
        counts[index] ?? 0,
      ]),
      [`_bucket{${labels},le="+Inf"}`, count],
      [`_sum{${labels}}`, sum],
      [`_count{${labels}}`, count],
    ],
  };
}

function metric(name: string, type: string, samples: readonly Sample[]): readonly string[] {
  const full = `kubeproxy_${name}`;
  return [
    `# HELP ${full} [ALPHA] As kube-proxy counts it.`,
    `# TYPE ${full} ${type}`,
    ...samples.map(([suffix, value]) => `${full}${suffix} ${value}`),
  ];
}

function range({
  from,
  to,
  step,
}: {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}): readonly number[] {
  return Array.from(
    { length: Math.floor((to - from) / step) + 1 },
    (_, index) => from + index * step,
  );
}
