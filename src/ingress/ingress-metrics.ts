import { controllerMetrics, type ControllerFacts } from './controller-metrics.ts';
import type { RequestRecord } from './request-record.ts';
import type { Route } from './route-table.ts';

/** A metric's values at a moment, in the form that prom-client prints. */
export interface MetricSnapshot {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly values: readonly {
    readonly labels: Readonly<Record<string, string | number>>;
    readonly value: number;
    /** A histogram's lines have names of their own. */
    readonly metricName?: string;
  }[];
}

/** What the process itself says. */
export interface ProcessFacts {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  /** Since 1970. */
  readonly startedSeconds: number;
}

/** What is counted elsewhere and only read when somebody asks. */
export interface MetricFacts extends ProcessFacts {
  readonly connections: {
    readonly accepted: number;
    readonly reading: number;
    readonly writing: number;
    readonly waiting: number;
  };
  readonly controller: ControllerFacts;
}

const PREFIX = 'nginx_ingress_controller_';
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const LENGTHS = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100];
const SIZES = [10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000];
/** The histograms of a request, under ingress-nginx's names. */
const HISTOGRAMS = {
  request_duration_seconds: {
    help: 'The request processing time in milliseconds',
    buckets: SECONDS,
  },
  response_duration_seconds: {
    help: 'The time spent on receiving the response from the upstream server',
    buckets: SECONDS,
  },
  header_duration_seconds: {
    help: 'The time spent on receiving first header from the upstream server',
    buckets: SECONDS,
  },
  connect_duration_seconds: {
    help: 'The time spent on establishing a connection with the upstream server',
    buckets: SECONDS,
  },
  request_size: {
    help: 'The request length (including request line, header, and request body)',
    buckets: LENGTHS,
  },
  response_size: {
    help: 'The response length (including request line, header, and request body)',
    buckets: LENGTHS,
  },
  bytes_sent: { help: 'DEPRECATED The number of bytes sent to a client', buckets: SIZES },
} as const;
type HistogramName = keyof typeof HISTOGRAMS;
const NAMES = Object.keys(HISTOGRAMS) as HistogramName[]; // its own keys
/** Of ingress-nginx's own; there is one controller here. */
const CONTROLLER = {
  controller_class: 'k8s.io/ingress-nginx',
  controller_namespace: 'ingress-nginx',
  controller_pod: 'ingress-nginx-controller',
} as const;

class Histogram {
  readonly buckets: readonly number[];
  readonly counts: number[];
  sum = 0;
  count = 0;

  constructor(buckets: readonly number[]) {
    this.buckets = buckets;
    this.counts = buckets.map(() => 0);
  }

  observe(value: number): void {
    this.sum += value;
    this.count += 1;
    for (let index = 0; index < this.buckets.length; index += 1) {
      if (value > (this.buckets[index] ?? 0)) continue;
      this.counts[index] = (this.counts[index] ?? 0) + 1;
      return;
    }
  }
}

interface Series {
  readonly labels: Readonly<Record<string, string>>;
  requests: number;
  readonly histograms: Readonly<Record<HistogramName, Histogram>>;
}

/** Hosts and methods are the clients' to choose: those of series beyond this are told as `_`, nginx's name for the rest. */
const MOST_SERIES = 10_000;

/** Counts requests as ingress-nginx does, by Ingress, path, Service, host, method and status. */
export class IngressMetrics {
  readonly #series = new Map<string, Series>();
  readonly #byRoute = new WeakMap<Route, Map<string, Series>>();
  #total = 0;

  /** Requests of hosts that no Ingress names are counted in the total alone. */
  observe(record: RequestRecord): void {
    this.#total += 1;
    const { route, head } = record;
    if (route === undefined || head === undefined) return;
    const series = this.#seriesOf(record, head);
    series.requests += 1;
    const last = record.attempts.at(-1);
    const { histograms } = series;
    histograms.request_duration_seconds.observe(record.tookMs / 1000);
    histograms.request_size.observe(record.requestBytes);
    histograms.response_size.observe(record.bodyBytes);
    histograms.bytes_sent.observe(record.bodyBytes);
    if (last === undefined) return;
    histograms.response_duration_seconds.observe(last.totalMs / 1000);
    histograms.connect_duration_seconds.observe(last.connectMs / 1000);
    if (last.status !== undefined) histograms.header_duration_seconds.observe(last.headMs / 1000);
  }

