import { defineKind, type KindRow } from '../kind.ts';
import type { KubeObject } from '../object.ts';
import type { HorizontalPodAutoscalerSpec } from '../types.ts';
import { AGE, NAME, NONE, text } from './columns.ts';
import { at, word } from './object-path.ts';
import { rareRules } from './rare-rules.ts';

/** Stored with its defaults; nothing here scales by it, for nothing here uses a processor. */
export const HORIZONTAL_POD_AUTOSCALER: KindRow = defineKind<string>(
  'HorizontalPodAutoscaler.autoscaling',
  {
    ...rareRules('HorizontalPodAutoscaler.autoscaling'),
    prepareForCreate: ({ status: _status, ...object }) => object,
    columns: [
      NAME,
      text('Reference', (object) => {
        const { kind = '', name = '' } = specOf(object).scaleTargetRef ?? {};
        return `${kind}/${name}`;
      }),
      text('Targets', (object) => showMetrics(specOf(object).metrics ?? [])),
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

function specOf(object: KubeObject): HorizontalPodAutoscalerSpec {
  return object['spec'] ?? {}; // as the API's schema has it
}

/** Two metrics and how many more; nothing here measures any. */
function showMetrics(metrics: readonly unknown[]): string {
  if (metrics.length === 0) return NONE;
  const shown = metrics.slice(0, SHOWN_METRICS).map(showMetric).join(', ');
  const more = metrics.length - SHOWN_METRICS;
  return more > 0 ? `${shown} + ${more} more...` : shown;
}

const SHOWN_METRICS = 2;

/** @see kubernetes `printers/internalversion` formatHPAMetrics */
function showMetric(metric: unknown): string {
  const type = word(metric, 'type');
  const source = at(metric, `${type.slice(0, 1).toLowerCase()}${type.slice(1)}`);
  const average = word(source, 'target.averageValue');
  switch (type) {
    case 'Resource':
    case 'ContainerResource': {
      const utilization = word(source, 'target.averageUtilization');
      const target = utilization === '' ? '<auto>' : `${utilization}%`;
      return `${word(source, 'name')}: <unknown>/${average === '' ? target : average}`;
    }
    case 'Pods':
      return `<unknown>/${average}`;
    case 'Object':
    case 'External':
      return average === ''
        ? `<unknown>/${word(source, 'target.value')}`
        : `<unknown>/${average} (avg)`;
    default:
      return '<unknown type>';
  }
}
