/** `npm run bench -- policy`: what policies cost: a decision, compiling them, a changed label, and how soon a change counts. */
import {
  createKindRegistry,
  createStore,
  KINDS,
  type KubeObject,
  type Store,
} from '../src/api/index.ts';
import { PolicyTable, type PolicyFlow } from '../src/policy/index.ts';
import { machine, spreadOf, type Bench, type Spread } from './bench.ts';

const PODS = 10_000;
const NAMESPACES = 100;
const APPS = 10;
const SIZES = [10, 100, 1000] as const;
const DECISIONS = 200_000;
const ROUNDS = 7;
const FLOWS = 512;
const CHANGES = 200;

/** Measures, prints, and gives what is kept. */
export const bench: Bench = async (print) => {
  const decisions: Record<number, Spread> = {};
  for (const policies of SIZES) {
    using world = createWorld(policies);
    decisions[policies] = measureDecisions(world);
    print(
      `${policies} policies: ${decisions[policies].median.toFixed(0)} ns a decision, both directions`,
    );
  }
  const [few, many] = [decisions[10]?.median ?? Number.NaN, decisions[1000]?.median ?? Number.NaN];
  const ratio = many / few;
  print(`1000 against 10 policies: ${ratio.toFixed(2)} times`);
  const compileMs = spreadOf(Array.from({ length: 5 }, measureCompile));
  print(`1000 policies over ${PODS} Pods: ${compileMs.median.toFixed(0)} ms to compile and select`);
  using world = createWorld(1000);
  const podLabelMs = measureChanges(world, changePodLabel);
  print(
    `a Pod's label: ${podLabelMs.median.toFixed(3)} ms until the next decision knows (write included)`,
  );
  const namespaceLabelMs = measureChanges(world, changeNamespaceLabel);
  print(`a Namespace's label: ${namespaceLabelMs.median.toFixed(3)} ms`);
  const policyMs = measureChanges(world, changePolicy);
  print(`a policy: ${policyMs.median.toFixed(3)} ms, at most ${policyMs.max.toFixed(3)} ms`);
  return {
    machine: machine(),
    decisions,
    ratio,
    compileMs,
    podLabelMs,
    namespaceLabelMs,
    policyMs,
  };
};

interface World extends Disposable {
  readonly store: Store;
  readonly table: PolicyTable;
}

function createWorld(policies: number): World {
  const store = createFilledStore();
  for (let index = 0; index < policies; index += 1) store.create(policyOf(index));
  const table = new PolicyTable(store);
  return { store, table, [Symbol.dispose]: () => table[Symbol.dispose]() };
}

function createFilledStore(): Store {
  const store = createStore({ kinds: createKindRegistry(KINDS), now: () => 0, random: () => 0.5 });
  for (let index = 0; index < NAMESPACES; index += 1)
    store.create({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: `ns-${index}`, labels: { team: `t${index % APPS}` } },
    });
  for (let index = 0; index < PODS; index += 1) store.create(podOf(index));
  return store;
}

function podOf(index: number): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace: `ns-${index % NAMESPACES}`,
      name: `pod-${index}`,
      labels: { app: appOf(index), pod: String(index) },
    },
    spec: {
      nodeName: `n${index % 3}`,
      containers: [{ name: 'c', image: 'x', ports: [{ name: 'http', containerPort: 8080 }] }],
    },
  };
}

function appOf(index: number): string {
  return `app-${Math.floor(index / NAMESPACES) % APPS}`;
}

/** One for each app of each Namespace, in turn: a Pod is selected by one at most. */
function policyOf(index: number): KubeObject {
  const app = `app-${Math.floor(index / NAMESPACES) % APPS}`;
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { namespace: `ns-${index % NAMESPACES}`, name: `np-${index}` },
    spec: {
      podSelector: { matchLabels: { app } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        {
          from: [{ namespaceSelector: { matchLabels: { team: 't1' } } }],
          ports: [{ port: 'http' }],
        },
      ],
      egress: [{ to: [{ ipBlock: { cidr: '10.244.0.0/16' } }], ports: [{ port: 8080 }] }],
    },
  };
}

const REFERENCES = Array.from({ length: PODS }, (_, index) => ({
  address: `10.244.${index >> 8}.${index & 255}`,
  pod: { namespace: `ns-${index % NAMESPACES}`, name: `pod-${index}` },
}));

/** Both ends are selected where there is a policy for them: of ten policies, those of the first ten Namespaces. */
function decide(table: PolicyTable, from: number, to: number): boolean {
  const party = (index: number): PolicyFlow['source'] =>
    table.party(REFERENCES[index] ?? { address: '' });
  const [source, destination] = [party(from), party(to)];
  const flow = {
    protocol: 'TCP',
    port: 8080,
    source,
    destination,
    isThroughService: false,
  } as const;
  const egress = table.evaluate(flow, { direction: 'egress' });
  return egress.isAllowed && table.evaluate(flow, { direction: 'ingress' }).isAllowed;
}

/** Between Pods that policies select, at every number of policies. */
function measureDecisions({ table }: World): Spread {
  const pods = Array.from(
    { length: FLOWS },
    (_, index) => (index % 10) + NAMESPACES * APPS * (index % 9),
  );
  const round = (count: number): number => {
    const started = process.hrtime.bigint();
    for (let index = 0; index < count; index += 1)
      decide(table, pods[index % FLOWS] ?? 0, pods[(index + 1) % FLOWS] ?? 0);
    return Number(process.hrtime.bigint() - started) / count;
  };
  round(DECISIONS / 10);
  return spreadOf(Array.from({ length: ROUNDS }, () => round(DECISIONS)));
}

function measureCompile(): number {
  const store = createFilledStore();
  for (let index = 0; index < 1000; index += 1) store.create(policyOf(index));
  const started = performance.now();
  using table = new PolicyTable(store);
  for (let index = 0; index < PODS; index += 1)
    table.policiesOf(`ns-${index % NAMESPACES}`, `pod-${index}`);
  return performance.now() - started;
}

function measureChanges(
  { store, table }: World,
  change: (store: Store, turn: number) => void,
): Spread {
  const times: number[] = [];
  for (let turn = 0; turn < CHANGES; turn += 1) {
    decide(table, 1, 11);
    const started = performance.now();
    change(store, turn);
    decide(table, 1, 11);
    times.push(performance.now() - started);
  }
  return spreadOf(times);
}

function changePodLabel(store: Store, turn: number): void {
  const pod = store.get<string>('Pod', 'ns-1', 'pod-1');
  if (pod === undefined) throw new Error('no Pod');
  const labels = { ...pod.metadata.labels, turn: String(turn) };
  store.update({ ...pod, metadata: { ...pod.metadata, labels } });
}

function changeNamespaceLabel(store: Store, turn: number): void {
  const namespace = store.get<string>('Namespace', undefined, 'ns-1');
  if (namespace === undefined) throw new Error('no Namespace');
  const labels = { ...namespace.metadata.labels, turn: String(turn) };
  store.update({ ...namespace, metadata: { ...namespace.metadata, labels } });
}

function changePolicy(store: Store, turn: number): void {
  const policy = store.get<string>('NetworkPolicy', 'ns-1', 'np-1');
  if (policy === undefined) throw new Error('no policy');
  const spec = { ...(policy['spec'] as object), ingress: turn % 2 === 0 ? [] : [{}] };
  store.update({ ...policy, spec });
}