  snapshot(facts: MetricFacts): readonly MetricSnapshot[] {
    const all = [...this.#series.values()];
    return [
      {
        name: `${PREFIX}requests`,
        help: 'The total number of client requests',
        type: 'counter',
        values: all.map(({ labels, requests }) => ({ labels, value: requests })),
      },
      ...NAMES.map((name) => histogramOf(name, all)),
      ...processMetrics(facts, this.#total),
      ...controllerMetrics(facts.controller, simple),
    ];
  }

  /** A look-up by the route and three short texts: it is made for each request. */
  #seriesOf(record: RequestRecord, head: NonNullable<RequestRecord['head']>): Series {
    const { route, status, routed } = record;
    const short = `${status} ${head.method} ${routed?.isCanary === true} ${head.host}`;
    const known = route === undefined ? undefined : this.#byRoute.get(route)?.get(short);
    if (known !== undefined) return known;
    const series = this.#findSeries(labelsOf(record, head));
    if (route === undefined || this.#series.size >= MOST_SERIES) return series;
    const ofRoute = this.#byRoute.get(route) ?? new Map<string, Series>();
    this.#byRoute.set(route, ofRoute.set(short, series));
    return series;
  }

  #findSeries(labels: Series['labels']): Series {
    const key = Object.values(labels).join('\0');
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    if (this.#series.size >= MOST_SERIES && labels['host'] !== '_')
      return this.#findSeries({ ...labels, method: '_', host: '_' });
    const histograms = Object.fromEntries(
      NAMES.map((each) => [each, new Histogram(HISTOGRAMS[each].buckets)]),
    ) as Record<HistogramName, Histogram>; // one for each name
    const series = { labels: { ...CONTROLLER, ...labels }, requests: 0, histograms };
    this.#series.set(key, series);
    return series;
  }
}

function labelsOf(
  { route, backend, routed, status }: RequestRecord,
  { method, host }: NonNullable<RequestRecord['head']>,
): Readonly<Record<string, string>> {
  const service = (backend ?? route?.backend)?.service ?? '';
  const source = route?.source ?? { namespace: '', name: '' };
  return {
    status: String(status),
    method,
    path: route?.path ?? '',
    namespace: source.namespace,
    ingress: source.name,
    service,
    canary: routed?.isCanary === true ? service : '',
    host: host.replace(/:\d*$/, '').toLowerCase(),
  };
}

function histogramOf(name: HistogramName, all: readonly Series[]): MetricSnapshot {
  const metric = PREFIX + name;
  const values = all.flatMap(({ labels, histograms }) => {
    const { buckets, counts, sum, count } = histograms[name];
    let below = 0;
    const lines = buckets.map((bound, index) => {
      below += counts[index] ?? 0;
      return { metricName: `${metric}_bucket`, labels: { ...labels, le: bound }, value: below };
    });
    return [
      ...lines,
      { metricName: `${metric}_bucket`, labels: { ...labels, le: '+Inf' }, value: count },
      { metricName: `${metric}_sum`, labels, value: sum },
      { metricName: `${metric}_count`, labels, value: count },
    ];
  });
  return { name: metric, help: HISTOGRAMS[name].help, type: 'histogram', values };
}

type Labels = Readonly<Record<string, string | number>>;

function simple(
  name: string,
  type: 'counter' | 'gauge',
  help: string,
): (...values: readonly (readonly [labels: Labels, value: number])[]) => MetricSnapshot {
  return (...values) => ({
    name: PREFIX + name,
    help,
    type,
    values: values.map(([labels, value]) => ({ labels: { ...CONTROLLER, ...labels }, value })),
  });
}

const connections = simple(
  'nginx_process_connections',
  'gauge',
  'current number of client connections with state {active, reading, writing, waiting}',
);
const connectionsTotal = simple(
  'nginx_process_connections_total',
  'counter',
  'total number of connections with state {accepted, handled}',
);
const requestsTotal = simple(
  'nginx_process_requests_total',
  'counter',
  'total number of client requests',
);
const cpuTotal = simple('nginx_process_cpu_seconds_total', 'counter', 'Cpu usage in seconds');
const resident = simple(
  'nginx_process_resident_memory_bytes',
  'gauge',
  'number of bytes of memory in use',
);
const processes = simple('nginx_process_num_procs', 'gauge', 'number of processes');
const oldest = simple(
  'nginx_process_oldest_start_time_seconds',
  'gauge',
  'start time in seconds since 1970/01/01',
);
function processMetrics(facts: MetricFacts, total: number): readonly MetricSnapshot[] {
  const { accepted, reading, writing, waiting } = facts.connections;
  return [
    connections(
      [{ state: 'active' }, reading + writing + waiting],
      [{ state: 'reading' }, reading],
      [{ state: 'writing' }, writing],
      [{ state: 'waiting' }, waiting],
    ),
    connectionsTotal([{ state: 'accepted' }, accepted], [{ state: 'handled' }, accepted]),
    requestsTotal([{}, total]),
    cpuTotal([{}, facts.cpuSeconds]),
    resident([{}, facts.residentBytes]),
    processes([{}, 1]),
    oldest([{}, facts.startedSeconds]),
  ];
}
