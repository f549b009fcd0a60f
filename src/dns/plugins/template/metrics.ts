import { print, type Struct } from '../../go-template/index.ts';
import type { Metrics } from '../../metrics.ts';
import type { Query } from '../../query.ts';
import { ZoneFileError } from '../../zone-file/index.ts';
import type { Section } from './stanza.ts';

export interface TemplateMetrics {
  matched(query: Query, zone: string, root: Struct): void;
  failed(failure: {
    readonly query: Query;
    readonly zone: string;
    readonly root: Struct;
    readonly section: Section;
    readonly source: string;
    readonly error: unknown;
  }): void;
}

export function createTemplateMetrics(metrics: Metrics): TemplateMetrics {
  const labels = ['server', 'zone', 'view', 'class', 'type'];
  const failureLabels = [...labels, 'section', 'template'];
  const matches = metrics.counter({
    name: 'coredns_template_matches_total',
    help: 'Number of times template regex matched.',
    labels,
  });
  const failures = metrics.counter({
    name: 'coredns_template_template_failures_total',
    help: 'Number of go template failures.',
    labels: failureLabels,
  });
  const recordFailures = metrics.counter({
    name: 'coredns_template_rr_failures_total',
    help: 'Number of times the templates produced invalid records.',
    labels: failureLabels,
  });
  const valuesOf = ({ server }: Query, zone: string, { fields }: Struct): readonly string[] => {
    const text = (field: string): string => {
      const value = fields[field];
      return typeof value === 'function' ? '' : print(value);
    };
    return [server?.address ?? '', zone, server?.view ?? '', text('Class'), text('Type')];
  };
  return {
    matched: (query, zone, root) => matches.with(...valuesOf(query, zone, root)).inc(),
    failed: ({ query, zone, root, section, source, error }) =>
      (error instanceof ZoneFileError ? recordFailures : failures)
        .with(...valuesOf(query, zone, root), section, source)
        .inc(),
  };
}
