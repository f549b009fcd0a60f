/** Plays a scenario of `rollouts.json` phase by phase and tells what came out otherwise than recorded. */
import { canonical, isRecord } from '../expectation.ts';
import { act, playOf, type Play } from './actions.ts';
import { NO_SNAPSHOTS, scrub, type Phase, type Scenario, type TraceRow } from './scenario.ts';
import { Stage } from './stage.ts';
import { recordSequence } from './sequence.ts';
import { show, showHistory, viewOf, type View } from './views.ts';

/** Something that is not as recorded. */
export interface Difference {
  readonly where: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

export async function playScenario(
  name: string,
  scenario: Scenario,
): Promise<readonly Difference[]> {
  const gates = [...scenario.about.matchAll(/--feature-gates=(\w+)=true/g)];
  await using stage = new Stage(
    name,
    gates.flatMap(([, gate = '']) => gate),
  );
  const play = playOf(scenario, stage);
  const ends: View[] = [];
  const moments: View[] = [];
  const differences: Difference[] = [];
  for (const phase of scenario.phases) {
    const first = stage.trace.rows.length;
    using _sequence = phase.phase.startsWith('DELETE') ? recordSequence(play) : undefined;
    await act(play, phase.phase);
    await stage.comeToRest(() => {
      if ('mid' in scenario) moments.push(viewOf(stage));
    });
    ends.push(viewOf(stage));
    differences.push(...comparePhase(play, phase, stage.trace.rows.slice(first)));
  }
  return [
    ...differences,
    ...compareJobs(play),
    ...compareSnapshots(play, ends, moments),
    ...compareEvents(play),
  ];
}

function comparePhase(play: Play, phase: Phase, rows: readonly TraceRow[]): readonly Difference[] {
  const where = `phase ${phase.phase}`;
  const checks: readonly (readonly [string, unknown, unknown])[] = [
    ['last sizes', phase.trace.at(-1)?.[4] ?? {}, rows.at(-1)?.[4] ?? {}],
    ...compareOrder(play, phase, rows),
    ...compareBounds(phase, rows),
  ];
  return checks
    .filter(([, expected, actual]) => canonical(expected) !== canonical(actual))
    .map(([what, expected, actual]) => ({ where: `${where}: ${what}`, expected, actual }));
}

/** What is fixed where there is one order: operations on ReplicaSets, and which Pods came and went. */
function compareOrder(
  { kind, scenario }: Play,
  phase: Phase,
  rows: readonly TraceRow[],
): readonly (readonly [string, unknown, unknown])[] {
  if (phase.strict !== true) return [];
  const isOrdered = kind === 'StatefulSet' && !/\bParallel\b/.test(scenario.about);
  const podRows = (of: readonly TraceRow[]): readonly string[] => {
    const pods = of.map(([what]) => what).filter((what) => !/^(rs|job )/.test(what));
    return isOrdered ? pods : pods.toSorted();
  };
  return [
    ['rsOps', phase.rsOps, rows.map(([what]) => what).filter((what) => what.startsWith('rs'))],
    ['pods', podRows(phase.trace), podRows(rows)],
  ];
}

/** The conditions that a Job goes through; a write that comes late may fall into the next phase. */
function compareJobs({ scenario, stage }: Play): readonly Difference[] {
  const expected = jobConditions(scenario.phases.flatMap(({ trace }) => trace));
  const actual = jobConditions(stage.trace.rows);
  return canonical(expected) === canonical(actual)
    ? []
    : [{ where: 'conditions of the Job', expected, actual }];
}

function jobConditions(rows: readonly TraceRow[]): readonly string[] {
  const lists = rows
    .map(([what]) => /^job .*"c": ?(\[[^\]]*\])/.exec(what)?.[1]?.replaceAll(' ', ''))
    .filter((list) => list !== undefined);
  return lists.filter((list, index) => list !== lists[index - 1]);
}

