import { readFileSync } from 'node:fs';
import type { CaseResult } from '../../../area.ts';
import { playBudget } from './budget-steps.ts';
import { playScenario, type Difference } from './play.ts';
import type { Scenario } from './scenario.ts';
import { playTriggerTimes } from './trigger-times.ts';
import { playVictims } from './victims.ts';

/** Plays every scenario of a file of the form of `rollouts.json`. */
export async function* playRollouts(file: string): AsyncIterable<CaseResult> {
  const { scenarios } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly scenarios: Readonly<Record<string, Scenario>>;
  };
  for (const [id, scenario] of Object.entries(scenarios)) {
    const differences = await differencesIn(id, scenario);
    const expected = differences.map((one) => ({ where: one.where, is: one.expected }));
    const actual = differences.map((one) => ({ where: one.where, is: one.actual }));
    yield { id, title: scenario.about, ok: differences.length === 0, expected, actual };
  }
}

async function differencesIn(id: string, scenario: Scenario): Promise<readonly Difference[]> {
  try {
    return await playerOf(scenario)(id, scenario);
  } catch (error) {
    const actual = error instanceof Error ? error.stack : error;
    return [{ where: 'all of it', expected: 'to be played', actual }];
  }
}

function playerOf(scenario: Scenario): typeof playScenario {
  if ('cases' in scenario) return playVictims;
  if (!('steps' in scenario)) return playScenario;
  return scenario.events.length > 0 ? playBudget : playTriggerTimes;
}
