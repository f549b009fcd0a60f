/** What a differential run does to both sides, and how the outcomes are compared. */
import type { Dice } from '../fuzz/target.ts';
import { canonical, listAll, viewOf, type Masks, type View } from './view.ts';
import {
  quiet,
  type Answer,
  type ApiObject,
  type Request,
  type Side,
  type SideOptions,
} from './side.ts';

/** Something done to one side; what it does may depend on what it finds there. */
export interface Step {
  /** As a person reads it. */
  readonly says: string;
  readonly act: (stage: Stage) => Promise<unknown>;
  /** For how long nothing must have been written before the sides are compared. @default the area's */
  readonly quietMs?: number;
}

/** One side as a step sees it. */
export interface Stage {
  readonly namespace: string;
  readonly ask: (request: Request) => Promise<Answer>;
  /** Counts what a side was given, so that both give the same. */
  readonly counters: Map<string, number>;
}

/** A folder of rules that are compared. */
export interface Area {
  /** Kinds that are looked at after each step. */
  readonly kinds: readonly string[];
  /** Objects outside every Namespace, made before the first script. */
  readonly cluster: (dice: Dice) => readonly Request[];
  readonly script: (dice: Dice) => readonly Step[];
  /** How long both sides must have written nothing before they are compared. @default 300 */
  readonly quietMs?: number;
  /** Takes out of what was listed what upstream itself leaves open. */
  readonly loosen?: (kind: string, objects: readonly ApiObject[]) => readonly ApiObject[];
  readonly sides?: SideOptions;
}

export interface Difference {
  readonly seed: number;
  readonly step: number;
  readonly says: string;
  readonly lines: readonly string[];
}

interface Actor {
  readonly side: Side;
  readonly stage: Stage;
  readonly masks: Masks;
}

/** One script on both sides. */
class Run {
  readonly seed: number;
  readonly steps: readonly Step[];
  readonly #area: Area;
  readonly #actors: readonly [Actor, Actor];
  difference: Difference | undefined;

  constructor(
    seed: number,
    { area, steps, sides }: { area: Area; steps: readonly Step[]; sides: readonly [Side, Side] },
  ) {
    this.seed = seed;
    this.steps = steps;
    this.#area = area;
    const namespace = `d-${seed}-${Math.random().toString(36).slice(2, 6)}`;
    this.#actors = [actorOf(sides[0], namespace), actorOf(sides[1], namespace)];
  }

  async begin(): Promise<void> {
    for (const { stage } of this.#actors) {
      const body = { metadata: { name: stage.namespace } };
      await stage.ask({ method: 'POST', path: '/api/v1/namespaces', body });
    }
  }

  async act(index: number): Promise<void> {
    const step = this.steps[index];
    if (step === undefined || this.difference !== undefined) return;
    const outcomes = await Promise.all(this.#actors.map(({ stage }) => step.act(stage)));
    const [ours, theirs] = outcomes.map((outcome) => canonical(outcome ?? null));
    if (ours === theirs) return;
    this.#differ(index, [`outcome: ours ${ours} theirs ${theirs}`]);
  }

  async compare(index: number): Promise<void> {
    if (this.steps[index] === undefined || this.difference !== undefined) return;
    const [ours, theirs] = await Promise.all([this.#look(0), this.#look(1)]);
    const lines = this.#area.kinds.flatMap((kind) => compareLines(kind, ours[kind], theirs[kind]));
    if (lines.length > 0) this.#differ(index, lines);
  }

  async end(): Promise<void> {
    for (const { stage } of this.#actors)
      await stage.ask({ method: 'DELETE', path: `/api/v1/namespaces/${stage.namespace}` });
  }

  async #look(index: 0 | 1): Promise<View> {
    const { side, stage, masks } = this.#actors[index];
    const found = await listAll(side, stage.namespace, this.#area.kinds);
    const { loosen = (_, objects) => objects } = this.#area;
    const loose = Object.entries(found).map(([kind, list]) => [kind, loosen(kind, list)] as const);
    // Masks come from the objects themselves, and are kept.
    viewOf(stage.namespace, found, masks);
    return viewOf(stage.namespace, Object.fromEntries(loose), masks);
  }

  #differ(index: number, lines: readonly string[]): void {
    const says = this.steps
      .slice(0, index + 1)
      .map((step, at) => `${at}. ${step.says}`)
      .join('\n  ');
    this.difference = { seed: this.seed, step: index, says, lines };
  }
}

function actorOf(side: Side, namespace: string): Actor {
  const ask = ({ path, ...rest }: Request): Promise<Answer> =>
    side.ask({ ...rest, path: path.replace('/NS/', `/${namespace}/`) });
  return { side, masks: new Map(), stage: { namespace, ask, counters: new Map() } };
}

function compareLines(
  kind: string,
  ours: readonly string[] = [],
  theirs: readonly string[] = [],
): readonly string[] {
  const rest = [...theirs];
  const extra = ours.filter((line) => {
    const at = rest.indexOf(line);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
  return [
    ...extra.map((line) => `+ ours only   ${kind} ${line}`),
    ...rest.map((line) => `- theirs only ${kind} ${line}`),
  ];
}

export interface PlayOptions {
  readonly seeds: readonly number[];
  readonly dice: (seed: number) => Dice;
  readonly onDifference?: (difference: Difference) => void;
}

/** Plays one script for each seed, all of them step by step beside each other, and compares after each step. */
export async function play(
  area: Area,
  sides: readonly [Side, Side],
  { seeds, dice, onDifference }: PlayOptions,
): Promise<readonly Difference[]> {
  const runs = seeds.map((seed) => new Run(seed, { area, steps: area.script(dice(seed)), sides }));
  const { quietMs = 300 } = area;
  const rest = async (index: number): Promise<void> => {
    const wanted = runs.map(({ steps }) => steps[index]?.quietMs ?? 0);
    await Promise.all(sides.map((side) => quiet(side, Math.max(quietMs, ...wanted))));
  };
  await Promise.all(runs.map((run) => run.begin()));
  await rest(-1);
  const length = Math.max(...runs.map(({ steps }) => steps.length));
  for (let index = 0; index < length; index += 1) {
    await Promise.all(runs.map((run) => run.act(index)));
    await rest(index);
    await Promise.all(runs.map((run) => run.compare(index)));
  }
  await Promise.all(runs.map((run) => run.end()));
  const found = runs.flatMap(({ difference }) => (difference === undefined ? [] : [difference]));
  for (const difference of found) onDifference?.(difference);
  return found;
}

/** A step that is one request; the two sides must answer with the same status and message. */
export function request(question: Request): Step {
  const { method, path, body } = question;
  return {
    says: `${method} ${path}${body === undefined ? '' : ` ${JSON.stringify(body)}`}`,
    act: async ({ ask }) => {
      const { status, body: answer } = await ask(question);
      return status < 300 ? status : [status, answer['reason']];
    },
  };
}

/** Several steps between which nobody looks. */
export function together(steps: readonly Step[]): Step {
  return {
    says: steps.map(({ says }) => says).join('\n     '),
    act: async (stage) => {
      const outcomes: unknown[] = [];
      for (const step of steps) outcomes.push(await step.act(stage));
      return outcomes;
    },
  };
}
