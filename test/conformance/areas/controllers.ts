/** The area `controllers`: what endpoint controllers make of planted state, and what workloads go through. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AreaContext, CaseResult } from '../area.ts';
import { canonical, eventRows, sorted, type Outcome, type Row } from './controllers/expectation.ts';
import { legacyEndpoints } from './controllers/legacy-endpoints.ts';
import { mirroring } from './controllers/mirroring.ts';
import { packing } from './controllers/packing.ts';
import { Field } from './controllers/plant.ts';
import { expectedSlices, podsToSlices } from './controllers/pods-to-slices.ts';
import { playRollouts } from './controllers/rollouts/index.ts';
import { expectedMeta, sliceMeta } from './controllers/slice-meta.ts';
import { sliceValidation } from './controllers/slice-validation.ts';
import {
  expectedTopology,
  topologyAnnotation,
  topologyVariants,
  trafficDistribution,
} from './controllers/topology.ts';

interface Check {
  /** What came, by the names of what was expected. */
  readonly play: (row: Row, field: Field) => Promise<Outcome>;
  /** What was expected, in the order and form of what came. */
  readonly expected?: (row: Row) => Outcome;
}

const CHECKS: Readonly<Record<string, Check>> = {
  podsToSlices: { play: podsToSlices, expected: expectedSlices },
  sliceMeta: { play: sliceMeta, expected: expectedMeta },
  packing: { play: packing },
  topologyAnnotation: { play: topologyAnnotation, expected: expectedTopology },
  trafficDistribution: { play: trafficDistribution },
  mirroring: { play: mirroring },
  legacyEndpoints: { play: legacyEndpoints },
  sliceValidation: { play: sliceValidation },
};

/** Plays `controllers/endpoint-slices.json` and `controllers/rollouts.json`, those that are there. */
export async function* run({ casesDir }: AreaContext): AsyncIterable<CaseResult> {
  const slices = join(casesDir, 'controllers/endpoint-slices.json');
  if (existsSync(slices)) yield* playSlices(slices);
  const rollouts = join(casesDir, 'controllers/rollouts.json');
  if (existsSync(rollouts)) yield* playRollouts(rollouts);
}

async function* playSlices(file: string): AsyncIterable<CaseResult> {
  const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly Row[] };
  for (const row of cases) {
    const { id, title } = row;
    const { expected, actual } = await compare(row);
    yield { id, title, ok: canonical(expected) === canonical(actual), expected, actual };
  }
}

async function compare(row: Row): Promise<{ expected: unknown; actual: unknown }> {
  const check = CHECKS[row.kind];
  if (check === undefined)
    return { expected: row.expect, actual: `kind ${row.kind} is not understood` };
  try {
    const { variants: _, ...expect } = check.expected?.(row) ?? row.expect;
    const pairs = await topologyVariants(row);
    const expected = [expect, ...pairs.map(([wanted]) => wanted)];
    await using field = new Field();
    const { steps: __, ...first } = await check.play(row, field);
    const actual = [first, ...pairs.map(([, came]) => came)];
    if (row.events === undefined) return { expected, actual };
    return {
      expected: [...expected, { events: sorted(row.events) }],
      actual: [...actual, { events: sorted(eventRows(field.events())) }],
    };
  } catch (error) {
    return { expected: row.expect, actual: error instanceof Error ? error.stack : error };
  }
}
