/** The area `api`: what the API server makes of objects that clients send. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AreaContext, CaseResult } from '../area.ts';
import { checkServiceRow, type ServiceRow } from './api/service-cases.ts';
import type { ClusterTable } from './api/service-world.ts';

interface ServiceTable {
  readonly meta?: { readonly clusters?: Readonly<Record<string, ClusterTable>> };
  readonly cases: readonly ServiceRow[];
}

/** Clusters of the table, for files that do not say theirs. */
const CLUSTERS: Readonly<Record<string, ClusterTable>> = {
  'single-v4': { serviceCIDRs: ['10.96.0.0/16'] },
  dual: { serviceCIDRs: ['10.96.0.0/16', 'fd00:10:96::/108'] },
};

/** Plays `api/services.json`. */
export async function* run({ casesDir }: AreaContext): AsyncIterable<CaseResult> {
  const table = JSON.parse(
    readFileSync(join(casesDir, 'api/services.json'), 'utf8'),
  ) as ServiceTable;
  for (const row of table.cases) {
    const actual = problemsOf(row, { ...CLUSTERS, ...table.meta?.clusters });
    yield { id: row.id, title: row.title, ok: actual.length === 0, expected: row.expect, actual };
  }
  yield* recordedRequests(join(casesDir, 'api/kube-apiserver-1.36.jsonl'));
}

function problemsOf(
  row: ServiceRow,
  clusters: Readonly<Record<string, ClusterTable>>,
): readonly string[] {
  try {
    return checkServiceRow(row, clusters);
  } catch (error) {
    return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  }
}

/** They are requests over HTTP, which nothing answers yet. */
function* recordedRequests(file: string): Iterable<CaseResult> {
  if (!existsSync(file)) return;
  const lines = readFileSync(file, 'utf8').split('\n');
  for (const line of lines.filter((text) => text !== '')) {
    const { name } = JSON.parse(line) as { readonly name: string };
    yield { id: name, title: name, ok: false, skipped: 'recorded HTTP requests' };
  }
}
