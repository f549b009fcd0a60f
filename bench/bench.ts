import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';

/** One area's measurement: prints as it goes, returns what is kept. */
export type Bench = (print: (line: string) => void) => Promise<unknown>;

/** What an area keeps, by part. */
export type Report = Record<string, unknown>;

/** Whether this part of an area is to be measured: `BENCH_ONLY` names some, comma-separated. @default all */
export function isChosen(part: string): boolean {
  const only = process.env['BENCH_ONLY']?.split(',');
  return only === undefined || only.includes(part);
}

/** The area's last figures, which a run of some parts keeps for the others. */
export function figuresBefore(area: string): Report {
  const file = join(import.meta.dirname, 'results', `${area}.json`);
  if (process.env['BENCH_ONLY'] === undefined || !existsSync(file)) return {};
  return JSON.parse(readFileSync(file, 'utf8')) as Report; // written by run.ts
}

/** Smallest, middle and largest of some figures. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export function spreadOf(figures: readonly number[]): Spread {
  const sorted = figures.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { min: at(0), median: at(0.5), max: at(1) };
}

/** What the figures were measured on. */
export function machine(): Readonly<Record<string, unknown>> {
  return {
    cpu: cpus()[0]?.model,
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
  };
}
