/** What must hold of policies in whatever cluster. */
import type { NetworkPolicy } from '../../../src/api/index.ts';
import { PolicyTable, type PolicyFlow } from '../../../src/policy/index.ts';
import { naiveVerdict } from '../../policy/naive-verdict.ts';
import {
  randomClusterPolicy,
  randomClusterRule,
  randomPolicy,
  type ClusterNetworkPolicy,
  type ClusterRule,
} from '../../policy/random-policies.ts';
import {
  OUTSIDE,
  randomClusterWorld,
  randomFlow,
  randomWorld,
  storeOf,
  type End,
  type RandomFlow,
  type RandomWorld,
} from '../../policy/worlds.ts';
import type { Dice, Target } from '../target.ts';

interface Case {
  readonly world: RandomWorld;
  readonly flows: readonly RandomFlow[];
  /** A policy whose rules are added. */
  readonly more: NetworkPolicy;
  /** The same for policies of the cluster: rules of one action, and where they go. */
  readonly ofCluster: {
    readonly action: 'Accept' | 'Deny';
    readonly policy: ClusterNetworkPolicy;
    readonly ingress: ClusterRule;
    readonly egress: ClusterRule;
    readonly place: number;
  };
}

/** Flows of one world: a world costs more than a flow. */
const FLOWS = 50;

function generate(dice: Dice, createWorld: (dice: Dice) => RandomWorld): Case {
  const world = createWorld(dice);
  const flows = Array.from({ length: FLOWS }, () => randomFlow(dice, world));
  const action = dice.pick(['Accept', 'Deny'] as const);
  const ofCluster = {
    action,
    policy: randomClusterPolicy(dice, 99),
    ingress: randomClusterRule(dice, 'from', action),
    egress: randomClusterRule(dice, 'to', action),
    place: dice.below(4),
  };
  return { world, flows, more: randomPolicy(dice, 99), ofCluster };
}

/** What the engine says of each flow. */
function verdicts({ world, flows }: Pick<Case, 'world' | 'flows'>): readonly boolean[] {
  using table = new PolicyTable(storeOf(world));
  for (const [address, names] of Object.entries(OUTSIDE))
    for (const name of names) table.names.record(name, [address]);
  return flows.map(({ from, to, ...rest }) => {
    const flow = { ...rest, source: partyOf(table, from), destination: partyOf(table, to) };
    return (['egress', 'ingress'] as const).every(
      (direction) => table.evaluate(flow, { direction }).isAllowed,
    );
  });
}

function partyOf(table: PolicyTable, end: End): PolicyFlow['source'] {
  if (end.kind !== 'pod')
    return table.party({
      address: end.address,
      ...(end.kind === 'node' ? { node: end.node } : {}),
    });
  const { namespace, name, address } = end.pod;
  return table.party({ address, pod: { namespace, name } });
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

/** A rule of one action more, in every policy of the cluster and in a new one, which isolates nobody. */
function withMoreClusterRules({ world, ofCluster }: Case): RandomWorld {
  const { policy, ingress, egress, place } = ofCluster;
  const added = { ...policy, spec: { ...policy.spec, ingress: [], egress: [] } };
  const clusterPolicies = [...world.clusterPolicies, added].map(({ spec, ...rest }) => ({
    ...rest,
    spec: {
      ...spec,
      ingress: spec.ingress.toSpliced(place, 0, ingress),
      egress: spec.egress.toSpliced(place, 0, egress),
    },
  }));
  return { ...world, clusterPolicies };
}

/** The same policies and rules, back to front; of policies of the cluster what has no order. */
function reversed({ policies, clusterPolicies, ...world }: RandomWorld): RandomWorld {
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
    clusterPolicies: clusterPolicies.toReversed().map(({ spec, ...policy }) => ({
      ...policy,
      spec: {
        ...spec,
        ingress: reorder(spec.ingress),
        egress: reorder(spec.egress),
      },
    })),
  };
}

/** Rules of one action that follow each other may change places, and so may peers and protocols. */
function reorder(rules: readonly ClusterRule[]): readonly ClusterRule[] {
  const runs: ClusterRule[][] = [];
  for (const { from, to, protocols, ...rule } of rules) {
    const turned = {
      ...rule,
      ...(from && { from: from.toReversed() }),
      ...(to && { to: to.toReversed() }),
      ...(protocols && { protocols: protocols.toReversed() }),
    };
    const last = runs.at(-1);
    // What is not known denies, whatever its action was.
    if (last?.[0]?.action === rule.action && rule.action !== 'Pass') last.unshift(turned);
    else runs.push([turned]);
  }
  return runs.flat();
}

interface Property {
  readonly name: string;
  readonly createWorld: (dice: Dice) => RandomWorld;
  readonly check: (input: Case) => void;
}

function target({ name, createWorld, check }: Property): Target {
  return {
    name,
    generate: (dice) => generate(dice, createWorld),
    check: (input) => check(input as Case), // what `generate` made
    show: (input) => JSON.stringify(input),
    // Each input is many flows.
    share: 1 / FLOWS,
  };
}

function checkNaive(input: Case): void {
  const found = verdicts(input);
  expectAll((index) => {
    const flow = input.flows[index];
    return flow !== undefined && found[index] === naiveVerdict(input.world, flow);
  }, 'the engine and the API text differ');
}

function checkMoreRules(input: Case): void {
  const before = verdicts(input);
  const after = verdicts({ ...input, world: withMoreRules(input) });
  expectAll((index) => before[index] !== true || after[index] === true, 'a rule more denies');
}

/** Whatever its place: what it shadows can only have allowed less than Accept, and more than Deny. */
function checkMoreClusterRules(input: Case): void {
  const before = verdicts(input);
  const after = verdicts({ ...input, world: withMoreClusterRules(input) });
  const { action } = input.ofCluster;
  const [lost, won] = [action === 'Accept', action === 'Deny'];
  expectAll(
    (index) =>
      before[index] === after[index] ||
      (lost && after[index] === true) ||
      (won && after[index] === false),
    `a rule more that says ${action} does the contrary`,
  );
}

function checkOrder(input: Case): void {
  const before = verdicts(input);
  const after = verdicts({ ...input, world: reversed(input.world) });
  expectAll((index) => before[index] === after[index], 'order matters');
}

const PROPERTIES: readonly Omit<Property, 'createWorld'>[] = [
  { name: 'equals the naive evaluator', check: checkNaive },
  { name: 'allows no less with more rules', check: checkMoreRules },
  { name: 'is independent of order', check: checkOrder },
];

export const targets: readonly Target[] = [
  ...PROPERTIES.map((property) => target({ ...property, createWorld: randomWorld })),
  ...[...PROPERTIES, { name: 'goes the way of a rule more', check: checkMoreClusterRules }].map(
    ({ name, check }) =>
      target({
        name: `with policies of the cluster ${name}`,
        check,
        createWorld: randomClusterWorld,
      }),
  ),
];
