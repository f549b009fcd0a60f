/**
 * Time from process start to the first DNS and ingress answer, and the memory when everything is served, for 50
 * Services and 200 Pods; from the sources and from `dist/` (when it is built), in turns. The peer is a bare
 * `node -e 0`: what the runtime alone takes.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { machine, spreadOf, type Bench, type Spread } from './bench.ts';
import { manifests, serviceName } from './start-parts/manifests.ts';
import { measureStart, type Start } from './start-parts/measure.ts';

const RUNS = 10;
const SERVICES = 50;
const PODS_PER_SERVICE = 4;
const BUDGET_MS = 300;
const BUDGET_MB = 100;

type Figures = Readonly<Record<keyof Start, Spread>>;

export const bench: Bench = async (print) => {
  const folder = mkdtempSync(join(tmpdir(), 'podlane-bench-'));
  try {
    writeFileSync(join(folder, 'manifests.yaml'), manifests(SERVICES, PODS_PER_SERVICE));
    const bare = spreadOf(Array.from({ length: RUNS }, bareNodeMs));
    print(`node -e 0: median ${bare.median.toFixed(0)} ms`);
    const runs = await measureInTurns(programs(print), folder);
    const report: Record<string, unknown> = {
      machine: machine(),
      runs: RUNS,
      services: SERVICES,
      pods: SERVICES * PODS_PER_SERVICE,
      bareNodeMs: bare,
    };
    for (const [name, starts] of runs) {
      const figures = figuresOf(starts);
      report[name] = figures;
      for (const line of sentences(figures, bare)) print(`${name}: ${line}`);
    }
    return report;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

function programs(print: (line: string) => void): readonly (readonly [string, string])[] {
  const root = join(import.meta.dirname, '..');
  const all = [
    ['source', join(root, 'scripts/podlane.js')],
    ['dist', join(root, 'dist/cli/main.js')],
  ] as const;
  return all.filter(([name, program]) => {
    if (!existsSync(program)) print(`${name}: not built, left out (npm run build)`);
    return existsSync(program);
  });
}

/** The programs take turns, so that what else the machine does falls on all alike. */
async function measureInTurns(
  list: readonly (readonly [string, string])[],
  folder: string,
): Promise<ReadonlyMap<string, readonly Start[]>> {
  const names = { firstService: serviceName(0), lastService: serviceName(SERVICES - 1) };
  const runs = new Map<string, Start[]>(list.map(([name]) => [name, []]));
  // The first run fills the compile cache, as a first start does.
  for (let run = 0; run <= RUNS; run += 1)
    for (const [name, program] of list) {
      const start = await measureStart({ program, folder, ...names });
      if (run > 0) runs.get(name)?.push(start);
    }
  return runs;
}

function bareNodeMs(): number {
  const start = performance.now();
  spawnSync(process.execPath, ['-e', '0']);
  return performance.now() - start;
}

function figuresOf(starts: readonly Start[]): Figures {
  const of = (figure: keyof Start): Spread => spreadOf(starts.map((start) => start[figure]));
  return {
    dnsMs: of('dnsMs'),
    ingressMs: of('ingressMs'),
    answeredMs: of('answeredMs'),
    lastAnsweredMs: of('lastAnsweredMs'),
    readyMs: of('readyMs'),
    cpuMs: of('cpuMs'),
    memoryMB: of('memoryMB'),
  };
}

function sentences(figures: Figures, bare: Spread): readonly string[] {
  const { dnsMs, ingressMs, answeredMs, lastAnsweredMs, readyMs, cpuMs, memoryMB } = figures;
  const median = (spread: Spread): string => spread.median.toFixed(0);
  const kept = (spread: Spread, budget: number): string =>
    spread.median < budget ? 'kept' : 'MISSED';
  return [
    `first DNS answer after ${median(dnsMs)} ms, first Pod through the ingress after ${median(ingressMs)} ms: ` +
      `both after median ${median(answeredMs)} ms (${answeredMs.min.toFixed(0)}–${answeredMs.max.toFixed(0)}), ` +
      `${(answeredMs.median / bare.median).toFixed(1)} × a bare node, budget ${BUDGET_MS} ms ${kept(answeredMs, BUDGET_MS)}`,
    `the last Service of the manifests answers after ${median(lastAnsweredMs)} ms, everything is ready after ` +
      `${median(readyMs)} ms (${median(cpuMs)} ms of CPU); ` +
      `memory then ${median(memoryMB)} MB, budget ${BUDGET_MB} MB ${kept(memoryMB, BUDGET_MB)}`,
  ];
}
