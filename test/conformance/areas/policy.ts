/** Plays `policy/*.json` against the pure decision, against the API, and with real connections through the whole program. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AreaContext, CaseResult } from '../area.ts';
import { playAdmission, type AdmissionCase } from './policy/admission.ts';
import type { VerdictCase, World } from './policy/cases.ts';
import { playDecision } from './policy/decisions.ts';
import { playTraffic } from './policy/traffic.ts';

interface Table<Case> {
  readonly world?: World;
  readonly cases: readonly Case[];
}

const DEFAULT_DIR = join(import.meta.dirname, '../../../fixtures/conformance');

/** Runs every row. */
export async function* run({ casesDir }: AreaContext): AsyncIterable<CaseResult> {
  yield* playVerdicts(casesDir);
  for (const row of read<AdmissionCase>(casesDir, 'admission')?.cases ?? [])
    yield playAdmission(row);
}

async function* playVerdicts(casesDir: string): AsyncIterable<CaseResult> {
  const policies = read<VerdictCase>(casesDir, 'network-policy');
  const clusterPolicies = read<VerdictCase>(casesDir, 'cluster-network-policy');
  const rows = [policies, clusterPolicies].flatMap((table) => table?.cases ?? []);
  // Both verdict tables speak of one cluster, which stands in the first.
  const world = policies?.world ?? read<VerdictCase>(DEFAULT_DIR, 'network-policy')?.world;
  const fixture = [casesDir, DEFAULT_DIR].map((dir) => join(dir, 'policy/fixture.yaml'));
  const path = fixture.find((candidate) => existsSync(candidate));
  if (world === undefined || path === undefined) return;
  for (const row of rows) yield playDecision(row, world);
  yield* playTraffic(rows, world, path);
}

/** The form of a table is its own `schema`. */
function read<Case>(casesDir: string, name: string): Table<Case> | undefined {
  const path = join(casesDir, `policy/${name}.json`);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Table<Case>) : undefined;
}
