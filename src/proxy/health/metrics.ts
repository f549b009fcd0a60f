import type { IpFamily } from '../../net/index.ts';

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
  readonly noLocalEndpoints: Readonly<
    Record<IpFamily, { readonly internal: number; readonly external: number }>
  >;
  /** Changes that have been written and not yet carried out. */
  readonly pending: { readonly services: number; readonly endpoints: number };
  /** UDP flows that were ended because their endpoint serves no more, since the start. */
  readonly endedFlows: Readonly<Record<IpFamily, number>>;
}

/** kube-proxy's metrics under its names. @see kube-proxy, metrics/metrics.go */
export interface ProxyMetrics {
  synced(facts: SyncFacts): void;
  asked(path: 'healthz' | 'livez', code: number): void;
  /** The Prometheus text format. */
  render(now: MetricsNow): string;
}

/**
 * Nothing counted yet.
 *
 * @param families Those of the cluster's Services: kube-proxy runs once for each, here one sync is for all.
 */
export function createProxyMetrics(families: readonly IpFamily[] = ['IPv4']): ProxyMetrics {
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
    render: (now) =>
      [
        ...renderSyncs(families, { syncs, programming }),
        ...renderGauges(families, totals),
        ...renderNow(families, now),
        ...metric('sync_proxy_rules_service_changes_total', 'counter', [['', totals.services]]),
        ...metric('sync_proxy_rules_endpoint_changes_total', 'counter', [['', totals.endpoints]]),
        ...metric('proxy_healthz_total', 'counter', codeSamples(codes.healthz)),
        ...metric('proxy_livez_total', 'counter', codeSamples(codes.livez)),
        '',
      ].join('\n'),
  };
}

type Families = readonly IpFamily[];

interface Histograms {
  readonly syncs: Readonly<Record<'' | 'full_' | 'partial_', Histogram>>;
  readonly programming: Histogram;
}

function renderSyncs(families: Families, { syncs, programming }: Histograms): readonly string[] {
  const render = (name: HelpName, { lines }: Histogram): readonly string[] =>
    metric(
      name,
      'histogram',
      families.flatMap((family) => lines(labelOf(family))),
    );
  return [
    ...render('sync_proxy_rules_duration_seconds', syncs['']),
    ...render('sync_full_proxy_rules_duration_seconds', syncs.full_),
    ...render('sync_partial_proxy_rules_duration_seconds', syncs.partial_),
    ...render('network_programming_duration_seconds', programming),
  ];
}

function renderGauges(
  families: Families,
  { queuedAt, endedAt }: { readonly queuedAt: number; readonly endedAt: number },
): readonly string[] {
  const samples = (value: number): readonly Sample[] =>
    families.map((family) => [`{${labelOf(family)}}`, value]);
  return [
    ...metric('sync_proxy_rules_last_timestamp_seconds', 'gauge', samples(endedAt)),
    ...metric('sync_proxy_rules_last_queued_timestamp_seconds', 'gauge', samples(queuedAt)),
  ];
}

function renderNow(
  families: Families,
  { noLocalEndpoints, pending, endedFlows }: MetricsNow,
): readonly string[] {
  const withoutLocal = families.flatMap((family) =>
    POLICIES.map((policy): Sample => [
      `{${labelOf(family)},traffic_policy="${policy}"}`,
      noLocalEndpoints[family][policy],
    ]),
  );
  const ended = families.map((family): Sample => [`{${labelOf(family)}}`, endedFlows[family]]);
  return [
    ...metric('sync_proxy_rules_service_changes_pending', 'gauge', [['', pending.services]]),
    ...metric('sync_proxy_rules_endpoint_changes_pending', 'gauge', [['', pending.endpoints]]),
    ...metric('sync_proxy_rules_no_local_endpoints_total', 'gauge', withoutLocal),
    ...metric('conntrack_reconciler_deleted_entries_total', 'counter', ended),
  ];
}

const POLICIES = ['internal', 'external'] as const;

function labelOf(family: IpFamily): string {
  return `ip_family="${family}"`;
}

function codeSamples(counts: ReadonlyMap<number, number>): readonly Sample[] {
  return [...counts].map(([code, count]) => [`{code="${code}"}`, count]);
}

/** What each means here. */
const HELP = {
  sync_proxy_rules_duration_seconds: 'Time that the listeners took to follow a batch of changes',
  sync_full_proxy_rules_duration_seconds: 'The same, where all Services were gone through',
  sync_partial_proxy_rules_duration_seconds: 'The same, where the changed Services were',
  network_programming_duration_seconds:
    'Time from the change that a slice tells of to the end of its sync',
  sync_proxy_rules_last_timestamp_seconds: 'When the last sync ended',
  sync_proxy_rules_last_queued_timestamp_seconds: 'When the last sync was queued',
  sync_proxy_rules_service_changes_pending: 'Changes of Services that wait for a sync',
  sync_proxy_rules_service_changes_total: 'Changes of Services',
  sync_proxy_rules_endpoint_changes_pending: 'Changes of EndpointSlices that wait for a sync',
  sync_proxy_rules_endpoint_changes_total: 'Changes of EndpointSlices',
  sync_proxy_rules_no_local_endpoints_total:
    'Service ports with traffic policy Local whose endpoints are all on other Nodes',
  conntrack_reconciler_deleted_entries_total:
    'UDP flows that were ended because their endpoint serves no more',
  proxy_healthz_total: 'Answers of /healthz by status',
  proxy_livez_total: 'Answers of /livez by status',
} as const;

type HelpName = keyof typeof HELP;

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

function metric(name: HelpName, type: string, samples: readonly Sample[]): readonly string[] {
  const full = `kubeproxy_${name}`;
  return [
    `# HELP ${full} [ALPHA] ${HELP[name]}`,
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
