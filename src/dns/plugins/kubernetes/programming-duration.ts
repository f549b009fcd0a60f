import type { EndpointSlice, Store } from '../../../api/index.ts';
import type { Metrics } from '../../metrics.ts';

/** When what led to a slice's change happened, as the controller of endpoints says. */
const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';
const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';
/** The kind of Service whose answers change with its endpoints; CoreDNS counts no other. */
const HEADLESS = 'headless_with_selector';

const DURATION = {
  name: 'coredns_kubernetes_dns_programming_duration_seconds',
  help: 'Histogram of the time (in seconds) it took to program a dns instance.',
  labels: ['service_kind'],
  // From a millisecond to some nine minutes.
  buckets: Array.from({ length: 20 }, (_, index) => 0.001 * 2 ** index),
};

export interface ProgrammingOptions {
  readonly store: Store;
  readonly metrics: Metrics;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Measures how long changes of headless Services' endpoints take until they can be served.
 *
 * @see Kubernetes SIG Scalability, DNS programming latency SLI
 */
export function measureProgramming({ store, metrics, now }: ProgrammingOptions): Disposable {
  const durations = metrics.histogram(DURATION).with(HEADLESS);
  const isHeadless = ({ metadata }: EndpointSlice): boolean => {
    const service = metadata.labels?.[SERVICE_NAME_LABEL] ?? '';
    return store.get('Service', metadata.namespace, service)?.spec?.clusterIP === 'None';
  };
  return store.watch('EndpointSlice', ({ type, object }) => {
    const changedMs = Date.parse(object.metadata.annotations?.[TRIGGER_TIME] ?? '');
    if (type === 'DELETED' || Number.isNaN(changedMs) || !isHeadless(object)) return;
    durations.observe(Math.max(0, now() - changedMs) / 1000);
  });
}
