import type { MetricFamily, Metrics, MetricSpec } from './metrics.ts';

/** A metric's values at a moment, in the form that prom-client prints. */
export interface MetricSnapshot {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly values: readonly MetricValue[];
}

export interface MetricValue {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  /** A histogram's lines have names of their own. */
  readonly metricName?: string;
}

/** Metrics that can be read. */
export interface MetricRegistry extends Metrics {
  /** In the order in which they were asked for first. */
  snapshot(): readonly MetricSnapshot[];
}

/**
 * Cells that cost an addition to change; the library that prints them is loaded when somebody reads them.
 */
export function createMetricRegistry(): MetricRegistry {
  const families = new Map<string, ReadableFamily>();
  const familyOf = <T extends ReadableFamily>(name: string, make: () => T): T => {
    const known = families.get(name);
    if (known !== undefined) return known as T; // a name has one type
    const family = make();
    families.set(name, family);
    return family;
  };
  return {
    counter: (spec) => familyOf(spec.name, () => new Family(spec, 'counter', () => new Value())),
    gauge: (spec) => familyOf(spec.name, () => new Family(spec, 'gauge', () => new Value())),
    histogram: (spec) =>
      familyOf(spec.name, () => new Family(spec, 'histogram', () => new Buckets(spec.buckets))),
    snapshot: () => [...families.values()].map((family) => family.snapshot()),
  };
}

interface ReadableFamily {
  snapshot(): MetricSnapshot;
}

interface Cell {
  values(name: string, labels: MetricValue['labels']): readonly MetricValue[];
}

class Family<T extends Cell> implements MetricFamily<T>, ReadableFamily {
  readonly #spec: MetricSpec;
  readonly #type: MetricSnapshot['type'];
  readonly #create: () => T;
  readonly #cells = new Map<string, { readonly labels: readonly string[]; readonly cell: T }>();

  constructor(spec: MetricSpec, type: MetricSnapshot['type'], create: () => T) {
    this.#spec = spec;
    this.#type = type;
    this.#create = create;
    // A metric without labels is there from the start, as 0.
    if ((spec.labels ?? []).length === 0) this.with();
  }

  with(...labels: readonly string[]): T {
    const key = labels.join('\0');
    const known = this.#cells.get(key);
    if (known !== undefined) return known.cell;
    const cell = this.#create();
    this.#cells.set(key, { labels, cell });
    return cell;
  }

  snapshot(): MetricSnapshot {
    const { name, help, labels: names = [] } = this.#spec;
    const values = [...this.#cells.values()].flatMap(({ labels, cell }) =>
      cell.values(name, Object.fromEntries(names.map((key, index) => [key, labels[index] ?? '']))),
    );
    return { name, help, type: this.#type, values };
  }
}

class Value implements Cell {
  #value = 0;

  inc(by: number = 1): void {
    this.#value += by;
  }

  set(value: number): void {
    this.#value = value;
  }

  values(_name: string, labels: MetricValue['labels']): readonly MetricValue[] {
    return [{ labels, value: this.#value }];
  }
}

class Buckets implements Cell {
  readonly #bounds: readonly number[];
  /** Observations up to each bound and above the one before; the last is for those above all. */
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const bounds = this.#bounds;
    let index = 0;
    while (index < bounds.length && value > (bounds[index] ?? Infinity)) index += 1;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#sum += value;
  }

  values(name: string, labels: MetricValue['labels']): readonly MetricValue[] {
    let count = 0;
    const lines = [...this.#bounds, Infinity].map((bound, index): MetricValue => {
      count += this.#counts[index] ?? 0;
      const le = bound === Infinity ? '+Inf' : bound;
      return { labels: { ...labels, le }, value: count, metricName: `${name}_bucket` };
    });
    return [
      ...lines,
      { labels, value: this.#sum, metricName: `${name}_sum` },
      { labels, value: count, metricName: `${name}_count` },
    ];
  }
}
