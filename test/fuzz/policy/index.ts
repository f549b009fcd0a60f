/** What must hold of policies in whatever cluster. */
import type { NetworkPolicy } from '../../../src/api/index.ts';
import { PolicyTable, type PolicyFlow } from '../../../src/policy/index.ts';
import {
  naiveVerdict,
  randomFlow,
  randomPolicy,
  randomWorld,
  storeOf,
  type RandomFlow,
  type RandomPod,
  type RandomWorld,
} from '../../policy/worlds.ts';
import type { Dice, Target } from '../target.ts';

interface Case {
  readonly world: RandomWorld;
  readonly flows: readonly RandomFlow[];
  readonly more: NetworkPolicy;
}

/** Flows of one world: a world costs more than a flow. */
const FLOWS = 50;

function generate(dice: Dice): Case {
  const world = randomWorld(dice);
  const flows = Array.from({ length: FLOWS }, () => randomFlow(dice, world));
  return { world, flows, more: randomPolicy(dice, 99) };
}

/** What the engine says of each flow. */
function verdicts({ world, flows }: Pick<Case, 'world' | 'flows'>): readonly boolean[] {
  using table = new PolicyTable(storeOf(world));
  const party = ({ namespace, name, address }: RandomPod): PolicyFlow['source'] =>
    table.party({ address, pod: { namespace, name } });
  return flows.map(({ from, to, protocol, port }) => {
    const [source, destination] = [party(from), party(to)];
    const flow = { protocol, port, source, destination, isThroughService: false };
    return (['egress', 'ingress'] as const).every(
      (direction) => table.evaluate(flow, { direction }).isAllowed,
    );
  });
}

function expectAll(isHeld: (index: number) => boolean, what: string): void {
  for (let index = 0; index < FLOWS; index += 1)
    if (!isHeld(index)) throw new Error(`${what}: flow ${index}`);
}

/** One more policy that only adds rules to Pods that are isolated already: an allow rule more. */
function withMoreRules({ world, more }: Case): RandomWorld {
  const policies = world.policies.map(({ spec = {}, ...policy }) => ({
    ...policy,
    spec: {
      ...spec,
      policyTypes: spec.policyTypes ?? [
        'Ingress',
        ...((spec.egress ?? []).length > 0 ? ['Egress'] : []),
      ],
      ingress: [...(spec.ingress ?? []), ...(more.spec?.ingress ?? [])],
      egress: [...(spec.egress ?? []), ...(more.spec?.egress ?? [])],
    },
  }));
  return { ...world, policies };
}

/** The same policies and rules, back to front. */
function reversed({ policies, ...world }: RandomWorld): RandomWorld {
  return {
    ...world,
    policies: policies.toReversed().map(({ spec = {}, metadata, ...policy }, index) => ({
      ...policy,
      metadata: { ...metadata, name: `r${index}` },
      spec: {
        ...spec,
        ingress: (spec.ingress ?? []).toReversed(),
        egress: (spec.egress ?? []).toReversed(),
      },
    })),
  };
}

function target(name: string, check: (input: Case) => void): Target {
  return {
    name,
    generate,
    check: (input) => check(input as Case), // what `generate` made
    show: (input) => JSON.stringify(input),
    // Each input is many flows.
    share: 1 / FLOWS,
  };
}

export const targets: readonly Target[] = [
  target('equals the naive evaluator', (input) => {
    const found = verdicts(input);
    expectAll((index) => {
      const flow = input.flows[index];
      return flow !== undefined && found[index] === naiveVerdict(input.world, flow);
    }, 'the engine and the API text differ');
  }),
  target('allows no less with more rules', (input) => {
    const before = verdicts(input);
    const after = verdicts({ ...input, world: withMoreRules(input) });
    expectAll((index) => before[index] !== true || after[index] === true, 'a rule more denies');
  }),
  target('is independent of order', (input) => {
    const before = verdicts(input);
    const after = verdicts({ ...input, world: reversed(input.world) });
    expectAll((index) => before[index] === after[index], 'order matters');
  }),
];
