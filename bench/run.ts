/**
 * `npm run bench -- AREA…`: measures against peers side by side in one run, prints ratios, and writes
 * `bench/results/AREA.json`. Exits 2 for an area that is not there.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench } from './bench.ts';

const AREAS = ['start', 'dns', 'proxy', 'policy', 'ingress', 'api'] as const;

const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !AREAS.some((area) => area === name));
if (wanted.length === 0 || unknown !== undefined) {
  console.error(
    `${unknown === undefined ? 'name an area' : `unknown area ${unknown}`}\nusage: npm run bench -- AREA…\nareas: ${AREAS.join(' ')}`,
  );
  process.exit(2);
}
// Whoever started servers ends them at the exit, which a signal alone does not come to.
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => process.exit(130));
const results = join(import.meta.dirname, 'results');
mkdirSync(results, { recursive: true });
for (const area of wanted) {
  const { bench } = (await import(`./${area}.ts`)) as { bench: Bench }; // each area's file exports it
  const report = await bench((line) => console.log(line));
  writeFileSync(join(results, `${area}.json`), `${JSON.stringify(report, undefined, 2)}\n`);
}
