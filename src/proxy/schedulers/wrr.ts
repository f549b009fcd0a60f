import type { Schedule } from './scheduler.ts';

/**
 * Weighted round robin: in each cycle an endpoint has as many turns as it weighs, heavier ones first.
 *
 * The bar falls from the highest weight by the common divisor; at each height all that reach it have a turn.
 *
 * @see Linux, ip_vs_wrr.c
 */
export const wrr: Schedule = ({ candidates, weightOf, turn }) => {
  const weights = candidates.map(weightOf);
  const step = weights.reduce(greatestCommonDivisor);
  const cycle = weights.reduce((sum, weight) => sum + weight / step, 0);
  let left = turn % cycle;
  for (let bar = Math.max(...weights); bar > 0; bar -= step) {
    const reaching = candidates.filter((_, index) => (weights[index] ?? 0) >= bar);
    if (left < reaching.length) return reaching[left];
    left -= reaching.length;
  }
  return undefined;
};

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
