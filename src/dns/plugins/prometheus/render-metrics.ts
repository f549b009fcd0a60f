import { collectDefaultMetrics, Registry, type Metric } from 'prom-client';
import type { HttpReply } from '../../corefile/index.ts';
import type { MetricRegistry, MetricSnapshot } from '../../metric-registry.ts';

export interface RenderOptions {
  /** Those of the process: memory, event loop, garbage collection. */
  readonly hasRuntimeMetrics: boolean;
}

/** Runtime metrics watch the process from the first time that they are asked for. */
let runtime: Registry | undefined;

/** The text that Prometheus reads. */
export async function renderMetrics(
  metrics: MetricRegistry,
  { hasRuntimeMetrics }: RenderOptions,
): Promise<HttpReply> {
  const registry = new Registry();
  for (const snapshot of metrics.snapshot()) registry.registerMetric(readable(snapshot));
  const parts = [await registry.metrics()];
  if (hasRuntimeMetrics) {
    if (runtime === undefined) {
      runtime = new Registry();
      collectDefaultMetrics({ register: runtime });
    }
    parts.push(await runtime.metrics());
  }
  return { status: 200, body: parts.join('\n'), contentType: registry.contentType };
}

/** The registry prints whatever has a name and gives its values. */
function readable(snapshot: MetricSnapshot): Metric {
  const metric = { name: snapshot.name, get: async () => ({ ...snapshot, aggregator: 'sum' }) };
  return metric as unknown as Metric; // its other members are for changing it
}
