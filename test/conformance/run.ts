/**
 * `npm run conformance -- [--cases DIR] [--dns-workers N] [AREA…]`: plays case tables against the running program.
 *
 * Prints each failure with what was expected and what came, then a line of counts an area, and last
 * `N passed, N failed`. Exits 1 on a failure, 2 on a wrong argument.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Area, AreaContext, CaseResult } from './area.ts';

const AREAS = ['ipam', 'api', 'controllers', 'dns', 'proxy', 'policy', 'ingress'] as const;
type AreaName = (typeof AREAS)[number];

interface Counts {
  passed: number;
  failed: number;
  readonly skipped: Map<string, number>;
}

function usage(message: string): never {
  console.error(
    `${message}\nusage: npm run conformance -- [--cases DIR] [--dns-workers N] [AREA…]\nareas: ${AREAS.join(' ')}`,
  );
  process.exit(2);
}

function readArguments(): AreaContext & { readonly areas: readonly AreaName[] } {
  try {
    const { values, positionals } = parseArgs({
      options: { cases: { type: 'string' }, 'dns-workers': { type: 'string', default: '1' } },
      allowPositionals: true,
    });
    const casesDir = resolve(
      values.cases ?? join(import.meta.dirname, '../../fixtures/conformance'),
    );
    if (!existsSync(casesDir)) usage(`no folder ${casesDir}`);
    const isArea = (name: string): name is AreaName => AREAS.some((area) => area === name);
    const unknown = positionals.find((name) => !isArea(name));
    if (unknown !== undefined) usage(`unknown area ${unknown}`);
    const named = positionals.filter(isArea);
    const present = AREAS.filter((area) => existsSync(join(casesDir, area)));
    const dnsWorkers = Number(values['dns-workers']);
    return { casesDir, dnsWorkers, areas: named.length > 0 ? named : present };
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
}

function print(area: AreaName, result: CaseResult): void {
  const show = (value: unknown): string =>
    JSON.stringify(value, undefined, 1)?.replaceAll('\n', '\n    ') ?? 'nothing';
  console.log(`FAIL ${area} ${result.id} ${result.title}`);
  console.log(`  expected ${show(result.expected)}`);
  console.log(`  actual   ${show(result.actual)}`);
}

async function runArea(area: AreaName, context: AreaContext): Promise<Counts> {
  const counts: Counts = { passed: 0, failed: 0, skipped: new Map() };
  const { run } = (await import(`./areas/${area}.ts`)) as { run: Area }; // each area's file exports it
  for await (const result of run(context)) {
    if (result.skipped !== undefined) {
      counts.skipped.set(result.skipped, (counts.skipped.get(result.skipped) ?? 0) + 1);
    } else if (result.ok) counts.passed += 1;
    else {
      counts.failed += 1;
      print(area, result);
    }
  }
  return counts;
}

const { areas, ...context } = readArguments();
let passed = 0;
let failed = 0;
for (const area of areas) {
  const counts = await runArea(area, context);
  passed += counts.passed;
  failed += counts.failed;
  for (const [reason, count] of counts.skipped) console.log(`${area}: ${count} not run: ${reason}`);
  console.log(`${area}: ${counts.passed} of ${counts.passed + counts.failed}`);
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
