/** `npm run bench -- policy`: what policies cost: a decision, compiling them, how soon a change counts, and a matrix. */
import { machine, type Bench, type Spread } from './bench.ts';
import { measureChanges } from './policy-parts/changes.ts';
import { measureCompile, measureDecisions } from './policy-parts/decisions.ts';
import { measureMatrix } from './policy-parts/matrix.ts';
import { PODS } from './policy-parts/world.ts';

const SIZES = [10, 100, 1000] as const;

/** Measures, prints, and gives what is kept. */
export const bench: Bench = async (print) => {
  const decisions = measureDecisions(SIZES);
  for (const [size, { median }] of decisions)
    print(
      `${size} policies: ${median.toFixed(0)} ns a decision (one direction), ${(2 * median).toFixed(0)} ns a connection (egress and ingress), CPU time`,
    );
  const middle = (size: number): number => decisions.get(size)?.median ?? Number.NaN;
  const ratio = middle(1000) / middle(10);
  print(`1000 against 10 policies: ${ratio.toFixed(2)} times`);
  const compileMs = measureCompile(1000);
  print(
    `1000 policies over ${PODS} Pods: ${compileMs.median.toFixed(0)} ms of CPU to compile and select`,
  );
  const changes = await measureChanges();
  for (const [name, { wallMs, cpuMs, longestPauseMs }] of Object.entries(changes))
    print(
      `${name}: ${ms(wallMs)}, p99 ${wallMs.p99.toFixed(2)} ms from the write to the decision that knows, ${ms(cpuMs)} of CPU; longest pause for garbage ${longestPauseMs.toFixed(1)} ms`,
    );
  const matrix = await measureMatrix();
  print(
    `matrix of 9 × 9 Pods, 72 flows denied, the whole command: TCP ${ms(matrix.runningMs.TCP)}, UDP ${ms(matrix.runningMs.UDP)}; with -f ${ms(matrix.inMemoryMs)}`,
  );
  return {
    machine: machine(),
    decisionNs: Object.fromEntries(decisions),
    ratio,
    compileMs,
    changes,
    matrix,
  };
};

function ms({ median, max }: Spread): string {
  return `${median.toFixed(median < 1 ? 3 : 0)} ms (at most ${max.toFixed(median < 1 ? 1 : 0)})`;
}
