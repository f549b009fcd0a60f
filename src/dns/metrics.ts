/** A count that only rises. */
export interface Counter {
  /** @param by @default 1 */
  inc(by?: number): void;
}

/** A value of now. */
export interface Gauge {
  set(value: number): void;
}

/** How values are spread. */
export interface Histogram {
  observe(value: number): void;
}

/** Metrics of one name: a cell for each combination of label values. Cells may be kept; the hot path should. */
export interface MetricFamily<Cell> {
  /** @param labelValues In the order of the labels' names. */
  with(...labelValues: readonly string[]): Cell;
}

export interface MetricSpec {
  /** As CoreDNS names it, `coredns_…`. */
  readonly name: string;
  readonly help: string;
  /** @default none */
  readonly labels?: readonly string[];
}

/**
 * What is counted while serving; read by the plugin `prometheus`.
 *
 * Asking for a name again gives the same family: plugins of several server blocks share it.
 */
export interface Metrics {
  counter(spec: MetricSpec): MetricFamily<Counter>;
  gauge(spec: MetricSpec): MetricFamily<Gauge>;
  histogram(spec: MetricSpec & { readonly buckets: readonly number[] }): MetricFamily<Histogram>;
}
