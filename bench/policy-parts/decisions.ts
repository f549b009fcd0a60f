/** What a decision costs, and what compiling does. */
import { createKindRegistry, createStore, KINDS, type Store } from '../../src/api/index.ts';
import { createPolicyEvaluator, type EvaluatePolicy } from '../../src/datapath/index.ts';
import type { Flow, OriginLookups } from '../../src/net/index.ts';
import { PolicyTable } from '../../src/policy/index.ts';
import { spreadOf, type Spread } from '../bench.ts';
import { fill, namespaceOf, NAMESPACES, podNameOf, PODS, SAME_APP } from './world.ts';

const CONNECTIONS = 100_000;
const ROUNDS = 15;
const FLOWS = 512;
const COMPILATIONS = 5;

interface World extends Disposable {
  readonly store: Store;
  readonly evaluate: EvaluatePolicy;
}

/**
 * CPU time of asking the policies about one end of a connection, in ns, at each number of policies.
 *
 * Asked as the datapath asks, about connections between Pods that a policy selects at every number; a connection asks twice,
 * for its source's egress and its destination's ingress. The worlds take turns, so that what is busy meets them alike.
 */
export function measureDecisions(sizes: readonly number[]): ReadonlyMap<number, Spread> {
  using stack = new DisposableStack();
  const worlds = sizes.map((size) => ({ size, world: stack.use(createWorld(size)) }));
  const figures = new Map(sizes.map((size) => [size, [] as number[]]));
  for (const { world } of worlds) ask(world, CONNECTIONS);
  for (let round = 0; round < ROUNDS; round += 1)
    for (const { size, world } of worlds) figures.get(size)?.push(ask(world, CONNECTIONS));
  return new Map([...figures].map(([size, all]) => [size, spreadOf(all)]));
}

const NOBODY: OriginLookups = { podByAddress: () => undefined, nodeByAddress: () => undefined };

function createWorld(policies: number): World {
  const store = createFilledStore(policies);
  const table = new PolicyTable(store);
  const evaluate = createPolicyEvaluator(table, { ...NOBODY, podByAddress });
  return { store, evaluate, [Symbol.dispose]: () => table[Symbol.dispose]() };
}

function createFilledStore(policies: number): Store {
  const store = createStore({ kinds: createKindRegistry(KINDS), now: () => 0, random: () => 0.5 });
  fill(store, policies);
  return store;
}

const ADDRESSES = Array.from({ length: PODS }, (_, index) => `10.244.${index >> 8}.${index & 255}`);
const BY_ADDRESS = new Map(
  ADDRESSES.map((address, index) => [
    address,
    { namespace: namespaceOf(index), name: podNameOf(index), node: `n${index % 3}` },
  ]),
);
const podByAddress = (address: string): { namespace: string; name: string } | undefined =>
  BY_ADDRESS.get(address);

/** Between Pods of the first ten Namespaces and of one app, which the first ten policies select. */
const FLOWS_BETWEEN: readonly Flow[] = Array.from({ length: FLOWS }, (_, index) => {
  const podAt = (place: number): number => (place % 10) + SAME_APP * (place % 9);
  const [from, to] = [podAt(index), podAt(index + 1)];
  return {
    protocol: 'TCP',
    source: { address: ADDRESSES[from] ?? '', port: 40_000 },
    destination: { address: ADDRESSES[to] ?? '', port: 8080 },
    origin: { kind: 'pod', namespace: namespaceOf(from), name: podNameOf(from) },
    node: `n${from % 3}`,
  };
});

/** @returns ns of CPU a decision. */
function ask({ evaluate }: World, connections: number): number {
  let decisions = 0;
  const before = process.cpuUsage();
  for (let index = 0; index < connections; index += 1) {
    const flow = FLOWS_BETWEEN[index % FLOWS];
    if (flow === undefined) continue;
    const question = { flow, translated: flow, isThroughService: false, explain: false };
    const egress = evaluate({ ...question, direction: 'egress' });
    const ingress = evaluate({ ...question, direction: 'ingress' });
    if (egress.isAllowed || ingress.isAllowed) decisions += 2;
  }
  const { user, system } = process.cpuUsage(before);
  if (decisions !== 2 * connections) throw new Error('a decision is wrong');
  return (1000 * (user + system)) / decisions;
}

/** Milliseconds of CPU time to compile so many policies and to find those of each of the Pods. */
export function measureCompile(policies: number): Spread {
  return spreadOf(Array.from({ length: COMPILATIONS }, () => compile(policies)));
}

function compile(policies: number): number {
  const store = createFilledStore(policies);
  const before = process.cpuUsage();
  using table = new PolicyTable(store);
  for (let index = 0; index < PODS; index += 1)
    table.policiesOf(`ns-${index % NAMESPACES}`, podNameOf(index));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
