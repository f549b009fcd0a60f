import type { ServiceEndpoint } from '../service.ts';
import type { Schedule } from './scheduler.ts';

/** A prime, as many more than endpoints as makes shares even; Linux' default. */
const TABLE_SIZE = 4093;

/**
 * Maglev hashing: a client's address says where it goes, and few clients move when endpoints come and go.
 *
 * @see Eisenbud et al., Maglev, NSDI 2016, §3.4; Linux, ip_vs_mh.c
 */
export const mh: Schedule = ({ candidates, weightOf, source }) => {
  const table = tableOf(candidates, weightOf);
  return candidates[table[hash(source, 0) % TABLE_SIZE] ?? 0];
};

interface Built {
  readonly weights: string;
  readonly table: Uint16Array;
}

/** Tables of candidates whose weights have not changed. */
const built = new WeakMap<readonly ServiceEndpoint[], Built>();

function tableOf(
  candidates: readonly ServiceEndpoint[],
  weightOf: (endpoint: ServiceEndpoint) => number,
): Uint16Array {
  const weights = candidates.map(weightOf);
  const known = built.get(candidates);
  if (known?.weights === weights.join()) return known.table;
  const table = populate(candidates, weights);
  built.set(candidates, { weights: weights.join(), table });
  return table;
}

/** Each endpoint in turn takes the next free place of its own permutation, as many as it weighs in a round. */
function populate(candidates: readonly ServiceEndpoint[], weights: readonly number[]): Uint16Array {
  const table = new Uint16Array(TABLE_SIZE);
  const isTaken = new Uint8Array(TABLE_SIZE);
  const steps = candidates.map(({ key }) => ({
    next: hash(key, 1) % TABLE_SIZE,
    skip: (hash(key, 2) % (TABLE_SIZE - 1)) + 1,
  }));
  for (let filled = 0; filled < TABLE_SIZE;)
    for (const [index, step] of steps.entries())
      for (let share = weights[index] ?? 1; share > 0 && filled < TABLE_SIZE; share -= 1) {
        while (isTaken[step.next] === 1) step.next = (step.next + step.skip) % TABLE_SIZE;
        isTaken[step.next] = 1;
        table[step.next] = index;
        filled += 1;
      }
  return table;
}

/** FNV-1a with a seed, then mixed so that all bits count. */
function hash(text: string, seed: number): number {
  let value = 0x81_1c_9d_c5 ^ seed;
  for (let at = 0; at < text.length; at += 1)
    value = Math.imul(value ^ text.charCodeAt(at), 0x01_00_01_93);
  value = Math.imul(value ^ (value >>> 16), 0x85_eb_ca_6b);
  return (value ^ (value >>> 13)) >>> 0;
}
