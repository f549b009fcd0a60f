/** The area `api`: what the API server makes of objects that clients send. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AreaContext, CaseResult } from '../area.ts';
import { playRecordings } from './api/recorded-requests.ts';
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

/** Plays `api/services.json` and the recorded requests in `api/*.jsonl`. */
export async function* run({ casesDir }: AreaContext): AsyncIterable<CaseResult> {
  const table = JSON.parse(
    readFileSync(join(casesDir, 'api/services.json'), 'utf8'),
  ) as ServiceTable;
  for (const row of table.cases) {
    const actual = problemsOf(row, { ...CLUSTERS, ...table.meta?.clusters });
    yield { id: row.id, title: row.title, ok: actual.length === 0, expected: row.expect, actual };
  }
  const recordings = globSync('api/*.jsonl', { cwd: casesDir }).toSorted();
  for (const file of recordings) yield* playRecordings(join(casesDir, file));
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
