import { parseIp } from '../../net/index.ts';
import type { ServiceEndpoint } from '../service.ts';

const SLOTS = 256;

/** Slot of an address in a table of 256: Knuth's multiplicative hash of its words. @see Linux, ip_vs_sh.c, ip_vs_sh_hashkey */
export function slotOf(address: string): number {
  let folded = 0;
  for (let bits = parseIp(address)?.bits ?? 0n; bits > 0n; bits >>= 32n)
    folded ^= Number(bits & 0xff_ff_ff_ffn);
  return Math.imul(folded, 2_654_435_761) >>> 24;
}

/** Who has which slot: the candidates in turn, each as many slots in a row as it weighs, around and around. */
export function slotOwner(
  candidates: readonly ServiceEndpoint[],
  weightOf: (endpoint: ServiceEndpoint) => number,
  slot: number,
): ServiceEndpoint | undefined {
  let total = 0;
  for (const candidate of candidates) total += weightOf(candidate);
  let left = (slot % SLOTS) % total;
  for (const candidate of candidates) {
    left -= weightOf(candidate);
    if (left < 0) return candidate;
  }
  return candidates[0];
}
