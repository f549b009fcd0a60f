import type { KubeObject } from '../object.ts';
import { isJsonObject } from '../patch/json.ts';

const METRICS = 'autoscaling.alpha.kubernetes.io/metrics';
const BEHAVIOR = 'autoscaling.alpha.kubernetes.io/behavior';
const CONDITIONS = 'autoscaling.alpha.kubernetes.io/conditions';
const CURRENT_METRICS = 'autoscaling.alpha.kubernetes.io/current-metrics';

interface Spec {
  readonly metrics?: readonly unknown[];
  readonly behavior?: unknown;
  readonly [field: string]: unknown;
}

interface Status {
  readonly currentMetrics?: readonly unknown[] | null;
  readonly conditions?: readonly unknown[] | null;
  readonly [field: string]: unknown;
}

/** autoscaling/v2 as autoscaling/v1 has it: the CPU target in a field, everything else in annotations. */
export function toV1(autoscaler: KubeObject): KubeObject {
  const { metrics = [], behavior, ...spec } = (autoscaler['spec'] ?? {}) as Spec;
  const { currentMetrics, conditions, ...status } = (autoscaler['status'] ?? {}) as Status;
  const cpu = metrics.find(isCpuUtilization);
  const target = utilizationOf(cpu, 'target');
  const current = utilizationOf((currentMetrics ?? []).find(isCpuUtilization), 'current');
  const annotations = annotationsOf(autoscaler, {
    [METRICS]: metrics.filter((metric) => metric !== cpu),
    [BEHAVIOR]: behavior,
    [CONDITIONS]: conditions,
    [CURRENT_METRICS]: currentMetrics,
  });
  return {
    ...autoscaler,
    metadata: { ...autoscaler.metadata, ...annotations },
    spec: { ...spec, ...(target !== undefined && { targetCPUUtilizationPercentage: target }) },
    status: {
      ...status,
      ...(current !== undefined && { currentCPUUtilizationPercentage: current }),
    },
  };
}

/** The object's annotations and these values as JSON, without what is empty. */
function annotationsOf(
  { metadata }: KubeObject,
  values: Readonly<Record<string, unknown>>,
): Pick<KubeObject['metadata'], 'annotations'> {
  const texts = Object.entries(values)
    .filter(([, value]) => value !== undefined && value !== null)
    .filter(([, value]) => !Array.isArray(value) || value.length > 0)
    .map(([key, value]) => [key, JSON.stringify(value)] as const);
  const annotations = { ...metadata.annotations, ...Object.fromEntries(texts) };
  return Object.keys(annotations).length === 0 ? {} : { annotations };
}

/** autoscaling/v1 as autoscaling/v2 has it. */
export function fromV1(autoscaler: KubeObject): KubeObject {
  const { targetCPUUtilizationPercentage: target, ...spec } = (autoscaler['spec'] ?? {}) as Spec;
  const {
    [METRICS]: metrics,
    [BEHAVIOR]: behavior,
    [CONDITIONS]: conditions,
    [CURRENT_METRICS]: currentMetrics,
    ...annotations
  } = autoscaler.metadata.annotations ?? {};
  const cpu = typeof target === 'number' ? [cpuMetric(target)] : [];
  const all = [...parseList(metrics), ...cpu];
  const { annotations: _, ...metadata } = autoscaler.metadata;
  return {
    ...autoscaler,
    metadata: {
      ...metadata,
      ...(Object.keys(annotations).length > 0 && { annotations }),
    },
    spec: {
      ...spec,
      ...(all.length > 0 && { metrics: all }),
      ...(behavior !== undefined && { behavior: parse(behavior) }),
    },
    ...statusOf(autoscaler, { conditions, currentMetrics }),
  };
}

/** What autoscaling/v1 tells of it, and what its annotations do. */
function statusOf(
  autoscaler: KubeObject,
  texts: { readonly conditions: string | undefined; readonly currentMetrics: string | undefined },
): { readonly status?: Status } {
  const conditions = parseList(texts.conditions);
  const metrics = parseList(texts.currentMetrics);
  if (autoscaler['status'] === undefined && conditions.length + metrics.length === 0) return {};
  const { currentCPUUtilizationPercentage: current, ...status } = (autoscaler['status'] ??
    {}) as Status;
  const cpu =
    typeof current === 'number'
      ? [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: current } } }]
      : [];
  const currentMetrics = metrics.length > 0 ? metrics : cpu;
  return {
    status: {
      ...status,
      ...(currentMetrics.length > 0 && { currentMetrics }),
      ...(conditions.length > 0 && { conditions }),
    },
  };
}

function cpuMetric(averageUtilization: number): object {
  return {
    type: 'Resource',
    resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
  };
}

function isCpuUtilization(metric: unknown): boolean {
  if (!isJsonObject(metric) || metric['type'] !== 'Resource') return false;
  const { resource } = metric;
  return (
    isJsonObject(resource) &&
    resource['name'] === 'cpu' &&
    (utilizationOf(metric, 'target') ?? utilizationOf(metric, 'current')) !== undefined
  );
}

function utilizationOf(metric: unknown, side: 'target' | 'current'): number | undefined {
  if (!isJsonObject(metric) || !isJsonObject(metric['resource'])) return undefined;
  const values = metric['resource'][side];
  const value = isJsonObject(values) ? values['averageUtilization'] : undefined;
  return typeof value === 'number' ? value : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // An annotation that somebody else wrote.
    return undefined;
  }
}

function parseList(text: string | undefined): readonly unknown[] {
  const value = text === undefined ? undefined : parse(text);
  return Array.isArray(value) ? value : [];
}
