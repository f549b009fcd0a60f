import type { Counter, Histogram, MetricFamily, Metrics } from '../../metrics.ts';
import type { Observation } from '../../observation.ts';
import { RCODE, rcodeName, typeName } from '../../wire/index.ts';

/** Types that have a label of their own; all others are `other`. @see CoreDNS `plugin/metrics/vars/monitor.go` */
const MONITORED: ReadonlySet<string> = new Set([
  'A',
  'AAAA',
  'CNAME',
  'DNSKEY',
  'DS',
  'HTTPS',
  'MX',
  'NS',
  'NSEC',
  'NSEC3',
  'PTR',
  'RRSIG',
  'SOA',
  'SRV',
  'SVCB',
  'TXT',
  'ANY',
  'AXFR',
  'IXFR',
]);

const DURATIONS = Array.from({ length: 16 }, (_, index) => 0.000_25 * 2 ** index);
const SIZES = [0, 100, 200, 300, 400, 511, 1023, 2047, 4095, 8291, 16e3, 32e3, 48e3, 64e3];

/** Where a query is counted. */
export interface Label {
  /** `dns://:53` */
  readonly server: string;
  readonly zone: string;
  readonly view: string;
  /** The plugin that answered, as CoreDNS says it: the one behind `prometheus`. */
  readonly plugin: string;
}

interface Families {
  readonly requests: MetricFamily<Counter>;
  readonly durations: MetricFamily<Histogram>;
  readonly requestSizes: MetricFamily<Histogram>;
  readonly responseSizes: MetricFamily<Histogram>;
  readonly dnssecOk: MetricFamily<Counter>;
  readonly responses: MetricFamily<Counter>;
}

/** Cells of the queries that are alike. */
interface Cells {
  readonly requests: Counter;
  readonly durations: Histogram;
  readonly requestSizes: Histogram;
  readonly responseSizes: Histogram;
  readonly responses: Counter;
}

/** Counts queries under CoreDNS' names; the cells of queries seen before are a look-up of a number away. */
export class RequestMetrics {
  readonly #families: Families;
  readonly #label: Label;
  readonly #cells = new Map<number, Cells>();

  constructor(metrics: Metrics, label: Label) {
    this.#families = familiesOf(metrics);
    this.#label = label;
  }

  count({ query, client, answer, ...seen }: Observation): void {
    const isUdp = client.transport === 'udp';
    const isIPv6 = client.address.includes(':');
    const rcode = answer?.rcode ?? RCODE.NOERROR;
    // 16 bits of type, 12 of code, two of how it came; silence is a code of its own.
    const kind = (answer === undefined ? 2 ** 12 : rcode) * 4 + (isUdp ? 2 : 0) + (isIPv6 ? 1 : 0);
    const key = kind * 2 ** 16 + query.qtype;
    let cells = this.#cells.get(key);
    if (cells === undefined) {
      cells = this.#cellsFor({ query, client, answer, ...seen });
      this.#cells.set(key, cells);
    }
    cells.requests.inc();
    cells.durations.observe(seen.durationMs / 1000);
    cells.requestSizes.observe(seen.requestOctets);
    cells.responseSizes.observe(seen.responseOctets);
    cells.responses.inc();
    if (query.edns?.isDnssecOk === true) {
      const { server, zone, view } = this.#label;
      this.#families.dnssecOk.with(server, zone, view).inc();
    }
  }

  #cellsFor({ query, client, answer }: Observation): Cells {
    const { server, zone, view, plugin } = this.#label;
    const { requests, durations, requestSizes, responseSizes, responses } = this.#families;
    const proto = client.transport === 'udp' ? 'udp' : 'tcp';
    const family = client.address.includes(':') ? '2' : '1';
    const name = typeName(query.qtype);
    const type = MONITORED.has(name) ? name : 'other';
    const rcode = answer === undefined ? '' : rcodeName(answer.rcode);
    return {
      requests: requests.with(server, zone, view, proto, family, type),
      durations: durations.with(server, zone, view),
      requestSizes: requestSizes.with(server, zone, view, proto),
      responseSizes: responseSizes.with(server, zone, view, proto),
      responses: responses.with(server, zone, view, rcode, plugin),
    };
  }
}

function familiesOf(metrics: Metrics): Families {
  const place = ['server', 'zone', 'view'];
  return {
    requests: metrics.counter({
      name: 'coredns_dns_requests_total',
      help: 'Counter of DNS requests made per zone, protocol and family.',
      labels: [...place, 'proto', 'family', 'type'],
    }),
    durations: metrics.histogram({
      name: 'coredns_dns_request_duration_seconds',
      help: 'Histogram of the time (in seconds) each request took per zone.',
      labels: place,
      buckets: DURATIONS,
    }),
    requestSizes: metrics.histogram({
      name: 'coredns_dns_request_size_bytes',
      help: 'Size of the EDNS0 UDP buffer in bytes (64K for TCP) per zone and protocol.',
      labels: [...place, 'proto'],
      buckets: SIZES,
    }),
    responseSizes: metrics.histogram({
      name: 'coredns_dns_response_size_bytes',
      help: 'Size of the returned response in bytes.',
      labels: [...place, 'proto'],
      buckets: SIZES,
    }),
    dnssecOk: metrics.counter({
      name: 'coredns_dns_do_requests_total',
      help: 'Counter of DNS requests with DO bit set per zone.',
      labels: place,
    }),
    responses: metrics.counter({
      name: 'coredns_dns_responses_total',
      help: 'Counter of response status codes.',
      labels: [...place, 'rcode', 'plugin'],
    }),
  };
}
