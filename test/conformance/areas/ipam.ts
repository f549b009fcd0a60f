/** The area `ipam`: ranges and bands, sequences of requests, and what they leave in the store. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AreaContext, CaseResult } from '../area.ts';
import type { Problems } from './ipam/expectation.ts';
import { hostLocalConfig, hostLocalRequest, hostLocalSequence } from './ipam/host-local-cases.ts';
import {
  nodeCIDRConfig,
  nodeCIDREvent,
  nodeCIDRSequence,
  nodeValidation,
} from './ipam/node-cases.ts';
import {
  nodePortBand,
  nodePortSequence,
  serviceBand,
  serviceRangeCheck,
  serviceSequence,
} from './ipam/range-cases.ts';
import { serviceMulti, serviceObjects } from './ipam/service-cases.ts';

interface Row {
  readonly id: string;
  readonly kind: string;
  readonly title: string;
  readonly input: unknown;
  readonly expect: unknown;
}

type Check = (input: unknown, expect: unknown) => Problems | Promise<Problems>;

/** Each kind of row has inputs of its own form, which its check knows. */
const CHECKS = {
  serviceBand,
  serviceRangeCheck,
  serviceSequence,
  serviceObjects,
  serviceMulti,
  nodePortBand,
  nodePortSequence,
  nodeCIDRConfig,
  nodeCIDRSequence,
  nodeCIDREvent,
  nodeValidation,
  hostLocalSequence,
  hostLocalConfig,
  hostLocalRequest,
} as unknown as Readonly<Record<string, Check>>;

/** Plays `ipam/*.json`. */
export async function* run({ casesDir }: AreaContext): AsyncIterable<CaseResult> {
  const table = JSON.parse(readFileSync(join(casesDir, 'ipam/ipam.json'), 'utf8')) as {
    readonly cases: readonly Row[];
  };
  for (const row of table.cases) {
    const { id, title, expect } = row;
    const actual = await problemsOf(row);
    yield { id, title, ok: actual.length === 0, expected: expect, actual };
  }
}

async function problemsOf({ kind, input, expect }: Row): Promise<Problems> {
  const check = CHECKS[kind];
  if (check === undefined) return [`unknown kind of row: ${kind}`];
  try {
    return await check(input, expect);
  } catch (error) {
    return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  }
}
