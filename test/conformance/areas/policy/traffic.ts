import { readFileSync } from 'node:fs';
import { ApiError } from '../../../../src/api/index.ts';
import type { Decision } from '../../../../src/datapath/index.ts';
import type { Flow } from '../../../../src/net/index.ts';
import type { CaseResult } from '../../area.ts';
import {
  clusterNetworkPolicy,
  fillIn,
  networkPolicy,
  type VerdictCase,
  type World,
} from './cases.ts';
import { flowOf, verdictOf } from './flow.ts';
import { applyOperation } from './operations.ts';
import { ways } from './probe.ts';
import { startCluster, type RunningCluster } from './running.ts';

/** Rows of one cluster: those that change more than policies have one of their own. */
export async function* playTraffic(
  rows: readonly VerdictCase[],
  world: World,
  fixture: string,
): AsyncIterable<CaseResult> {
  const text = readFileSync(fixture, 'utf8');
  const [lasting, changing] = [false, true].map((isChanging) =>
    rows.filter((row) => changesObjects(row) === isChanging),
  );
  {
    await using running = await startCluster(world, text);
    for (const row of lasting ?? []) yield play(row, world, running);
  }
  for (const row of changing ?? []) {
    await using running = await startCluster(world, text);
    yield await play(row, world, running);
  }
}

function changesObjects({ setup = [], ops = [] }: VerdictCase): boolean {
  const policies = new Set(['createPolicy', 'updatePolicy', 'deletePolicy', 'openConnection']);
  const clusterPolicies = new Set(['createCNP', 'updateCNP', 'deleteCNP']);
  return [...setup, ...ops].some(({ op }) => !policies.has(op) && !clusterPolicies.has(op));
}

async function play(
  given: VerdictCase,
  world: World,
  running: RunningCluster,
): Promise<CaseResult> {
  const { id, expect: expected } = given;
  const title = `${given.why} (traffic)`;
  const skipped = reasonToSkip(given);
  if (skipped !== undefined) return { id, title, ok: false, skipped };
  const { store } = running.cluster;
  const before = store.revision;
  try {
    const actual = await playRow(given, world, running);
    return { id, title, ok: actual === expected, expected, actual };
  } catch (error) {
    if (!(error instanceof ApiError) || error.reason !== 'Invalid') throw error;
    const why = `older servers have stored it, this API refuses it: ${error.message}`;
    return { id, title, ok: false, skipped: why };
  } finally {
    if (store.revision !== before) removePolicies(running);
  }
}

function reasonToSkip({ protocol, cnps = [] }: VerdictCase): string | undefined {
  if (protocol === 'ICMP') return 'ICMP is decided, and not carried in userspace';
  return JSON.stringify(cnps).includes('"futurePeer"')
    ? 'the API prunes what it does not know: the engine alone is asked'
    : undefined;
}

async function playRow(given: VerdictCase, world: World, running: RunningCluster): Promise<string> {
  const { cluster, pods, addresses } = running;
  const { store } = cluster;
  for (const operation of given.setup ?? []) applyOperation(store, operation, pods);
  const row = fillIn(given, world, addresses);
  createPolicies(row, running);
  const carries = await applyOperations(row, running);
  if (row.kind === 'established') return (await carries?.()) === true ? 'allow' : 'deny';
  const flow = flowOf(row, running.place);
  const decided = verdictOf(decisionOf(row, flow, running));
  const all = ways(row, flow, running);
  const verdicts = await Promise.all(
    all.map(async (way) => ({ way, verdict: await soon(way.ask()) })),
  );
  const other = verdicts.find(({ verdict }) => verdict !== row.expect);
  if (other !== undefined) return `${other.verdict} ${other.way.name}`;
  // Where nobody can be asked, beyond the cluster and on ports of Nodes, the decision of the program stands.
  return all.length > 0 ? row.expect : decided;
}

/** Does what the row says. @returns whether the connection that it has opened still carries bytes. */
async function applyOperations(
  row: VerdictCase,
  running: RunningCluster,
): Promise<(() => Promise<boolean>) | undefined> {
  const { cluster, pods } = running;
  let carries: (() => Promise<boolean>) | undefined;
  for (const operation of row.ops ?? []) {
    if (operation.op === 'openConnection') {
      const [way] = ways(row, flowOf(row, running.place), running);
      carries = await way?.open();
    } else applyOperation(cluster.store, operation, pods);
    // What a policy says counts from the moment that it is written; Pods take a moment to start.
    if (operation.op === 'createPod' || operation.op === 'deletePod') await cluster.settled();
  }
  return carries;
}

/** Of as many as it takes the one that chose the row's backend. */
function decisionOf(
  { to }: VerdictCase,
  flow: Flow,
  { cluster, addresses }: RunningCluster,
): Decision {
  const { datapath } = cluster;
  const backend = 'service' in to ? to.backend : undefined;
  const wanted = backend === undefined ? '' : `${addresses.pod(backend)}:`;
  for (let tried = 0; ; tried += 1) {
    const decision = datapath.decide(flow, { explain: true });
    const isWanted = decision.steps.some(
      ({ part, what }) => part === 'pick' && what.includes(wanted),
    );
    if (backend === undefined || isWanted || tried > MAX_PICKS) return decision;
  }
}

const MAX_PICKS = 100;
const MAX_WAIT_MS = 5000;

/** A program that neither answers nor drops must not stop the tables. */
async function soon(answer: Promise<string>): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const timer = setTimeout(() => resolve('neither'), MAX_WAIT_MS);
  const outcome = await Promise.race([answer, promise]);
  clearTimeout(timer);
  return outcome;
}

function createPolicies(row: VerdictCase, { cluster: { store } }: RunningCluster): void {
  for (const policy of row.policies ?? []) store.create(networkPolicy(policy));
  for (const policy of row.cnps ?? []) store.create(clusterNetworkPolicy(policy));
}

function removePolicies({ cluster: { store } }: RunningCluster): void {
  for (const kind of ['NetworkPolicy', 'ClusterNetworkPolicy.policy.networking.k8s.io'])
    for (const { metadata } of store.list<string>(kind))
      store.delete({
        kind,
        name: metadata.name,
        ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      });
}
