import type { Counter, Histogram, Metrics } from '../../metrics.ts';

/** What is counted of one upstream. */
export interface UpstreamMetrics {
  answered(rcode: string, seconds: number): void;
  readonly failedCheck: Counter;
  /** A line to it was there already, or had to be opened. */
  line(proto: string, isReused: boolean): void;
}

export interface ForwardMetrics {
  readonly rejected: Counter;
  readonly broken: Counter;
  forUpstream(to: string): UpstreamMetrics;
}

/** Seconds, from a quarter of a millisecond, each the double of the one before. @see CoreDNS `plugin.TimeBuckets` */
const BUCKETS: readonly number[] = Array.from({ length: 16 }, (_, index) => 0.00025 * 2 ** index);

export function createForwardMetrics(metrics: Metrics): ForwardMetrics {
  const plain = (name: string, help: string): Counter => metrics.counter({ name, help }).with();
  const durations = metrics.histogram({
    name: 'coredns_proxy_request_duration_seconds',
    help: 'Histogram of the time each request took.',
    labels: ['proxy_name', 'to', 'rcode'],
    buckets: BUCKETS,
  });
  const failures = metrics.counter({
    name: 'coredns_proxy_healthcheck_failures_total',
    help: 'Counter of the number of failed healthchecks.',
    labels: ['proxy_name', 'to'],
  });
  const cache = (kind: string): ReturnType<Metrics['counter']> =>
    metrics.counter({
      name: `coredns_proxy_conn_cache_${kind}_total`,
      help: `Counter of connection cache ${kind} per upstream and protocol.`,
      labels: ['proxy_name', 'to', 'proto'],
    });
  const [hits, misses] = [cache('hits'), cache('misses')];
  return {
    rejected: plain(
      'coredns_forward_max_concurrent_rejects_total',
      'Counter of the number of queries rejected because the concurrent queries were at maximum.',
    ),
    broken: plain(
      'coredns_forward_healthcheck_broken_total',
      'Counter of the number of complete failures of the healthchecks.',
    ),
    forUpstream: (to) => {
      const cells = new Map<string, Histogram>();
      const cellOf = (rcode: string): Histogram => {
        const cell = cells.get(rcode) ?? durations.with('forward', to, rcode);
        cells.set(rcode, cell);
        return cell;
      };
      return {
        answered: (rcode, seconds) => cellOf(rcode).observe(seconds),
        failedCheck: failures.with('forward', to),
        line: (proto, isReused) => (isReused ? hits : misses).with('forward', to, proto).inc(),
      };
    },
  };
}
