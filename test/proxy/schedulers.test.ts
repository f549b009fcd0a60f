import * as fc from 'fast-check';
import t from 'tap';
import { SCHEDULERS, type Schedule, type ServiceEndpoint } from '../../src/proxy/index.ts';

function endpoint(key: string): ServiceEndpoint {
  return {
    key,
    address: key,
    port: 80,
    isReady: true,
    isServing: true,
    isTerminating: false,
    node: undefined,
    zone: undefined,
    hintedZones: [],
    hintedNodes: [],
    pod: undefined,
  };
}

interface State {
  readonly weights: readonly number[];
  readonly connections: readonly number[];
}

/** Some endpoints, their weights, and their connections. */
const states = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 20 })), {
    minLength: 1,
    maxLength: 8,
  })
  .map((rows) => ({
    weights: rows.map(([weight]) => weight),
    connections: rows.map(([, open]) => open),
  }));

/** The index of the endpoint that is picked. */
function pick(
  schedule: Schedule,
  { weights, connections }: State,
  more: { readonly turn?: number; readonly source?: string; readonly random?: number } = {},
): number {
  const candidates = weights.map((_, index) => endpoint(`10.244.0.${index + 2}:80`));
  const { turn = 0, source = '192.0.2.1', random = 0 } = more;
  const at = (of: ServiceEndpoint): number => candidates.indexOf(of);
  const picked = schedule({
    candidates,
    weightOf: (of) => weights[at(of)] ?? 1,
    connectionsTo: (of) => connections[at(of)] ?? 0,
    turn,
    source,
    destination: '10.96.0.10',
    random: () => random,
  });
  return picked === undefined ? -1 : at(picked);
}

/** How often each is picked. */
function countsOf(length: number, picks: readonly number[]): readonly number[] {
  return Array.from({ length }, (_, index) => picks.filter((picked) => picked === index).length);
}

const turns = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, turn) => turn);
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

function holds(
  name: keyof typeof SCHEDULERS,
  what: string,
  property: (state: State) => boolean,
): void {
  t.test(`${name}() ${what}`, async () => {
    fc.assert(fc.property(states, property));
  });
}

holds('random', 'gives each the same part of [0, 1)', (state) => {
  const { length } = state.weights;
  return turns(length).every(
    (index) => pick(SCHEDULERS.random, state, { random: (index + 0.5) / length }) === index,
  );
});

holds('rr', 'goes around in order', (state) =>
  turns(3 * state.weights.length).every(
    (turn) => pick(SCHEDULERS.rr, state, { turn }) === turn % state.weights.length,
  ),
);

holds('wrr', 'gives each as many turns of a cycle as it weighs', (state) => {
  const cycle = sum(state.weights);
  const picks = turns(cycle).map((turn) => pick(SCHEDULERS.wrr, state, { turn }));
  return countsOf(state.weights.length, picks).join() === state.weights.join();
});

holds('wrr', 'with equal weights is rr', ({ weights, connections }) =>
  turns(20).every((turn) => {
    const state = { weights: weights.map(() => 3), connections };
    return pick(SCHEDULERS.wrr, state, { turn }) === pick(SCHEDULERS.rr, state, { turn });
  }),
);

const costs = {
  lc: (open: number, _weight: number) => open,
  wlc: (open: number, weight: number) => open / weight,
  sed: (open: number, weight: number) => (open + 1) / weight,
} as const;
for (const name of ['lc', 'wlc', 'sed'] as const)
  holds(name, 'picks the first of the lowest cost', (state) => {
    const all = state.weights.map((weight, index) =>
      costs[name](state.connections[index] ?? 0, weight),
    );
    return pick(SCHEDULERS[name], state) === all.indexOf(Math.min(...all));
  });

holds('nq', 'picks an idle one, or as sed does', (state) => {
  const idle = state.connections.indexOf(0);
  return pick(SCHEDULERS.nq, state) === (idle >= 0 ? idle : pick(SCHEDULERS.sed, state));
});

const SOURCES = turns(2000).map((index) => `10.${index % 7}.${index >> 8}.${index & 0xff}`);

holds('sh', 'keeps a source where it is, whatever turn, load and chance', (state) =>
  SOURCES.slice(0, 20).every((source) => {
    const idle = { ...state, connections: [] };
    return (
      pick(SCHEDULERS.sh, state, { source, turn: 7, random: 0.9 }) ===
      pick(SCHEDULERS.sh, idle, { source })
    );
  }),
);

t.test('sh() spreads sources by weight', async (t) => {
  const state = { weights: [1, 3], connections: [] };
  const [light = 0, heavy = 0] = countsOf(
    2,
    SOURCES.map((source) => pick(SCHEDULERS.sh, state, { source })),
  );
  t.ok(heavy > 2 * light && heavy < 4 * light, `${light} and ${heavy}`);
});

holds(
  'dh',
  'sends all clients of one address to one endpoint',
  (state) =>
    new Set(SOURCES.slice(0, 50).map((source) => pick(SCHEDULERS.dh, state, { source }))).size ===
    1,
);

t.test('mh() spreads sources evenly and moves few when an endpoint leaves', async (t) => {
  const keys = turns(10).map((index) => endpoint(`10.244.1.${index}:80`));
  const target = (candidates: readonly ServiceEndpoint[], source: string): string | undefined =>
    SCHEDULERS.mh({
      candidates,
      weightOf: () => 1,
      connectionsTo: () => 0,
      turn: 0,
      source,
      destination: '10.96.0.10',
      random: () => 0,
    })?.key;
  const fewer = keys.slice(0, -1);
  const before = SOURCES.map((source) => target(keys, source));
  for (const { key } of keys) {
    const share = before.filter((picked) => picked === key).length;
    t.ok(share > 120 && share < 290, `${share} of 2000`);
  }
  const gone = keys.at(-1)?.key;
  const moved = SOURCES.filter(
    (source, index) => before[index] !== gone && before[index] !== target(fewer, source),
  );
  t.ok(moved.length < 200, `${moved.length} of those with another endpoint moved`);
});

holds('mh', 'keeps a source where it is', (state) =>
  SOURCES.slice(0, 10).every(
    (source) =>
      pick(SCHEDULERS.mh, state, { source, turn: 3, random: 0.7 }) ===
      pick(SCHEDULERS.mh, { ...state, connections: [] }, { source }),
  ),
);
