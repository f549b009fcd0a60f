/** Plays `ingress/ingress.json`: each row's Ingresses in a running cluster, its request over real HTTP or HTTPS. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AreaContext, CaseResult } from '../area.ts';
import { playApi } from './ingress/play-api.ts';
import { playRequest } from './ingress/play-request.ts';
import { playWatch } from './ingress/play-watch.ts';
import type { IngressCase, IngressTable } from './ingress/table.ts';

/** Seconds: rows that take longer are not run. */
const TOO_LONG = 30;

/** Rows that are not run, by the reason why. */
const NOT_RUN: Readonly<Record<string, string>> = {
  'ann-ssl-redirect-acme-exempt':
    "ingress-nginx compares no-tls-redirect-locations with the location's path, which is / here",
};

/** Runs every row. */
export async function* run({ casesDir }: AreaContext): AsyncIterable<CaseResult> {
  const path = join(casesDir, 'ingress/ingress.json');
  if (!existsSync(path)) return;
  // The form of the table is its own `meta`.
  const table = JSON.parse(readFileSync(path, 'utf8')) as IngressTable;
  for (const row of table.cases) yield await playRow(row);
}

async function playRow(row: IngressCase): Promise<CaseResult> {
  const { id, group, rank, request } = row;
  if ((request.idleSeconds ?? 0) > TOO_LONG)
    return {
      id,
      title: group,
      ok: false,
      skipped: 'it waits for a minute in silence',
    };
  const reason = NOT_RUN[id];
  if (reason !== undefined) return { id, title: group, ok: false, skipped: reason };
  const result = await play(row).catch((error: unknown) => ({
    id,
    title: group,
    ok: false,
    expected: row.expect,
    actual: error instanceof Error ? (error.stack ?? error.message) : String(error),
  }));
  if (rank !== 'skip' || result.ok) return result;
  return { id, title: group, ok: false, skipped: 'ranked skip: accepted and reported' };
}

function play(row: IngressCase): Promise<CaseResult> {
  const { request } = row;
  if (request.apiOperation !== undefined) return playApi(row);
  return request.watch === undefined && request.event === undefined
    ? playRequest(row)
    : playWatch(row);
}