function compareBounds(
  { minReady, maxTotal, trace }: Phase,
  rows: readonly TraceRow[],
): readonly (readonly [string, unknown, unknown])[] {
  if (trace.length === 0 || rows.length === 0) return [];
  const ready = Math.min(...rows.map((row) => row[3]));
  const total = Math.max(...rows.map((row) => row[1]));
  return [
    ['fewest ready', minReady, Math.max(minReady, ready) === ready ? minReady : ready],
    ['most live', maxTotal, Math.min(maxTotal, total) === total ? maxTotal : total],
  ];
}

/** Each snapshot must be the state at the end of a phase, in the order in which they were taken. */
function compareSnapshots(
  play: Play,
  ends: readonly View[],
  moments: readonly View[],
): readonly Difference[] {
  const differences: Difference[] = [];
  let from = 0;
  for (const [key, wanted] of Object.entries(play.scenario)) {
    if (NO_SNAPSHOTS.has(key)) continue;
    const expected = comparable(play, [key, undefined], wanted);
    const shown = (view: View): unknown => {
      const value = key === 'history' ? historyIn(ends, wanted) : show(play, view, [key, wanted]);
      return comparable(play, [key, wanted], value);
    };
    const isSame = (view: View): boolean => canonical(shown(view)) === canonical(expected);
    if (key === 'mid' && moments.some(isSame)) continue;
    const index = ends.findIndex((view, at) => at >= from && isSame(view));
    if (index >= 0) {
      from = index;
      continue;
    }
    const last = ends.at(-1);
    const actual = ends.length > 1 ? ends.map(shown) : last && shown(last);
    differences.push({ where: `snapshot ${key}`, expected, actual });
  }
  return differences;
}

function historyIn(ends: readonly View[], wanted: unknown): unknown {
  return showHistory(ends, Array.isArray(wanted) ? wanted : []);
}

/** Generated parts and the order of conditions do not count; times may be off by a second. */
function comparable(
  { stage }: Play,
  [key, wanted]: readonly [key: string, wanted: unknown],
  value: unknown,
): unknown {
  if (key === 'sequence') return distinct(value);
  if (key === 'secondsBetweenPods' && Array.isArray(value) && Array.isArray(wanted))
    return value.map((seconds, index) => near(Number(seconds), Number(wanted[index])));
  const scrubbed = scrub(value, stage.namespace);
  if (!isRecord(scrubbed) || !Array.isArray(scrubbed['conditions'])) return scrubbed;
  return {
    ...scrubbed,
    conditions: scrubbed['conditions'].toSorted((a, b) => (canonical(a) < canonical(b) ? -1 : 1)),
  };
}

function near(seconds: number, wanted: number): number {
  return Math.abs(seconds - wanted) <= 1.5 ? wanted : seconds;
}

/** In order of first appearance: how often a status is written in between is a matter of one run. */
function distinct(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return [...new Map(value.map((row) => [canonical(row), row as unknown])).values()];
}

/** Events are a set; where the order of a rollout is free, so are the sizes in their texts. */
export function compareEvents({ scenario, stage }: Play): readonly Difference[] {
  const isFree = scenario.phases.some(({ strict, rsOps }) => strict === false && rsOps.length > 0);
  const setOf = (rows: readonly (readonly string[])[]): readonly string[] =>
    [
      ...new Set(
        rows.map((row) => {
          const text = canonical(scrub(row, stage.namespace));
          return isFree
            ? text
                .replace(/from \d+ to \d+/, 'from N to N')
                .replace('(combined from similar events): ', '')
            : text;
        }),
      ),
    ].toSorted();
  const [expected, actual] = [setOf(scenario.events), setOf(stage.eventsSeen)];
  if (canonical(expected) === canonical(actual)) return [];
  return [
    {
      where: 'events',
      expected: expected.filter((row) => !actual.includes(row)),
      actual: actual.filter((row) => !expected.includes(row)),
    },
  ];
}
