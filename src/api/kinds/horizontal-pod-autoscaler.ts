import { defineKind, type KindRow } from '../kind.ts';
import type { KubeObject } from '../object.ts';
import { AGE, NAME, text } from './columns.ts';

interface Spec {
  readonly minReplicas?: number;
  readonly maxReplicas?: number;
  readonly metrics?: readonly Metric[];
  readonly scaleTargetRef?: { readonly kind?: string; readonly name?: string };
}

interface Metric {
  readonly type?: string;
  readonly resource?: {
    readonly name?: string;
    readonly target?: { readonly averageUtilization?: number; readonly averageValue?: string };
  };
}

const DEFAULT_CPU_UTILIZATION = 80;

/** Stored with its defaults; nothing here scales by it, for nothing here uses a processor. */
export const HORIZONTAL_POD_AUTOSCALER: KindRow = defineKind<string>(
  'HorizontalPodAutoscaler.autoscaling',
  {
    defaults: (object) => {
      const spec = specOf(object);
      const { minReplicas = 1, metrics = [] } = spec;
      return {
        ...object,
        spec: {
          ...spec,
          minReplicas,
          metrics: metrics.length === 0 ? [defaultMetric()] : metrics,
        },
      };
    },
    prepareForCreate: ({ status: _status, ...object }) => object,
    columns: [
      NAME,
      text('Reference', (object) => {
        const { kind = '', name = '' } = specOf(object).scaleTargetRef ?? {};
        return `${kind}/${name}`;
      }),
      text('Targets', (object) => (specOf(object).metrics ?? []).map(showMetric).join(', ')),
      text('MinPods', (object) => String(specOf(object).minReplicas ?? '<unset>')),
      text('MaxPods', (object) => specOf(object).maxReplicas ?? 0),
      text('Replicas', (object) => {
        const { currentReplicas } = (object['status'] ?? {}) as {
          readonly currentReplicas?: number;
        };
        return currentReplicas ?? 0;
      }),
      AGE,
    ],
    hasGeneration: false,
  },
);

function specOf(object: KubeObject): Spec {
  return object['spec'] ?? {}; // as the API's schema has it
}

function defaultMetric(): Metric & { readonly resource: object } {
  const target = { type: 'Utilization', averageUtilization: DEFAULT_CPU_UTILIZATION };
  return { type: 'Resource', resource: { name: 'cpu', target } };
}

function showMetric({ resource }: Metric): string {
  const { averageUtilization, averageValue } = resource?.target ?? {};
  const name = resource?.name ?? '';
  if (averageUtilization !== undefined) return `${name}: <unknown>/${averageUtilization}%`;
  return averageValue === undefined ? '<unknown>' : `<unknown>/${averageValue}`;
}
