/** Plays `proxy/endpoint-selection.json` against the pure decision, and with real connections against the whole program. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AreaContext, CaseResult } from '../area.ts';
import { playAffinity, type AffinityCase } from './proxy/affinity.ts';
import { playPacket, type PacketCase } from './proxy/packet.ts';
import { playRunningAffinity } from './proxy/running/affinity.ts';
import { playHealth, type HealthCase } from './proxy/running/health.ts';
import { playRunningPacket } from './proxy/running/packet.ts';
import type { World } from './proxy/world.ts';

interface SelectionTable {
  readonly meta: { readonly world: World };
  readonly cases: readonly PacketCase[];
  readonly affinitySequences?: readonly AffinityCase[];
  readonly healthChecks?: readonly HealthCase[];
  readonly conntrackUDP?: readonly { readonly id: string; readonly title: string }[];
}

/** Runs every row. */
export async function* run({ casesDir }: AreaContext): AsyncIterable<CaseResult> {
  const path = join(casesDir, 'proxy/endpoint-selection.json');
  if (!existsSync(path)) return;
  // The form of the table is its own `meta`.
  const table = JSON.parse(readFileSync(path, 'utf8')) as SelectionTable;
  const { world } = table.meta;
  for (const row of table.cases) yield playPacket(row, world);
  for (const row of table.cases) yield playRunningPacket(row, world);
  for (const row of table.affinitySequences ?? []) {
    yield playAffinity(row);
    if (row.steps !== undefined) yield playRunningAffinity(row, world);
  }
  for (const row of table.healthChecks ?? []) yield playHealth(row);
  for (const { id, title } of table.conntrackUDP ?? [])
    yield {
      id,
      title,
      ok: false,
      skipped:
        'the row is prose; test/proxy/backends/udp-flows.test.ts and test/datapath/connect.test.ts play it by its id',
    };
}
