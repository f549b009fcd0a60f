/** Who reaches whom: flows made as their callers would make them, judged against expectations, and compared. */
import type { ReachRequest, ReachResult } from '../../control/index.ts';
import { inParallel } from './in-parallel.ts';
import { probe, type ReachWorld } from './probe.ts';
import { questionOf } from './question-of.ts';

export { inMemory, type InMemoryOptions } from './in-memory.ts';
export { judge } from './judge.ts';
export { matrix } from './matrix.ts';
export { diffPolicies } from './policy-diff.ts';
export type { FlowChange, PolicyDiffOptions, PolicyDiffResult } from './policy-diff.ts';
export type { ReachWorld } from './probe.ts';

/** Whether a Pod, or the outside, reaches each of its targets. @throws PodlaneError where somebody is not there. */
export async function reach(
  world: ReachWorld,
  { to, ...request }: ReachRequest,
): Promise<readonly ReachResult[]> {
  const questions = to.map((target) => questionOf(world.cluster, { ...request, to: target }));
  return inParallel(questions, async (question) => (await probe(world, question)).result);
}
