import type { ExpectRequest, ExpectResult, JudgedExpectation } from '../../control/index.ts';
import { PodlaneError } from '../../net/index.ts';
import { inParallel } from './in-parallel.ts';
import { readExpectationFile } from './expectation-file.ts';
import { positiveControl } from './positive-control.ts';
import { probe, type Probed, type ReachWorld } from './probe.ts';
import { questionOf } from './question-of.ts';
import type { Expectation } from './read-expectations.ts';

/**
 * Makes every flow of a file of expectations, and tells which are as they are expected.
 *
 * A denial counts only where the target was seen to answer somebody.
 *
 * @throws PodlaneError `ERR_OPTION` with the file's line where an expectation cannot be understood.
 */
export async function judge(world: ReachWorld, request: ExpectRequest): Promise<ExpectResult> {
  const expected = await readExpectationFile(request);
  const questions = expected.map((expectation) => ({
    expectation,
    question: withPosition(expectation, () =>
      questionOf(world.cluster, { ...expectation, namespace: request.namespace }),
    ),
  }));
  const probed = await inParallel(questions, ({ question }) => probe(world, question));
  const expectations = await inParallel(questions, async ({ expectation }, index) => {
    const own = probed[index];
    return own === undefined ? [] : [await judgeOne(world, expectation, { own, probed })];
  });
  return { expectations: expectations.flat() };
}

async function judgeOne(
  world: ReachWorld,
  { expect, position: { file, line } }: Expectation,
  { own, probed }: { readonly own: Probed; readonly probed: readonly Probed[] },
): Promise<JudgedExpectation> {
  const { steps: _, ...flow } = own.result;
  const about = { file, line, expect, flow };
  if (expect === 'allow')
    return { ...about, outcome: flow.verdict === 'allowed' ? 'met' : 'failed' };
  if (flow.verdict === 'allowed' || flow.verdict === 'mixed')
    return { ...about, outcome: 'failed' };
  const control =
    own.flow === undefined ? undefined : await positiveControl(world, own.flow, probed);
  return control === undefined
    ? { ...about, outcome: 'unproven' }
    : { ...about, outcome: 'met', control };
}

/** What is wrong with an expectation is said with its place. */
function withPosition<T>({ position }: Expectation, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof PodlaneError)) throw error;
    const { message, hint } = error;
    throw new PodlaneError('ERR_OPTION', message, {
      position,
      cause: error,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}
